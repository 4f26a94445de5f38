import Dataflow
import Report

/// What a measure gives for the runs of a study.
struct Measurement: Sendable {
  /// By model, in the study's order; one value without a model where models are not told apart.
  var values: [(model: String, value: Double)] = []
  /// Why there is no value; nil when there is one.
  var missing: String?
  /// What the numbers say, in clauses.
  var details: [String] = []

  var low: Double? { values.map(\.value).min() }
  var high: Double? { values.map(\.value).max() }
  var lowest: String? { values.min { $0.value < $1.value }?.model }
  var highest: String? { values.max { $0.value < $1.value }?.model }
}

extension StudyResults {
  /// Measures under one setting.
  ///
  /// - Parameters:
  ///   - setting: position among the study's settings; sweeps are run under the first alone.
  ///   - withOverhead: whether a baseline has its framework's overhead.
  func measure(_ measure: StudyMeasure, setting: Int, withOverhead: Bool) -> Measurement {
    let models = study.models.indices.filter { measure.models.isEmpty || measure.models.contains(study.models[$0]) }
    func perModel(_ value: (Int, RunFigures) -> Double?, missing: String) -> Measurement {
      var result = Measurement()
      for model in models {
        guard let value = value(model, figures(setting: setting, model: model)), value.isFinite else {
          return Measurement(missing: missing)
        }
        result.values.append((study.models[model], value))
      }
      return result
    }
    switch measure.kind {
    case .speedup(let baseline):
      let missing = "the file of \(baseline) says nothing of a framework"
      var result = perModel(
        { model, run in
          cost(of: baseline, model: model)?.seconds(withOverhead: withOverhead).map { $0 / run.seconds }
        }, missing: missing)
      if result.missing == nil { result.details = baselineDetails(result, baseline, models, withOverhead) }
      return result
    case .energyRatio(let baseline):
      let missing = "the energy of a run, or the framework of \(baseline), is not known"
      var result = perModel(
        { model, run in
          guard let own = run.energy, let energy = cost(of: baseline, model: model)?.energy(withOverhead: withOverhead)
          else { return nil }
          return energy / own
        }, missing: missing)
      if result.missing == nil {
        result.details = baselineDetails(result, baseline, models, withOverhead)
        result.details += impliedDetails(baseline, models, withOverhead)
      }
      return result
    case .trafficReduction(let bytes):
      var result = perModel(
        { model, run in
          OrdinaryTraffic.elements(graph(model), workload(model)) * bytes / Double(run.interfaceBytes)
        }, missing: "nothing crosses an interface")
      result.details = trafficDetails(result, bytes, setting)
      return result
    case .rowHitRate:
      var result = perModel(
        { _, run in 100 * Double(run.rowHits) / Double(run.rowHits + run.rowMisses) },
        missing: "the design has no memory with rows")
      if let lowest = result.lowest, let highest = result.highest, lowest != highest {
        result.details = ["lowest for \(lowest), highest for \(highest)"]
      }
      return result
    case .latencyShare(let kind):
      var result = perModel(
        { _, run in
          let inside = run.cyclesByKind.first { $0.kind == kind }?.cycles ?? 0
          return 100 * (1 - Double(inside) / Double(run.cycles))
        }, missing: "nothing ran")
      result.details = shareDetails(result, kind, setting)
      return result
    case .operationsPerParameter:
      return perModel(
        { model, run in
          let tokens = Double(workload(model).prompt + run.generate)
          return 2 * Double(run.macs) / tokens / Double(graph(model).parameters)
        }, missing: "the model has no parameters")
    case .unitPower(let unit):
      return perModel(
        { _, run in run.unit(unit)?.energy.map { 1000 * $0 / run.seconds } }, missing: "its energy is not known")
    case .eventPower(let unit, let event, let rate):
      return eventPower(unit, event, rate, perModel)
    case .slowdown(let name, let at): return setting == 0 ? slowdown(name, at, measure) : Self.notSwept
    case .scaling(let name): return setting == 0 ? scaling(name, measure) : Self.notSwept
    case .ordering(let ratio, let baseline, let largest, let smallest):
      return ordering(ratio, baseline, largest, smallest, setting, withOverhead)
    case .configuration(let value):
      return perModel(
        { model, _ in
          let w = workload(model)
          return switch value {
          case .generate: Double(w.generate)
          case .prompt: Double(w.prompt)
          case .past: Double(w.past)
          case .batch: Double(w.batch)
          }
        }, missing: "the workload has none")
    case .notCheckable: return Measurement(missing: "nothing here models it")
    }
  }

