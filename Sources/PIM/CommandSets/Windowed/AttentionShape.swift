import DRAM
import Files

/// The extents of one run of attention, and what they come to in a channel.
struct AttentionShape: Sendable {
  let length: Int64
  let heads: Int64
  let dimension: Int64
  let bytes: Int64
  let level: AttentionKernel.Level
  let isPowerConstrained: Bool
  /// As the peer's generators do where they lose moves and let heads run into each other.
  let hasPeerQuirks: Bool
  let channels: Int64
  /// Elements of a burst.
  let lanes: Int64
  let burstBytes: Int64
  let rowBytes: Int64
  let levelSizes: [Int]

  init(_ values: KernelValues, _ kernel: AttentionKernel, _ device: DeviceDescription, hasPeerQuirks: Bool) {
    length = values.integer(.length)
    heads = values.integer(.heads)
    dimension = values.integer(.headDimension)
    bytes = Int64(values.choice(.bytes)) ?? 2
    let name = values.choice(.level)
    level = kernel.levels.first { $0.name == name } ?? kernel.levels[0]
    isPowerConstrained = values.choice(.powerConstraint) != "off"
    self.hasPeerQuirks = hasPeerQuirks
    channels = Int64(device.levelSizes[0])
    burstBytes = device.accessBytes
    rowBytes = device.rowBytes
    levelSizes = device.levelSizes
    lanes = max(1, device.accessBytes / bytes)
  }

  static func ceil(_ a: Int64, _ b: Int64) -> Int64 { (a + b - 1) / b }

  /// Rounds of one head per channel.
  var rounds: Int64 { Self.ceil(heads, channels) }
  /// Rows of scores: positions that share a command.
  var scoreRows: Int64 { Self.ceil(length, level.positions) }
  /// Bursts of a row of scores, and parts of the result.
  var parts: Int64 { Self.ceil(dimension, level.elements * lanes) }
  /// Bursts of the probabilities in one place.
  var probabilityBursts: Int64 { Self.ceil(length, level.positions * lanes) }

  /// Channels at work in a round: all, or in the last as many as heads are left.
  func channels(inRound round: Int64) -> Int64 { min(channels, heads - round * channels) }

  /// Cycles in which the busiest channel streams its keys and values past the multipliers without a pause, at the pace
  /// that the channel's rules allow; bursts filled up only at the end of each of them.
  func lowerBound(_ device: DeviceDescription) -> Int64 {
    let pace =
      device.constraints.filter {
        $0.level == 0 && $0.previous.contains(level.multiply) && $0.next.contains(level.multiply)
      }.map(\.latency).max() ?? 1
    let (size, first) = (length * bytes).multipliedReportingOverflow(by: dimension)
    let bursts = Self.ceil(size, level.units * burstBytes)
    let (cycles, second) = (2 * rounds).multipliedReportingOverflow(by: bursts)
    let (total, third) = cycles.multipliedReportingOverflow(by: max(pace, 1))
    return first || second || third ? .max : total
  }
}
