import Arch
import Files

/// Whether a device can be refreshed as often as it says and still be used.
enum RefreshPace {
  private static let rounds: Int64 = 3

  /// Tries it on one channel: round after round of refreshes in turn, as early as its rules allow, with one access after
  /// each round.
  ///
  /// - Throws: when rounds take longer than the intervals they are due in. A run would do nothing but refresh, ever
  ///   further behind.
  static func check(
    _ device: DeviceDescription, _ refresh: RefreshDescription, _ targets: [CommandAddress], _ roles: CommandRoles
  ) throws(Refusal) {
    var sizes = device.levelSizes
    sizes[0] = 1
    guard let table = ConstraintTable(device, levelSizes: sizes) else { return }
    var timing = CommandTiming(table)
    let bank = CommandAddress(Array(repeating: 0, count: sizes.count))
    let access = [roles.activate, roles.activateSecond, roles.readSync, roles.read, roles.precharge].compactMap(\.self)
    var clock: Int64 = 0
    func issue(_ command: Int, _ address: CommandAddress) {
      clock = max(clock + 1, timing.earliest(command, address))
      timing.issue(command, address, at: clock)
    }
    for _ in 0..<rounds {
      for target in targets { issue(refresh.command, target) }
      for command in access { issue(command, bank) }
    }
    guard clock > rounds * refresh.interval else { return }
    throw Refusal(
      "the refreshes of device '\(device.name)' leave no time for an access", at: Place(file: device.name),
      value: "\(clock / rounds) cycles for one of each of \(targets.count) by \(device.commands[refresh.command].name)",
      expected: "at most \(refresh.interval) cycles, the interval between two")
  }
}
