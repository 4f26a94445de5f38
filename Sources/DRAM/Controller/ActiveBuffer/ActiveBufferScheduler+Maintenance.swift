import Arch

// Refreshes, and precharges that the row policy wants.
extension ActiveBufferScheduler {
  /// What comes before any choice in a clock: refreshes that are due, precharges that the row policy wants.
  mutating func prepare(_ clock: Int64) {
    if maintenance.due <= clock { maintenance.enqueueDue(at: clock) }
    guard cap > 0 else {
      prepares = maintenance.due
      nextPrepared = maintenance.due
      return
    }
    var nextClose = Int64.max
    var bank = toClose.first(from: 0)
    while bank >= 0 {
      let earliest = timing.earliest(precharge, bank)
      if earliest <= clock {
        maintenance.append(.close(bank: bank))
        toClose[bank] = false
      } else {
        nextClose = min(nextClose, earliest)
      }
      bank = toClose.first(from: bank + 1)
    }
    nextPrepared = min(maintenance.due, nextClose)
    if hasQuirks && maintenance.count > 1568 { isStuck = true }
  }

  /// The command that the head of the queue needs, and when it can go: never while an active request protects a bank.
  mutating func maintenanceChoice(from clock: Int64) -> CommandChoice {
    guard let head = maintenance.head else { return CommandChoice() }
    switch head {
    case .close(let bank):
      if isProtected(bank) || bank == activatingBank { return CommandChoice() }
      return candidate(precharge, bank, place: -1, age: 0, from: clock)
    case .refresh(let index):
      guard let refresh = maintenance.refreshCommand, let close = maintenance.closeCommand else {
        return CommandChoice()
      }
      let target = maintenance.targets[index]
      if activatingBank >= 0 && target.banks.contains(activatingBank) { return CommandChoice() }
      var (isOpen, isGuarded) = (false, false)
      for bank in target.banks {
        if banks[bank].openRow >= 0 { isOpen = true }
        if isProtected(bank) { isGuarded = true }
      }
      if isOpen && isGuarded { return CommandChoice() }
      let command = isOpen ? close : refresh
      if target.banks.count == 1 { return candidate(command, target.banks[0], place: -1, age: 0, from: clock) }
      let legal = timing.earliest(command, target)
      return CommandChoice(
        clock: edge(max(clock, legal), command, target.banks[0]), age: 0, legal: legal, command: Int32(command),
        bank: Int32(target.banks[0]), place: -1)
    }
  }

  mutating func issueMaintenance(_ command: Int, at clock: Int64) {
    guard let head = maintenance.head else { return }
    switch head {
    case .close(let bank):
      timing.issue(precharge, bank, at: clock)
      recorder.command(precharge, bank: bank, row: -1, column: -1, at: clock)
      if halfClock != 0 { notePairing(precharge, bank, isWide: false, at: clock) }
      rowClosed(bank, at: clock)
      maintenance.removeFirst()
    case .refresh(let index):
      let target = maintenance.targets[index]
      if target.banks.count == 1 {
        timing.issue(command, target.banks[0], at: clock)
      } else {
        timing.issue(command, target, at: clock)
      }
      recorder.command(command, bank: target.banks[0], row: -1, column: -1, at: clock)
      if halfClock != 0 { notePairing(command, target.banks[0], isWide: target.banks.count > 1, at: clock) }
      if command == maintenance.refreshCommand {
        maintenance.removeFirst()
      } else {
        for bank in target.banks where banks[bank].openRow >= 0 || cap > 0 { rowClosed(bank, at: clock) }
      }
    }
  }
}
