import Arch

// Issuing commands, and what they do to the buffers.
extension ActiveBufferScheduler {
  /// Opens or closes a bank for the lists of both buffers.
  @inline(__always)
  mutating func setRow(_ bank: Int, _ row: Int32) {
    openRow[bank] = row
    reads.rowChanged(bank, openRow: row)
    writes.rowChanged(bank, openRow: row)
  }

  @inline(__always)
  mutating func closed(_ bank: Int) {
    setRow(bank, -1)
    if cap > 0 {
      accesses[bank] = 0
      toClose[bank] = false
    }
  }

  /// Whether a bank is protected by a request that its row was opened for.
  @inline(__always)
  func isProtected(_ bank: Int) -> Bool { activeCount > 0 && activeRequests[bank] > 0 }

  /// What a request needs next: its command, decoded from the state of its bank.
  @inline(__always)
  func command(for request: PlacedRequest) -> Int {
    let row = openRow[Int(request.bank)]
    if row == request.row { return request.isWrite ? roles.write : roles.read }
    return row < 0 ? roles.activate : roles.precharge
  }

  /// Counts how the first command of a request found its bank.
  @inline(__always)
  mutating func start(_ slot: inout RequestBuffer.Slot) {
    guard !slot.isStarted else { return }
    slot.isStarted = true
    let row = openRow[Int(slot.request.bank)]
    if row == slot.request.row {
      recorder.rowHits += 1
    } else if row < 0 {
      recorder.rowMisses += 1
    } else {
      recorder.rowConflicts += 1
    }
  }

  /// Issues the command of a choice from the active, read or write buffer.
  mutating func issue(_ choice: Choice, at clock: Int64) {
    switch choice.origin {
    case .active: issueActive(choice, at: clock)
    case .reads, .writes: issueBuffered(choice, at: clock)
    case .maintenance: issueMaintenance(at: clock)
    case .activating, .none: break
    }
  }

  private mutating func issueActive(_ choice: Choice, at clock: Int64) {
    var entry = active[choice.index]
    let bank = Int(entry.slot.request.bank)
    let command = choice.command
    start(&entry.slot)
    if command == roles.read || command == roles.write {
      issueColumn(entry.slot, at: clock)
      activeRequests[bank] -= 1
      removeActive(choice.index)
    } else if command == roles.activate {
      // Its row was closed under it: it starts anew at the end. Who counts by activations counts it twice.
      issueRow(command, bank, entry.slot.request.row, at: clock)
      removeActive(choice.index)
      if !hasQuirks { activeRequests[bank] -= 1 }
      activated(entry, at: clock)
    } else {
      active[choice.index] = entry
      issueRow(command, bank, -1, at: clock)
      closed(bank)
    }
  }

  private mutating func issueBuffered(_ choice: Choice, at clock: Int64) {
    let isRead = choice.origin == .reads
    var slot = isRead ? reads.slots[choice.index] : writes.slots[choice.index]
    start(&slot)
    if isRead { reads.slots[choice.index].isStarted = true } else { writes.slots[choice.index].isStarted = true }
    let bank = Int(slot.request.bank)
    let command = choice.command
    if command == roles.precharge {
      issueRow(command, bank, -1, at: clock)
      closed(bank)
      return
    }
    if isRead {
      reads.remove(choice.index, openRow: openRow[bank])
    } else {
      writes.remove(choice.index, openRow: openRow[bank])
    }
    if command == roles.activate {
      issueRow(command, bank, slot.request.row, at: clock)
      activated(Active(slot: slot), at: clock)
    } else {
      issueColumn(slot, at: clock)
    }
  }

  /// A row was opened, or half opened, for a request.
  private mutating func activated(_ entry: Active, at clock: Int64) {
    let bank = Int(entry.slot.request.bank)
    if roles.activateSecond != nil {
      activating = entry
      activationDeadline = clock + activationWindow
    } else {
      setRow(bank, entry.slot.request.row)
      appendActive(entry)
    }
  }

  mutating func appendActive(_ entry: Active) {
    activeRequests[Int(entry.slot.request.bank)] += 1
    (active + activeCount).initialize(to: entry)
    activeCount += 1
  }

  private mutating func removeActive(_ index: Int) {
    activeCount -= 1
    for place in index..<activeCount { active[place] = active[place + 1] }
  }

