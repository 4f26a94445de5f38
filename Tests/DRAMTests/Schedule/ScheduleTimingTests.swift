import Arch
import DRAM
import Testing

/// The times that schedulers look at, held to those of the checker, which keeps every rule.
@Suite struct ScheduleTimingTests {
  /// Random commands at random banks; commands that the scheduler does not issue never come.
  @Test(arguments: ShippedDevices.names)
  func boundsAreThoseOfAllRules(_ name: String) throws {
    var device = try ShippedDevices.read(name)
    let seed = UInt64.random(in: 0...UInt64.max)
    print("schedule of \(name): seed \(seed)")
    var random = SplitMix64(seed: seed)
    if Bool.random(using: &random) {
      // Among siblings the last issue counts, whatever the window.
      device.constraints = device.constraints.map { rule in
        TimingConstraint(
          id: rule.id, level: rule.level, previous: rule.previous, next: rule.next, latency: rule.latency,
          window: rule.sibling ? 4 : rule.window, sibling: rule.sibling, expression: rule.expression)
      }
    }
    let used = device.commands.map { _ in Int.random(in: 0..<4, using: &random) > 0 }
    let commands = device.commands.indices.filter { used[$0] }
    try #require(!commands.isEmpty)
    var sizes = device.levelSizes
    sizes[0] = 1
    let table = ScheduleTable(device, used: used)
    var timing = ScheduleTiming(table)
    var checked = CommandTiming(try #require(ConstraintTable(device, levelSizes: sizes)))
    var now: Int64 = 0
    for _ in 0..<400 {
      for _ in 0..<4 {
        let (command, bank, target, address) = place(device, commands, sizes, table, &random)
        let bound = target.map { timing.earliest(command, $0) } ?? timing.earliest(command, bank)
        // Rules of no latency bind nothing that is still to come, and are left out here.
        #expect(
          max(bound, now) == max(checked.earliest(command, address), now),
          "\(name), seed \(seed): \(device.commands[command].name)")
      }
      let (command, bank, target, address) = place(device, commands, sizes, table, &random)
      // Not always legal: rules hold whatever came before.
      now += Int64.random(in: 0...40, using: &random)
      if let target { timing.issue(command, target, at: now) } else { timing.issue(command, bank, at: now) }
      checked.issue(command, address, at: now)
    }
  }

  /// A command with what it covers: a bank, or a target of several.
  private func place(
    _ device: DeviceDescription, _ commands: [Int], _ sizes: [Int], _ table: ScheduleTable,
    _ random: inout SplitMix64
  ) -> (command: Int, bank: Int, target: ScheduleTable.Target?, address: CommandAddress) {
    let command = commands.randomElement(using: &random)!
    let description = device.commands[command]
    let bank = Int.random(in: 0..<table.bankCount, using: &random)
    var path = Array(repeating: 0, count: sizes.count)
    var rest = bank
    for level in sizes.indices.reversed() {
      path[level] = rest % sizes[level]
      rest /= sizes[level]
    }
    let scope = description.scope ?? 0
    let isSingle = scope == device.bankLevel && description.across.isEmpty
    return (
      command, bank, isSingle ? nil : table.target(scope: scope, across: description.across, around: bank),
      description.covering(CommandAddress(path))
    )
  }
}
