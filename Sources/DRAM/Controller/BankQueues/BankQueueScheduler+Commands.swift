import Arch

// Which command goes next, and what it does.
extension BankQueueScheduler {
  struct Candidate {
    var command: Int
    var bank: Int
    /// Place in the bank's queue.
    var index: Int
    var isColumn: Bool
  }

  /// Asks the queues in turns, starting behind the last that gave a command.
  mutating func scan(at clock: Int64) -> Candidate? {
    let start = pointer
    var bank = queues.occupied.first(from: start + 1)
    var hasWrapped = false
    while true {
      if bank < 0 {
        if hasWrapped { return nil }
        hasWrapped = true
        bank = queues.occupied.first(from: 0)
        if bank < 0 { return nil }
      }
      if hasWrapped && bank > start { return nil }
      if bank / banksPerRank != blockedRank, let candidate = candidate(of: bank, at: clock) {
        pointer = bank
        return candidate
      }
      bank = queues.occupied.first(from: bank + 1)
    }
  }

  /// The first entry of a queue whose command may go in this clock.
  private func candidate(of bank: Int, at clock: Int64) -> Candidate? {
    var result: Candidate?
    forEachCommand(of: bank) { command, index, isColumn in
      guard timing(of: command, bank) <= clock else { return true }
      result = Candidate(command: command, bank: bank, index: index, isColumn: isColumn)
      return false
    }
    return result
  }

  /// The first clock at which an entry of any queue may go.
  func queuesReady() -> Int64 {
    var best = Int64.max
    var bank = queues.occupied.first(from: 0)
    while bank >= 0 {
      if bank / banksPerRank != blockedRank {
        forEachCommand(of: bank) { command, _, _ in
          best = min(best, timing(of: command, bank))
          return true
        }
      }
      bank = queues.occupied.first(from: bank + 1)
    }
    return best
  }

  private func timing(of command: Int, _ bank: Int) -> Int64 {
    if command == roles.selfRefreshExit {
      return timing.earliest(command, plan.refreshTargets[bank / banksPerRank])
    }
    return timing.earliest(command, bank)
  }

  /// Calls `body` with the commands that a queue's entries need and the rules of the queue allow, oldest first, until it
  /// returns false.
  @inline(__always)
  private func forEachCommand(of bank: Int, _ body: (_ command: Int, _ index: Int, _ isColumn: Bool) -> Bool) {
    if isAsleep[bank / banksPerRank] {
      if let exit = roles.selfRefreshExit { _ = body(exit, 0, false) }
      return
    }
    let row = openRow[bank]
    if row < 0 {
      _ = body(roles.activate, 0, false)
      return
    }
    let queue = queues.queue(bank)
    let count = queues.count(bank)
    if queue[0].request.row != row {
      var isHit = false
      for index in 1..<max(count, 1) where queue[index].request.row == row {
        isHit = true
        break
      }
      if !isHit || columns[bank] >= Int32(Self.columnsBeforeClose) {
        guard body(roles.precharge, 0, false) else { return }
      }
      if !isHit { return }
    }
    for index in 0..<count where queue[index].request.row == row {
      let request = queue[index].request
      if request.isWrite {
        var isBehindRead = false
        for older in 0..<index
        where !queue[older].request.isWrite && queue[older].request.row == row
          && queue[older].request.column == request.column
        {
          isBehindRead = true
        }
        if isBehindRead { continue }
      }
      guard body(request.isWrite ? write : read, index, true) else { return }
    }
  }

  /// - Returns: whether it was a column command.
  mutating func issue(_ candidate: Candidate, at clock: Int64) -> Bool {
    let bank = candidate.bank
    let entry = queues.queue(bank)[candidate.index]
    if candidate.command == roles.selfRefreshExit {
      let rank = bank / banksPerRank
      issueWide(candidate.command, rank, at: clock)
      isAsleep[rank] = false
      return false
    }
    timing.issue(candidate.command, bank, at: clock)
    let isRowNamed = candidate.command != roles.precharge
    recorder.command(
      candidate.command, bank: bank, row: isRowNamed ? entry.request.row : -1,
      column: candidate.isColumn ? entry.request.column : -1, at: clock)
    if candidate.command == roles.activate {
      open(bank, entry.request.row)
    } else if candidate.command == roles.precharge {
      recorder.rowConflicts += 1
      close(bank, at: clock)
    } else {
      if columns[bank] > 0 { recorder.rowHits += 1 }
      queues.remove(candidate.index, from: bank)
      if closesByItself { close(bank, at: clock) } else { columns[bank] += 1 }
      if !entry.request.isWrite { complete(entry, at: clock + readLatency) }
      mayMove = true
    }
    return candidate.isColumn
  }

