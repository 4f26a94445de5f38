/// One request as it comes from a processor: an access of `accessBytes` bytes.
public struct MemoryRequest: Sendable, Hashable {
  /// First cycle in which it may be offered to the controller.
  public var arrival: Int64
  /// In bytes.
  public var address: UInt64
  public var isWrite: Bool

  @inlinable public init(arrival: Int64, address: UInt64, isWrite: Bool) {
    self.arrival = arrival
    self.address = address
    self.isWrite = isWrite
  }
}

/// Where requests come from, in order of arrival.
public protocol RequestSource {
  /// Puts the next requests at the start of `batch`.
  ///
  /// - Returns: how many; 0 at the end.
  mutating func next(into batch: UnsafeMutableBufferPointer<MemoryRequest>) throws -> Int
}

/// A request with the place that it leads to, as the scheduler of its channel sees it.
struct PlacedRequest {
  /// Without the bits of the channel.
  var address: UInt64 = 0
  /// The clock in which it is offered, or was accepted.
  var clock: Int64 = 0
  var row: Int32 = 0
  var column: Int32 = 0
  /// Number of the bank inside its channel: mixed radix of the levels below the channel, the top one most significant.
  var bank: Int32 = 0
  var isWrite = false
}
