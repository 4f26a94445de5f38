import Arch
import Dataflow
import Report

/// What a study keeps of a run: figures, not the run, which may take gigabytes.
struct RunFigures: Sendable {
  struct UnitFigures: Sendable, Hashable {
    let name: String
    let kind: String
    /// Channels of a memory; 1 for other units.
    let parts: Int
    /// Joules; nil when unknown.
    let energy: Double?
    let events: [EventFigures]
    /// Seconds in which the unit, or the mean of its parts, works.
    let busySeconds: Double
  }

  struct EventFigures: Sendable, Hashable {
    let event: String
    let count: Int64
    let energy: Double?
  }

  let generate: Int64
  /// Positions before the first.
  let past: Int64
  let cycles: Int64
  let seconds: Double
  /// The last decode step alone.
  let lastTokenSeconds: Double
  let energy: Double?
  let interfaceBytes: Int64
  let macs: Int64
  let rowHits: Int64
  let rowMisses: Int64
  /// Cycles of the reference clock by the kind of unit that the operators are mapped to, in the design's order.
  let cyclesByKind: [(kind: String, cycles: Int64)]
  /// The same by kind of operator, with the kind of its unit, in the order of the program.
  let cyclesByOperator: [(kind: String, unitKind: String, cycles: Int64)]
  let units: [UnitFigures]

  init(_ run: PricedRun) {
    let record = run.record
    let activities = record.activity.units
    generate = record.workload.generate
    past = record.workload.past
    cycles = run.cycles
    seconds = run.seconds.double
    lastTokenSeconds = run.passSeconds.last?.double ?? 0
    energy = run.total.joules?.double
    interfaceBytes = activities.reduce(0) { $0 + $1.interfaceBytes }
    macs = run.macsExecuted
    rowHits = activities.reduce(0) { $0 + ($1.memory?.rowHits ?? 0) }
    rowMisses = activities.reduce(0) { $0 + ($1.memory?.rowMisses ?? 0) }
    var byKind: [(kind: String, cycles: Int64)] = []
    for unit in record.units where !byKind.contains(where: { $0.kind == unit.kind }) { byKind.append((unit.kind, 0)) }
    for (row, cycles) in zip(record.program.rows, run.rowCycles) {
      let kind = record.units[row.unit.rawValue].kind
      if let index = byKind.firstIndex(where: { $0.kind == kind }) { byKind[index].cycles += cycles }
    }
    cyclesByKind = byKind
    cyclesByOperator = Self.byOperator(run)
    units = record.units.indices.map { index in
      let unit = record.units[index]
      let accounts = activities[index].accounts
      let period = (Rational(unit.period) * record.tick).double
      let busy = accounts.reduce(0) { $0 + $1.account.busy }
      return UnitFigures(
        name: unit.name, kind: unit.kind, parts: max(accounts.count, 1),
        energy: run.units[index].total.joules?.double,
        events: run.units[index].events.map {
          EventFigures(event: $0.event, count: $0.count, energy: $0.energy.joules?.double)
        },
        busySeconds: Double(busy) * period / Double(max(accounts.count, 1)))
    }
  }

  private static func byOperator(_ run: PricedRun) -> [(kind: String, unitKind: String, cycles: Int64)] {
    var result: [(kind: String, unitKind: String, cycles: Int64)] = []
    for (row, cycles) in zip(run.record.program.rows, run.rowCycles) {
      let unitKind = run.record.units[row.unit.rawValue].kind
      if let index = result.firstIndex(where: { $0.kind == row.kind && $0.unitKind == unitKind }) {
        result[index].cycles += cycles
      } else {
        result.append((row.kind, unitKind, cycles))
      }
    }
    return result
  }

  func unit(_ name: String) -> UnitFigures? { units.first { $0.name == name } }
}

/// What a processor with an ordinary memory moves for the same work: every weight, norm and bias once per token, the row
/// of each table, all cached keys and values, and the new ones into the cache.
enum OrdinaryTraffic {
  /// Elements over all passes; in floating point, since it is only divided.
  static func elements(_ graph: OperatorGraph, _ workload: Workload) -> Double {
    var total = 0.0
    for pass in workload.passes(of: graph) {
      for op in graph.operators where pass.runs(op) { total += elements(op.kind, context: Double(pass.context)) }
    }
    return total
  }

  private static func elements(_ kind: OperatorKind, context: Double) -> Double {
    let vectors = Double(kind.parameterVectors.reduce(0, +))
    switch kind {
    case .embedding(_, let width, _): return Double(width)
    case .linear(let inputs, let outputs, _), .expertLinear(_, _, let inputs, let outputs):
      return Double(inputs) * Double(outputs) + vectors
    case .attentionScores(_, let heads, let dimension), .attentionValues(_, let heads, let dimension):
      return Double(heads) * Double(dimension) * context
    case .appendKey(let heads, let dimension), .appendValue(let heads, let dimension):
      return Double(heads) * Double(dimension)
    default: return vectors
    }
  }
}
