import DRAM

extension CommandSetRun {
  /// The events that cost energy, from the commands that went: what each kind of command does, in every bank it covers.
  ///
  /// - Parameters:
  ///   - openCycles: cycles in which a channel had a row open, over all channels; `closedCycles` the others.
  static func events(
    of channels: [Channels], _ device: DeviceDescription, openCycles: Int64, closedCycles: Int64
  ) -> [(event: String, count: Int64)] {
    let names = [
      "activate", "array-read", "array-write", "mac", "row-operation", "buffer-write", "result-read", "refresh",
    ]
    var counts = Array(repeating: Int64(0), count: names.count)
    for (index, command) in device.commands.enumerated() {
      let banks = device.levelSizes.dropFirst((command.scope ?? 0) + 1).reduce(1, *)
      let count = channels.reduce(0) { $0 + $1.counts[index] * Int64($1.members.count) }
      switch command.kind {
      case .activate, .activateSecond: counts[0] += count * Int64(banks)
      case .read, .readPrecharge: counts[1] += count * Int64(banks)
      case .write, .writePrecharge: counts[2] += count * Int64(banks)
      case .multiplyAccumulate: counts[3] += count * Int64(banks)
      case .rowOperation: counts[4] += count * Int64(banks)
      case .bufferWrite: counts[5] += count
      case .resultRead: counts[6] += count
      case .refresh: counts[7] += count
      default: break
      }
    }
    var events = names.indices.filter { counts[$0] > 0 }.map { (event: names[$0], count: counts[$0]) }
    events.append(("active-standby", openCycles))
    events.append(("precharge-standby", closedCycles))
    return events
  }
}
