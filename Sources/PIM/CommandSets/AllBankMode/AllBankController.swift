import Arch
import DRAM
import Files

/// A host with a queue for each channel that drives SIMD units between pairs of banks by ordinary reads and writes.
///
/// Besides kernels on the units it runs their data over the interface (`host-…`), on the same controller.
public struct AllBankController: CommandSetController {
  public static let name = "all-bank-mode"

  private let device: DeviceDescription
  private let timing: RankTiming
  private let settings: AllBankSettings

  public init?(_ device: DeviceDescription, _ settings: inout Fields, _ d: inout Diagnostics) {
    let place = settings.place()
    guard let timing = RankTiming(device, at: place, &d),
      let settings = AllBankSettings(device, timing.geometry, &settings, &d)
    else { return nil }
    self.device = device
    self.timing = timing
    self.settings = settings
    if let refresh = device.refresh {
      // A refresh waits until each bank may close and is closed; after it a row opens, and one access goes.
      let precharge = RankCommands.precharge
      let closing =
        [RankCommands.activate, RankCommands.read, RankCommands.write]
        .map { timing.longest($0, precharge) }.max() ?? 0
      let opening = max(
        timing.longest(RankCommands.activate, RankCommands.read),
        timing.longest(RankCommands.activate, RankCommands.write))
      let needed =
        refresh.duration + closing + opening + settings.refreshAfterPrecharge
        + Int64(timing.geometry.banks + timing.geometry.ranks)
      if refresh.interval <= needed {
        d.error(
          "refreshes leave no time to open a row and close it", at: place,
          value: "\(refresh.interval) cycles from one to the next", expected: "more than \(needed)")
        return nil
      }
    }
  }

  public var kernels: [KernelSchema] {
    let size: KernelSchema.Values = .integer(1...(1 << 40))
    let batch: KernelSchema.Values = .integer(1...(1 << 20))
    let matrixVector = [
      KernelSchema.Option(.out, size), KernelSchema.Option(.in, size),
      KernelSchema.Option(.batch, batch, standard: "1"),
    ]
    // Elements of a tensor are its outputs; --in may say so again, 0 is as many.
    let elementwise = [
      KernelSchema.Option(.out, size), KernelSchema.Option(.in, .integer(0...(1 << 40)), standard: "0"),
      KernelSchema.Option(.batch, batch, standard: "1"),
    ]
    return ["", "host-"].flatMap { prefix in
      [KernelSchema(name: "\(prefix)gemv", options: matrixVector)]
        + ["add", "mul", "relu"].map { KernelSchema(name: "\(prefix)\($0)", options: elementwise) }
    }
  }

  public var runsInstructions: Bool { false }

  public func run(_ work: CommandSetWork, _ options: CommandSetOptions) throws(Refusal) -> CommandSetRun {
    guard case .kernel(let name, let values) = work else {
      throw Refusal("the controller runs no instructions", at: options.place)
    }
    let isHost = name.hasPrefix("host-")
    let shape = try KernelShape(
      isHost ? String(name.dropFirst(5)) : name, values, elementBytes: settings.elementBytes,
      burstBytes: timing.geometry.burstBytes, at: options.place)
    let groups = isHost ? try host(shape, options) : try units(shape, options)
    var run = try simulate(groups, options)
    run.lowerBound = lowerBound(shape, isHost: isHost, channels: Int64(options.channels))
    return run
  }

  /// Channels that do the same, and what: phases, each of which starts when the last is over on all channels.
  private struct Group {
    var members: [Int]
    let phases: [[TransactionRun]]
  }

  /// Makes groups of channels by what their work depends on.
  private func grouped<Key: Hashable>(
    _ options: CommandSetOptions, by key: (Int64) -> Key, _ phases: (Key) -> [[TransactionRun]]
  ) -> [Group] {
    var keys: [(key: Key, members: [Int])] = []
    for channel in 0..<options.channels {
      let key = key(Int64(channel))
      if options.joinsChannels, let index = keys.lastIndex(where: { $0.key == key }) {
        keys[index].members.append(channel)
      } else {
        keys.append((key, [channel]))
      }
    }
    return keys.map { Group(members: $0.members, phases: phases($0.key)) }
  }

  /// Runs of transactions that are kept for one channel at most.
  private static let runLimit: Int64 = 1 << 22

  private func checkRows(_ rows: Int64, _ options: CommandSetOptions) throws(Refusal) {
    guard rows <= settings.dataRows else {
      throw Refusal(
        "the kernel does not fit the banks", at: options.place, value: "\(rows) rows of each",
        expected: "at most \(settings.dataRows)", suggestion: "more channels, a smaller kernel")
    }
  }

  private func checkRuns(_ runs: Int64, _ options: CommandSetOptions) throws(Refusal) {
    guard runs <= Self.runLimit else {
      throw Refusal(
        "the kernel has too many transactions", at: options.place, value: "\(runs) groups of them on a channel",
        expected: "at most \(Self.runLimit)", suggestion: "a smaller batch")
    }
  }

