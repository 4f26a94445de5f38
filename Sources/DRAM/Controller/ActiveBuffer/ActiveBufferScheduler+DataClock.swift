import Arch

// Devices whose activation is two commands and whose accesses may need one to synchronise the data clock (LPDDR5).
extension ActiveBufferScheduler {
  mutating func planSynchronised(_ clock: Int64) {
    prepare(clock)
    if isSynchronised {
      // The access that the data clock was synchronised for; nothing else goes before it.
      let column = choice.command
      let bank = choiceBank(choice)
      choice.clock = max(clock, timing.earliest(column, bank))
      wake = min(choice.clock, maintenance.due, nextClose)
      return
    }
    choice = activeChoice(from: clock, .any)
    if let activating, choice.command != roles.read, choice.command != roles.write, choice.clock < .max,
      Int(active[choice.index].slot.request.bank) == Int(activating.slot.request.bank)
    {
      choice = Choice()
    }
    if maintenance.isEmpty {
      if choice.clock > clock {
        updateMode()
        let buffered = bufferChoice(from: clock, .any)
        if buffered.clock < choice.clock { choice = buffered }
      }
    } else if let head = maintenanceChoice(from: clock), head.clock < choice.clock {
      choice = head
    }
    wake = min(choice.clock, maintenance.due, nextClose)
    if activating != nil { wake = min(wake, secondActivation(from: clock)) }
  }

  /// When the second command of the activation under way can go.
  private func secondActivation(from clock: Int64) -> Int64 {
    guard let activating, let second = roles.activateSecond else { return .max }
    return max(clock, timing.earliest(second, Int(activating.slot.request.bank)))
  }

  mutating func tickSynchronised(_ clock: Int64) {
    let isSecondReady = activating != nil && secondActivation(from: clock) <= clock
    if isSynchronised {
      guard choice.clock <= clock else { return }
      issue(choice, at: clock)
      isSynchronised = false
      return
    }
    if isSecondReady && activationDeadline <= clock {
      issueSecondActivation(at: clock)
      return
    }
    guard choice.clock == clock else {
      if isSecondReady { issueSecondActivation(at: clock) }
      return
    }
    let isRead = choice.command == roles.read
    guard isRead || choice.command == roles.write, clock >= dataClockEnd,
      let sync = isRead ? roles.readSync : roles.writeSync
    else {
      issue(choice, at: clock)
      return
    }
    let bank = choiceBank(choice)
    if activating != nil && activationDeadline <= clock + 1 {
      if isSecondReady { issueSecondActivation(at: clock) }
    } else if timing.earliest(sync, bank) <= clock {
      timing.issue(sync, bank, at: clock)
      recorder.command(sync, bank: bank, row: -1, column: -1, at: clock)
      isSynchronised = true
    }
  }

  private func choiceBank(_ choice: Choice) -> Int {
    switch choice.origin {
    case .reads: Int(reads.slots[choice.index].request.bank)
    case .writes: Int(writes.slots[choice.index].request.bank)
    default: Int(active[choice.index].slot.request.bank)
    }
  }

  private mutating func issueSecondActivation(at clock: Int64) {
    guard let entry = activating, let second = roles.activateSecond else { return }
    let bank = Int(entry.slot.request.bank)
    issueRow(second, bank, entry.slot.request.row, at: clock)
    activating = nil
    setRow(bank, entry.slot.request.row)
    appendActive(entry)
  }
}