  private static let notSwept = Measurement(missing: "sweeps are run under the first setting alone")

  // MARK: What the numbers say

  private func baselineDetails(
    _ result: Measurement, _ baseline: String, _ models: [Int], _ withOverhead: Bool
  ) -> [String] {
    guard let lowest = result.lowest, let highest = result.highest else { return [] }
    let costs = models.compactMap { cost(of: baseline, model: $0) }
    var details = lowest == highest ? [] : ["lowest for \(lowest), highest for \(highest)"]
    if withOverhead {
      let shares = costs.compactMap { cost in cost.frameworkSeconds.map { 100 * (1 - cost.seconds / $0) } }
      if let least = shares.min(), let most = shares.max() {
        details.append("framework overhead is \(StudyNumbers.span(least, most)) % of the latency of \(baseline)")
      }
    } else if let format = costs.first?.format {
      details.append("the roofline of \(baseline) in \(format.rawValue), at its full bandwidth, without any overhead")
    }
    if !costs.allSatisfy(\.fits) { details.append("not every model fits its memory") }
    return details
  }

  /// What a kernel would have to cost for the published speed-ups, at the models where ours are lowest and highest.
  func neededOverhead(_ claim: PublishedClaim, _ found: Measurement) -> String? {
    guard case .speedup(let baseline) = claim.measure.kind, let ends = claim.published.ends, let lowest = found.lowest,
      let highest = found.highest
    else { return nil }
    func needed(_ name: String, _ ratio: Double) -> Double? {
      guard let model = study.models.firstIndex(of: name), let cost = cost(of: baseline, model: model), cost.kernels > 0
      else { return nil }
      return (ratio * figures(setting: 0, model: model).seconds - cost.seconds) / cost.kernels
    }
    guard let low = needed(lowest, ends.low), let high = needed(highest, ends.high), low > 0, high > 0,
      let model = study.models.firstIndex(of: highest), let cost = cost(of: baseline, model: model),
      let framework = cost.frameworkSeconds
    else { return nil }
    let stated = Figures.scaled((framework - cost.seconds) / cost.kernels, "s")
    return "the published ratios would take \(Figures.scaled(low, "s")) per kernel for \(lowest) and "
      + "\(Figures.scaled(high, "s")) for \(highest), where the baseline's file has \(stated)"
  }

  /// What the ratio would be if only the powers that the paper states were spent.
  private func impliedDetails(_ baseline: String, _ models: [Int], _ withOverhead: Bool) -> [String] {
    let all = PowerComparison.all(self)
    guard !all.isEmpty else { return [] }
    let ratios = models.compactMap { model in
      cost(of: baseline, model: model)?.energy(withOverhead: withOverhead).map { $0 / all[model].implied }
    }
    guard let least = ratios.min(), let most = ratios.max() else { return [] }
    return [
      "with nothing but the published powers, while their units work, it would be \(StudyNumbers.span(least, most))"
    ]
  }

  /// Which operators the share is made of, for the model that has the largest.
  private func shareDetails(_ result: Measurement, _ kind: String, _ setting: Int) -> [String] {
    guard let name = result.highest, let model = study.models.firstIndex(of: name) else { return [] }
    let run = figures(setting: setting, model: model)
    let shares = run.cyclesByOperator.filter { $0.unitKind != kind && $0.cycles > 0 }
      .sorted { ($1.cycles, $0.kind) < ($0.cycles, $1.kind) }
      .map { "\($0.kind) \(Figures.percent(Double($0.cycles), of: Double(run.cycles)))" }
    return shares.isEmpty ? [] : ["\(name): \(shares.joined(separator: ", "))"]
  }

  private func trafficDetails(_ result: Measurement, _ bytes: Double, _ setting: Int) -> [String] {
    guard let name = result.lowest, let model = study.models.firstIndex(of: name) else { return [] }
    let run = figures(setting: setting, model: model)
    let tokens = Double(max(run.generate + workload(model).prompt, 1))
    let ordinary = OrdinaryTraffic.elements(graph(model), workload(model)) * bytes / tokens
    return [
      "\(name) would read \(Figures.scaled(ordinary, "B")) per token and moves "
        + "\(Figures.scaled(Double(run.interfaceBytes) / tokens, "B"))"
    ]
  }

