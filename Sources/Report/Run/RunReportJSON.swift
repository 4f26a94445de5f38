import Arch
import Dataflow
import Files

/// The machine form of a run: `accsim.report/1`. Every other form is a view of the same numbers.
public enum RunReportJSON {
  public static let schema = "accsim.report/1"

  /// - Parameter baselines: what the same work takes elsewhere, as the report lists it.
  public static func document(_ run: PricedRun, baselines: [JSONValue] = []) -> JSONValue {
    let record = run.record
    return .object([
      ("schema", .text(schema)),
      ("design", .text(record.design)),
      ("model", .text(record.model)),
      ("workload", workload(record.workload)),
      ("totals", totals(run)),
      ("phases", phases(run)),
      ("units", .array(record.units.indices.map { unit(run, $0) })),
      ("operators", .array(record.program.rows.indices.map { operatorRow(run, $0) })),
      ("unattributed", .object(run.unattributed.map { ($0.cause.rawValue, $0.energy.map(energy) ?? .null) })),
      ("memories", memories(run)),
      ("baselines", .array(baselines)),
      ("assumptions", .array(assumptions(record.assumptions))),
      ("values", record.values.map { values($0, run) } ?? .null),
      ("provenance", provenance(record)),
    ])
  }

  private static func workload(_ w: Workload) -> JSONValue {
    .object([
      ("prompt", .integer(w.prompt)), ("generate", .integer(w.generate)), ("past", .integer(w.past)),
      ("batch", .integer(w.batch)), ("logits", .text(w.logits.rawValue)),
    ])
  }

  private static func totals(_ run: PricedRun) -> JSONValue {
    let record = run.record
    let energyPerToken: Double? = run.total.joules.flatMap { joules in
      let tokens = record.workload.generate * record.workload.batch
      return tokens > 0 ? (joules / Rational(tokens)).double : nil
    }
    let units = record.activity.units
    return .object([
      ("cycles", .integer(run.cycles)),
      ("clock_hz", .number((Rational.one / (Rational(record.referencePeriod) * record.tick)).double)),
      ("latency_s", .number(run.seconds.double)),
      ("ttft_s", .optional(run.timeToFirstToken?.double)),
      ("tpot_s", .optional(run.timePerOutputToken?.double)),
      ("tokens_per_s", .optional(run.tokensPerSecond?.double)),
      ("energy_j", energy(run.total)),
      ("energy_exact", exact(run.total)),
      ("energy_reason", reason(run.total)),
      ("energy_per_token_j", .optional(energyPerToken)),
      ("average_power_w", .optional(run.total.joules.map { ($0 / run.seconds).double })),
      ("macs_executed", .integer(run.macsExecuted)),
      ("macs_graph", .integer(run.macsInGraph)),
      ("interface_bytes", .integer(units.reduce(0) { $0 + $1.interfaceBytes })),
      ("internal_bytes", .integer(units.reduce(0) { $0 + $1.internalBytes })),
      ("folded_cycles", .integer(record.activity.foldedTicks / record.referencePeriod)),
    ])
  }

  private static func phases(_ run: PricedRun) -> JSONValue {
    .array(
      Workload.Phase.allCases.compactMap { phase in
        guard let seconds = run.seconds(phase) else { return nil }
        let rows = run.record.program.rows.indices.filter { run.record.program.rows[$0].phase == phase }
        return .object([
          ("name", .text(phase.name)),
          ("passes", .integer(Int64(run.record.program.passes.filter { $0.phase == phase }.count))),
          ("cycles", .integer(rows.reduce(0) { $0 + run.rowCycles[$1] })),
          ("latency_s", .number(seconds.double)),
          ("operator_energy_j", energy(rows.reduce(.zero) { $0 + run.rows[$1] })),
        ])
      })
  }

  private static func unit(_ run: PricedRun, _ index: Int) -> JSONValue {
    let unit = run.record.units[index]
    let activity = run.record.activity.units[index]
    // A unit of several parts is shown by its busiest; all parts are listed.
    let shown = activity.accounts.enumerated()
      .max { ($0.element.account.busy, -$0.offset) < ($1.element.account.busy, -$1.offset) }
    var members: [(key: String, value: JSONValue)] = [
      ("name", .text(unit.name)), ("kind", .text(unit.kind)), ("checked", .text(unit.checked)),
      ("face", .text(unit.face)),
      ("clock_hz", .number((Rational.one / (Rational(unit.period) * run.record.tick)).double)),
    ]
    if let shown {
      if activity.accounts.count > 1 { members.append(("cycles_of", .text(shown.element.part))) }
      members += account(shown.element.account)
    }
    members += [
      ("folded_cycles", .integer(activity.foldedCycles)),
      ("energy_j", energy(run.units[index].total)),
      ("energy_exact", exact(run.units[index].total)),
      ("energy_breakdown", .object(run.units[index].events.map { ($0.event, energy($0.energy)) })),
      ("events", .object(run.units[index].events.map { ($0.event, .integer($0.count)) })),
      ("event_log_digest", .text(hexadecimal(activity.digest.value))),
    ]
    if activity.accounts.count > 1 {
      members.append(
        ("parts", .array(activity.accounts.map { .object([("name", .text($0.part))] + account($0.account)) })))
    }
    return .object(members)
  }

