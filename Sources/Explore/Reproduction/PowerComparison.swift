/// The energy of one model's run beside what the paper's own powers imply, under the first setting.
struct PowerComparison {
  struct Line {
    let name: String
    /// Of all of them together.
    let watts: Double
    /// Seconds in which the unit works.
    let activeSeconds: Double
    /// Power times the time in which the unit works, and times the whole run.
    let impliedActive: Double
    let impliedRun: Double
    /// Energy of the events that it is compared with; nil when unknown.
    let simulated: Double?
  }

  let model: String
  let lines: [Line]
  /// Powers times active times.
  let implied: Double
  /// Energy of the whole run; nil when unknown.
  let simulated: Double?

  static func all(_ results: StudyResults) -> [PowerComparison] {
    guard !results.study.powers.isEmpty else { return [] }
    return results.study.models.indices.map { model in
      let run = results.figures(setting: 0, model: model)
      let lines = results.study.powers.map { line($0, run) }
      return PowerComparison(
        model: results.study.models[model], lines: lines, implied: lines.reduce(0) { $0 + $1.impliedActive },
        simulated: run.energy)
    }
  }

  private static func line(_ power: PublishedPower, _ run: RunFigures) -> Line {
    let unit = run.unit(power.unit)
    let watts = power.watts * Double(power.count)
    let active = unit?.busySeconds ?? 0
    let events = (unit?.events ?? []).filter { power.events.contains($0.event) }
    let energies = events.compactMap(\.energy)
    let named = energies.count == events.count ? energies.reduce(0, +) : nil
    return Line(
      name: power.name, watts: watts, activeSeconds: active, impliedActive: watts * active,
      impliedRun: watts * run.seconds, simulated: power.events.isEmpty ? unit?.energy : named)
  }
}