  private mutating func complete(_ entry: BankQueues.Entry, at clock: Int64) {
    readsOpen -= 1 + entry.sharers
    recorder.read(accepted: entry.accepted, completed: clock)
    guard entry.sharers > 0 else { return }
    for sharer in sharers where sharer.address == entry.request.address {
      recorder.read(accepted: sharer.accepted, completed: clock)
    }
    sharers.removeAll { $0.address == entry.request.address }
  }

  private mutating func open(_ bank: Int, _ row: Int32) {
    openRow[bank] = row
    columns[bank] = 0
    let rank = bank / banksPerRank
    openBanks[rank] += 1
    idleSince[rank] = .max
  }

  private mutating func close(_ bank: Int, at clock: Int64) {
    guard openRow[bank] >= 0 else { return }
    openRow[bank] = -1
    columns[bank] = 0
    let rank = bank / banksPerRank
    openBanks[rank] -= 1
    if openBanks[rank] == 0 { idleSince[rank] = clock }
  }

  private mutating func issueWide(_ command: Int, _ rank: Int, at clock: Int64) {
    let target = plan.refreshTargets[rank]
    timing.issue(command, target, at: clock)
    recorder.command(command, bank: target.banks[0], row: -1, column: -1, at: clock)
  }

  // MARK: Refresh

  /// When the refresh that is waited for, or the precharge before it, can go.
  func refreshReady() -> Int64 {
    guard let rank = blockedRank >= 0 ? blockedRank : dueRanks.first, let refresh = plan.refresh else { return .max }
    if openBanks[rank] == 0 { return timing.earliest(refresh.command, plan.refreshTargets[rank]) }
    var best = Int64.max
    for bank in (rank * banksPerRank)..<((rank + 1) * banksPerRank) where openRow[bank] >= 0 {
      best = min(best, timing.earliest(roles.precharge, bank))
    }
    return best
  }

  /// The refresh, or the precharge of one bank before it.
  ///
  /// - Returns: whether a command went.
  mutating func refreshStep(at clock: Int64) -> Bool {
    let rank = blockedRank
    guard let refresh = plan.refresh else { return false }
    if openBanks[rank] > 0 {
      for bank in (rank * banksPerRank)..<((rank + 1) * banksPerRank)
      where openRow[bank] >= 0 && timing.earliest(roles.precharge, bank) <= clock {
        timing.issue(roles.precharge, bank, at: clock)
        recorder.command(roles.precharge, bank: bank, row: -1, column: -1, at: clock)
        close(bank, at: clock)
        return true
      }
      return false
    }
    guard timing.earliest(refresh.command, plan.refreshTargets[rank]) <= clock else { return false }
    issueWide(refresh.command, rank, at: clock)
    dueRanks.removeFirst()
    blockedRank = -1
    return true
  }

  // MARK: Self-refresh

  /// Idle clocks are counted at the end of a clock, the one in which the last bank was closed included.
  private func sleepReady(_ rank: Int) -> Int64 {
    guard !isAsleep[rank], !wasUsed[rank], idleSince[rank] < .max, let enter = roles.selfRefreshEnter else {
      return .max
    }
    return max(idleSince[rank] + sleepAfter - 1, timing.earliest(enter, plan.refreshTargets[rank]))
  }

  func sleepReady() -> Int64 {
    var best = Int64.max
    for rank in 0..<rankCount { best = min(best, sleepReady(rank)) }
    return best
  }

  /// Sends one rank to sleep that was never used and has been idle for long enough.
  mutating func sleepStep(at clock: Int64) {
    for rank in 0..<rankCount where sleepReady(rank) <= clock {
      guard let enter = roles.selfRefreshEnter else { return }
      issueWide(enter, rank, at: clock)
      isAsleep[rank] = true
      return
    }
  }
}
