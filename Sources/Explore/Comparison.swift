import Baselines
import Dataflow
import Report

/// Systems side by side, each against one of them.
struct Comparison: Sendable {
  let model: String
  let workload: Workload
  let systems: [ComparedSystem]
  /// Position of the system against which the ratios are.
  let reference: Int

  /// The reference's latency over a line's.
  func speedup(_ figures: ComparedSystem.Figures) -> Double? {
    figures.latency > 0 ? systems[reference].figures.latency / figures.latency : nil
  }

  /// The reference's energy over a line's; nil where one is unknown.
  func energyRatio(_ figures: ComparedSystem.Figures) -> Double? {
    guard let own = figures.energy, own > 0, let other = systems[reference].figures.energy else { return nil }
    return other / own
  }

  /// A reason why figures are not like for like.
  struct Warning: Sendable {
    /// For programs: "number-formats".
    let kind: String
    let message: String
  }

  var warnings: [Warning] {
    let all = [
      formats, energyScopes, unknownEnergies, bases, refresh, checks, memory, overheads, assumptions,
    ]
    return all.flatMap(\.self)
  }

  private func warning(_ kind: String, _ message: String?) -> [Warning] {
    message.map { [Warning(kind: kind, message: $0)] } ?? []
  }

  private func listed(_ phrase: (ComparedSystem) -> String?) -> String {
    systems.compactMap { system in phrase(system).map { "\(system.name) \($0)" } }.joined(separator: ", ")
  }

  private var formats: [Warning] {
    let differ = Set(systems.map(\.format)).count > 1
    return warning("number-formats", differ ? "number formats differ: \(listed(\.format))" : nil)
      + systems.flatMap { system in
        guard case .estimated(let estimate) = system.outcome, estimate.asked != estimate.format else {
          return [Warning]()
        }
        return warning(
          "number-formats",
          "\(system.name) does not compute in \(estimate.asked.rawValue): it runs as \(estimate.format.rawValue)")
      }
  }

  /// What a system's energy is the energy of.
  private func scope(_ system: ComparedSystem) -> String {
    switch system.outcome {
    case .simulated: "the priced events of its units"
    case .estimated(let estimate):
      "\(Figures.scaled(estimate.baseline.power.value.value.double, "W")) of the whole "
        + "\(estimate.baseline.powerScope.rawValue) for all of the time"
    }
  }

  private var energyScopes: [Warning] {
    let kinds = Set(
      systems.map { system in
        if case .estimated(let estimate) = system.outcome { estimate.baseline.powerScope.rawValue } else { "events" }
      })
    guard kinds.count > 1 else { return [] }
    return warning(
      "energy-scopes",
      "energies cover different things: " + systems.map { "\($0.name) \(scope($0))" }.joined(separator: ", "))
  }

  private var unknownEnergies: [Warning] {
    systems.flatMap { system in
      guard case .simulated(let run, _) = system.outcome, case .unknown(let reason) = run.total else {
        return [Warning]()
      }
      return warning("unknown-energy", "the energy of \(system.name) is unknown: \(reason)")
    }
  }

  private var bases: [Warning] {
    guard Set(systems.map(\.basis)).count > 1 else { return [] }
    return warning(
      "bases",
      "figures come about differently: \(listed(\.basis)); a roofline has every operator at the peak that bounds it")
  }

  private var refresh: [Warning] {
    let refreshed = systems.compactMap { system -> (name: String, isOn: Bool)? in
      guard case .simulated(let run, _) = system.outcome else { return nil }
      let memories = run.record.activity.units.compactMap(\.memory)
      return memories.isEmpty ? nil : (system.name, memories.allSatisfy { $0.refreshInterval != nil })
    }
    guard Set(refreshed.map(\.isOn)).count > 1 else { return [] }
    let off = refreshed.filter { !$0.isOn }.map(\.name).joined(separator: ", ")
    return warning("refresh", "memory is not refreshed in \(off), and is in the others")
  }

  private var checks: [Warning] {
    systems.flatMap { system in
      guard case .simulated(let run, _) = system.outcome else { return [Warning]() }
      let units = run.record.units.filter { $0.checked == "modelled" }.map(\.name)
      guard !units.isEmpty else { return [] }
      return warning(
        "unit-checks",
        "cycles of \(units.joined(separator: ", ")) in \(system.name) are modelled, and checked against no hardware")
    }
  }

  private var memory: [Warning] {
    systems.flatMap { system in
      guard case .estimated(let estimate) = system.outcome, !estimate.footprint.fits else { return [Warning]() }
      return warning(
        "memory",
        "the model does not fit \(system.name): weights and caches take "
          + "\(Figures.scaled(estimate.footprint.needed, "B")) of \(Figures.scaled(estimate.footprint.capacity, "B"))")
    }
  }

  private var overheads: [Warning] {
    systems.flatMap { system in
      guard case .estimated(let estimate) = system.outcome, let framework = estimate.baseline.framework,
        framework.overhead.isAssumption
      else { return [Warning]() }
      let source = framework.overhead.source.map { ": \($0)" } ?? ""
      return warning(
        "framework-overhead",
        "the framework's overhead on \(system.name), \(framework.overhead.text) a kernel, is not measured there\(source)"
      )
    }
  }

  private var assumptions: [Warning] {
    guard systems.contains(where: { !$0.assumptions.isEmpty }) else { return [] }
    return warning("assumptions", "parameters that are assumptions: \(listed { "\($0.assumptions.count)" })")
  }
}
