/// Reads or writes that wait in a controller, in order of arrival, with a list for each bank.
///
/// For each bank it knows the oldest request for the open row (`hit`) and the oldest for another row (`miss`; with the
/// bank closed, the oldest of all), so that a scheduler looks at banks rather than at requests.
struct RequestBuffer: ~Copyable {
  struct Slot {
    var request = PlacedRequest(address: 0, bank: 0, row: 0, column: 0, isWrite: false)
    /// The clock at which it was accepted.
    var accepted: Int64 = 0
    /// Order of acceptance, over all buffers of the channel.
    var sequence: Int64 = 0
    /// The next request of the same bank; −1 at the end.
    var next: Int32 = -1
    /// Whether a command was issued for it.
    var isStarted = false
  }

  let capacity: Int
  private(set) var count = 0
  let slots: UnsafeMutablePointer<Slot>
  private let free: UnsafeMutablePointer<Int32>
  private let head: UnsafeMutablePointer<Int32>
  private let tail: UnsafeMutablePointer<Int32>
  /// By bank: the oldest request for the open row, and the oldest other one; −1 for none.
  let hit: UnsafeMutablePointer<Int32>
  let miss: UnsafeMutablePointer<Int32>
  /// Banks with a hit, and with a miss.
  var hits: BankSet
  var misses: BankSet

  init(capacity: Int, banks: Int) {
    self.capacity = capacity
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: Slot(), count: capacity)
    free = .allocate(capacity: capacity)
    for slot in 0..<capacity { free[slot] = Int32(capacity - 1 - slot) }
    func perBank() -> UnsafeMutablePointer<Int32> {
      let pointer = UnsafeMutablePointer<Int32>.allocate(capacity: banks)
      pointer.initialize(repeating: -1, count: banks)
      return pointer
    }
    head = perBank()
    tail = perBank()
    hit = perBank()
    miss = perBank()
    hits = BankSet(capacity: banks)
    misses = BankSet(capacity: banks)
  }

  deinit {
    slots.deallocate()
    free.deallocate()
    head.deallocate()
    tail.deallocate()
    hit.deallocate()
    miss.deallocate()
  }

  @inline(__always) var isFull: Bool { count == capacity }

  /// Whether a request for this very address waits here.
  func contains(_ address: UInt64, bank: Int) -> Bool {
    var slot = head[bank]
    while slot >= 0 {
      if slots[Int(slot)].request.address == address { return true }
      slot = slots[Int(slot)].next
    }
    return false
  }

  /// Puts a request at the end. The buffer is not full.
  ///
  /// - Parameter openRow: the row that its bank holds open, −1 for none.
  @inline(__always)
  mutating func append(_ request: PlacedRequest, accepted: Int64, sequence: Int64, openRow: Int32) {
    let index = free[capacity - 1 - count]
    count += 1
    slots[Int(index)] = Slot(request: request, accepted: accepted, sequence: sequence, next: -1, isStarted: false)
    let bank = Int(request.bank)
    if head[bank] < 0 { head[bank] = index } else { slots[Int(tail[bank])].next = index }
    tail[bank] = index
    if request.row == openRow {
      if hit[bank] < 0 {
        hit[bank] = index
        hits[bank] = true
      }
    } else if miss[bank] < 0 {
      miss[bank] = index
      misses[bank] = true
    }
  }

  /// Takes a request out.
  @inline(__always)
  mutating func remove(_ slot: Int, openRow: Int32) {
    let bank = Int(slots[slot].request.bank)
    let after = slots[slot].next
    if head[bank] == Int32(slot) {
      head[bank] = after
      if after < 0 { tail[bank] = -1 }
    } else {
      var before = head[bank]
      while slots[Int(before)].next != Int32(slot) { before = slots[Int(before)].next }
      slots[Int(before)].next = after
      if after < 0 { tail[bank] = before }
    }
    count -= 1
    free[capacity - 1 - count] = Int32(slot)
    if hit[bank] == Int32(slot) {
      // The next for the same row stands further back.
      var next = after
      while next >= 0, slots[Int(next)].request.row != openRow { next = slots[Int(next)].next }
      hit[bank] = next
      hits[bank] = next >= 0
    } else if miss[bank] == Int32(slot) {
      find(bank, openRow: openRow)
    }
  }

  /// Works out hit and miss of a bank whose row was opened or closed.
  @inline(__always)
  mutating func rowChanged(_ bank: Int, openRow: Int32) {
    if head[bank] >= 0 { find(bank, openRow: openRow) }
  }

  private mutating func find(_ bank: Int, openRow: Int32) {
    var (hit, miss) = (Int32(-1), Int32(-1))
    var slot = head[bank]
    while slot >= 0, hit < 0 || miss < 0 {
      if slots[Int(slot)].request.row == openRow {
        if hit < 0 { hit = slot }
      } else if miss < 0 {
        miss = slot
      }
      slot = slots[Int(slot)].next
    }
    self.hit[bank] = hit
    self.miss[bank] = miss
    hits[bank] = hit >= 0
    misses[bank] = miss >= 0
  }
}
