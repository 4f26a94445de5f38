import Arch
import Files

// The claims of a study and how each is measured.
extension StudyReading {
  mutating func readClaims(_ d: inout Diagnostics) -> [PublishedClaim] {
    _ = fields.requiredList("claims", &d)
    var claims: [PublishedClaim] = []
    let nodes = items("claims", &d)
    for node in nodes {
      guard var section = Fields(node, of: "a claim", in: file, &d) else { continue }
      let id = section.requiredText("id", &d)
      section = Fields(node, of: "claim '\(id ?? "")'", in: file, &d) ?? section
      section.ignore(["id"])
      let text = section.requiredText("claim", &d)
      let published = section.requiredNode("published", &d).flatMap { self.published($0, of: section, &d) }
      let unit = section.requiredText("unit", &d)
      let source = section.requiredText("source", &d)
      let status = section.requiredChoice("status", of: PublishedClaim.Status.allCases.map(\.rawValue), &d)
        .flatMap(PublishedClaim.Status.init)
      let measure = section.requiredFields("measure", of: "the measure of \(section.what)", &d)
        .flatMap { self.measure($0, &d) }
      let isInput = section.boolean("input", &d) ?? false
      let reason = section.text("reason", &d)
      if let reason { ReasonText.check(reason, at: section.place("reason"), &d) }
      section.finish(
        &d, knownKeys: ["id", "claim", "published", "unit", "source", "status", "measure", "input", "reason"])
      guard let id, let text, let published, let unit, let source, let status, let measure else { continue }
      if claims.contains(where: { $0.id == id }) {
        d.error("two claims have one id", at: section.place("id"), value: id)
      }
      if let known = measure.unit, known != unit {
        d.error(
          "the measure of \(section.what) is not told in this unit", at: section.place("unit"), value: unit,
          expected: known)
      }
      if isInput || measure.kind == .notCheckable, reason == nil {
        d.error("\(section.what) does not say why it cannot be checked", at: section.place(), expected: "a reason:")
      }
      claims.append(
        PublishedClaim(
          id: id, text: text, published: published, unit: unit, source: source, status: status, measure: measure,
          isInput: isInput, reason: reason))
    }
    if fields.contains("claims"), nodes.isEmpty {
      d.error("the study has no claim", at: fields.place("claims"), expected: "a list of claims")
    }
    return claims
  }

  /// `98`, `[41, 137]`, `{ at-most: 20 }` or `{ trend: near linear }`; numbers are greater than 0.
  private func published(
    _ node: DocumentNode, of section: Fields, _ d: inout Diagnostics
  ) -> PublishedClaim.Published? {
    let what = "'published' of \(section.what)"
    func number(_ node: DocumentNode) -> Double? {
      Scalars.quantity(of: node, .number, in: .positive, what, file: file, &d)?.value.double
    }
    if node.scalar != nil { return number(node).map { .value($0) } }
    if let items = node.items {
      let ends = items.compactMap(number)
      guard ends.count == items.count else { return nil }
      guard ends.count == 2, ends[0] <= ends[1] else {
        d.error(
          "\(what) is no range", at: Place(file: file, mark: node.mark), value: "\(items.count) numbers",
          expected: "[lowest, highest]")
        return nil
      }
      return .range(ends[0], ends[1])
    }
    guard var form = Fields(node, of: what, in: file, &d) else { return nil }
    let bound = form.quantity("at-most", .number, in: .positive, &d)
    let trend = form.text("trend", &d)
    form.finish(&d, knownKeys: ["at-most", "trend"])
    if let bound, trend == nil { return .atMost(bound.value.double) }
    if let trend, bound == nil { return .trend(trend) }
    if form.keys.count != 1 {
      d.error(
        "\(what) is neither a bound nor a trend", at: form.place(), expected: "{ at-most: NUMBER } or { trend: TEXT }")
    }
    return nil
  }

