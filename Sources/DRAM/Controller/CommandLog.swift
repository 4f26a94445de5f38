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

/// Takes the commands of all channels and hands them on in order of cycle and channel.
///
/// Channels are ahead of each other and behind the last offer until they are all taken to one clock.
public final class CommandLog {
  private var pending: [IssuedCommand] = []
  private let consume: (ArraySlice<IssuedCommand>) -> Void

  /// - Parameter consume: takes commands in order, many at a time.
  public init(_ consume: @escaping (ArraySlice<IssuedCommand>) -> Void) { self.consume = consume }

  @inline(__always)
  func append(_ command: IssuedCommand) { pending.append(command) }

  /// Whether enough have come together to be handed on.
  var isLarge: Bool { pending.count > 1 << 16 }

  /// Hands on all commands. Every channel has reached the same clock.
  func settle() {
    // A stable order: commands of one channel and cycle stay as they were issued.
    let order = pending.indices.sorted { a, b in
      (pending[a].cycle, pending[a].channel, a) < (pending[b].cycle, pending[b].channel, b)
    }
    consume(ArraySlice(order.map { pending[$0] }))
    pending.removeAll(keepingCapacity: true)
  }
}
