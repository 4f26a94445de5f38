import Arch

// Issuing commands, and what they do to banks and buffers.
extension ActiveBufferScheduler {
  /// Whether a bank is protected by a request that its row was opened for.
  @inline(__always)
  mutating func isProtected(_ bank: Int) -> Bool { banks[bank].activeRequests > 0 && activeCount > 0 }

  /// What a request needs next: its command, decoded from the state of its bank.
  @inline(__always)
  mutating func command(_ isWrite: Bool, _ row: Int32, _ bank: Int) -> Int {
    let open = banks[bank].openRow
    if open == row { return isWrite ? write : read }
    return open < 0 ? activate : precharge
  }

  /// Reads or writes: above the high mark or without reads it is writes, below the low mark it is reads.
  @inline(__always)
  mutating func updateMode() {
    let isWriteMode = served == writes
    let drains =
      reads.pointee.count == 0
      || (isWriteMode ? writes.pointee.count > drainTo : writes.pointee.count >= drainFrom)
    if drains != isWriteMode {
      served = drains ? writes : reads
      columnChoice = .unknown
    }
  }

  // MARK: Banks

  @inline(__always)
  private mutating func rowOpened(_ bank: Int, _ row: Int32, at clock: Int64) {
    banks[bank].openRow = row
    banks[bank].isReady = false
    // A request whose row was closed under it may now be served.
    if cap > 0 { activeChoice = .unknown }
    let read = reads.pointee.rowOpened(bank, row: row)
    let write = writes.pointee.count > 0 ? writes.pointee.rowOpened(bank, row: row) : -1
    let hit = served == reads ? read : write
    if hit >= 0 { considerHit(hit, bank, from: clock) }
    if isMissed(bank) { waitForRules(of: bank, from: clock) }
  }

  @inline(__always)
  mutating func rowClosed(_ bank: Int, at clock: Int64) {
    banks[bank].openRow = -1
    banks[bank].isReady = false
    reads.pointee.rowClosed(bank)
    if writes.pointee.count > 0 { writes.pointee.rowClosed(bank) }
    if Int(columnChoice.bank) == bank { columnChoice = .unknown }
    if isMissed(bank) { waitForRules(of: bank, from: clock) }
    if cap > 0 {
      // A request whose row is closed under it needs another command.
      activeChoice = .unknown
      banks[bank].accesses = 0
      toClose[bank] = false
    }
  }

  /// A request that a bank's row was opened for is done, or has the row opened again.
  @inline(__always)
  private mutating func release(_ bank: Int) {
    banks[bank].activeRequests &-= 1
    if banks[bank].activeRequests == 0 && banks[bank].isReady { note(bank) }
  }

  /// Banks whose count stays too high are protected only while anything is active.
  private mutating func protectionChanged() {
    for bank in 0..<bankCount where banks[bank].activeRequests > 0 { note(bank) }
  }

  // MARK: Active requests

  /// A row was opened, or half opened, for a request.
  @inline(__always)
  private mutating func activated(_ request: UnsafeMutablePointer<PlacedRequest>, _ bank: Int, at clock: Int64) {
    if roles.activateSecond != nil {
      activating.pointee = request.pointee
      activatingBank = bank
      if cap > 0 { activeChoice = .unknown }
      activationDeadline = clock + activationWindow
    } else {
      makeActive(request, bank, at: clock)
    }
  }

  @inline(__always)
  private mutating func makeActive(_ request: UnsafeMutablePointer<PlacedRequest>, _ bank: Int, at clock: Int64) {
    banks[bank].activeRequests &+= 1
    if activeFirst &+ activeCount == activeCapacity { makeRoomForActive() }
    let place = activeFirst &+ activeCount
    let from = (request.pointee.isWrite ? writings : readings).own(bank)
    active[place] = request.pointee
    activeFrom[place] = from
    var before = place
    while before > activeFirst && activeFrom[before &- 1] > from {
      before &-= 1
      activeFrom[before] = from
    }
    activeCount &+= 1
    if cap > 0 && activeCount == 1 { protectionChanged() }
    rowOpened(bank, active[place].row, at: clock)
    guard activeChoice.isKnown, from <= activeChoice.clock else { return }
    let new = candidate(
      active[place].isWrite ? write : read, bank, place: place, age: active[place].clock, from: clock)
    if new.goesBefore(activeChoice) { activeChoice = new }
  }

  /// Makes room behind the last. Those whose rows were closed under them may be many more than banks.
  private mutating func makeRoomForActive() {
    let (old, oldFrom) = (active, activeFrom)
    if activeCount > activeCapacity / 2 { activeCapacity *= 2 }
    active = .allocate(capacity: activeCapacity)
    active.initialize(repeating: PlacedRequest(), count: activeCapacity)
    active.update(from: old + activeFirst, count: activeCount)
    activeFrom = .allocate(capacity: activeCapacity)
    activeFrom.initialize(repeating: 0, count: activeCapacity)
    activeFrom.update(from: oldFrom + activeFirst, count: activeCount)
    old.deallocate()
    oldFrom.deallocate()
    activeChoice.place -= Int32(truncatingIfNeeded: activeFirst)
    activeFirst = 0
  }