  private static func account(_ account: CycleAccount) -> [(key: String, value: JSONValue)] {
    [
      ("total_cycles", .integer(account.total)),
      ("busy_cycles", .integer(account.busy)),
      ("stalls", .object(zip(account.causes, account.stalls).map { ($0, .integer($1)) })),
      ("idle_cycles", .integer(account.idle)),
    ]
  }

  private static func operatorRow(_ run: PricedRun, _ index: Int) -> JSONValue {
    let row = run.record.program.rows[index]
    return .object([
      ("name", .text(row.name)), ("kind", .text(row.kind)), ("phase", .text(row.phase.name)),
      ("unit", .text(run.record.units[row.unit.rawValue].name)),
      ("cycles", .integer(run.rowCycles[index])),
      ("lower_bound_cycles", .optional(run.lowerBounds[index])),
      ("energy_j", energy(run.rows[index])),
      ("macs", .integer(row.macs)), ("bytes", .integer(row.bytes)),
    ])
  }

  private static func memories(_ run: PricedRun) -> JSONValue {
    .array(
      zip(run.record.units, run.record.activity.units).compactMap { unit, activity in
        guard let memory = activity.memory else { return nil }
        let columns = memory.rowHits + memory.rowMisses
        return .object([
          ("unit", .text(unit.name)),
          ("commands", .object(memory.commands.map { ($0.event, .integer($0.count)) })),
          ("row_hits", .integer(memory.rowHits)),
          ("row_misses", .integer(memory.rowMisses)),
          ("row_hit_rate", columns > 0 ? .number(Double(memory.rowHits) / Double(columns)) : .null),
          ("refreshes_per_scope", .array(memory.refreshesPerScope.map { .integer($0) })),
          ("refresh_interval_cycles", .optional(memory.refreshInterval)),
          ("rows_used", .integer(memory.rowsUsed)),
          ("rows_available", .integer(memory.rowsAvailable)),
        ])
      })
  }

  /// Each assumption as `{parameter, value, source}`.
  public static func assumptions(_ assumptions: [Assumption]) -> [JSONValue] {
    assumptions.map { assumption in
      .object([
        ("parameter", .text(assumption.parameter)), ("value", .text(assumption.value)),
        ("source", assumption.source.map { .text($0.description) } ?? .null),
      ])
    }
  }

  private static func values(_ values: RunRecord.ValueProvenance, _ run: PricedRun) -> JSONValue {
    .object([
      ("arithmetic", .text(values.arithmetic)), ("weights", .text(values.weights)), ("tokens", .text(values.tokens)),
      ("cache", values.caches.map { .text($0) } ?? .null),
      ("macs_computed", .integer(run.record.activity.units.reduce(0) { $0 + ($1.computedMACs ?? 0) })),
      ("products", .text("bank products are exact or binary32, added up in binary32")),
    ])
  }

  private static func provenance(_ record: RunRecord) -> JSONValue {
    .object([
      ("version", .text(Version.current)),
      ("token_seed", Int64(exactly: record.workload.seed).map { .integer($0) } ?? .text("\(record.workload.seed)")),
      ("token_numbers", .text(record.values?.tokens ?? "uniform over the vocabulary, from the seed")),
      (
        "experts",
        record.expertChoice.map { .text($0) } ?? .null
      ),
      ("replaced", .array(record.replaced.map(replaced))),
      (
        "inputs",
        .array(record.inputs.map { .object([("name", .text($0.name)), ("sha256", .text($0.sha256))]) })
      ),
    ])
  }

  private static func replaced(_ value: ReplacedValue) -> JSONValue {
    .object([
      ("path", .text(value.replacement.path)), ("value", .text(value.replacement.value)), ("was", .text(value.was)),
      ("by", .text(value.replacement.origin)),
    ])
  }

  static func energy(_ energy: Energy) -> JSONValue { .optional(energy.joules?.double) }

  private static func exact(_ energy: Energy) -> JSONValue {
    energy.joules.map { .text($0.description) } ?? .null
  }

  private static func reason(_ energy: Energy) -> JSONValue {
    if case .unknown(let reason) = energy { .text(reason) } else { .null }
  }

  private static func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
