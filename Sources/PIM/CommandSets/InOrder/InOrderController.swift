import Arch
import DRAM
import Files

/// A controller that takes instructions one by one and issues their commands in that order, opening and closing rows and
/// changing between commands on rows and on registers where a command needs it.
public struct InOrderController: CommandSetController {
  public static let name = "in-order"

  private let set: InstructionSet
  private let facts: CommandFacts
  /// Operations that wait in a channel.
  private let queue: Int
  private let gemv: GEMVKernel?

  public init?(_ device: DeviceDescription, _ settings: inout Fields, _ d: inout Diagnostics) {
    let errors = d.errorCount
    let facts = CommandFacts(device, at: settings.place(), &d)
    let queue = settings.requiredInteger("queue", in: 1...4096, &d)
    let set = InstructionSet(&settings, device, &d)
    if device.levelSizes[0] > 64 {
      d.error(
        "an instruction names at most 64 channels", at: settings.place(), value: "\(device.levelSizes[0])",
        expected: "levels: channel: at most 64")
    }
    var gemv: GEMVKernel?
    if let set, var kernels = settings.fields("kernels", of: "the kernels", &d) {
      if var fields = kernels.fields("gemv", of: "the kernel 'gemv'", &d) {
        gemv = GEMVKernel(&fields, set, device, &d)
      }
      kernels.finish(&d, knownKeys: ["gemv"])
    }
    if set != nil { settings.finish(&d, knownKeys: ["controller", "queue", "kernels"] + InstructionSet.keys) }
    if let set, facts?.modeChange == -1, let index = device.commands.firstIndex(where: \.usesRegisters) {
      _ = set
      d.error(
        "command '\(device.commands[index].name)' works on registers, and no command changes to them",
        at: settings.place(), expected: "a command of kind 'mode-change'")
    }
    guard d.errorCount == errors, let facts, let queue, let set else { return nil }
    self.facts = facts
    self.queue = Int(queue)
    self.set = set
    self.gemv = gemv
  }

  public var kernels: [KernelSchema] { [gemv?.schema].compactMap(\.self) }
  public var runsInstructions: Bool { true }

  public func run(_ work: CommandSetWork, _ options: CommandSetOptions) throws(Refusal) -> CommandSetRun {
    let program = try program(work, options)
    let logLimit = options.logLimit
    let channel = CommandChannel(facts, isRefreshed: options.isRefreshed, logLimit: logLimit)
    var run = InOrderRun(
      program, set,
      InOrderChannel(channel, queue: queue, host: set.host, hasPeerQuirks: options.hasPeerQuirks),
      channels: options.channels, joinsChannels: options.joinsChannels, folds: options.folds && logLimit == 0)
    run.run(program)
    return result(of: run, program)
  }

  private func program(_ work: CommandSetWork, _ options: CommandSetOptions) throws(Refusal) -> [InstructionPart] {
    switch work {
    case .instructions(let path, let displayName):
      return try InstructionFile.read(
        path: path, displayName: displayName, set, facts.device, channels: options.channels)
    case .kernel(let name, let values):
      guard let gemv, name == gemv.schema.name, let end = set.instructions.firstIndex(where: { $0.wait == .end }) else {
        throw Refusal("no such kernel", at: options.place, value: name)
      }
      return try gemv.program(values, facts.device, channels: options.channels, end: end, at: options.place)
    }
  }

  private func result(of run: InOrderRun, _ program: [InstructionPart]) -> CommandSetRun {
    var result = CommandSetRun()
    result.cycles = run.end
    result.foldedCycles = run.foldedCycles
    result.lowerBound = InOrderBound.cycles(program, set, facts, groups: run.groups.map(\.members))
    var open: Int64 = 0
    var total: Int64 = 0
    for group in run.groups {
      var channel = group.channel.channel
      channel.settle(at: run.end)
      let members = (0..<64).filter { group.members & 1 << UInt64($0) != 0 }
      var channels = CommandSetRun.Channels(
        members: members, counts: channel.counts, refreshes: channel.refresh?.count ?? 0)
      channels.log = channel.log
      result.unlogged += channel.unlogged
      result.channels.append(channels)
      open += channel.openCycles * Int64(members.count)
      total += run.end * Int64(members.count)
    }
    result.events = CommandSetRun.events(
      of: result.channels, facts.device, openCycles: open, closedCycles: max(total - open, 0))
    return result
  }
}
