/// Reads or writes that wait in a buffer, in order of arrival, and which of them need what.
///
/// Each has a position for as long as it waits; the older has the smaller one. When positions run out, those in use move
/// together. Sets of positions follow the banks, so that what goes next is the first of a set.
struct WaitingRequests<Positions: PositionSet>: ~Copyable {
  let capacity: Int
  private(set) var count = 0
  /// Positions from here on were not used yet.
  private var end = 0
  let requests: UnsafeMutablePointer<PlacedRequest>
  /// Their banks once more, closer together: these are looked at far more often than the rest.
  let bankOf: UnsafeMutablePointer<Int32>
  private let bankCount: Int
  private let groupCount: Int
  /// By bank, and by group of banks: the requests for it.
  let ofBank: UnsafeMutablePointer<Positions>
  let ofGroup: UnsafeMutablePointer<Positions>
  /// Requests for which a command was issued.
  private var started = Positions()
  /// Requests whose row is open.
  private(set) var hits = Positions()
  /// Requests whose bank is closed, or half opened, and can be opened as far as its own rules went when it was last looked
  /// at.
  private(set) var opening = Positions()
  /// Requests whose bank has another row open, and can be closed in the same sense.
  private(set) var closing = Positions()

  /// The most requests that one holds. With many more positions than requests these seldom move together.
  static var longest: Int { Positions.width * 5 / 8 }

  /// - Parameter capacity: not above `longest`.
  init(capacity: Int, banks: Int, groups: Int) {
    self.capacity = capacity
    bankCount = banks
    groupCount = groups
    requests = .allocate(capacity: Positions.width)
    requests.initialize(repeating: PlacedRequest(), count: Positions.width)
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

  mutating func copyState(of other: borrowing WaitingRequests) {
    (count, end) = (other.count, other.end)
    requests.update(from: other.requests, count: Positions.width)
    bankOf.update(from: other.bankOf, count: Positions.width)
    ofBank.update(from: other.ofBank, count: bankCount)
    ofGroup.update(from: other.ofGroup, count: groupCount)
    (started, hits, opening, closing) = (other.started, other.hits, other.opening, other.closing)
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
  mutating func append(_ request: PlacedRequest, group: Int) -> Int {
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
    started.remove(position)
  }

  /// Notes that a command is issued for a request.
  ///
  /// - Returns: whether it is the first.
  @inline(__always)
  mutating func start(_ position: Int) -> Bool {
    if started.contains(position) { return false }
    started.insert(position)
    return true
  }

  /// Moves the positions in use together, or at least down, so that there is one for the next request.
  ///
  /// - Parameters:
  ///   - kept: a position in use, or −1.
  ///   - groupOf: by bank, its group.
  /// - Returns: where that is now.
  mutating func moveTogether(keeping kept: Int, _ groupOf: UnsafeMutablePointer<Int32>) -> Int {
    var all = Positions()
    for group in 0..<groupCount { all = all.union(ofGroup[group]) }
    // Requests that come and go in order leave much room below.
    if all.isEmpty || all.first >= Positions.width / 4 { return moveDown(by: all.isEmpty ? end : all.first, kept) }
    let (oldStarted, oldHits, oldOpening, oldClosing) = (started, hits, opening, closing)
    (started, hits, opening, closing) = (Positions(), Positions(), Positions(), Positions())
    ofBank.update(repeating: Positions(), count: bankCount)
    ofGroup.update(repeating: Positions(), count: groupCount)
    var result = -1
    end = 0
    while !all.isEmpty {
      let position = all.first
      all.remove(position)
      if position == kept { result = end }
      let bank = Int(bankOf[position])
      requests[end] = requests[position]
      bankOf[end] = bankOf[position]
      ofBank[bank].insert(end)
      ofGroup[Int(groupOf[bank])].insert(end)
      if oldStarted.contains(position) { started.insert(end) }
      if oldHits.contains(position) { hits.insert(end) }
      if oldOpening.contains(position) { opening.insert(end) }
      if oldClosing.contains(position) { closing.insert(end) }
      end += 1
    }
    return result
  }

  private mutating func moveDown(by distance: Int, _ kept: Int) -> Int {
    for position in distance..<end {
      requests[position - distance] = requests[position]
      bankOf[position - distance] = bankOf[position]
    }
    end -= distance
    for bank in 0..<bankCount { ofBank[bank] = ofBank[bank].lowered(by: distance) }
    for group in 0..<groupCount { ofGroup[group] = ofGroup[group].lowered(by: distance) }
    started = started.lowered(by: distance)
    hits = hits.lowered(by: distance)
    opening = opening.lowered(by: distance)
    closing = closing.lowered(by: distance)
    return kept - distance
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

  /// A request just put here finds its bank ready to be closed, when it is open, or to be opened.
  @inline(__always)
  mutating func foundReady(_ position: Int, isOpen: Bool, canGo: Bool) {
    var added = Positions()
    added.insert(position)
    added = added.kept(if: canGo)
    closing = closing.union(added.kept(if: isOpen))
    opening = opening.union(added.kept(if: !isOpen))
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
    // Without branches: which it is cannot be foretold.
    let added = misses.kept(if: canGo)
    closing = closing.subtracting(misses).union(added.kept(if: isOpen))
    opening = opening.subtracting(misses).union(added.kept(if: !isOpen))
  }
}
