import Dataflow
import Files
import Report

/// The machine form of a reproduction: `accsim.reproduction/1`. The page and the table are views of it.
enum ReproductionJSON {
  static let schema = "accsim.reproduction/1"

  static func document(_ results: StudyResults, _ claims: [ClaimResult]) -> JSONValue {
    let study = results.study
    return .object([
      ("schema", .text(schema)),
      ("system", .text(study.name)),
      ("title", .text(study.title)),
      ("source", .text(study.source.description)),
      ("design", .text(study.design)),
      (
        "workload",
        .object([
          ("prompt", .integer(study.workload.prompt)), ("generate", .integer(study.workload.generate)),
          ("past", .integer(study.workload.past)),
        ])
      ),
      ("notes", .array(results.runs.notes.map { .text($0) })),
      ("claims", .array(claims.map { claim($0) })),
      ("settings", .array(study.settings.indices.map { setting(results, $0) })),
      ("baselines", .array(study.baselines.indices.map { baseline(results, $0) })),
      ("powers", .array(PowerComparison.all(results).map(power))),
      ("sweeps", .array(study.sweeps.indices.map { sweep(results, $0) })),
      ("assumptions", .array(results.resolved.designs[0].assumptions.map { assumption($0, study) })),
      ("provenance", provenance(results)),
    ])
  }

  /// A number alone, or the lowest and the highest of several.
  private static func ends(_ low: Double?, _ high: Double?) -> JSONValue {
    guard let low, let high else { return .null }
    return low == high ? .number(low) : .array([.number(low), .number(high)])
  }

  private static func claim(_ result: ClaimResult) -> JSONValue {
    let claim = result.claim
    let shipped = result.shipped
    let published: JSONValue =
      switch claim.published {
      case .value(let value): .number(value)
      case .range(let low, let high): .array([.number(low), .number(high)])
      case .atMost(let bound): .object([("at_most", .number(bound))])
      case .trend(let text): .text(text)
      }
    return .object([
      ("id", .text(claim.id)),
      ("claim", .text(claim.text)),
      ("basis", result.basis.map { .text($0) } ?? .null),
      ("unit", .text(claim.unit)),
      ("published", published),
      ("simulated", ends(shipped.measured.low, shipped.measured.high)),
      ("ratio", ends(shipped.judgement?.low, shipped.judgement?.high)),
      ("verdict", .text(shipped.verdict.rawValue)),
      ("reason", .text(result.reason)),
      ("status", .text(claim.status.rawValue)),
      ("source", .text(claim.source)),
      (
        "models",
        .object(shipped.measured.values.filter { !$0.model.isEmpty }.map { ($0.model, .number($0.value)) })
      ),
      (
        "settings",
        .array(
          result.outcomes.dropFirst().map { outcome in
            .object([
              ("name", .text(outcome.setting)), ("simulated", ends(outcome.measured.low, outcome.measured.high)),
              ("ratio", ends(outcome.judgement?.low, outcome.judgement?.high)),
              ("verdict", .text(outcome.verdict.rawValue)),
            ])
          })
      ),
    ])
  }

  private static func setting(_ results: StudyResults, _ index: Int) -> JSONValue {
    let setting = results.study.settings[index]
    return .object([
      ("name", .text(setting.name)), ("title", .text(setting.title)),
      ("set", values(setting.variant.replacements)),
      (
        "models",
        .array(
          results.study.models.indices.map { run(results.study.models[$0], results.figures(setting: index, model: $0)) }
        )
      ),
    ])
  }

  private static func values(_ replacements: [Replacement]) -> JSONValue {
    .object(replacements.map { ($0.path, .text($0.value)) })
  }

