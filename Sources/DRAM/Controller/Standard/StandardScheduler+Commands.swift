import Arch

// Issuing commands, and what they do.
extension StandardScheduler {
  mutating func issue(_ choice: Choice, at clock: Int64) {
    let command = choice.command
    if command == roles.read || command == roles.write {
      issueColumn(choice, at: clock)
    } else if command == roles.activate {
      issueActivate(choice, at: clock)
    } else if command == roles.activateSecond {
      let row = pool.slots[choice.slot].request.row
      timing.issue(command, choice.place, at: clock)
      recorder.command(command, bank: choice.place, row: row, column: -1, at: clock)
      activatingSlot = -1
      activatingBank = -1
      open(choice.place, row, at: clock)
    } else if command == roles.precharge && choice.rank != .forcedRefresh && choice.rank != .idleRefresh {
      precharge(choice.place, slot: choice.slot, at: clock)
    } else {
      issueMaintenance(choice, at: clock)
    }
  }

  private mutating func issueActivate(_ choice: Choice, at clock: Int64) {
    let request = pool.slots[choice.slot].request
    start(choice.slot, .miss)
    timing.issue(choice.command, choice.place, at: clock)
    recorder.command(choice.command, bank: choice.place, row: request.row, column: -1, at: clock)
    notePairing(choice.command, choice.place, isWide: false, at: clock)
    if roles.activateSecond != nil {
      activatingSlot = choice.slot
      activatingBank = choice.place
    } else {
      open(choice.place, request.row, at: clock)
    }
  }

  private mutating func open(_ bank: Int, _ row: Int32, at clock: Int64) {
    openRow[bank] = row
    opened[bank] = true
    accesses[bank] = 0
    lastAccess[bank] = clock
    reads.rowOpened(bank, openRow: row)
    writes.rowOpened(bank, openRow: row)
  }

  private mutating func closed(_ bank: Int) {
    openRow[bank] = -1
    opened[bank] = false
    accesses[bank] = 0
    reads.rowClosed(bank)
    writes.rowClosed(bank)
  }

  private mutating func precharge(_ bank: Int, slot: Int, at clock: Int64) {
    if slot >= 0 { start(slot, .conflict) }
    timing.issue(roles.precharge, bank, at: clock)
    recorder.command(roles.precharge, bank: bank, row: -1, column: -1, at: clock)
    notePairing(roles.precharge, bank, isWide: false, at: clock)
    closed(bank)
  }

  private enum Found {
    case hit, miss, conflict
  }

  /// Counts how the first command for a request found its bank.
  private mutating func start(_ slot: Int, _ found: Found) {
    guard !pool.slots[slot].isStarted else { return }
    pool.slots[slot].isStarted = true
    switch found {
    case .hit: recorder.rowHits += 1
    case .miss: recorder.rowMisses += 1
    case .conflict: recorder.rowConflicts += 1
    }
  }

  private mutating func issueColumn(_ choice: Choice, at clock: Int64) {
    let (slot, bank) = (choice.slot, choice.place)
    let request = pool.slots[slot].request
    if let dataClock, clock >= dataClockEnd, synchronised.slot < 0,
      let sync = request.isWrite ? roles.writeSync : roles.readSync
    {
      timing.issue(sync, bank, at: clock)
      recorder.command(sync, bank: bank, row: -1, column: -1, at: clock)
      dataClockEnd = clock + (request.isWrite ? dataClock.afterWrite : dataClock.afterRead)
      synchronised = choice
      return
    }
    synchronised = Choice()
    start(slot, .hit)
    var command = choice.command
    var closes = false
    if closeAfter > 0 && accesses[bank] + 1 >= closeAfter,
      let withPrecharge = request.isWrite ? roles.writePrecharge : roles.readPrecharge,
      timing.earliest(withPrecharge, bank) <= clock
    {
      command = withPrecharge
      closes = true
    }
    timing.issue(command, bank, at: clock)
    recorder.command(command, bank: bank, row: request.row, column: request.column, at: clock)
    if request.isWrite {
      writes.remove(slot, bank, openRow: openRow[bank])
      recorder.write(completed: clock + plan.device.writeLatency)
    } else {
      reads.remove(slot, bank, openRow: openRow[bank])
      recorder.read(accepted: request.clock, completed: clock + plan.device.readLatency)
    }
    if let dataClock {
      dataClockEnd = max(dataClockEnd, clock + (request.isWrite ? dataClock.afterWrite : dataClock.afterRead))
    }
    waiting[bank] -= 1
    power.requestArrived(bank, at: clock)
    pool.release(slot)
    if closes {
      closed(bank)
    } else {
      accesses[bank] += 1
      lastAccess[bank] = clock
    }
  }

  private mutating func issueMaintenance(_ choice: Choice, at clock: Int64) {
    let command = choice.command
    switch choice.rank {
    case .forcedRefresh, .idleRefresh:
      if command == roles.precharge {
        precharge(choice.place, slot: -1, at: clock)
        return
      }
      let target = refresh.targets[choice.place]
      issueWide(command, target, at: clock)
      if command == refresh.command {
        refresh.done(choice.place)
      } else {
        for bank in target.banks where opened[bank] { closed(bank) }
      }
    default:
      let target = power.targets[choice.place]
      issueWide(command, target, at: clock)
      if command == roles.powerDownEnter {
        power.states[choice.place] = .poweredDown
      } else if command == roles.selfRefreshEnter {
        power.states[choice.place] = .asleep
        refresh.settle(target.banks)
      } else {
        power.states[choice.place] = .up
      }
    }
  }

  private mutating func issueWide(_ command: Int, _ target: ScheduleTable.Target, at clock: Int64) {
    if target.banks.count == 1 {
      timing.issue(command, target.banks[0], at: clock)
    } else {
      timing.issue(command, target, at: clock)
    }
    recorder.command(command, bank: target.banks[0], row: -1, column: -1, at: clock)
    notePairing(command, target.banks[0], isWide: true, at: clock)
  }

  private mutating func notePairing(_ command: Int, _ bank: Int, isWide: Bool, at clock: Int64) {
    guard busKind == .halfClock, clock & 1 == 1 else { return }
    pairing.note(
      bank, isActivate: command == roles.activate, isWide: isWide, plan.banksPerPseudoChannel, at: clock)
  }
}
