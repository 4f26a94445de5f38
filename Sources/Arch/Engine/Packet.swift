/// What travels on a channel: one plain type for all units, so that a channel is a flat array.
///
/// The meaning of the fields is agreed between the two ends. Values travel by `handle` in an arena of the program;
/// anything richer stays inside one unit.
public struct Packet: Hashable, Sendable {
  /// What the packet asks or tells; numbers are those of the receiving unit's kind.
  public var opcode: Int32
  /// Which step, transfer or value it concerns.
  public var handle: Int32
  /// How many beats follow on the link, the first with the packet itself. 0 for a pure message.
  public var beats: Int32
  /// Ticks of the common grid between two beats; beat *i* arrives *i × interval* after the packet.
  public var interval: Int64

  @inlinable
  public init(opcode: Int32 = 0, handle: Int32 = 0, beats: Int32 = 0, interval: Int64 = 0) {
    self.opcode = opcode
    self.handle = handle
    self.beats = beats
    self.interval = interval
  }
}

/// The position of a channel in the network of a design.
public struct ChannelIndex: RawRepresentable, Hashable, Sendable {
  public var rawValue: Int
  @inlinable public init(rawValue: Int) { self.rawValue = rawValue }
  @inlinable public init(_ value: Int) { rawValue = value }
}