  private static func run(_ model: String, _ run: RunFigures) -> JSONValue {
    .object([
      ("model", .text(model)), ("generate", .integer(run.generate)), ("past", .integer(run.past)),
      ("cycles", .integer(run.cycles)),
      ("latency_s", .number(run.seconds)), ("last_token_s", .number(run.lastTokenSeconds)),
      ("energy_j", .optional(run.energy)),
      ("interface_bytes", .integer(run.interfaceBytes)), ("macs", .integer(run.macs)),
      ("row_hits", .integer(run.rowHits)), ("row_misses", .integer(run.rowMisses)),
      ("cycles_by_kind", .object(run.cyclesByKind.map { ($0.kind, .integer($0.cycles)) })),
      ("energy_by_unit_j", .object(run.units.map { ($0.name, .optional($0.energy)) })),
      ("busy_by_unit_s", .object(run.units.map { ($0.name, .number($0.busySeconds)) })),
    ])
  }

  private static func baseline(_ results: StudyResults, _ index: Int) -> JSONValue {
    let baseline = results.resolved.baselines[index]
    return .object([
      ("name", .text(results.study.baselines[index].name)), ("title", .text(baseline.title)),
      ("basis", .text("roofline")), ("power_w", .number(baseline.power.value.value.double)),
      ("power_scope", .text(baseline.powerScope.rawValue)),
      ("framework", baseline.framework.map { .text($0.title) } ?? .null),
      ("assumptions", .array(baseline.assumptions.map { assumption($0, results.study) })),
      (
        "models",
        .array(
          results.study.models.indices.map { model in
            let cost = results.costs[index][model]
            return .object([
              ("model", .text(results.study.models[model])), ("format", .text(cost.format.rawValue)),
              ("fits", .boolean(cost.fits)),
              ("latency_s", .optional(cost.frameworkSeconds)), ("energy_j", .optional(cost.frameworkEnergy)),
              ("latency_without_overhead_s", .number(cost.seconds)),
              ("energy_without_overhead_j", .number(cost.energy)),
            ])
          })
      ),
    ])
  }

  private static func power(_ comparison: PowerComparison) -> JSONValue {
    .object([
      ("model", .text(comparison.model)),
      (
        "implied",
        .array(
          comparison.lines.map { line in
            .object([
              ("name", .text(line.name)), ("power_w", .number(line.watts)), ("active_s", .number(line.activeSeconds)),
              ("implied_active_j", .number(line.impliedActive)), ("implied_run_j", .number(line.impliedRun)),
              ("simulated_j", .optional(line.simulated)),
            ])
          })
      ),
      ("implied_j", .number(comparison.implied)), ("simulated_j", .optional(comparison.simulated)),
    ])
  }

  private static func sweep(_ results: StudyResults, _ index: Int) -> JSONValue {
    let sweep = results.study.sweeps[index]
    return .object([
      ("name", .text(sweep.name)), ("title", .text(sweep.title)), ("axis", .text(sweep.axis)),
      ("reference", .number(sweep.points[sweep.reference].at)),
      (
        "points",
        .array(
          sweep.points.indices.map { point in
            .object([
              ("at", .number(sweep.points[point].at)), ("set", values(sweep.points[point].variant.replacements)),
              ("set_model", values(sweep.points[point].modelValues)),
              (
                "models",
                .array(
                  sweep.models.indices.map {
                    run(sweep.models[$0], results.figures[results.runs.ofSweeps[index][point][$0]])
                  })
              ),
            ])
          })
      ),
    ])
  }

  private static func assumption(_ assumption: Assumption, _ study: PaperStudy) -> JSONValue {
    .object([
      ("parameter", .text(assumption.parameter)), ("value", .text(assumption.value)),
      ("source", assumption.source.map { .text($0.description) } ?? .null),
      ("matters", study.assumptions.first { $0.parameter == assumption.parameter }.map { .text($0.why) } ?? .null),
    ])
  }

  private static func provenance(_ results: StudyResults) -> JSONValue {
    .object([
      ("version", .text(Version.current)), ("simulations", .integer(Int64(results.runs.jobs.count))),
      (
        "inputs",
        .array(
          results.resolved.inputs.map { .object([("name", .text($0.name)), ("sha256", .text($0.sha256))]) })
      ),
    ])
  }
}