  // MARK: Measures of their own

  private func eventPower(
    _ unit: String, _ event: String, _ rate: Double,
    _ perModel: ((Int, RunFigures) -> Double?, String) -> Measurement
  ) -> Measurement {
    func found(_ run: RunFigures) -> (figures: RunFigures.EventFigures, parts: Double, energy: Double)? {
      guard let unit = run.unit(unit), let events = unit.events.first(where: { $0.event == event }), events.count > 0,
        let energy = events.energy
      else { return nil }
      return (events, Double(unit.parts), energy)
    }
    var result = perModel(
      { _, run in found(run).map { 1000 * $0.energy / Double($0.figures.count) * rate } },
      "no such event happened, or its energy is not known")
    let means = study.models.indices.compactMap { model -> Double? in
      let run = figures(setting: 0, model: model)
      return found(run).map { 1000 * $0.energy / run.seconds / $0.parts }
    }
    if result.missing == nil, let least = means.min(), let most = means.max() {
      result.details = ["at the full rate; \(StudyNumbers.span(least, most)) mW over a whole run"]
    }
    return result
  }

  private func sweep(_ name: String) -> (index: Int, sweep: StudySweep)? {
    study.sweeps.firstIndex { $0.name == name }.map { ($0, study.sweeps[$0]) }
  }

  private func slowdown(_ name: String, _ at: Double, _ measure: StudyMeasure) -> Measurement {
    guard let (index, sweep) = sweep(name), let point = sweep.points.firstIndex(where: { $0.at == at }) else {
      return Measurement(missing: "there is no such point")
    }
    let slow = secondsPerToken(sweep: index, point: point)
    let reference = secondsPerToken(sweep: index, point: sweep.reference)
    var result = Measurement()
    for (model, times) in zip(sweep.models, zip(slow, reference))
    where measure.models.isEmpty || measure.models.contains(model) {
      result.values.append((model, 100 * (times.0 / times.1 - 1)))
    }
    if let lowest = result.lowest, let highest = result.highest, lowest != highest {
      result.details = ["least for \(lowest), most for \(highest)"]
    }
    return result
  }

  private func scaling(_ name: String, _ measure: StudyMeasure) -> Measurement {
    guard let (index, sweep) = sweep(name), let first = sweep.points.first, let last = sweep.points.last else {
      return Measurement(missing: "there is no such sweep")
    }
    let curves = sweep.points.indices.map { secondsPerToken(sweep: index, point: $0) }
    var result = Measurement()
    var gains: [Double] = []
    for (model, name) in sweep.models.enumerated() where measure.models.isEmpty || measure.models.contains(name) {
      let gain = curves[0][model] / curves[curves.count - 1][model]
      gains.append(gain)
      result.values.append((name, gain / (last.at / first.at)))
    }
    if let least = gains.min(), let most = gains.max() {
      result.details = [
        "from \(first.label) to \(last.label) (x\(StudyNumbers.stated(last.at / first.at))) a run becomes \(StudyNumbers.span(least, most)) times as fast"
      ]
    }
    return result
  }

  private func ordering(
    _ ratio: StudyMeasure.Ratio, _ baseline: String, _ largest: String, _ smallest: String, _ setting: Int,
    _ withOverhead: Bool
  ) -> Measurement {
    let kind: StudyMeasure.Kind = ratio == .speedup ? .speedup(baseline: baseline) : .energyRatio(baseline: baseline)
    let all = measure(StudyMeasure(kind: kind, models: []), setting: setting, withOverhead: withOverhead)
    func value(_ name: String) -> Double? { all.values.first { $0.model == name }?.value }
    guard let low = all.low, let high = all.high, let top = value(largest), let bottom = value(smallest) else {
      return Measurement(missing: all.missing)
    }
    let merit = min(top / high, low / bottom)
    return Measurement(
      values: [("", merit)],
      details: [
        "\(largest) \(Figures.significant(top)), the largest of all \(Figures.significant(high)) (\(all.highest ?? ""))",
        "\(smallest) \(Figures.significant(bottom)), the smallest of all \(Figures.significant(low)) (\(all.lowest ?? ""))",
      ])
  }
}
