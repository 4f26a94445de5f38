/// How a claim is measured. The kinds are few, and know nothing of any system.
public struct StudyMeasure: Sendable, Hashable {
  /// What is measured of the runs.
  public enum Kind: Sendable, Hashable {
    /// Latency of a baseline ÷ ours, per model.
    case speedup(baseline: String)
    /// Energy of a baseline ÷ ours, per model.
    case energyRatio(baseline: String)
    /// Bytes that a memory without computing would hand out ÷ bytes over our interface, per model.
    case trafficReduction(elementBytes: Double)
    /// Column commands that find their row open, in percent, per model.
    case rowHitRate
    /// Latency of operators on other kinds of units, in percent, per model.
    case latencyShare(notOn: String)
    /// How much longer a run takes at one point of a sweep than at its reference, in percent, per model.
    case slowdown(sweep: String, at: Double)
    /// Speed gained from the first to the last point of a sweep ÷ what is gained along the axis, per model.
    case scaling(sweep: String)
    /// Two operations per multiply-accumulate, per token and parameter, per model.
    case operationsPerParameter
    /// Mean power of a unit over the run, in mW, per model.
    case unitPower(unit: String)
    /// Power of one part's events at their full rate, in mW, per model.
    case eventPower(unit: String, event: String, fullRate: Double)
    /// How nearly the named models have the largest and the smallest ratio of all: 1 when both do.
    case ordering(of: Ratio, baseline: String, largest: String, smallest: String)
    /// A figure of the workload.
    case configuration(Setting)
    /// Nothing here models it.
    case notCheckable
  }

  /// What a comparison with a baseline compares.
  public enum Ratio: String, Sendable, CaseIterable {
    case speedup
    case energy = "energy-ratio"
  }

  /// Figures of a workload that a paper may state.
  public enum Setting: String, Sendable, CaseIterable { case generate, prompt, past, batch }

  public let kind: Kind
  /// The models that the claim is about, in the study's order; all when empty.
  public let models: [String]

  /// The words for `kind:` in a study.
  static let kindNames = [
    "speedup", "energy-ratio", "traffic-reduction", "row-hit-rate", "latency-share", "slowdown", "scaling",
    "operations-per-parameter", "unit-power", "event-power", "ordering", "configuration", "not-checkable",
  ]

  /// The unit in which the measure is told, which the claim's must be; nil when it may be any.
  var unit: String? {
    switch kind {
    case .speedup, .energyRatio, .trafficReduction: "x"
    case .rowHitRate, .latencyShare, .slowdown: "%"
    case .scaling, .ordering: "-"
    case .operationsPerParameter: "op/param"
    case .unitPower, .eventPower: "mW"
    case .configuration(.batch): "sequences"
    case .configuration: "tokens"
    case .notCheckable: nil
    }
  }

  /// The baseline that it needs.
  var baseline: String? {
    switch kind {
    case .speedup(let name), .energyRatio(let name), .ordering(_, let name, _, _): name
    default: nil
    }
  }
}
