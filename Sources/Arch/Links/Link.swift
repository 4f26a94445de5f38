/// A point-to-point connection of a design: a channel each way, and a width that makes data take time.
public struct Link: Hashable, Sendable {
  public let ends: (UnitIndex, UnitIndex)
  /// Bytes per beat.
  public let width: Bytes
  /// Edges of the receiver's clock from send to sight, ≥ 1.
  public let latency: Int64
  /// Packets that fit in each direction.
  public let capacity: Int

  public init(_ first: UnitIndex, _ second: UnitIndex, width: Bytes, latency: Int64, capacity: Int) {
    precondition(width.rawValue >= 1, "a link carries at least a byte per beat")
    ends = (first, second)
    self.width = width
    self.latency = latency
    self.capacity = capacity
  }

  /// How many beats `bytes` take.
  public func beats(for bytes: Int64) -> Int64 { (bytes + width.rawValue - 1) / width.rawValue }

  public static func == (a: Link, b: Link) -> Bool {
    a.ends == b.ends && a.width == b.width && a.latency == b.latency && a.capacity == b.capacity
  }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(ends.0)
    hasher.combine(ends.1)
    hasher.combine(width)
  }
}
