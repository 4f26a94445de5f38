/// Requests that a channel is sure to accept, in the clocks in which they are offered, before it has been taken there.
///
/// Buffers only empty while nothing arrives. So what had room when the channel was last looked at has room later, and the
/// channel can be taken through many requests at once, which is kinder to caches than a few clocks at a time.
struct ChannelInbox: ~Copyable {
  private static let capacity = 32
  /// One more than are kept: the next is put together there.
  private let requests: UnsafeMutablePointer<PlacedRequest>
  private(set) var count = 0
  /// Below 0 where the channel answers a request at once although it is full.
  private var roomForReads = 0
  private var roomForWrites = 0

  init() {
    requests = .allocate(capacity: Self.capacity + 1)
    requests.initialize(repeating: PlacedRequest(), count: Self.capacity + 1)
  }

  deinit { requests.deallocate() }

  /// Where the next request is put together.
  @inline(__always) var next: UnsafeMutablePointer<PlacedRequest> { requests + count }

  @inline(__always)
  func request(_ index: Int) -> UnsafeMutablePointer<PlacedRequest> { requests + index }

  /// Keeps the request that was put together, if there is room for it.
  ///
  /// - Returns: whether there is. If not, the channel must be taken to its clock to see.
  @inline(__always)
  mutating func keep(isWrite: Bool) -> Bool {
    guard count < Self.capacity, (isWrite ? roomForWrites : roomForReads) > 0 else { return false }
    keepAccepted(isWrite: isWrite)
    return true
  }

  /// Keeps the request that was put together, which the channel was seen to accept. There is a place for it.
  @inline(__always)
  mutating func keepAccepted(isWrite: Bool) {
    count &+= 1
    if isWrite { roomForWrites &-= 1 } else { roomForReads &-= 1 }
  }

  /// All requests were handed over, and the channel now has so much room.
  @inline(__always)
  mutating func clear(roomForReads: Int, roomForWrites: Int) {
    count = 0
    self.roomForReads = roomForReads
    self.roomForWrites = roomForWrites
  }
}
