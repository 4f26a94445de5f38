/// Reads or writes that wait in a controller, as lists of a pool's slots, one for each bank, in order of arrival.
///
/// For each bank it knows the oldest request for the open row (`hit`) and the oldest for another row (`miss`; with the
/// bank closed, the oldest of all), so that a scheduler looks at banks rather than at requests.
struct RequestBuffer: ~Copyable {
  let capacity: Int
  private(set) var count = 0
  private let slots: UnsafeMutablePointer<RequestPool.Slot>
  private let head: UnsafeMutablePointer<Int32>
  private let tail: UnsafeMutablePointer<Int32>
  /// By bank: slots of the oldest request for the open row, and of the oldest other one; −1 for none.
  let hit: UnsafeMutablePointer<Int32>
  let miss: UnsafeMutablePointer<Int32>
  /// By bank: their ages.
  let hitAge: UnsafeMutablePointer<Int64>
  let missAge: UnsafeMutablePointer<Int64>
  /// Banks with a hit, and with a miss.
  let hits: BankSet
  let misses: BankSet

  init(capacity: Int, banks: Int, pool: borrowing RequestPool) {
    self.capacity = capacity
    slots = pool.slots
    func perBank() -> UnsafeMutablePointer<Int32> {
      let pointer = UnsafeMutablePointer<Int32>.allocate(capacity: banks)
      pointer.initialize(repeating: -1, count: banks)
      return pointer
    }
    head = perBank()
    tail = perBank()
    hit = perBank()
    miss = perBank()
    hitAge = .allocate(capacity: banks)
    hitAge.initialize(repeating: 0, count: banks)
    missAge = .allocate(capacity: banks)
    missAge.initialize(repeating: 0, count: banks)
    hits = BankSet(capacity: banks)
    misses = BankSet(capacity: banks)
  }

  deinit {
    head.deallocate()
    tail.deallocate()
    hit.deallocate()
    miss.deallocate()
    hitAge.deallocate()
    missAge.deallocate()
    hits.deallocate()
    misses.deallocate()
  }

  /// - Parameter banks: how many there are.
  mutating func copyState(of other: borrowing RequestBuffer, banks: Int) {
    count = other.count
    head.update(from: other.head, count: banks)
    tail.update(from: other.tail, count: banks)
    hit.update(from: other.hit, count: banks)
    miss.update(from: other.miss, count: banks)
    hitAge.update(from: other.hitAge, count: banks)
    missAge.update(from: other.missAge, count: banks)
    hits.copy(other.hits)
    misses.copy(other.misses)
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

  /// Puts a request at the end of its bank's list. The buffer is not full.
  ///
  /// - Parameter openRow: the row that the bank holds open, −1 for none.
  @inline(__always)
  mutating func append(_ slot: Int, _ bank: Int, openRow: Int32) {
    let index = Int32(truncatingIfNeeded: slot)
    count &+= 1
    if head[bank] < 0 { head[bank] = index } else { slots[Int(tail[bank])].next = index }
    tail[bank] = index
    if slots[slot].request.row == openRow {
      guard hit[bank] < 0 else { return }
      hit[bank] = index
      hitAge[bank] = slots[slot].age
      hits[bank] = true
    } else {
      guard miss[bank] < 0 else { return }
      miss[bank] = index
      missAge[bank] = slots[slot].age
      misses[bank] = true
    }
  }

  /// Takes a request out of its bank's list.
  @inline(__always)
  mutating func remove(_ slot: Int, _ bank: Int, openRow: Int32) {
    let index = Int32(truncatingIfNeeded: slot)
    let after = slots[slot].next
    if head[bank] == index {
      head[bank] = after
      if after < 0 { tail[bank] = -1 }
    } else {
      var before = head[bank]
      while slots[Int(before)].next != index { before = slots[Int(before)].next }
      slots[Int(before)].next = after
      if after < 0 { tail[bank] = before }
    }
    count &-= 1
    if hit[bank] == index {
      // The next for the same row stands further back.
      var next = after
      while next >= 0, slots[Int(next)].request.row != openRow { next = slots[Int(next)].next }
      hit[bank] = next
      if next < 0 { hits[bank] = false } else { hitAge[bank] = slots[Int(next)].age }
    } else if miss[bank] == index {
      if openRow < 0 { missHead(bank) } else { find(bank, openRow: openRow) }
    }
  }

  /// With the bank closed its oldest request is the miss.
  @inline(__always)
  private mutating func missHead(_ bank: Int) {
    let first = head[bank]
    miss[bank] = first
    if first < 0 { misses[bank] = false } else { missAge[bank] = slots[Int(first)].age }
  }

  /// Works out hit and miss of a bank that was closed.
  @inline(__always)
  mutating func rowClosed(_ bank: Int) {
    guard head[bank] >= 0 else { return }
    if hit[bank] >= 0 {
      hit[bank] = -1
      hits[bank] = false
    }
    misses[bank] = true
    missHead(bank)
  }

  /// Works out hit and miss of a bank whose row was opened.
  @inline(__always)
  mutating func rowOpened(_ bank: Int, openRow: Int32) {
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
    if hit >= 0 { hitAge[bank] = slots[Int(hit)].age }
    if miss >= 0 { missAge[bank] = slots[Int(miss)].age }
    hits[bank] = hit >= 0
    misses[bank] = miss >= 0
  }
}
