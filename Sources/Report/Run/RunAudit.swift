import Arch
import Dataflow
import Files

/// Whether a run adds up. A report is made only of one that does.
public enum RunAudit {
  /// - Throws: a refusal naming what does not add up; that is a defect of accsim, or of a program file.
  public static func check(_ run: PricedRun) throws(Refusal) {
    var d = Diagnostics()
    let place = Place(file: run.record.design, detail: "audit of the run")
    accounts(run, place, &d)
    energy(run, place, &d)
    refreshes(run, place, &d)
    bounds(run, place, &d)
    if run.rowCycles.reduce(0, +) != run.cycles {
      d.error(
        "the operators' cycles do not add up to the total", at: place, value: "\(run.rowCycles.reduce(0, +))",
        expected: "\(run.cycles)")
    }
    macs(run, place, &d)
    try d.throwIfErrors()
  }

  private static func accounts(_ run: PricedRun, _ place: Place, _ d: inout Diagnostics) {
    for (unit, activity) in zip(run.record.units, run.record.activity.units) {
      let expected = run.record.activity.endTick / unit.period + 1
      for row in activity.accounts where row.account.total != expected {
        d.error(
          "the cycles of '\(unit.name)' \(row.part) do not add up", at: place, value: "\(row.account.total)",
          expected: "\(expected)")
      }
    }
  }

  private static func energy(_ run: PricedRun, _ place: Place, _ d: inout Diagnostics) {
    let parts = (run.rows + run.unattributed.compactMap(\.energy)).reduce(.zero, +)
    guard let total = run.total.joules, let sum = parts.joules, total != sum else { return }
    d.error(
      "the energies of operators and causes do not add up to that of the units", at: place, value: sum.description,
      expected: total.description)
  }

  private static func refreshes(_ run: PricedRun, _ place: Place, _ d: inout Diagnostics) {
    for (unit, activity) in zip(run.record.units, run.record.activity.units) {
      guard let memory = activity.memory, let interval = memory.refreshInterval else { continue }
      let expected = (run.record.activity.endTick / unit.period + 1) / interval
      guard let (scope, count) = memory.refreshesPerScope.enumerated().first(where: { abs($1 - expected) > 1 }) else {
        continue
      }
      d.error(
        "refresh scope \(scope) of '\(unit.name)' was refreshed too seldom or too often", at: place, value: "\(count)",
        expected: "\(expected), give or take one")
    }
  }

  /// What the units multiplied, counted burst by burst, against what the operators of all passes ask for.
  private static func macs(_ run: PricedRun, _ place: Place, _ d: inout Diagnostics) {
    let record = run.record
    let expected = record.program.origin.macsOfOperators
    let rows = record.program.rows.reduce(0) { $0 + $1.macs }
    if rows != expected {
      d.error("the operators' MACs do not add up", at: place, value: "\(rows)", expected: "\(expected)")
    }
    if expected != run.macsExecuted {
      d.error(
        "the MACs that were executed are not those of the model", at: place, value: "\(run.macsExecuted)",
        expected: "\(expected)")
    }
    for (unit, activity) in zip(record.units, record.activity.units) {
      guard let computed = activity.computedMACs, computed != activity.macs else { continue }
      d.error(
        "the MACs that '\(unit.name)' made with numbers are not those that it counted", at: place,
        value: "\(computed)", expected: "\(activity.macs)")
    }
  }

  /// A matrix product cannot be faster than its bound.
  private static func bounds(_ run: PricedRun, _ place: Place, _ d: inout Diagnostics) {
    let record = run.record
    for activity in record.activity.units {
      for (row, bound) in activity.lowerBounds.enumerated() {
        guard let bound, bound > activity.boundedCycles[row] else { continue }
        d.error(
          "operator '\(record.program.rows[row].name)' was faster than its lower bound", at: place,
          value: "\(activity.boundedCycles[row]) cycles", expected: "at least \(bound) cycles")
      }
    }
  }
}