  private func units(_ shape: KernelShape, _ options: CommandSetOptions) throws(Refusal) -> [Group] {
    let geometry = timing.geometry
    let channels = Int64(options.channels)
    switch shape.kind {
    case .matrixVector:
      let kernel = MatrixVectorKernel(
        settings: settings, geometry: geometry, inputBursts: shape.inputBursts, outputs: shape.outputs,
        batch: shape.batch, channels: channels, padsLikePeer: options.hasPeerQuirks)
      guard let extent = kernel.extent() else {
        throw Refusal("the size of the kernel overflows", at: options.place, value: "\(shape.outputs) outputs")
      }
      try checkRows((extent.columns + geometry.columns - 1) / geometry.columns, options)
      try checkRuns(extent.runs, options)
      return grouped(options, by: { kernel.tiles($0) }, { [kernel.runs(tiles: $0)] })
    case .binary, .unary:
      let kernel = ElementwiseKernel(
        settings: settings, geometry: geometry, bursts: shape.outputBursts, channels: channels,
        isBinary: shape.kind == .binary, dropsRemainder: options.hasPeerQuirks)
      let most = kernel.columns(0)
      try checkRows(kernel.rows(most), options)
      try checkRuns(kernel.extent(most), options)
      return grouped(options, by: { kernel.columns($0) }, { [kernel.runs($0)] })
    }
  }

  private func host(_ shape: KernelShape, _ options: CommandSetOptions) throws(Refusal) -> [Group] {
    let geometry = timing.geometry
    let stream = HostStream(channels: Int64(options.channels), reads: shape.burstsRead, writes: shape.burstsWritten)
    let perRow = Int64(options.channels) * Int64(geometry.banks) * geometry.columns
    let rows = (stream.reads + stream.writes + perRow - 1) / perRow
    guard rows <= geometry.rows else {
      throw Refusal(
        "the data do not fit the banks", at: options.place, value: "\(rows) rows of each",
        expected: "at most \(geometry.rows)")
    }
    return grouped(options, by: { stream.share($0) }, { stream.phases($0) })
  }

  private func lowerBound(_ shape: KernelShape, isHost: Bool, channels: Int64) -> Int64 {
    let read = RankCommands.read
    // Of the host, any two bursts of a channel; of the units, which all work at once, any two of a group of banks.
    let spacing = (0..<(isHost ? 1 : 3)).map { timing.latency($0, read, read) }.max() ?? 0
    let bursts =
      isHost
      ? shape.burstsRead + shape.burstsWritten
      : shape.kind == .matrixVector ? shape.weightBursts * shape.batch : shape.burstsRead + shape.burstsWritten
    let share = channels * (isHost ? 1 : settings.units)
    return (bursts + share - 1) / share * max(spacing, 1)
  }

  private func simulate(_ groups: [Group], _ options: CommandSetOptions) throws(Refusal) -> CommandSetRun {
    let channels = groups.map { _ in
      ChannelBox(
        QueuedChannel(
          device, timing, settings, isRefreshed: options.isRefreshed, hasPeerQuirks: options.hasPeerQuirks,
          visitsEveryCycle: !options.folds, logLimit: options.logLimit / options.channels))
    }
    // Each phase starts when the last one is over on all channels.
    for phase in 0..<(groups.map(\.phases.count).max() ?? 0) {
      for (group, box) in zip(groups, channels) {
        box.channel.run(group.phases[phase])
        if box.channel.isStuck {
          throw Refusal(
            "the host waits for ever: the mode of the banks does not reach the bank of a transaction",
            at: options.place, expected: "mode registers under 'pim' that lead to all-bank mode and back")
        }
      }
      let end = channels.map { $0.channel.cycle }.max() ?? 0
      for box in channels { box.channel.idle(until: end) }
    }
    var run = CommandSetRun()
    var events: [(event: String, count: Int64)] = [
      ("activate", 0), ("array-read", 0), ("array-write", 0), ("register-write", 0), ("refresh", 0),
      ("active-standby", 0), ("precharge-standby", 0),
    ]
    for (group, box) in zip(groups, channels) {
      run.cycles = max(run.cycles, box.channel.cycle)
      var result = CommandSetRun.Channels(
        members: group.members, counts: Array(repeating: 0, count: device.commands.count),
        refreshes: box.channel.refreshes)
      for (index, command) in timing.commands.inOrder.enumerated() {
        result.counts[command] = box.channel.counts[index]
      }
      result.log = box.channel.log
      run.channels.append(result)
      let members = Int64(group.members.count)
      run.unlogged += box.channel.unlogged * members
      for index in 0..<4 { events[index].count += box.channel.bankAccesses[index] * members }
      events[4].count += box.channel.counts[RankCommands.refresh] * members
      let open = box.channel.openCycles + (box.channel.openBanks == 0 ? 0 : box.channel.cycle - box.channel.openedAt)
      events[5].count += open * members
      events[6].count += (box.channel.cycle - open) * members
    }
    run.events = events
    return run
  }
}

/// Keeps a channel's state, which cannot be copied, in a list.
private final class ChannelBox {
  var channel: QueuedChannel

  init(_ channel: consuming QueuedChannel) { self.channel = channel }
}
