import Arch

// Devices whose activation is two commands and whose accesses may need one to synchronise the data clock (LPDDR5).
extension ActiveBufferScheduler {
  mutating func planSynchronised(_ clock: Int64) {
    if isSynchronised {
      // The access that the data clock was synchronised for; nothing else goes before it.
      nextClock = max(clock, timing.earliest(Int(synchronised.command), Int(synchronised.bank)))
      wake = min(nextClock, maintenance.due, nextClose)
      return
    }
    planSingle(clock)
    if origin == .active, Int(activeChoice.bank) == activatingBank, Int(activeChoice.command) == precharge {
      nextClock = .max
      wake = min(maintenance.due, nextClose)
    }
    if activatingSlot >= 0 { wake = min(wake, secondActivation(from: clock)) }
  }

  /// The access that comes next, if it is one.
  private var synchronised: CommandChoice { origin == .column ? columnChoice : activeChoice }

  /// When the second command of the activation under way can go.
  private mutating func secondActivation(from clock: Int64) -> Int64 {
    guard activatingSlot >= 0, let second = roles.activateSecond else { return .max }
    return max(clock, timing.earliest(second, activatingBank))
  }

  mutating func tickSynchronised(_ clock: Int64) {
    if isSynchronised {
      guard nextClock <= clock else { return }
      issue(origin, at: clock)
      isSynchronised = false
      return
    }
    let isSecondReady = secondActivation(from: clock) <= clock
    if isSecondReady && activationDeadline <= clock {
      issueSecondActivation(at: clock)
      return
    }
    guard nextClock == clock else {
      if isSecondReady { issueSecondActivation(at: clock) }
      return
    }
    let command = origin == .active || origin == .column ? Int(synchronised.command) : -1
    guard command == read || command == write, clock >= dataClockEnd,
      let sync = command == read ? roles.readSync : roles.writeSync
    else {
      issue(origin, at: clock)
      return
    }
    let bank = Int(synchronised.bank)
    if activatingSlot >= 0 && activationDeadline <= clock + 1 {
      if isSecondReady { issueSecondActivation(at: clock) }
    } else if timing.earliest(sync, bank) <= clock {
      timing.issue(sync, bank, at: clock)
      recorder.command(sync, bank: bank, row: -1, column: -1, at: clock)
      isSynchronised = true
    }
  }
}
