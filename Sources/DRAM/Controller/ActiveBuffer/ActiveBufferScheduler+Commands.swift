import Arch

// Issuing commands, and what they do to the buffers.
extension ActiveBufferScheduler {
  /// Whether a bank is protected by a request that its row was opened for.
  @inline(__always)
  mutating func isProtected(_ bank: Int) -> Bool { activeRequests[bank] > 0 && activeCount > 0 }

  /// What a request needs next: its command, decoded from the state of its bank.
  @inline(__always)
  mutating func command(for request: PlacedRequest) -> Int {
    let row = openRow[Int(request.bank)]
    if row == request.row { return request.isWrite ? write : read }
    return row < 0 ? activate : precharge
  }

  /// Reads or writes: above the high mark or without reads it is writes, below the low mark it is reads.
  @inline(__always)
  mutating func updateMode() {
    let drains =
      isWriteMode ? writes.count > drainTo || reads.count == 0 : writes.count >= drainFrom || reads.count == 0
    if drains != isWriteMode {
      isWriteMode = drains
      activateChoice = .unknown
      prechargeChoice = .unknown
      columnChoice = .unknown
    }
  }

  @inline(__always)
  private mutating func rowOpened(_ bank: Int, _ row: Int32, at clock: Int64) {
    openRow[bank] = row
    opened[bank] = true
    // A request whose row was closed under it may now be served.
    if cap > 0 { activeChoice = .unknown }
    reads.rowOpened(bank, openRow: row)
    writes.rowOpened(bank, openRow: row)
    let hit = Int(isWriteMode ? writes.hit[bank] : reads.hit[bank])
    if hit >= 0 { consider(hit, bank, from: clock) }
  }

  @inline(__always)
  mutating func rowClosed(_ bank: Int, at clock: Int64) {
    openRow[bank] = -1
    opened[bank] = false
    reads.rowClosed(bank)
    writes.rowClosed(bank)
    if Int(columnChoice.bank) == bank { columnChoice = .unknown }
    if Int(prechargeChoice.bank) == bank { prechargeChoice = .unknown }
    let miss = Int(isWriteMode ? writes.miss[bank] : reads.miss[bank])
    if miss >= 0 { consider(miss, bank, from: clock) }
    if cap > 0 {
      // A request whose row is closed under it needs another command.
      activeChoice = .unknown
      accesses[bank] = 0
      toClose[bank] = false
    }
  }

  /// Counts how the first command of a request found its bank.
  @inline(__always)
  private mutating func start(_ slot: Int) {
    guard !pool.slots[slot].isStarted else { return }
    pool.slots[slot].isStarted = true
    let request = pool.slots[slot].request
    let row = openRow[Int(request.bank)]
    if row == request.row {
      recorder.rowHits &+= 1
    } else if row < 0 {
      recorder.rowMisses &+= 1
    } else {
      recorder.rowConflicts &+= 1
    }
  }

  @inline(__always)
  mutating func issue(_ origin: Origin, at clock: Int64) {
    let choice: CommandChoice
    switch origin {
    case .active: choice = activeChoice
    case .activate: choice = activateChoice
    case .precharge: choice = prechargeChoice
    case .column: choice = columnChoice
    case .activeRow: choice = headChoice
    case .maintenance:
      issueMaintenance(Int(headChoice.command), at: clock)
      return
    case .none: return
    }
    let slot = Int(choice.slot)
    let bank = Int(choice.bank)
    let command = Int(choice.command)
    let isActive = origin == .active || origin == .activeRow
    start(slot)
    if command == precharge {
      issueRow(command, bank, -1, at: clock)
      if isActive { activeChoice = .unknown } else { prechargeChoice = .unknown }
      rowClosed(bank, at: clock)
    } else if command == activate {
      issueRow(command, bank, pool.slots[slot].request.row, at: clock)
      activateChoice = .unknown
      if isActive {
        // Its row was closed under it: it starts anew at the end. Who counts by activations counts it twice.
        removeActive(slot)
        if !hasQuirks { release(bank) }
      } else {
        removeBuffered(slot, bank)
      }
      activated(slot, bank, at: clock)
    } else {
      if isActive {
        removeActive(slot)
        release(bank)
      } else {
        removeBuffered(slot, bank)
        columnChoice = .unknown
      }
      issueColumn(slot, bank, at: clock)
      if isActive { unprotected(bank, at: clock) }
      pool.release(slot)
    }
  }

