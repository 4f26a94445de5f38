import Report

/// One claim beside what came out. A claim against a baseline has two: with the baseline's framework overhead and without.
struct ClaimResult {
  /// What came out under one setting.
  struct Outcome {
    let setting: String
    let measured: Measurement
    /// nil when nothing was measured.
    let judgement: Judgement?

    var verdict: Verdict { judgement?.verdict ?? .notCheckable }
  }

  let claim: PublishedClaim
  /// nil where no baseline is in it.
  let withOverhead: Bool?
  /// By setting, the design as shipped first.
  let outcomes: [Outcome]
  let reason: String

  var shipped: Outcome { outcomes[0] }

  /// `with framework overhead`, `without framework overhead`, or nothing.
  var basis: String? { withOverhead.map { $0 ? "with framework overhead" : "without framework overhead" } }

  /// All claims of a study, in its order.
  static func all(_ results: StudyResults) -> [ClaimResult] {
    results.study.claims.flatMap { claim in
      claim.measure.baseline == nil
        ? [ClaimResult(claim, results, withOverhead: nil)]
        : [ClaimResult(claim, results, withOverhead: true), ClaimResult(claim, results, withOverhead: false)]
    }
  }

  private init(_ claim: PublishedClaim, _ results: StudyResults, withOverhead: Bool?) {
    self.claim = claim
    self.withOverhead = withOverhead
    func measured(_ setting: Int, _ withOverhead: Bool?) -> Measurement {
      results.measure(claim.measure, setting: setting, withOverhead: withOverhead ?? false)
    }
    outcomes = results.study.settings.indices.map { setting in
      let found = measured(setting, withOverhead)
      var judgement: Judgement?
      if !claim.isInput, let low = found.low, let high = found.high {
        judgement = Judgement(claim.published, low: low, high: high)
      }
      return Outcome(setting: results.study.settings[setting].name, measured: found, judgement: judgement)
    }
    var clauses = outcomes[0].measured.details
    if withOverhead == true, let needed = results.neededOverhead(claim, outcomes[0].measured) { clauses.append(needed) }
    reason = Self.reason(claim, outcomes[0], clauses) { measured(0, $0) }
  }

  /// What the numbers say, then what the study says of them.
  private static func reason(
    _ claim: PublishedClaim, _ outcome: Outcome, _ details: [String], _ measured: (Bool) -> Measurement
  ) -> String {
    var clauses = details
    if outcome.judgement == nil, claim.measure.kind != .notCheckable, let missing = outcome.measured.missing {
      clauses.append(missing)
    }
    var text = clauses.joined(separator: "; ")
    if let reason = claim.reason {
      if !text.isEmpty { text += ". " }
      text += ReasonText.filled(reason) { value($0, claim, outcome, measured) }
    }
    return text
  }

  private static func value(
    _ placeholder: String, _ claim: PublishedClaim, _ outcome: Outcome, _ measured: (Bool) -> Measurement
  ) -> String? {
    let parts = placeholder.split(separator: ".")
    let number: Double?
    switch (parts.first ?? "", parts.last ?? "") {
    case ("lowest", _): return outcome.measured.lowest
    case ("highest", _): return outcome.measured.highest
    case ("ratio", "low"): number = outcome.judgement?.low
    case ("ratio", _): number = outcome.judgement?.high
    case ("with", "low"): number = measured(true).low
    case ("with", _): number = measured(true).high
    case ("without", "low"): number = measured(false).low
    case ("without", _): number = measured(false).high
    case ("published", "low"): return claim.published.ends.map { StudyNumbers.stated($0.low) }
    case ("published", _): return claim.published.ends.map { StudyNumbers.stated($0.high) }
    case ("low", _): number = outcome.measured.low
    default: number = outcome.measured.high
    }
    return number.map { Figures.significant($0) }
  }
}

extension PublishedClaim.Published {
  /// The numbers; nil for a trend.
  var ends: (low: Double, high: Double)? {
    switch self {
    case .value(let value): (value, value)
    case .range(let low, let high): (low, high)
    case .atMost(let bound): (bound, bound)
    case .trend: nil
    }
  }

  /// As a table shows it: "41–137 x", "at most 20 %", "near linear".
  func text(_ unit: String) -> String {
    let suffix = unit == "-" ? "" : " \(unit)"
    return switch self {
    case .value(let value): StudyNumbers.stated(value) + suffix
    case .range(let low, let high): "\(StudyNumbers.stated(low))–\(StudyNumbers.stated(high))\(suffix)"
    case .atMost(let bound): "at most \(StudyNumbers.stated(bound))\(suffix)"
    case .trend(let text): text
    }
  }
}

extension ClaimResult.Outcome {
  /// As a table shows it: "4.07–5.61 x".
  func text(_ unit: String) -> String {
    guard let low = measured.low, let high = measured.high else { return "–" }
    // Counts are whole.
    let text = unit == "tokens" && low == high ? StudyNumbers.stated(low) : StudyNumbers.range(low, high)
    return text + (unit == "-" ? "" : " \(unit)")
  }

  var ratioText: String { judgement.map { StudyNumbers.range($0.low, $0.high) } ?? "–" }
}