  @inline(__always)
  private mutating func removeActive(_ place: Int) {
    activeCount &-= 1
    activeChoice = activeCount == 0 ? CommandChoice() : .unknown
    if place == activeFirst {
      activeFirst &+= 1
    } else {
      var index = place
      while index < activeFirst &+ activeCount {
        active[index] = active[index &+ 1]
        activeFrom[index] = activeFrom[index &+ 1]
        index &+= 1
      }
    }
    if cap > 0 && activeCount == 0 { protectionChanged() }
  }

  // MARK: Commands

  @inline(__always)
  mutating func issue(_ origin: CommandOrigin, at clock: Int64) {
    switch origin {
    case .row: issueRow(rowPosition, at: clock)
    case .active: issueActive(Int(activeChoice.place), Int(activeChoice.bank), Int(activeChoice.command), at: clock)
    case .activeRow: issueActive(Int(headChoice.place), Int(headChoice.bank), Int(headChoice.command), at: clock)
    case .column: issueHit(at: clock)
    case .maintenance: issueMaintenance(Int(headChoice.command), at: clock)
    case .none: break
    }
  }

  /// The access of a request that found its row open.
  @inline(__always)
  mutating func issueHit(at clock: Int64) {
    let (position, bank) = (Int(columnChoice.place), Int(columnChoice.bank))
    let request = served.pointee.requests + position
    start(position, bank)
    served.pointee.remove(position, bank, group: Int(groupOf[bank]))
    columnChoice.clock = -1
    issueColumn(request, bank, at: clock)
  }

  /// Closes the bank of a request, or opens its row.
  @inline(__always)
  mutating func issueRow(_ position: Int, at clock: Int64) {
    let request = served.pointee.requests + position
    let bank = Int(served.pointee.bankOf[position])
    // Closing is mostly the first command for a request, and opening is not: one branch that cannot be foretold, not two.
    if banks[bank].openRow >= 0 {
      start(position, bank)
      issueRow(precharge, bank, -1, at: clock)
      rowClosed(bank, at: clock)
    } else {
      start(position, bank)
      issueRow(activate, bank, request.pointee.row, at: clock)
      served.pointee.remove(position, bank, group: Int(groupOf[bank]))
      activated(request, bank, at: clock)
    }
  }

  @inline(__always)
  mutating func issueActive(_ place: Int, _ bank: Int, _ command: Int, at clock: Int64) {
    let request = active + place
    if command == precharge {
      issueRow(command, bank, -1, at: clock)
      activeChoice = .unknown
      rowClosed(bank, at: clock)
    } else if command == activate {
      // Its row was closed under it: it starts anew at the end. Who counts by activations counts it twice.
      activating.pointee = request.pointee
      issueRow(command, bank, activating.pointee.row, at: clock)
      removeActive(place)
      if !hasQuirks { release(bank) }
      activated(activating, bank, at: clock)
    } else {
      issueColumn(request, bank, at: clock)
      removeActive(place)
      if cap == 0 && activeCount > 0 { scanActive(from: clock &+ 1, onlyColumns: true) }
      release(bank)
    }
  }

  /// Counts how the first command of a request found its bank.
  @inline(__always)
  private mutating func start(_ position: Int, _ bank: Int) {
    guard served.pointee.start(position) else { return }
    let row = banks[bank].openRow
    if row < 0 {
      recorder.rowMisses &+= 1
    } else if row == served.pointee.requests[position].row {
      recorder.rowHits &+= 1
    } else {
      recorder.rowConflicts &+= 1
    }
  }

  @inline(__always)
  private mutating func issueRow(_ command: Int, _ bank: Int, _ row: Int32, at clock: Int64) {
    timing.issue(command, bank, at: clock)
    recorder.command(command, bank: bank, row: row, column: -1, at: clock)
    if halfClock != 0 { notePairing(command, bank, isWide: false, at: clock) }
  }

  /// The second half of an activation.
  mutating func issueSecondActivation(at clock: Int64) {
    guard let second = roles.activateSecond, activatingBank >= 0 else { return }
    let bank = activatingBank
    issueRow(second, bank, activating.pointee.row, at: clock)
    activatingBank = -1
    makeActive(activating, bank, at: clock)
  }

  /// The access itself, with auto-precharge where the row policy wants it and it may go now.
  @inline(__always)
  private mutating func issueColumn(_ request: UnsafeMutablePointer<PlacedRequest>, _ bank: Int, at clock: Int64) {
    let isWrite = request.pointee.isWrite
    var command = isWrite ? write : read
    var closes = false
    if cap > 0 && synchronisedOrigin == .none && banks[bank].accesses >= cap,
      let withPrecharge = isWrite ? roles.writePrecharge : roles.readPrecharge,
      timing.earliest(withPrecharge, bank) <= clock
    {
      command = withPrecharge
      closes = true
    }
    timing.issue(command, bank, at: clock)
    recorder.command(command, bank: bank, row: request.pointee.row, column: request.pointee.column, at: clock)
    if isWrite {
      recorder.write(completed: clock)
    } else {
      lastReadDone = max(lastReadDone, clock + readLatency)
      recorder.read(latency: lastReadDone &- request.pointee.clock)
    }
    if let dataClock {
      dataClockEnd = max(dataClockEnd, clock + (isWrite ? dataClock.afterWrite : dataClock.afterRead))
    }
    if closes {
      rowClosed(bank, at: clock)
    } else if cap > 0 {
      banks[bank].accesses += 1
      if banks[bank].accesses == cap { toClose[bank] = true }
    }
  }
}
