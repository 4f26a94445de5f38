import Dataflow
import Files
import Report

/// A reproduction as a page in Markdown.
enum ReproductionPage {
  static func text(
    _ results: StudyResults, _ claims: [ClaimResult], _ figures: [ReproductionFigures.Figure]
  ) -> String {
    let study = results.study
    let w = study.workload
    var out = "# \(study.title)\n\n\(study.source.text)\n\n"
    out += "Made by `accsim reproduce \(study.name)` on the design `\(study.design)`: prompt \(w.prompt), "
    out += "\(w.generate) generated tokens, \(study.models.count) models, \(results.runs.jobs.count) simulations. "
    out += "`report.json` has all numbers.\n\n"
    for note in results.runs.notes { out += "**\(note)**\n\n" }
    out += "## Claims\n\n" + claimTable(results, claims) + "\n" + rules + "\n## Why\n\n" + reasons(claims)
    out += "\n## Models\n\n" + models(results)
    for figure in figures where !figure.name.hasPrefix("sweep-") { out += "\n" + image(figure) }
    out += powers(results)
    if !study.sweeps.isEmpty { out += "\n## Sweeps\n\n" + sweeps(results, figures) }
    if study.settings.count > 1 { out += "\n## Settings\n\n" + settings(results) }
    out += "\n## Assumptions\n\n" + assumptions(results)
    out += "\n## Inputs\n\n| file | SHA-256 |\n|---|---|\n"
    for input in results.resolved.inputs { out += "| \(cell(input.name)) | `\(input.sha256)` |\n" }
    return out
  }

  private static let rules = """
    Ratio is simulated ÷ published. `within 10 %` is a ratio from 0.9 to 1.1, `within 2x` from 0.5 to 2. Of a range both
    ends are compared, lowest with lowest and highest with highest, and the worse decides; a single value is compared
    with the lowest and the highest of the models. A bound is met when no model exceeds it. A trend is compared by its
    figure of merit, which is 1 where the trend holds exactly. Claims against a baseline are told twice, with what a
    software framework adds to the baseline and without.

    """

  private static func image(_ figure: ReproductionFigures.Figure) -> String {
    "![\(figure.title)](\(figure.name).svg)\n"
  }

  /// A text in a cell of a table, on one line.
  private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|").replacing("\n", with: " ") }

  private static func table(_ titles: [String], right: Set<Int>, _ rows: [[String]]) -> String {
    var out = "| " + titles.joined(separator: " | ") + " |\n|"
    for column in titles.indices { out += right.contains(column) ? "---:|" : "---|" }
    out += "\n"
    for row in rows { out += "| " + row.map(cell).joined(separator: " | ") + " |\n" }
    return out
  }

  private static func claimTable(_ results: StudyResults, _ claims: [ClaimResult]) -> String {
    var titles = ["claim", "what", "published", "simulated", "ratio", "verdict"]
    for setting in results.study.settings.dropFirst() { titles += [setting.name, "verdict"] }
    return table(titles, right: [2, 3, 4], claims.map(claimRow))
  }

  private static func claimRow(_ result: ClaimResult) -> [String] {
    let claim = result.claim
    var what = claim.text
    if claim.status == .unverified { what += " (unverified)" }
    if let basis = result.basis { what += ", \(basis)" }
    let shipped = result.shipped
    var row = [claim.id, what, claim.published.text(claim.unit), shipped.text(claim.unit)]
    row += [shipped.ratioText, shipped.verdict.rawValue]
    for outcome in result.outcomes.dropFirst() {
      row += [outcome.text(claim.unit), outcome.judgement == nil ? "–" : outcome.verdict.rawValue]
    }
    return row
  }

  private static func reasons(_ claims: [ClaimResult]) -> String {
    claims.map { result in
      let basis = result.basis.map { " (\($0))" } ?? ""
      return "- **\(result.claim.id)**\(basis): \(result.reason.isEmpty ? "–" : result.reason)\n"
        + "  Source: \(result.claim.source).\n"
    }.joined()
  }

  private static func models(_ results: StudyResults) -> String {
    let study = results.study
    var titles = ["model", "tokens", "latency", "per token", "last token", "energy per token", "power", "row hits"]
    for baseline in study.baselines { titles += ["\(baseline.name), per token", "without overhead"] }
    return table(
      titles, right: Set(1..<titles.count),
      study.models.indices.map { model in
        let run = results.figures(setting: 0, model: model)
        let tokens = Double(max(run.generate, 1))
        let columns = run.rowHits + run.rowMisses
        var row = [
          study.models[model], "\(run.generate)", Figures.scaled(run.seconds, "s"),
          Figures.scaled(run.seconds / tokens, "s"), Figures.scaled(run.lastTokenSeconds, "s"),
          Figures.scaled(run.energy.map { $0 / tokens }, "J"), Figures.scaled(run.energy.map { $0 / run.seconds }, "W"),
          Figures.percent(Double(run.rowHits), of: Double(columns)),
        ]
        for costs in results.costs {
          row.append(Figures.scaled(costs[model].frameworkSeconds.map { $0 / tokens }, "s"))
          row.append(Figures.scaled(costs[model].seconds / tokens, "s"))
        }
        return row
      })
  }

