/// Reads or writes that wait in a buffer, in order of arrival, and which of them need what.
///
/// Each has a position for as long as it waits; the older has the smaller one. When positions run out, those in use move
/// together. Sets of positions follow the banks, so that what goes next is the first of a set.
struct WaitingRequests<Positions: PositionSet>: ~Copyable {
  let capacity: Int
  private(set) var count = 0
  /// Positions from here on were not used yet.
  private var end = 0
  let requests: UnsafeMutablePointer<HeldRequest>
  /// Their banks once more, closer together: these are looked at far more often than the rest.
  let bankOf: UnsafeMutablePointer<Int32>
  private let bankCount: Int
  private let groupCount: Int
  /// By bank, and by group of banks: the requests for it.
  let ofBank: UnsafeMutablePointer<Positions>
  let ofGroup: UnsafeMutablePointer<Positions>
  /// Requests whose row is open.
  private(set) var hits = Positions()
  /// Requests whose bank is closed, and can be opened as far as its own rules went when it was last looked at.
  private(set) var opening = Positions()
  /// Requests whose bank has another row open, and can be closed in the same sense.
  private(set) var closing = Positions()

  /// The most requests that one holds: a position beyond them is needed.
  static var longest: Int { Positions.width * 15 / 16 }

  /// - Parameter capacity: not above `longest`.
  init(capacity: Int, banks: Int, groups: Int) {
    self.capacity = capacity
    bankCount = banks
    groupCount = groups
    requests = .allocate(capacity: Positions.width)
    requests.initialize(repeating: HeldRequest(), count: Positions.width)
    bankOf = .allocate(capacity: Positions.width)
    bankOf.initialize(repeating: 0, count: Positions.width)
    ofBank = .allocate(capacity: banks)
    ofBank.initialize(repeating: Positions(), count: banks)
    ofGroup = .allocate(capacity: groups)
    ofGroup.initialize(repeating: Positions(), count: groups)
  }

  deinit {
    requests.deallocate()
    bankOf.deallocate()
    ofBank.deallocate()
    ofGroup.deallocate()
  }

  @inline(__always) var isFull: Bool { count == capacity }

  /// Whether positions must move together before the next request comes.
  @inline(__always) var isExhausted: Bool { end == Positions.width }

  /// Whether a request for this very address waits here.
  func contains(_ address: UInt64, bank: Int) -> Bool {
    var left = ofBank[bank]
    while !left.isEmpty {
      let position = left.first
      if requests[position].address == address { return true }
      left.remove(position)
    }
    return false
  }

  /// Whether any waits for another row of the bank than the open one.
  @inline(__always)
  func isMissed(_ bank: Int) -> Bool { !ofBank[bank].subtracting(hits).isEmpty }

  // MARK: Coming and going

  /// Puts a request at the end. There is room, and a position.
  ///
  /// - Returns: its position.
  @inline(__always)
  mutating func append(_ request: HeldRequest, group: Int) -> Int {
    let position = end
    end &+= 1
    count &+= 1
    requests[position] = request
    bankOf[position] = request.bank
    ofBank[Int(request.bank)].insert(position)
    ofGroup[group].insert(position)
    return position
  }

  @inline(__always)
  mutating func remove(_ position: Int, _ bank: Int, group: Int) {
    count &-= 1
    ofBank[bank].remove(position)
    ofGroup[group].remove(position)
    hits.remove(position)
    opening.remove(position)
  }

  /// Moves the positions in use together.
  ///
  /// - Parameters:
  ///   - groupOf: the group of a bank.
  ///   - kept: a position in use, or −1.
  /// - Returns: where that is now.
  mutating func moveTogether(keeping kept: Int, _ groupOf: (Int) -> Int) -> Int {
    var all = Positions()
    for group in 0..<groupCount { all = all.union(ofGroup[group]) }
    let (oldHits, oldOpening, oldClosing) = (hits, opening, closing)
    (hits, opening, closing) = (Positions(), Positions(), Positions())
    ofBank.update(repeating: Positions(), count: bankCount)
    ofGroup.update(repeating: Positions(), count: groupCount)
    var result = -1
    end = 0
    while !all.isEmpty {
      let position = all.first
      all.remove(position)
      if position == kept { result = end }
      let bank = Int(requests[position].bank)
      requests[end] = requests[position]
      bankOf[end] = bankOf[position]
      ofBank[bank].insert(end)
      ofGroup[groupOf(bank)].insert(end)
      if oldHits.contains(position) { hits.insert(end) }
      if oldOpening.contains(position) { opening.insert(end) }
      if oldClosing.contains(position) { closing.insert(end) }
      end += 1
    }
    return result
  }

  // MARK: What banks do

  /// A request just put here finds its row open.
  ///
  /// - Returns: whether it is the only one of its bank.
  @inline(__always)
  mutating func foundHit(_ position: Int, _ bank: Int) -> Bool {
    let isFirst = ofBank[bank].intersection(hits).isEmpty
    hits.insert(position)
    return isFirst
  }

  /// A request just put here finds its bank ready to be opened, or closed.
  @inline(__always)
  mutating func foundReady(_ position: Int, isOpen: Bool) {
    if isOpen { closing.insert(position) } else { opening.insert(position) }
  }

  /// A row was opened.
  ///
  /// - Returns: the position of the first request for it; −1 for none.
  @inline(__always)
  mutating func rowOpened(_ bank: Int, row: Int32) -> Int {
    let mine = ofBank[bank]
    opening = opening.subtracting(mine)
    var left = mine
    var first = -1
    while !left.isEmpty {
      let position = left.first
      left.remove(position)
      guard requests[position].row == row else { continue }
      hits.insert(position)
      if first < 0 { first = position }
    }
    return first
  }

  @inline(__always)
  mutating func rowClosed(_ bank: Int) {
    let mine = ofBank[bank]
    hits = hits.subtracting(mine)
    closing = closing.subtracting(mine)
  }

  /// Notes whether a bank can be closed, when it is open, or opened.
  @inline(__always)
  mutating func note(_ bank: Int, isOpen: Bool, canGo: Bool) {
    let misses = ofBank[bank].subtracting(hits)
    if isOpen {
      closing = canGo ? closing.union(misses) : closing.subtracting(misses)
    } else {
      opening = canGo ? opening.union(misses) : opening.subtracting(misses)
    }
  }
}
