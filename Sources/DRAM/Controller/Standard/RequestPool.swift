/// The requests that one channel's controller holds, each in a slot of its own for as long as it is there.
struct RequestPool: ~Copyable {
  struct Slot {
    var request = PlacedRequest()
    /// Whether a command was issued for it.
    var isStarted = false
    /// The next request in its buffer for the same bank; −1 at the end.
    var next: Int32 = -1
    /// Order of acceptance, over all buffers of the channel.
    var age: Int64 = 0
  }

  let slots: UnsafeMutablePointer<Slot>
  private let free: UnsafeMutablePointer<Int32>
  private let capacity: Int
  private var freeCount: Int
  private var accepted: Int64 = 0

  init(capacity: Int) {
    self.capacity = capacity
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: Slot(), count: capacity)
    free = .allocate(capacity: capacity)
    for slot in 0..<capacity { free[slot] = Int32(capacity - 1 - slot) }
    freeCount = capacity
  }

  deinit {
    slots.deallocate()
    free.deallocate()
  }

  mutating func copyState(of other: borrowing RequestPool) {
    slots.update(from: other.slots, count: capacity)
    free.update(from: other.free, count: capacity)
    (freeCount, accepted) = (other.freeCount, other.accepted)
  }

  /// Keeps a request. There is room: buffers refuse before the pool is full.
  @inline(__always)
  mutating func take(_ request: PlacedRequest) -> Int {
    freeCount &-= 1
    let slot = Int(free[freeCount])
    slots[slot].request = request
    slots[slot].isStarted = false
    slots[slot].next = -1
    slots[slot].age = accepted
    accepted &+= 1
    return slot
  }

  @inline(__always)
  mutating func release(_ slot: Int) {
    free[freeCount] = Int32(truncatingIfNeeded: slot)
    freeCount &+= 1
  }
}
