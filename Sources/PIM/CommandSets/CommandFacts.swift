import DRAM
import Files

/// What a controller must know of a device's commands, looked up once.
public final class CommandFacts: Sendable {
  /// One command.
  struct Fact: Sendable {
    let kind: CommandKind
    /// Whether it covers every bank of a channel.
    let isWhole: Bool
    /// Whether it covers a single bank.
    let isSingle: Bool
    /// The commands that open and close rows in just the banks that it covers; −1 where the device has none.
    let opens: Int
    let closes: Int
    let needsOpenRow: Bool
    let usesRegisters: Bool
    /// Cycles until what it does is done.
    let latency: Int64
    /// Cycles from one to the next where nothing else is in the way.
    let pace: Int64
    /// Whether a run at that pace may be noted by its last alone.
    let runs: Bool
  }

  public let device: DeviceDescription
  /// The constraints of one channel.
  let table: ConstraintTable
  let facts: [Fact]
  let activateAll: Int
  let activateBank: Int
  let prechargeAll: Int
  let prechargeBank: Int
  /// −1 where the device has no change of mode.
  let modeChange: Int
  /// Of bank b of a channel, banks counted through all levels.
  let addresses: [CommandAddress]
  let whole: CommandAddress
  /// `previous * count + next` → what `gap` says.
  private let gaps: [Int64]

  /// Finds the commands that open and close rows, or says which the device lacks.
  public init?(_ device: DeviceDescription, at place: Place, _ d: inout Diagnostics) {
    var sizes = device.levelSizes
    sizes[0] = 1
    guard let table = ConstraintTable(device, levelSizes: sizes) else {
      d.error("the device '\(device.name)' is too large to simulate", at: place)
      return nil
    }
    let timing = CommandTiming(table)
    func find(_ kind: CommandKind, _ scope: Int) -> Int? {
      if let index = CommandFacts.find(kind, scope, [], device) { return index }
      d.error(
        "the device '\(device.name)' lacks a command that the controller needs", at: place,
        expected: "a command of kind '\(kind.rawValue)' and scope '\(device.levels[scope])'")
      return nil
    }
    let activateAll = find(.activate, 0)
    let activateBank = find(.activate, device.bankLevel)
    let prechargeAll = find(.precharge, 0)
    let prechargeBank = find(.precharge, device.bankLevel)
    for command in device.commands where command.kind.needsOpenRow {
      // Those of all banks and of one are asked for above.
      guard let scope = command.scope, scope > 0, scope < device.bankLevel || !command.across.isEmpty else { continue }
      for kind in [CommandKind.activate, .precharge] where CommandFacts.find(kind, scope, command.across, device) == nil
      {
        let across = command.across.map { device.levels[$0] }.joined(separator: ", ")
        d.error(
          "the device '\(device.name)' lacks a command for the banks that '\(command.name)' covers", at: place,
          expected: "a command of kind '\(kind.rawValue)' and scope '\(device.levels[scope])'"
            + (across.isEmpty ? "" : " across \(across)"))
      }
    }
    guard let activateAll, let activateBank, let prechargeAll, let prechargeBank else { return nil }
    self.device = device
    self.table = table
    self.activateAll = activateAll
    self.activateBank = activateBank
    self.prechargeAll = prechargeAll
    self.prechargeBank = prechargeBank
    modeChange = device.commands.firstIndex { $0.kind == .modeChange } ?? -1
    facts = device.commands.indices.map { index in
      let command = device.commands[index]
      let own = device.constraints.filter { $0.previous.contains(index) && $0.next.contains(index) }
      return Fact(
        kind: command.kind, isWhole: command.scope == 0,
        isSingle: command.scope == device.bankLevel && command.across.isEmpty,
        opens: CommandFacts.find(.activate, command.scope, command.across, device) ?? -1,
        closes: CommandFacts.find(.precharge, command.scope, command.across, device) ?? -1,
        needsOpenRow: command.kind.needsOpenRow, usesRegisters: command.usesRegisters, latency: command.latency,
        pace: max(1, own.map(\.latency).max() ?? 1),
        runs: command.scope == 0 && timing.isNotedByLast(index)
          && !own.contains { $0.window > 1 || $0.sibling || $0.level > 0 })
    }
    var addresses = [CommandAddress.all]
    for (level, size) in sizes.enumerated() {
      addresses = addresses.flatMap { address in
        (0..<size).map { index in
          var next = address
          next.indices[level] = Int32(index)
          return next
        }
      }
    }
    self.addresses = addresses
    var whole = CommandAddress.all
    whole.indices[0] = 0
    self.whole = whole
    gaps = Self.gaps(device)
  }

  private static func find(
    _ kind: CommandKind, _ scope: Int?, _ across: [Int], _ device: DeviceDescription
  ) -> Int? {
    device.commands.firstIndex { $0.kind == kind && $0.scope == scope && $0.across == across }
  }

  /// What a command covers that names a bank.
  func address(of command: Int, naming bank: Int) -> CommandAddress {
    device.commands[command].covering(addresses[bank])
  }

  /// Whether a command to this address covers a bank.
  func covers(_ address: CommandAddress, _ bank: Int) -> Bool {
    all((address.indices .< 0) .| (address.indices .== addresses[bank].indices))
  }

  /// The longest rule of the whole channel from one command to another; 0 where there is none.
  func gap(_ previous: Int, _ next: Int) -> Int64 { gaps[previous * facts.count + next] }

  private static func gaps(_ device: DeviceDescription) -> [Int64] {
    let count = device.commands.count
    var gaps = Array(repeating: Int64(0), count: count * count)
    for rule in device.constraints where rule.level == 0 && rule.window <= 1 && !rule.sibling {
      for previous in rule.previous {
        for next in rule.next {
          gaps[previous * count + next] = max(gaps[previous * count + next], rule.latency)
        }
      }
    }
    return gaps
  }
}
