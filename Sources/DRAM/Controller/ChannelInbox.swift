/// Requests that a channel is sure to accept, with the clocks in which it does, before it has been taken there.
///
/// Buffers only empty while nothing arrives. So what had room when the channel was last looked at has room later, and the
/// channel can be taken through many requests at once, which is kinder to caches than a few clocks at a time.
struct ChannelInbox: ~Copyable {
  struct Offer {
    var request: PlacedRequest
    var clock: Int64
  }

  private static let capacity = 32
  private let offers: UnsafeMutablePointer<Offer>
  private(set) var count = 0
  private var roomForReads: Int
  private var roomForWrites: Int

  init(roomForReads: Int, roomForWrites: Int) {
    self.roomForReads = roomForReads
    self.roomForWrites = roomForWrites
    offers = .allocate(capacity: Self.capacity)
  }

  deinit { offers.deallocate() }

  /// Keeps a request for which there is room.
  ///
  /// - Returns: whether there is. If not, the channel must be taken to the clock to see.
  @inline(__always)
  mutating func keep(_ request: PlacedRequest, at clock: Int64) -> Bool {
    guard count < Self.capacity else { return false }
    if request.isWrite {
      guard roomForWrites > 0 else { return false }
      roomForWrites &-= 1
    } else {
      guard roomForReads > 0 else { return false }
      roomForReads &-= 1
    }
    (offers + count).initialize(to: Offer(request: request, clock: clock))
    count &+= 1
    return true
  }

  @inline(__always)
  subscript(_ index: Int) -> Offer { offers[index] }

  /// All requests were handed over, and the channel now has so much room.
  @inline(__always)
  mutating func clear(roomForReads: Int, roomForWrites: Int) {
    count = 0
    self.roomForReads = roomForReads
    self.roomForWrites = roomForWrites
  }
}
