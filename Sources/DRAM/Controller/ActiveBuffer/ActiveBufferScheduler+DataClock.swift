import Arch

// Devices whose activation is two commands, or whose accesses may need one to synchronise the data clock (LPDDR5).
extension ActiveBufferScheduler {
  /// - Returns: whether a command was issued.
  mutating func stepSynchronised(_ now: Int64) -> Bool {
    if synchronisedOrigin != .none {
      // The access that the data clock was synchronised for; nothing else goes before it.
      let access = access(of: synchronisedOrigin)
      let legal = timing.earliest(Int(access.command), Int(access.bank))
      wake = min(wake, legal)
      guard legal <= now else { return false }
      issue(synchronisedOrigin, at: now)
      synchronisedOrigin = .none
      return true
    }
    let second = secondActivation
    if second <= now && activationDeadline <= now {
      // It goes before anything is chosen: the buffer that is served stays the same.
      issueSecondActivation(at: now)
      return true
    }
    let origin = chooseSingle(now)
    if origin != .none { return issueSynchronised(origin, isSecondReady: second <= now, at: now) }
    if second <= now {
      issueSecondActivation(at: now)
      return true
    }
    wake = min(wake, second)
    return false
  }

  /// What was chosen from the active buffer or from the hits.
  private func access(of origin: CommandOrigin) -> CommandChoice { origin == .column ? columnChoice : activeChoice }

  /// When the second command of the activation under way is legal; never when there is none.
  private var secondActivation: Int64 {
    mutating get {
      guard activatingBank >= 0, let second = roles.activateSecond else { return .max }
      return timing.earliest(second, activatingBank)
    }
  }

  /// Issues what was chosen, or what has to go before it.
  private mutating func issueSynchronised(_ origin: CommandOrigin, isSecondReady: Bool, at now: Int64) -> Bool {
    let access = access(of: origin)
    let command = origin == .active || origin == .column ? Int(access.command) : -1
    guard dataClock != nil, command == read || command == write, now >= dataClockEnd,
      let sync = command == read ? roles.readSync : roles.writeSync
    else {
      issue(origin, at: now)
      return true
    }
    if activatingBank >= 0 && activationDeadline <= now + 1 {
      guard isSecondReady else { return waitAClock(now) }
      issueSecondActivation(at: now)
    } else {
      guard timing.earliest(sync, Int(access.bank)) <= now else { return waitAClock(now) }
      timing.issue(sync, Int(access.bank), at: now)
      recorder.command(sync, bank: Int(access.bank), row: -1, column: -1, at: now)
      synchronisedOrigin = origin
    }
    return true
  }

  private mutating func waitAClock(_ now: Int64) -> Bool {
    wake = now + 1
    return false
  }
}
