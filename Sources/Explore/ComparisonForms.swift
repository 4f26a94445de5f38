import Baselines
import Dataflow
import Report

/// A comparison as a table for a terminal, as Markdown, as comma-separated values and as JSON.
enum ComparisonForms {
  static let schema = "accsim.comparison/1"

  private static func heading(_ c: Comparison) -> String {
    let w = c.workload
    var text = "\(c.model): prompt \(w.prompt), generate \(w.generate)"
    if w.past > 0 { text += ", past \(w.past)" }
    if w.batch > 1 { text += ", batch \(w.batch)" }
    return text + "; ratios relative to \(c.systems[c.reference].name)"
  }

  private static let columns: [(title: String, alignment: TextTable.Alignment)] = [
    ("system", .left), ("basis", .left), ("format", .left), ("latency", .right), ("TTFT", .right), ("TPOT", .right),
    ("tokens/s", .right), ("energy", .right), ("per token", .right), ("power", .right), ("speed-up", .right),
    ("energy ratio", .right),
  ]

  private static func rows(_ c: Comparison) -> [[String]] {
    c.systems.flatMap { system in
      system.lines.map { name, f in
        [
          name, system.basis, system.format, Figures.scaled(f.latency, "s"), Figures.scaled(f.timeToFirstToken, "s"),
          Figures.scaled(f.timePerOutputToken, "s"), Figures.significant(f.tokensPerSecond),
          Figures.scaled(f.energy, "J"), Figures.scaled(f.energyPerToken, "J"), Figures.scaled(f.power, "W"),
          Figures.significant(c.speedup(f)), Figures.significant(c.energyRatio(f)),
        ]
      }
    }
  }

  static func text(_ c: Comparison) -> String {
    var table = TextTable(columns)
    for row in rows(c) { table.add(row) }
    var out = heading(c) + "\n\n" + table.text()
    if !c.warnings.isEmpty { out += "\nNot like for like\n" }
    for warning in c.warnings { out += "  - \(warning.message)\n" }
    return out
  }

  static func markdown(_ c: Comparison) -> String {
    func line(_ cells: [String]) -> String {
      "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }
    var out = heading(c) + "\n\n" + line(columns.map(\.title))
    out += line(columns.map { $0.alignment == .left ? "---" : "---:" })
    for row in rows(c) { out += line(row) }
    if !c.warnings.isEmpty { out += "\nNot like for like:\n\n" }
    for warning in c.warnings { out += "- \(warning.message)\n" }
    return out
  }

  static func csv(_ c: Comparison) -> String {
    var out = "system,kind,overhead,basis,format,latency_s,ttft_s,tpot_s,tokens_per_s,energy_j,energy_per_token_j,"
    out += "average_power_w,speedup,energy_ratio\n"
    for system in c.systems {
      for (index, line) in system.lines.enumerated() {
        let f = line.figures
        let overhead = system.deviceAlone == nil ? "" : index == 0 ? "with" : "without"
        let numbers = [
          f.latency, f.timeToFirstToken, f.timePerOutputToken, f.tokensPerSecond, f.energy, f.energyPerToken, f.power,
          c.speedup(f), c.energyRatio(f),
        ]
        let cells =
          [system.name, system.kind, overhead, system.basis, system.format] + numbers.map { $0.map { "\($0)" } ?? "" }
        out += cells.map(RunReportCSV.quoted).joined(separator: ",") + "\n"
      }
    }
    return out
  }

  static func json(_ c: Comparison) -> JSONValue {
    var inputs: [(name: String, sha256: String)] = []
    for input in c.systems.flatMap(\.inputs) where !inputs.contains(where: { $0 == input }) { inputs.append(input) }
    return .object([
      ("schema", .text(schema)),
      ("model", .text(c.model)),
      (
        "workload",
        .object([
          ("prompt", .integer(c.workload.prompt)), ("generate", .integer(c.workload.generate)),
          ("past", .integer(c.workload.past)), ("batch", .integer(c.workload.batch)),
          ("logits", .text(c.workload.logits.rawValue)),
        ])
      ),
      ("relative_to", .text(c.systems[c.reference].name)),
      ("systems", .array(c.systems.map { system($0, c) })),
      (
        "warnings",
        .array(c.warnings.map { .object([("kind", .text($0.kind)), ("message", .text($0.message))]) })
      ),
      (
        "provenance",
        .object([
          ("version", .text(Version.current)),
          ("inputs", .array(inputs.map { .object([("name", .text($0.name)), ("sha256", .text($0.sha256))]) })),
        ])
      ),
    ])
  }

  private static func system(_ system: ComparedSystem, _ c: Comparison) -> JSONValue {
    var members: [(key: String, value: JSONValue)] = [
      ("name", .text(system.name)), ("kind", .text(system.kind)), ("title", .text(system.title)),
      ("basis", .text(system.basis)), ("format", .text(system.format)),
    ]
    members += figures(system.figures, c)
    switch system.outcome {
    case .simulated(let run, _):
      members.append(("units", .array(run.record.units.map(unit))))
      members.append(("assumptions", .array(RunReportJSON.assumptions(system.assumptions))))
    case .estimated(let estimate):
      members.append(("without_overhead", .object(figures(system.deviceAlone ?? system.figures, c))))
      members.append(("format_asked", .text(estimate.asked.rawValue)))
      members.append(("framework", estimate.baseline.framework.map { .text($0.title) } ?? .null))
      members.append(("power_scope", .text(estimate.baseline.powerScope.rawValue)))
      members += BaselineReport.details(estimate)
    }
    return .object(members)
  }

  private static func unit(_ unit: RunRecord.UnitRecord) -> JSONValue {
    .object([("name", .text(unit.name)), ("kind", .text(unit.kind)), ("checked", .text(unit.checked))])
  }

  private static func figures(_ f: ComparedSystem.Figures, _ c: Comparison) -> [(key: String, value: JSONValue)] {
    [
      ("latency_s", .number(f.latency)), ("ttft_s", .optional(f.timeToFirstToken)),
      ("tpot_s", .optional(f.timePerOutputToken)), ("tokens_per_s", .optional(f.tokensPerSecond)),
      ("energy_j", .optional(f.energy)), ("energy_per_token_j", .optional(f.energyPerToken)),
      ("average_power_w", .optional(f.power)), ("speedup", .optional(c.speedup(f))),
      ("energy_ratio", .optional(c.energyRatio(f))),
    ]
  }
}
