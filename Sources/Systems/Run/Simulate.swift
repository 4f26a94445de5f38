import Arch
import Dataflow
import Files
import PIM

/// How a run is carried out; none of it changes cycles, counts or energies, unless data decide them.
public struct RunOptions: Sendable {
  /// Whether stretches of time in which nothing happens are stepped over.
  public var skipping = true
  /// Whether work that comes again in the same state is taken over; whether equal parts in lockstep are simulated once.
  public var folding = true
  public var lockstep = true
  /// A seed to shuffle the order in which units are advanced, for tests.
  public var shuffleSeed: UInt64?
  /// Commands of each memory channel that are kept for a trace; 0 for none.
  public var commandLogLimit = 0
  /// The numbers to compute with; without them nothing is computed, and everything counted.
  public var values: ValueInput?
  /// Elements of memories that are not what was stored.
  public var faults: [MemoryFault] = []

  public init() {}
}

/// The library's front door: compiles a model for a design, simulates it, and returns what happened.
///
/// - Throws: `Refusal` when the model, the workload and the design do not fit each other, or when the design deadlocks.
public func simulate(
  design: Design, model graph: OperatorGraph, workload: Workload, options: RunOptions = .init()
) throws(Refusal) -> RunRecord {
  let program = try compile(graph, for: design, workload: workload)
  return try simulate(program, on: design, options: options)
}

/// Simulates a compiled program.
public func simulate(
  _ program: Program, on design: Design, options: RunOptions = .init()
) throws(Refusal) -> RunRecord {
  if let values = options.values { try RunBudget.check(values, program) }
  let network = Network(design)
  var units: [any ReportingUnit] = []
  let context = RunContext(
    exchange: ValueExchange(), values: options.values, faults: options.faults,
    seed: program.origin.workload.seed,
    logLimit: options.commandLogLimit)
  for (index, unit) in design.units.enumerated() {
    units.append(try unit.plan.build(program, network.sites[index], context))
  }
  let periods = design.units.map { design.grid.ticksPerCycle[$0.clock] }
  var engineOptions = Engine.Options()
  engineOptions.skipping = options.skipping
  engineOptions.folding = options.folding
  engineOptions.lockstep = options.lockstep
  if let seed = options.shuffleSeed { engineOptions.order = .shuffled(seed: seed) }
  var engine = Engine(
    units: units, names: design.units.map(\.name), periods: periods, channels: network.channels,
    options: engineOptions)
  // Moved into the engine: a second owner would make every first write copy the units' state.
  units = []
  let finished = try run(&engine, design)
  var record = try record(finished, engine, program, design, periods)
  record.replaced = design.replaced
  record.outputs = program.outputs.indices.compactMap { position in
    context.exchange.observed[position].map { (program.outputs[position], $0) }
  }
  return record
}

private func run(_ engine: inout Engine, _ design: Design) throws(Refusal) -> [any ClockedUnit] {
  do throws(EngineStop) {
    return try engine.run()
  } catch {
    let place = Place(file: design.name)
    switch error {
    case .deadlock(let waits):
      throw Refusal(
        "the design deadlocks", at: place, value: waits.joined(separator: "; "),
        suggestion: "a larger capacity on the links between them")
    case .timeLimit(let unit):
      throw tooLong(design, unit: unit)
    }
  }
}

private func tooLong(_ design: Design, unit: String) -> Refusal {
  Refusal(
    "the run leaves the range of simulated time", at: Place(file: design.name), value: "unit '\(unit)'",
    expected: "at most 2^45 cycles of every clock and 2^60 ticks of their common grid")
}

private func record(
  _ finished: [any ClockedUnit], _ engine: Engine, _ program: Program, _ design: Design,
  _ periods: [Int64]
) throws(Refusal) -> RunRecord {
  let controller = finished.firstIndex { $0 is Sequencer } ?? 0
  var activity = Activity()
  activity.wakeUps = engine.wakeUps
  activity.foldedTicks = engine.foldedTicks
  if let sequencer = finished[controller] as? Sequencer {
    activity.steps = sequencer.timings.map { timing in
      var step = StepTiming()
      step.issued = timing.issued * periods[controller]
      step.completed = timing.completed * periods[controller]
      return step
    }
  }
  activity.endTick = activity.steps.map(\.completed).max() ?? 0
  if let slow = periods.indices.first(where: { activity.endTick / periods[$0] >= Cycles.limit.rawValue }) {
    throw tooLong(design, unit: design.units[slow].name)
  }
  for (index, finished) in finished.enumerated() {
    guard var reporting = finished as? any ReportingUnit else { continue }
    reporting.finish(at: Cycles(activity.endTick / periods[index]))
    var unit = reporting.activity
    unit.foldedCycles = engine.foldedCycles[index]
    activity.units.append(unit)
  }
  let units = design.units.indices.map { index in
    RunRecord.UnitRecord(
      name: design.units[index].name, kind: design.units[index].kind, checked: "modelled", face: "scheduled",
      period: periods[index], ledger: design.units[index].plan.ledger)
  }
  return RunRecord(
    design: design.name, program: program, units: units, activity: activity, tick: design.grid.tick,
    referencePeriod: design.grid.ticksPerCycle[design.referenceClock],
    controllerPeriod: periods[controller], assumptions: design.assumptions,
    inputs: design.inputs + program.origin.modelInputs.map { ($0.name, $0.sha256) })
}
