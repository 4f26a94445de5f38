import Arch
import Dataflow

/// A run with its energy: every event at its exact price, summed by unit, by operator, and by cause.
public struct PricedRun: Sendable {
  /// Energy of one unit, by event; parts add up to `total`.
  public struct UnitEnergy: Sendable {
    public let events: [(event: String, count: Int64, energy: Energy)]
    public let total: Energy
  }

  public let record: RunRecord
  /// In the order of the design.
  public let units: [UnitEnergy]
  /// By program row.
  public let rows: [Energy]
  /// A cause for which no unit has events is `nil`: nothing is known of it.
  public let unattributed: [(cause: Unattributed, energy: Energy?)]
  public let total: Energy
  /// By program row, cycles of the reference clock until its steps were seen complete; they add up to `cycles`.
  public let rowCycles: [Int64]
  /// By program row, the lower bound in cycles of the reference clock, rounded down; `nil` without one.
  public let lowerBounds: [Int64?]
  public let cycles: Int64
  /// By pass: seconds from its first step's turn to its last completion, exact.
  public let passSeconds: [Rational]

  public init(_ record: RunRecord) {
    self.record = record
    (units, rows, unattributed) = Self.price(record)
    total = units.reduce(.zero) { $0 + $1.total }
    // The last cycle counts whole, also where the controller's clock is faster.
    cycles = (record.totalTicks + record.referencePeriod - 1) / record.referencePeriod
    rowCycles = Self.attributeCycles(record)
    lowerBounds = Self.bounds(record)
    passSeconds = Self.passTimes(record)
  }

  private static func price(
    _ record: RunRecord
  ) -> (units: [UnitEnergy], rows: [Energy], unattributed: [(cause: Unattributed, energy: Energy?)]) {
    var units: [UnitEnergy] = []
    var rows = Array(repeating: Energy.zero, count: record.program.rows.count)
    var causes = Unattributed.allCases.map { (cause: $0, energy: Energy?.none) }
    for (unit, activity) in zip(record.units, record.activity.units) {
      var order: [String] = []
      var counts: [String: Int64] = [:]
      func note(_ count: EventCount) {
        if counts[count.event] == nil { order.append(count.event) }
        counts[count.event, default: 0] += count.count
      }
      for (row, events) in activity.byRow.enumerated() {
        for event in events {
          note(event)
          rows[row] = rows[row] + unit.ledger.cost(of: event.event, count: event.count)
        }
      }
      for (cause, events) in activity.unattributed {
        guard let index = causes.firstIndex(where: { $0.cause == cause }) else { continue }
        for event in events {
          note(event)
          causes[index].energy = (causes[index].energy ?? .zero) + unit.ledger.cost(of: event.event, count: event.count)
        }
      }
      let events = order.map { event in
        (event: event, count: counts[event] ?? 0, energy: unit.ledger.cost(of: event, count: counts[event] ?? 0))
      }
      units.append(UnitEnergy(events: events, total: events.reduce(.zero) { $0 + $1.energy }))
    }
    return (units, rows, causes)
  }

  /// Walks the steps in order of completion; the time by which a completion moves the end of the run forward belongs to
  /// its row. So the rows partition the run, whatever overlaps.
  private static func attributeCycles(_ record: RunRecord) -> [Int64] {
    var result = Array(repeating: Int64(0), count: record.program.rows.count)
    let steps = record.activity.steps
    let order = steps.indices.sorted { (steps[$0].completed, $0) < (steps[$1].completed, $1) }
    var done: Int64 = 0
    for step in order {
      let end =
        (steps[step].completed + record.controllerPeriod + record.referencePeriod - 1) / record.referencePeriod
      if end > done {
        result[Int(record.program.steps[step].row)] += end - done
        done = end
      }
    }
    return result
  }

  private static func bounds(_ record: RunRecord) -> [Int64?] {
    var result = Array(repeating: Int64?.none, count: record.program.rows.count)
    for (unit, activity) in zip(record.units, record.activity.units) {
      for (row, bound) in activity.lowerBounds.enumerated() {
        if let bound { result[row] = (result[row] ?? 0) + bound * unit.period / record.referencePeriod }
      }
    }
    return result
  }

  private static func passTimes(_ record: RunRecord) -> [Rational] {
    var begin: Int64 = 0
    return record.program.passes.map { pass in
      let end = record.activity.steps[pass.steps].map(\.completed).max() ?? begin
      let last = max(begin, end + record.controllerPeriod)
      let seconds = Rational(last - begin) * record.tick
      begin = last
      return seconds
    }
  }

  // MARK: Figures of the whole run

  public var seconds: Rational { Rational(record.totalTicks) * record.tick }

  func seconds(_ phase: Workload.Phase) -> Rational? {
    let times = zip(record.program.passes, passSeconds).filter { $0.0.phase == phase }.map(\.1)
    return times.isEmpty ? nil : times.reduce(.zero, +)
  }

  /// Time to first token: prefill and the first decode step of every sequence.
  public var timeToFirstToken: Rational? {
    let batch = Int(record.workload.batch)
    let decode = zip(record.program.passes, passSeconds).filter { $0.0.phase == .decode }.map(\.1)
    guard !decode.isEmpty else { return nil }
    return (seconds(.prefill) ?? .zero) + decode.prefix(batch).reduce(.zero, +)
  }

  /// Time per output token: the mean decode step.
  public var timePerOutputToken: Rational? {
    guard record.workload.generate > 0, let decode = seconds(.decode) else { return nil }
    return decode / Rational(record.workload.generate)
  }

  public var tokensPerSecond: Rational? {
    guard let decode = seconds(.decode), decode.signum > 0 else { return nil }
    return Rational(record.workload.generate * record.workload.batch) / decode
  }

  public var macsExecuted: Int64 { record.activity.units.reduce(0) { $0 + $1.macs } }

  /// MACs of the same work as exported graphs: the prompt at once, then each decode step.
  public var macsInGraph: Int64 { record.program.origin.macsOfGraph }
}