  /// A request that a bank's row was opened for is done.
  @inline(__always)
  private mutating func release(_ bank: Int) {
    activeRequests[bank] &-= 1
    if activeRequests[bank] == 0 { guarded[bank] = false }
  }

  @inline(__always)
  private mutating func removeBuffered(_ slot: Int, _ bank: Int) {
    if pool.slots[slot].request.isWrite {
      writes.remove(slot, bank, openRow: openRow[bank])
    } else {
      reads.remove(slot, bank, openRow: openRow[bank])
    }
  }

  /// A bank lost a request that protected it: its precharge becomes possible.
  @inline(__always)
  private mutating func unprotected(_ bank: Int, at clock: Int64) {
    // Banks whose count stays too high are protected only while anything is active.
    if cap > 0 && activeCount == 0 { prechargeChoice = .unknown }
    let miss = Int(isWriteMode ? writes.miss[bank] : reads.miss[bank])
    if miss >= 0 && openRow[bank] >= 0 { consider(miss, bank, from: clock) }
  }

  /// A row was opened, or half opened, for a request.
  @inline(__always)
  private mutating func activated(_ slot: Int, _ bank: Int, at clock: Int64) {
    if roles.activateSecond != nil {
      activatingSlot = slot
      activatingBank = bank
      activationDeadline = clock + activationWindow
    } else {
      rowOpened(bank, pool.slots[slot].request.row, at: clock)
      appendActive(slot, bank, at: clock)
    }
  }

  @inline(__always)
  private mutating func appendActive(_ slot: Int, _ bank: Int, at clock: Int64) {
    activeRequests[bank] &+= 1
    guarded[bank] = true
    // Banks whose count stays too high are protected again.
    if cap > 0 && activeCount == 0 { prechargeChoice = .unknown }
    active[activeCount] = Int32(truncatingIfNeeded: slot)
    activeCount &+= 1
    guard activeChoice.isKnown else { return }
    let new = candidate(
      command(for: pool.slots[slot].request), bank, slot: slot, age: pool.slots[slot].accepted, from: clock)
    if new.goesBefore(activeChoice) { activeChoice = new }
  }

  @inline(__always)
  private mutating func removeActive(_ slot: Int) {
    activeChoice = .unknown
    activeCount &-= 1
    var index = 0
    while Int(active[index]) != slot { index &+= 1 }
    while index < activeCount {
      active[index] = active[index &+ 1]
      index &+= 1
    }
  }

  @inline(__always)
  private mutating func issueRow(_ command: Int, _ bank: Int, _ row: Int32, at clock: Int64) {
    timing.issue(command, bank, at: clock)
    recorder.command(command, bank: bank, row: row, column: -1, at: clock)
    if busKind == .halfClock { notePairing(command, bank, isWide: false, at: clock) }
  }

  /// The second half of an activation.
  mutating func issueSecondActivation(at clock: Int64) {
    guard let second = roles.activateSecond, activatingSlot >= 0 else { return }
    let (slot, bank) = (activatingSlot, activatingBank)
    let row = pool.slots[slot].request.row
    issueRow(second, bank, row, at: clock)
    activatingSlot = -1
    activatingBank = -1
    activateChoice = .unknown
    rowOpened(bank, row, at: clock)
    appendActive(slot, bank, at: clock)
  }

  /// The access itself, with auto-precharge where the row policy wants it and it may go now.
  @inline(__always)
  private mutating func issueColumn(_ slot: Int, _ bank: Int, at clock: Int64) {
    let request = pool.slots[slot].request
    var command = request.isWrite ? write : read
    var closes = false
    if cap > 0 && !isSynchronised && accesses[bank] >= cap,
      let withPrecharge = request.isWrite ? roles.writePrecharge : roles.readPrecharge,
      timing.earliest(withPrecharge, bank) <= clock
    {
      command = withPrecharge
      closes = true
    }
    timing.issue(command, bank, at: clock)
    recorder.command(command, bank: bank, row: request.row, column: request.column, at: clock)
    if request.isWrite {
      recorder.write(completed: clock)
    } else {
      lastReadDone = max(lastReadDone, clock + readLatency)
      recorder.read(accepted: pool.slots[slot].accepted, completed: lastReadDone)
    }
    if let dataClock {
      dataClockEnd = max(dataClockEnd, clock + (request.isWrite ? dataClock.afterWrite : dataClock.afterRead))
    }
    if closes {
      rowClosed(bank, at: clock)
    } else if cap > 0 {
      accesses[bank] += 1
      if accesses[bank] == cap { toClose[bank] = true }
    }
  }
}
