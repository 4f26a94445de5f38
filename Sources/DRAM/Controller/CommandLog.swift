import Arch

/// A command that a controller issued.
public struct IssuedCommand: Sendable, Hashable {
  public var cycle: Int64
  /// Index into the device's commands.
  public var command: Int32
  public var channel: Int32
  /// A bank that it covers; the command's scope says which levels of its address count.
  public var bank: Int32
  /// −1 where the command has none.
  public var row: Int32
  public var column: Int32
}

/// Takes commands in order of cycle and channel, and hands them on in batches.
public final class CommandLog {
  private let buffer: UnsafeMutablePointer<IssuedCommand>
  private var count = 0
  private static let capacity = 4096
  private let consume: (UnsafeBufferPointer<IssuedCommand>) -> Void

  /// - Parameter consume: takes a batch; called when enough have come together, and by `flush`.
  public init(_ consume: @escaping (UnsafeBufferPointer<IssuedCommand>) -> Void) {
    buffer = .allocate(capacity: Self.capacity)
    self.consume = consume
  }

  deinit { buffer.deallocate() }

  func append(_ command: IssuedCommand) {
    buffer[count] = command
    count += 1
    if count == Self.capacity { flush() }
  }

  /// Hands on what is left.
  public func flush() {
    consume(UnsafeBufferPointer(start: buffer, count: count))
    count = 0
  }
}