  @inline(__always)
  mutating func issueRow(_ command: Int, _ bank: Int, _ row: Int32, at clock: Int64) {
    timing.issue(command, bank, at: clock)
    recorder.command(command, bank: bank, row: row, column: -1, at: clock)
    if busKind == .halfClock { notePairing(command, bank, isWide: false, at: clock) }
  }

  /// The access itself, with auto-precharge where the row policy wants it and it may go now.
  mutating func issueColumn(_ slot: RequestBuffer.Slot, at clock: Int64) {
    let request = slot.request
    let bank = Int(request.bank)
    var command = request.isWrite ? roles.write : roles.read
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
      recorder.read(accepted: slot.accepted, completed: lastReadDone)
    }
    if let dataClock {
      dataClockEnd = max(dataClockEnd, clock + (request.isWrite ? dataClock.afterWrite : dataClock.afterRead))
    }
    if closes {
      closed(bank)
    } else if cap > 0 {
      accesses[bank] += 1
      if accesses[bank] == cap { toClose[bank] = true }
    }
  }

  // MARK: Maintenance

  /// The command that the head of the queue needs, and when it can go; `nil` while an active request protects a bank.
  func maintenanceChoice(from clock: Int64) -> Choice? {
    guard let head = maintenance.head else { return nil }
    switch head {
    case .close(let bank):
      if isProtected(bank) || activating.map({ Int($0.slot.request.bank) == bank }) == true { return nil }
      return Choice(
        clock: edge(max(clock, timing.earliest(roles.precharge, bank)), roles.precharge, bank), origin: .maintenance,
        index: bank, command: roles.precharge)
    case .refresh(let index):
      guard let refresh = maintenance.refreshCommand, let close = maintenance.closeCommand else { return nil }
      let target = maintenance.targets[index]
      let isOpen = target.banks.contains { bank in
        openRow[bank] >= 0 || activating.map { Int($0.slot.request.bank) == bank } == true
      }
      if let activating, target.banks.contains(Int(activating.slot.request.bank)) { return nil }
      if isOpen && activeCount > 0 && target.banks.contains(where: { activeRequests[$0] > 0 }) { return nil }
      let command = isOpen ? close : refresh
      let earliest =
        target.banks.count == 1
        ? timing.earliest(command, target.banks[0]) : timing.earliest(command, target)
      return Choice(
        clock: edge(max(clock, earliest), command, target.banks[0]), origin: .maintenance, index: index,
        command: command)
    }
  }

  private mutating func issueMaintenance(at clock: Int64) {
    guard let head = maintenance.head else { return }
    switch head {
    case .close(let bank):
      issueRow(roles.precharge, bank, -1, at: clock)
      closed(bank)
      maintenance.removeFirst()
    case .refresh(let index):
      let target = maintenance.targets[index]
      let command = choice.command
      if target.banks.count == 1 {
        timing.issue(command, target.banks[0], at: clock)
      } else {
        timing.issue(command, target, at: clock)
      }
      recorder.command(command, bank: target.banks[0], row: -1, column: -1, at: clock)
      if busKind == .halfClock { notePairing(command, target.banks[0], isWide: target.banks.count > 1, at: clock) }
      if command == maintenance.refreshCommand {
        maintenance.removeFirst()
      } else {
        for bank in target.banks where openRow[bank] >= 0 || cap > 0 { closed(bank) }
      }
    }
  }

  /// What comes before any choice in a clock: refreshes that are due, precharges that the row policy wants.
  mutating func prepare(_ clock: Int64) {
    if maintenance.due <= clock { maintenance.enqueueDue(at: clock) }
    guard cap > 0 else { return }
    nextClose = Int64.max
    var bank = toClose.first(from: 0)
    while bank >= 0 {
      let earliest = timing.earliest(roles.precharge, bank)
      if earliest <= clock {
        maintenance.append(.close(bank: bank))
        toClose[bank] = false
      } else {
        nextClose = min(nextClose, earliest)
      }
      bank = toClose.first(from: bank + 1)
    }
    // The original gives up when its queue of 1,568 is full.
    if hasQuirks && maintenance.count > 1568 {
      stuck = "refreshes and precharges pile up behind a request whose row was closed: the schedule that this preset "
        + "follows never goes on from here"
    }
  }

  /// Reads or writes: above the high mark or without reads it is writes, below the low mark it is reads.
  @inline(__always)
  mutating func updateMode() {
    if isWriteMode {
      if writes.count <= drainTo && reads.count > 0 { isWriteMode = false }
    } else if writes.count >= drainFrom || reads.count == 0 {
      isWriteMode = true
    }
  }
}
