import Arch
import DRAM
import PIM

/// A run on a device's PIM commands, priced.
public struct CommandSetResult: Sendable {
  /// One command of a trace.
  public struct Entry: Sendable {
    public let cycle: Int64
    public let command: String
    public let channel: Int
    /// One per level below the channel; −1 for all of that level.
    public let path: [Int32]
    public let row: Int64
    public let column: Int64
  }

  public let cycles: Int64
  public let lowerBound: Int64
  public let foldedCycles: Int64
  /// Refreshes of channel 0, over its banks or groups of banks.
  public let refreshes: Int64
  /// Commands of channel 0, in the order of the device file, those that went.
  public let commands: [(name: String, count: Int64)]
  /// Commands of all channels together.
  public let allCommands: [(name: String, count: Int64)]
  public let energy: Energy
  public let energyBreakdown: [(event: String, count: Int64, energy: Energy)]
  /// Names of the levels of a trace's addresses, from the channel down.
  public let levels: [String]
  public let unloggedCommands: Int64
  private let log: [CommandSetRun.Channels]
  private let names: [String]

  init(_ run: CommandSetRun, _ device: DeviceDescription) {
    cycles = run.cycles
    lowerBound = run.lowerBound
    foldedCycles = run.foldedCycles
    names = device.commands.map(\.name)
    levels = device.levels
    unloggedCommands = run.unlogged
    log = run.channels
    let first = run.channels.first { $0.members.first == 0 }
    refreshes = first?.refreshes ?? 0
    let names = names
    let none = Array(repeating: Int64(0), count: names.count)
    func named(_ counts: [Int64]) -> [(name: String, count: Int64)] {
      names.indices.filter { counts[$0] > 0 }.map { (names[$0], counts[$0]) }
    }
    commands = named(first?.counts ?? none)
    allCommands = named(
      run.channels.reduce(none) { sum, group in
        sum.indices.map { sum[$0] + group.counts[$0] * Int64(group.members.count) }
      })
    let ledger = EnergyLedger(prices: device.energy.prices(device.energyDurations, period: device.period))
    energyBreakdown = run.events.map { ($0.event, $0.count, ledger.cost(of: $0.event, count: $0.count)) }
    energy = energyBreakdown.reduce(.zero) { $0 + $1.energy }
  }

  /// Hands on every command that was kept, by cycle, then channel; within a channel in the order of issue.
  public func forEachCommand(_ body: (Entry) throws -> Void) rethrows {
    var order: [(cycle: Int64, channel: Int, group: Int, index: Int)] = []
    order.reserveCapacity(log.reduce(0) { $0 + $1.log.count * $1.members.count })
    for (group, channels) in log.enumerated() {
      for member in channels.members {
        for (index, entry) in channels.log.enumerated() { order.append((entry.cycle, member, group, index)) }
      }
    }
    order.sort { ($0.cycle, $0.channel, $0.index) < ($1.cycle, $1.channel, $1.index) }
    for item in order {
      let entry = log[item.group].log[item.index]
      let path = (1..<levels.count).map { entry.address.indices[$0] }
      try body(
        Entry(
          cycle: entry.cycle, command: names[entry.command], channel: item.channel, path: path, row: entry.row,
          column: entry.column))
    }
  }
}