  private static func powers(_ results: StudyResults) -> String {
    let all = PowerComparison.all(results)
    guard let first = all.first else { return "" }
    var out =
      "\n## What the published powers imply\n\nA power times the time in which its unit works, per run, beside the "
    out +=
      "energy of the same unit or events here. The published powers leave out everything else that the total here has.\n\n"
    for (line, power) in zip(first.lines, results.study.powers) {
      let what =
        power.events.isEmpty
        ? "all of unit \(power.unit)" : "events \(power.events.joined(separator: ", ")) of \(power.unit)"
      out +=
        "- \(line.name): \(Figures.scaled(line.watts, "W")) (\(power.source.description)), compared with \(what).\n"
    }
    let titles =
      ["model"] + first.lines.flatMap { ["\($0.name), implied", "simulated"] }
      + ["implied, together", "simulated, whole run", "ratio"]
    return out + "\n"
      + table(
        titles, right: Set(1..<titles.count),
        all.map { comparison in
          [comparison.model]
            + comparison.lines.flatMap { [Figures.scaled($0.impliedActive, "J"), Figures.scaled($0.simulated, "J")] }
            + [
              Figures.scaled(comparison.implied, "J"), Figures.scaled(comparison.simulated, "J"),
              comparison.simulated.map { Figures.significant($0 / comparison.implied) } ?? "–",
            ]
        })
  }

  private static func sweeps(_ results: StudyResults, _ figures: [ReproductionFigures.Figure]) -> String {
    var out = ""
    for (index, sweep) in results.study.sweeps.enumerated() {
      let curves = sweep.points.indices.map { results.secondsPerToken(sweep: index, point: $0) }
      let reference = curves[sweep.reference]
      out += "### \(sweep.title)\n\nTime per token, and speed compared with \(sweep.points[sweep.reference].label). "
      if sweep.workload != results.study.workload { out += "Each run is \(steps(sweep.workload)). " }
      out += "Axis: \(sweep.axis).\n\n"
      let titles = ["model"] + sweep.points.map(\.label)
      out += table(
        titles, right: Set(1..<titles.count),
        sweep.models.indices.map { model in
          [sweep.models[model]]
            + curves.map { "\(Figures.scaled($0[model], "s")) (\(Figures.significant(reference[model] / $0[model])))" }
        })
      let changes = sweep.points.filter {
        !$0.variant.replacements.isEmpty || !$0.modelValues.isEmpty || $0.workload != sweep.workload
      }
      if !changes.isEmpty { out += "\n" }
      for point in changes {
        let values = (point.variant.replacements + point.modelValues).map { "`\($0.path)` = \($0.value)" }
        let length = point.workload == sweep.workload ? [] : [steps(point.workload)]
        out += "- \(point.label): \((values + length).joined(separator: ", "))\n"
      }
      if let figure = figures.first(where: { $0.name == "sweep-\(sweep.name)" }) { out += "\n" + image(figure) + "\n" }
    }
    return out
  }

  /// "16 decode steps from position 504 on".
  private static func steps(_ w: Workload) -> String {
    let steps = w.generate == 1 ? "one decode step" : "\(w.generate) decode steps"
    return w.past + w.prompt > 0 ? "\(steps) from position \(w.past + w.prompt) on" : steps
  }

  private static func settings(_ results: StudyResults) -> String {
    let study = results.study
    var out = "All models under each set of values; time and energy per token.\n\n"
    for setting in study.settings {
      let values = setting.variant.replacements.map { "`\($0.path)` = \($0.value)" }
      out += "- **\(setting.name)**: \(setting.title)\(values.isEmpty ? "" : " (\(values.joined(separator: ", ")))")\n"
    }
    let titles = ["model"] + study.settings.flatMap { [$0.name, "energy", "row hits"] }
    return out + "\n"
      + table(
        titles, right: Set(1..<titles.count),
        study.models.indices.map { model in
          [study.models[model]]
            + study.settings.indices.flatMap { setting in
              let run = results.figures(setting: setting, model: model)
              let tokens = Double(max(run.generate, 1))
              return [
                Figures.scaled(run.seconds / tokens, "s"), Figures.scaled(run.energy.map { $0 / tokens }, "J"),
                Figures.percent(Double(run.rowHits), of: Double(run.rowHits + run.rowMisses)),
              ]
            }
        })
  }

  private static func assumptions(_ results: StudyResults) -> String {
    let all = results.resolved.designs[0].assumptions
    var out = "\(all.count) parameters of the design are assumptions: substitutes, recalled or unsourced. "
    out += "`report.json` lists them, and those of the baselines.\n"
    guard !results.study.assumptions.isEmpty else { return out }
    out += "Those that decide results:\n\n"
    return out
      + table(
        ["parameter", "value", "source", "why it matters"], right: [1],
        results.study.assumptions.map { named in
          let found = all.first { $0.parameter == named.parameter }
          return [named.parameter, found?.value ?? "–", found?.source?.description ?? "none", named.why]
        })
  }
}
