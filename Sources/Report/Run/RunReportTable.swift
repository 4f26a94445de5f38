import Arch
import Dataflow
import Files

/// The report as a person reads it on a terminal: what it cost, where the cycles went, where the energy went.
public enum RunReportTable {
  public static func text(_ run: PricedRun) -> String {
    let record = run.record
    let w = record.workload
    var out = "\(record.model) on \(record.design): prompt \(w.prompt), generate \(w.generate)"
    if w.past > 0 { out += ", past \(w.past)" }
    if w.batch > 1 { out += ", batch \(w.batch)" }
    for value in record.replaced {
      out += "\n\(value.replacement.path) = \(value.replacement.value) (the file has \(value.was))"
    }
    if let choice = record.expertChoice { out += "\nexperts \(choice)" }
    if let values = record.values {
      out += "\nnumbers: \(values.weights), tokens \(values.tokens), arithmetic \(values.arithmetic)"
    }
    out += "\n\n" + totals(run) + "\nWhere the cycles went, by operator\n" + operators(run)
    out += "\nWhere the cycles went, by unit\n" + units(run)
    out += "\nWhere the energy went\n" + energy(run)
    out += memories(run)
    if !record.assumptions.isEmpty {
      out += "\n\(record.assumptions.count) parameters are assumptions (substitutes, recalled or unsourced);"
      out += " --json or --out FILE.json lists them.\n"
    }
    return out
  }

  private static func totals(_ run: PricedRun) -> String {
    let total = run.total.joules?.double
    let lines: [(String, String)] = [
      ("cycles", Figures.grouped(run.cycles)),
      ("latency", Figures.scaled(run.seconds.double, "s")),
      ("time to first token", Figures.scaled(run.timeToFirstToken?.double, "s")),
      ("time per output token", Figures.scaled(run.timePerOutputToken?.double, "s")),
      ("tokens per second", run.tokensPerSecond.map { Figures.grouped(Int64($0.double.rounded())) } ?? "-"),
      ("energy", total.map { Figures.scaled($0, "J") } ?? "unknown: \(reason(run.total))"),
      ("average power", Figures.scaled(total.map { $0 / run.seconds.double }, "W")),
      ("MACs executed", Figures.grouped(run.macsExecuted)),
      ("MACs of the graph", Figures.grouped(run.macsInGraph)),
    ]
    let width = lines.map(\.0.count).max() ?? 0
    return lines.map { "  " + $0.0 + String(repeating: " ", count: width + 2 - $0.0.count) + $0.1 + "\n" }.joined()
  }

  private static func reason(_ energy: Energy) -> String {
    if case .unknown(let reason) = energy { reason } else { "" }
  }

  /// The layers of a model have the same operators: those whose names differ in a layer number share a line.
  private static func operators(_ run: PricedRun) -> String {
    struct Line {
      var phase: String
      var name: String
      var count = 0
      var cycles: Int64 = 0
      var bound: Int64?
      var energy = Energy.zero
    }
    var lines: [Line] = []
    for (index, row) in run.record.program.rows.enumerated() where run.rowCycles[index] > 0 {
      let name = row.name.split(separator: ".").map { Int($0) == nil ? String($0) : "*" }.joined(separator: ".")
      let position =
        lines.firstIndex { $0.name == name && $0.phase == row.phase.name }
        ?? {
          lines.append(Line(phase: row.phase.name, name: name))
          return lines.count - 1
        }()
      lines[position].count += 1
      lines[position].cycles += run.rowCycles[index]
      if let bound = run.lowerBounds[index] { lines[position].bound = (lines[position].bound ?? 0) + bound }
      lines[position].energy = lines[position].energy + run.rows[index]
    }
    var table = TextTable([
      ("phase", .left), ("operator", .left), ("count", .right), ("cycles", .right), ("share", .right),
      ("lower bound", .right), ("cycles/bound", .right), ("energy", .right),
    ])
    for line in lines {
      let ratio = line.bound.map { $0 > 0 ? "\((Double(line.cycles) / Double($0) * 100).rounded() / 100)" : "-" }
      table.add([
        line.phase, line.name, String(line.count), Figures.grouped(line.cycles),
        Figures.percent(Double(line.cycles), of: Double(run.cycles)), line.bound.map(Figures.grouped) ?? "",
        ratio ?? "", Figures.scaled(line.energy.joules?.double, "J"),
      ])
    }
    return table.text()
  }

  private static func units(_ run: PricedRun) -> String {
    var table = TextTable([
      ("unit", .left), ("clock", .right), ("cycles", .right), ("busy", .right), ("idle", .right), ("stalled", .left),
    ])
    for (unit, activity) in zip(run.record.units, run.record.activity.units) {
      // Of many channels the busiest and the least busy tell the story; the JSON report has them all.
      let sorted = activity.accounts.enumerated().sorted {
        ($0.element.account.busy, $1.offset) > ($1.element.account.busy, $0.offset)
      }.map(\.element)
      let shown = sorted.count <= 2 ? sorted : [sorted[0], sorted[sorted.count - 1]]
      for row in shown {
        let total = Double(row.account.total)
        let stalls = zip(row.account.causes, row.account.stalls).filter { $0.1 > 0 }
          .sorted { ($0.1, $1.0) > ($1.1, $0.0) }.prefix(4)
          .map { "\($0.0) \(Figures.percent(Double($0.1), of: total))" }.joined(separator: ", ")
        table.add([
          row.part.isEmpty ? unit.name : "\(unit.name), \(row.part) of \(sorted.count)",
          Figures.scaled((Rational.one / (Rational(unit.period) * run.record.tick)).double, "Hz"),
          Figures.grouped(row.account.total), Figures.percent(Double(row.account.busy), of: total),
          Figures.percent(Double(row.account.idle), of: total), stalls,
        ])
      }
    }
    return table.text()
  }

  private static func energy(_ run: PricedRun) -> String {
    var table = TextTable([
      ("unit", .left), ("event", .left), ("count", .right), ("energy", .right), ("share", .right),
    ])
    let total = run.total.joules?.double ?? 0
    for (unit, energy) in zip(run.record.units, run.units) {
      for event in energy.events where event.count > 0 {
        if case .joules(let joules) = event.energy, joules.signum == 0 { continue }
        table.add([
          unit.name, event.event, Figures.grouped(event.count), Figures.scaled(event.energy.joules?.double, "J"),
          Figures.percent(event.energy.joules?.double ?? 0, of: total),
        ])
      }
    }
    return table.text()
  }

  private static func memories(_ run: PricedRun) -> String {
    var out = ""
    for (unit, activity) in zip(run.record.units, run.record.activity.units) {
      guard let memory = activity.memory else { continue }
      let columns = Double(memory.rowHits + memory.rowMisses)
      out += "\n\(unit.name): row hits \(Figures.percent(Double(memory.rowHits), of: columns)), "
      out += "\(Figures.grouped(memory.refreshesPerScope.reduce(0, +))) refreshes, "
      out += "\(Figures.grouped(memory.rowsUsed)) of \(Figures.grouped(memory.rowsAvailable)) rows in use; commands "
      out += memory.commands.filter { $0.count > 0 }.map { "\($0.event) \(Figures.grouped($0.count))" }
        .joined(separator: ", ")
      out += "\n"
    }
    return out
  }
}
