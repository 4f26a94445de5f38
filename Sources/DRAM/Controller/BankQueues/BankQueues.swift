/// Command queues of one channel, one for each bank.
struct BankQueues: ~Copyable {
  struct Entry {
    var request = PlacedRequest()
    var accepted: Int64 = 0
    /// Reads of the same address that share the command.
    var sharers = 0
  }

  let depth: Int
  let entries: UnsafeMutablePointer<Entry>
  private let counts: UnsafeMutablePointer<Int>
  private(set) var total = 0
  /// Banks with anything in their queue.
  let occupied: BankSet

  init(depth: Int, banks: Int) {
    self.depth = depth
    entries = .allocate(capacity: depth * banks)
    entries.initialize(repeating: Entry(), count: depth * banks)
    counts = .allocate(capacity: banks)
    counts.initialize(repeating: 0, count: banks)
    occupied = BankSet(capacity: banks)
  }

  deinit {
    entries.deallocate()
    counts.deallocate()
    occupied.deallocate()
  }

  /// - Parameter banks: how many there are.
  mutating func copyState(of other: borrowing BankQueues, banks: Int) {
    entries.update(from: other.entries, count: depth * banks)
    counts.update(from: other.counts, count: banks)
    total = other.total
    occupied.copy(other.occupied)
  }

  @inline(__always)
  func count(_ bank: Int) -> Int { counts[bank] }

  @inline(__always)
  func isFull(_ bank: Int) -> Bool { counts[bank] == depth }

  /// The queue of a bank, oldest first.
  @inline(__always)
  func queue(_ bank: Int) -> UnsafeMutablePointer<Entry> { entries + bank * depth }

  /// Puts an entry at the end of its bank's queue, which is not full.
  mutating func append(_ entry: Entry) {
    let bank = Int(entry.request.bank)
    entries[bank * depth + counts[bank]] = entry
    counts[bank] += 1
    total += 1
    occupied[bank] = true
  }

  mutating func remove(_ index: Int, from bank: Int) {
    let queue = queue(bank)
    counts[bank] -= 1
    for place in index..<counts[bank] { queue[place] = queue[place + 1] }
    total -= 1
    if counts[bank] == 0 { occupied[bank] = false }
  }

  /// The place of a request for this address, of this kind; −1 when there is none.
  func place(of address: UInt64, isWrite: Bool, bank: Int) -> Int {
    let queue = queue(bank)
    for index in 0..<counts[bank]
    where queue[index].request.address == address && queue[index].request.isWrite == isWrite {
      return index
    }
    return -1
  }
}

/// Transactions that wait for room in a command queue, oldest first.
struct TransactionQueue: ~Copyable {
  let capacity: Int
  let entries: UnsafeMutablePointer<BankQueues.Entry>
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = capacity
    entries = .allocate(capacity: capacity)
    entries.initialize(repeating: BankQueues.Entry(), count: capacity)
  }

  deinit { entries.deallocate() }

  mutating func copyState(of other: borrowing TransactionQueue) {
    entries.update(from: other.entries, count: capacity)
    count = other.count
  }

  var isFull: Bool { count == capacity }

  mutating func append(_ entry: BankQueues.Entry) {
    entries[count] = entry
    count += 1
  }

  mutating func remove(_ index: Int) {
    count -= 1
    for place in index..<count { entries[place] = entries[place + 1] }
  }

  /// The place of this address; −1 when it is not here.
  func place(of address: UInt64) -> Int {
    for index in 0..<count where entries[index].request.address == address { return index }
    return -1
  }
}
