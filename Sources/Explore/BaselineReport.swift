import Baselines
import Report

/// Baselines in the report of a run: as JSON, and as a section below the table.
enum BaselineReport {
  static func json(_ estimates: [NamedEstimate], _ run: PricedRun) -> [JSONValue] {
    estimates.map { named in
      let estimate = named.estimate
      return .object(
        [
          ("name", .text(named.name)), ("title", .text(estimate.baseline.title)),
          ("basis", .text(BaselineEstimate.basis)), ("format", .text(estimate.format.rawValue)),
          ("format_asked", .text(estimate.asked.rawValue)),
        ] + ratios(estimate.figures, run) + [
          ("without_overhead", .object(ratios(estimate.device, run))),
          ("framework", estimate.baseline.framework.map { .text($0.title) } ?? .null),
          ("kernels", count(estimate.operators.reduce(0) { $0 + $1.kernels })),
          ("power_w", .number(estimate.baseline.power.value.value.double)),
          ("power_scope", .text(estimate.baseline.powerScope.rawValue)),
        ] + details(estimate))
    }
  }

  private static func ratios(
    _ figures: BaselineEstimate.Figures, _ run: PricedRun
  ) -> [(key: String, value: JSONValue)] {
    self.figures(figures) + [
      ("speedup", .number(figures.latency / run.seconds.double)),
      ("energy_ratio", .optional(run.total.joules.map { figures.energy / $0.double })),
    ]
  }

  static func figures(_ figures: BaselineEstimate.Figures) -> [(key: String, value: JSONValue)] {
    [
      ("latency_s", .number(figures.latency)), ("ttft_s", .optional(figures.timeToFirstToken)),
      ("tpot_s", .optional(figures.timePerOutputToken)), ("tokens_per_s", .optional(figures.tokensPerSecond)),
      ("energy_j", .number(figures.energy)), ("energy_per_token_j", .optional(figures.energyPerToken)),
    ]
  }

  /// What stands behind an estimate's figures.
  static func details(_ estimate: BaselineEstimate) -> [(key: String, value: JSONValue)] {
    [
      (
        "memory",
        .object([
          ("weight_bytes", count(estimate.footprint.weights)), ("cache_bytes", count(estimate.footprint.caches)),
          ("capacity_bytes", count(estimate.footprint.capacity)), ("fits", .boolean(estimate.footprint.fits)),
        ])
      ),
      ("operators", .array(estimate.operators.map(share))),
      ("assumptions", .array(RunReportJSON.assumptions(estimate.assumptions))),
    ]
  }

  /// A count that is whole is written so.
  private static func count(_ value: Double) -> JSONValue {
    Int64(exactly: value).map { .integer($0) } ?? .number(value)
  }

  private static func share(_ share: BaselineEstimate.OperatorShare) -> JSONValue {
    .object([
      ("name", .text(share.name)), ("kind", .text(share.kind)), ("phase", .text(share.phase.name)),
      ("count", .integer(share.count)), ("kernels", count(share.kernels)), ("operations", count(share.operations)),
      ("bytes", count(share.bytes)), ("compute_bound_s", .number(share.computeBound)),
      ("memory_bound_s", .number(share.memoryBound)), ("overhead_s", .number(share.overhead)),
    ])
  }

  static func text(_ estimates: [NamedEstimate], _ run: PricedRun) -> String {
    guard !estimates.isEmpty else { return "" }
    var table = TextTable([
      ("baseline (roofline)", .left), ("format", .left), ("latency", .right), ("speed-up", .right), ("energy", .right),
      ("energy ratio", .right),
    ])
    for named in estimates {
      let estimate = named.estimate
      var lines = [(named.name, estimate.figures)]
      if estimate.withFramework != nil { lines.append(("\(named.name), device alone", estimate.device)) }
      for (name, figures) in lines {
        table.add([
          name, estimate.format.rawValue, Figures.scaled(figures.latency, "s"),
          Figures.significant(figures.latency / run.seconds.double), Figures.scaled(figures.energy, "J"),
          Figures.significant(run.total.joules.map { figures.energy / $0.double }),
        ])
      }
    }
    var out = "\nAgainst baselines, whose power is that of \(scopes(estimates)) for all of the time\n" + table.text()
    for named in estimates {
      for note in notes(named) { out += "  \(note)\n" }
    }
    return out
  }

  private static func scopes(_ estimates: [NamedEstimate]) -> String {
    Baseline.PowerScope.allCases.filter { scope in estimates.contains { $0.estimate.baseline.powerScope == scope } }
      .map { "the whole \($0.rawValue)" }.joined(separator: ", ")
  }

  /// What a reader must know of one estimate.
  static func notes(_ named: NamedEstimate) -> [String] {
    let estimate = named.estimate
    var notes: [String] = []
    if estimate.format != estimate.asked {
      notes.append(
        "\(named.name) does not compute in \(estimate.asked.rawValue): it runs as \(estimate.format.rawValue)")
    }
    if !estimate.footprint.fits {
      notes.append(
        "the model does not fit \(named.name): weights and caches take \(Figures.scaled(estimate.footprint.needed, "B")) "
          + "of \(Figures.scaled(estimate.footprint.capacity, "B"))")
    }
    return notes
  }
}
