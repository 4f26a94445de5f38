import Arch
import DRAM
import Dataflow
import Files
import PIM

/// The unit kinds that a design file may name, each with its schema and how a plan is made of its parameters.
public enum UnitRegistry {
  /// In the order in which they are listed to the user.
  public static let schemas: [UnitKindSchema] = [PIMMemory.schema, VectorUnit.schema, Sequencer.schema]

  public static func schema(of kind: String) -> UnitKindSchema? { schemas.first { $0.kind == kind } }

  /// Finds a device by name or path and reads it; faults are recorded.
  typealias DeviceLoader = (_ name: String, _ place: Place, _ d: inout Diagnostics) -> DeviceDescription?

  static func plan(
    _ kind: String, _ values: ParameterValues, unit: String, devices: DeviceLoader, _ d: inout Diagnostics
  ) -> (any UnitPlan)? {
    switch kind {
    case PIMMemory.schema.kind:
      guard let device = devices(values.text("device"), values["device"]?.place ?? Place(file: unit), &d) else {
        return nil
      }
      return PIMMemory.Plan(values, device: device, unit: unit, &d).map(MemoryPlan.init)
    case VectorUnit.schema.kind: return VectorUnit.Plan(values, unit: unit, &d).map(VectorPlan.init)
    case Sequencer.schema.kind:
      return SequencerPlan(
        issueInterval: values.integer("issue-interval"),
        ledger: EnergyLedger(prices: [
          "cycle": values.optionalQuantity("energy.cycle").map { .joules($0.value) }
            ?? .unknown(reason: "unit '\(unit)' states no energy for 'cycle'")
        ]))
    default: return nil
    }
  }
}

private struct MemoryPlan: UnitPlan {
  let plan: PIMMemory.Plan
  var ownPeriod: Rational? { plan.device.period }
  var ledger: EnergyLedger { plan.ledger }
  var assumptions: [Assumption] {
    plan.device.assumptions.map {
      Assumption(parameter: "\(plan.device.name) \($0.parameter)", value: $0.value, source: $0.source)
    }
  }
  var role: UnitRole { .memory }
  var stepSchemas: [StepSchema] { PIMMemory.stepSchemas }

  func lowering(_ site: UnitSite) -> (any OperatorLowering)? {
    MemoryLowering(
      plan: plan, unit: site.unit, name: site.name, dataUnit: site.ends(.vector)[0].peer,
      dataPeer: site.numberAtDataUnit, dataBytes: site.ends(.vector)[0].peerCapacity ?? 0)
  }

  func work(of program: Program, _ site: UnitSite) -> UnitWork {
    let commands = plan.commands(of: program, unit: site.unit)
    // The channels work side by side, each at the pace of its columns.
    return UnitWork(
      events: commands.all, ticks: commands.inOneChannel * Double(plan.longestCommandCycles) * Double(site.period))
  }
  var refreshesPerCycle: Double { plan.refreshesPerCycle }

  func build(_ program: Program, _ site: UnitSite, _ context: RunContext) throws(Refusal) -> any ReportingUnit {
    let control = site.ends(.controller)[0]
    let data = site.ends(.vector)[0]
    var memory = try PIMMemory(
      plan: plan,
      wiring: PIMMemory.Wiring(
        stepsIn: control.incoming, completionsOut: control.outgoing, dataIn: data.incoming, dataOut: data.outgoing,
        period: site.period, beatTicks: data.beatTicks, linkWidth: data.width),
      program: program, unit: site.unit, name: site.name, logLimit: context.logLimit, exchange: context.exchange)
    if let values = context.values {
      try memory.load(program.residents.filter { $0.unit == site.unit }, values, plan: plan, name: site.name)
    }
    try memory.apply(context.faults.filter { $0.unit == site.name }, name: site.name)
    return memory
  }
}

private struct VectorPlan: UnitPlan {
  let plan: VectorUnit.Plan
  var capacity: Int64? { plan.capacity }
  var ownPeriod: Rational? { nil }
  var ledger: EnergyLedger { plan.ledger }
  var assumptions: [Assumption] { [] }
  var role: UnitRole { .vector }
  var stepSchemas: [StepSchema] { VectorUnit.stepSchemas }

  func lowering(_ site: UnitSite) -> (any OperatorLowering)? {
    VectorLowering(plan: plan, unit: site.unit, name: site.name)
  }

  func work(of program: Program, _ site: UnitSite) -> UnitWork {
    let peers = site.ends(.memory)
    let work = plan.work(of: program, unit: site.unit) { peer, bytes in
      // A beat of the memory's width over the link.
      let end = peers[min(max(peer, 0), peers.count - 1)]
      return Double((bytes + end.width - 1) / end.width) * Double(end.beatTicks)
    }
    return UnitWork(events: work.events, ticks: work.cycles * Double(site.period) + work.linkTicks)
  }

  func build(_ program: Program, _ site: UnitSite, _ context: RunContext) throws(Refusal) -> any ReportingUnit {
    let control = site.ends(.controller)[0]
    let peers = site.ends(.memory).map {
      VectorUnit.Wiring.Peer(dataOut: $0.outgoing, dataIn: $0.incoming, beatTicks: $0.beatTicks, width: $0.width)
    }
    return try VectorUnit(
      plan: plan,
      wiring: VectorUnit.Wiring(stepsIn: control.incoming, completionsOut: control.outgoing, peers: peers),
      program: program, unit: site.unit, name: site.name, exchange: context.exchange,
      arithmetic: context.values?.arithmetic, seed: context.seed)
  }
}

private struct SequencerPlan: UnitPlan {
  let issueInterval: Int64
  let ledger: EnergyLedger
  var ownPeriod: Rational? { nil }
  var assumptions: [Assumption] { [] }
  var role: UnitRole { .controller }
  var stepSchemas: [StepSchema] { [] }

  func lowering(_ site: UnitSite) -> (any OperatorLowering)? { nil }

  func work(of program: Program, _ site: UnitSite) -> UnitWork {
    let steps = Double(program.steps.count)
    return UnitWork(events: steps, ticks: steps * Double(issueInterval) * Double(site.period))
  }

  func build(_ program: Program, _ site: UnitSite, _ context: RunContext) throws(Refusal) -> any ReportingUnit {
    Sequencer(
      program: program,
      lines: site.ends.map {
        Sequencer.Line(unit: $0.peer, stepsOut: $0.outgoing, completionsIn: $0.incoming)
      },
      unitNames: site.unitNames, issueInterval: issueInterval)
  }
}