  private mutating func measure(_ section: Fields, _ d: inout Diagnostics) -> StudyMeasure? {
    var section = section
    guard let word = section.requiredChoice("kind", of: StudyMeasure.kindNames, &d) else { return nil }
    let before = d.errorCount
    let chosen = modelNames("models", of: &section, &d)
    let kind = kind(word, &section, &d)
    section.finish(&d, knownKeys: ["kind", "models"] + Self.keys(of: word))
    guard let kind, d.errorCount == before else { return nil }
    return StudyMeasure(kind: kind, models: chosen)
  }

  private static func keys(of word: String) -> [String] {
    switch word {
    case "speedup", "energy-ratio": ["baseline"]
    case "traffic-reduction": ["element"]
    case "latency-share": ["not-on"]
    case "slowdown": ["sweep", "at"]
    case "scaling": ["sweep"]
    case "unit-power": ["unit"]
    case "event-power": ["unit", "event", "full-rate"]
    case "ordering": ["of", "baseline", "largest", "smallest"]
    case "configuration": ["value"]
    default: []
    }
  }

  private mutating func kind(
    _ word: String, _ section: inout Fields, _ d: inout Diagnostics
  ) -> StudyMeasure.Kind? {
    switch word {
    case "speedup": return baseline(&section, &d).map { .speedup(baseline: $0) }
    case "energy-ratio": return baseline(&section, &d).map { .energyRatio(baseline: $0) }
    case "traffic-reduction":
      let bytes = section.requiredQuantity("element", .size, in: .positiveUpTo(Rational(64)), &d)
      return bytes.map { .trafficReduction(elementBytes: $0.value.double) }
    case "row-hit-rate": return .rowHitRate
    case "latency-share": return section.requiredText("not-on", &d).map { .latencyShare(notOn: $0) }
    case "slowdown":
      let sweep = section.requiredChoice("sweep", of: sweepNames, &d)
      let at = section.requiredQuantity("at", .number, in: .positive, &d)
      guard let sweep, let at else { return nil }
      if let found = sweeps.first(where: { $0.name == sweep }),
        !found.points.contains(where: { $0.at == at.value.double })
      {
        d.error(
          "sweep '\(sweep)' has no such point", at: section.place("at"), value: at.text,
          expected: "one of \(found.points.map(\.label).joined(separator: ", "))")
      }
      return .slowdown(sweep: sweep, at: at.value.double)
    case "scaling": return section.requiredChoice("sweep", of: sweepNames, &d).map { .scaling(sweep: $0) }
    case "operations-per-parameter": return .operationsPerParameter
    case "unit-power": return section.requiredText("unit", &d).map { .unitPower(unit: $0) }
    case "event-power":
      let unit = section.requiredText("unit", &d)
      let event = section.requiredText("event", &d)
      let rate = section.requiredQuantity("full-rate", .frequency, in: .positive, &d)
      guard let unit, let event, let rate else { return nil }
      return .eventPower(unit: unit, event: event, fullRate: rate.value.double)
    case "ordering":
      let ratio = section.requiredChoice("of", of: StudyMeasure.Ratio.allCases.map(\.rawValue), &d)
        .flatMap(StudyMeasure.Ratio.init)
      let baseline = baseline(&section, &d)
      let largest = section.requiredChoice("largest", of: models, &d)
      let smallest = section.requiredChoice("smallest", of: models, &d)
      guard let ratio, let baseline, let largest, let smallest else { return nil }
      return .ordering(of: ratio, baseline: baseline, largest: largest, smallest: smallest)
    case "configuration":
      return section.requiredChoice("value", of: StudyMeasure.Setting.allCases.map(\.rawValue), &d)
        .flatMap(StudyMeasure.Setting.init).map { .configuration($0) }
    default: return .notCheckable
    }
  }

  /// The baseline that a measure names.
  private func baseline(_ section: inout Fields, _ d: inout Diagnostics) -> String? {
    section.requiredChoice("baseline", of: baselines.map(\.name), &d)
  }
}
