import Arch
import DRAM
import Files

/// A controller that picks the next command out of a window of waiting requests: the oldest that is ready, but none
/// that would take an open row from a request that waits for it. Beside a command on rows one on columns goes in the
/// same cycle. Barriers part the requests into stages; only commands that open and close rows look past them.
///
/// Its kernel is attention with the keys and values of a head in one channel, multiplied beside banks, bank groups or
/// the buffer of the stack, whichever the device file has commands for.
public struct WindowedController: CommandSetController {
  public static let name = "windowed"

  let device: DeviceDescription
  /// Requests that wait in a channel.
  let window: Int
  /// Bus classes of which one command each goes in the same cycle.
  let pair: [String]
  /// Refresh commands that the memory takes one after the other, each for a part of a channel.
  let refreshParts: Int
  /// The command that closes every row of a channel.
  let closeAll: Int
  let attention: AttentionKernel

  /// The longest window; scanned for every command.
  private static let longestWindow: Int64 = 1024

  public init?(_ device: DeviceDescription, _ settings: inout Fields, _ d: inout Diagnostics) {
    let errors = d.errorCount
    let window = settings.requiredInteger("window", in: 1...Self.longestWindow, &d)
    let pair = settings.texts("pair", &d) ?? []
    let buses = Set(device.commands.map(\.bus))
    if pair.count != 2 && settings.contains("pair") || pair.contains(where: { !buses.contains($0) }) {
      d.error(
        "the commands of a cycle are not of two buses", at: settings.place("pair"),
        value: pair.map { clipped($0) }.joined(separator: ", "),
        expected: "two of \(buses.sorted().joined(separator: ", "))")
    }
    let parts = settings.choice("refresh-each", of: device.levels, &d)
    let closeAll = Self.command("close-all", .precharge, of: device, &settings, &d)
    if let closeAll, device.commands[closeAll].scope != 0 {
      d.error(
        "the command does not close all rows of a channel", at: settings.place("close-all"),
        value: device.commands[closeAll].name, expected: "a command of scope '\(device.levels[0])'")
    }
    if device.banksPerChannel > 64 || device.levelSizes[0] > 64 {
      d.error(
        "the controller knows at most 64 channels of 64 banks", at: settings.place(),
        value: "\(device.levelSizes[0]) channels of \(device.banksPerChannel) banks")
    }
    var attention: AttentionKernel?
    if var kernels = settings.requiredFields("kernels", of: "the kernels", &d) {
      if var fields = kernels.requiredFields("attention", of: "the kernel 'attention'", &d) {
        attention = AttentionKernel(device, &fields, &d)
      }
      kernels.finish(&d, knownKeys: ["attention"])
    }
    settings.finish(&d, knownKeys: ["controller", "window", "pair", "refresh-each", "close-all", "kernels"])
    guard d.errorCount == errors, let window, let closeAll, let attention else { return nil }
    self.device = device
    self.window = Int(window)
    self.pair = pair
    refreshParts =
      parts.flatMap { device.levels.firstIndex(of: $0) }.map { level in
        device.levelSizes[1..<(level + 1)].reduce(1, *)
      } ?? 1
    self.closeAll = closeAll
    self.attention = attention
  }

  /// The command that a key names, which must be of one kind.
  static func command(
    _ key: String, _ kind: CommandKind?, of device: DeviceDescription, _ fields: inout Fields, _ d: inout Diagnostics
  ) -> Int? {
    let known = device.commands.filter { kind == nil || $0.kind == kind }.map(\.name)
    return fields.requiredChoice(key, of: known, &d).flatMap { device.command(named: $0) }
  }

  public var kernels: [KernelSchema] { [attention.schema] }
  public var runsInstructions: Bool { false }

  public func run(_ work: CommandSetWork, _ options: CommandSetOptions) throws(Refusal) -> CommandSetRun {
    guard case .kernel(let name, let values) = work, name == attention.schema.name else {
      throw Refusal("no such kernel", at: options.place)
    }
    let shape = AttentionShape(values, attention, device, hasPeerQuirks: options.hasPeerQuirks)
    let program = try AttentionProgram(shape, attention, device, options)
    let timed = try shape.isPowerConstrained ? device : attention.withoutPowerConstraint(device, at: options.place)
    let commands = try RequestCommands(timed, shape.level, attention, closeAll: closeAll, pair: pair, at: options.place)
    var settings = WindowedChannel.Settings(window: window, refreshParts: refreshParts)
    settings.refreshInterval = options.isRefreshed ? device.refresh?.interval : nil
    settings.showsRefreshParts = options.hasPeerQuirks
    settings.logLimit = options.logLimit
    var run = WindowedRun(program, commands, settings, joinsChannels: options.joinsChannels)
    run.folds = options.folds && options.logLimit == 0
    guard run.run() else {
      throw Refusal(
        "the requests wait for each other", at: options.place, value: "cycle \(run.now)",
        expected: "constraints under which every command goes at last")
    }
    return result(run, shape, timed)
  }

  private func result(_ run: WindowedRun, _ shape: AttentionShape, _ timed: DeviceDescription) -> CommandSetRun {
    var result = CommandSetRun()
    result.cycles = run.now
    result.foldedCycles = run.foldedCycles
    result.lowerBound = shape.lowerBound(timed)
    let names = attention.events(of: shape.level)
    var counts = Array(repeating: Int64(0), count: names.count)
    for group in run.groups {
      var channels = CommandSetRun.Channels(
        members: Array(group.members), counts: Array(repeating: 0, count: device.commands.count),
        refreshes: group.channel.refreshes)
      for (slot, count) in group.channel.counts.enumerated() {
        channels.counts[run.commands.slots[slot].command] += count
      }
      channels.log = group.channel.log
      result.unlogged += group.channel.unlogged
      result.channels.append(channels)
      for (index, name) in names.enumerated() {
        counts[index] += channels.counts[name.command] * Int64(channels.members.count) * name.perCommand
      }
    }
    result.events = names.indices.filter { counts[$0] > 0 }.map { (names[$0].event, counts[$0]) }
    let cycles = Int64(device.levelSizes[0]).multipliedReportingOverflow(by: run.now)
    result.events.append(("standby", cycles.overflow ? .max : cycles.partialValue))
    return result
  }
}
