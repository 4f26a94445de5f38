import Arch

// Refreshes and power states.
extension StandardScheduler {
  /// Works out which banks take no request: their refresh can wait no longer, or they are not powered up.
  mutating func block() {
    for word in 0..<blocked.wordCount { blocked.words[word] = 0 }
    if refresh.owing > 0 {
      for target in refresh.targets.indices where refresh.isForced(target) {
        for bank in refresh.targets[target].banks { blocked[bank] = true }
      }
    }
    for domain in power.targets.indices where power.states[domain] != .up {
      for bank in power.targets[domain].banks { blocked[bank] = true }
    }
  }

  private mutating func isWaitedFor(_ banks: [Int]) -> Bool {
    for bank in banks where waiting[bank] > 0 { return true }
    return false
  }

  private mutating func isOpen(_ banks: [Int]) -> Bool {
    for bank in banks where opened[bank] { return true }
    return false
  }

  /// Refreshes that are due: those that can wait no longer, and those whose banks nobody waits for.
  mutating func considerRefreshes(from clock: Int64, _ best: inout Choice) {
    for index in refresh.targets.indices where refresh.owed[index] > 0 {
      let target = refresh.targets[index]
      let isForced = refresh.isForced(index)
      guard isForced || !isWaitedFor(target.banks), !target.banks.contains(activatingBank) else { continue }
      guard isUp(target.banks[0]) else { continue }
      let rank: Rank = isForced ? .forcedRefresh : .idleRefresh
      if !isOpen(target.banks) {
        let ready = wide(refresh.command, target, from: clock)
        let choice = Choice(clock: ready, rank: rank, age: Int64(index), command: refresh.command, place: index)
        if choice.goesBefore(best) { best = choice }
      } else if let closeAll = refresh.closeAll {
        let ready = wide(closeAll, target, from: clock)
        let choice = Choice(clock: ready, rank: rank, age: Int64(index), command: closeAll, place: index)
        if choice.goesBefore(best) { best = choice }
      } else {
        for bank in target.banks where opened[bank] {
          let ready = edge(max(clock, timing.earliest(roles.precharge, bank)), isPrecharge: true, bank)
          let choice = Choice(
            clock: ready, rank: rank, age: Int64(index), command: roles.precharge, place: bank, slot: -1)
          if choice.goesBefore(best) { best = choice }
        }
      }
    }
  }

  /// First clock at which a command that covers many banks may go; at a rising edge where those are told apart.
  private mutating func wide(_ command: Int, _ target: ScheduleTable.Target, from clock: Int64) -> Int64 {
    let ready =
      target.banks.count == 1 ? timing.earliest(command, target.banks[0]) : timing.earliest(command, target)
    let legal = max(clock, ready)
    return busKind == .halfClock ? legal | 1 : legal
  }

  private mutating func isUp(_ bank: Int) -> Bool {
    for domain in power.targets.indices where power.targets[domain].banks.contains(bank) {
      return power.states[domain] == .up
    }
    return true
  }

  /// Ranks that are needed again, and ranks that have been idle for long enough.
  mutating func considerPower(from clock: Int64, _ best: inout Choice) {
    for index in power.targets.indices {
      let target = power.targets[index]
      let isNeeded = isWaitedFor(target.banks)
      var choice = Choice(rank: .leave, age: Int64(index), place: index)
      let sleepDue = power.sleepAfter < .max ? power.idleSince[index] + power.sleepAfter : .max
      switch power.states[index] {
      case .asleep:
        guard isNeeded, let exit = roles.selfRefreshExit else { continue }
        choice.command = exit
        choice.clock = wide(exit, target, from: clock)
      case .poweredDown:
        // It comes up for a request, for a refresh, or to go to sleep.
        guard let exit = roles.powerDownExit else { continue }
        choice.command = exit
        let from = isNeeded || owesRefresh(target) ? clock : max(clock, sleepDue)
        guard from < .max else { continue }
        choice.clock = wide(exit, target, from: from)
      case .up:
        guard !isNeeded, !owesRefresh(target), !target.banks.contains(activatingBank) else { continue }
        considerEntering(index, sleepDue: sleepDue, from: clock, &best)
        continue
      }
      if choice.goesBefore(best) { best = choice }
    }
  }

  /// Power-down, until it is time to sleep; then the precharges that sleep needs, and sleep.
  private mutating func considerEntering(
    _ index: Int, sleepDue: Int64, from clock: Int64, _ best: inout Choice
  ) {
    let target = power.targets[index]
    if power.powerDownAfter < .max, let enter = roles.powerDownEnter {
      let ready = wide(enter, target, from: max(clock, power.idleSince[index] + power.powerDownAfter))
      let choice = Choice(clock: ready, rank: .enter, age: Int64(index), command: enter, place: index)
      if ready < sleepDue, choice.goesBefore(best) { best = choice }
    }
    guard sleepDue < .max, let enter = roles.selfRefreshEnter else { return }
    let start = max(clock, sleepDue)
    if !isOpen(target.banks) {
      let choice = Choice(
        clock: wide(enter, target, from: start), rank: .enter, age: Int64(index), command: enter, place: index)
      if choice.goesBefore(best) { best = choice }
      return
    }
    for bank in target.banks where opened[bank] {
      let ready = edge(max(start, timing.earliest(roles.precharge, bank)), isPrecharge: true, bank)
      let choice = Choice(
        clock: ready, rank: .enter, age: Int64(bank), command: roles.precharge, place: bank, slot: -1)
      if choice.goesBefore(best) { best = choice }
    }
  }

  private mutating func owesRefresh(_ domain: ScheduleTable.Target) -> Bool {
    guard refresh.owing > 0 else { return false }
    for index in refresh.targets.indices where refresh.owed[index] > 0 {
      if domain.banks.contains(refresh.targets[index].banks[0]) { return true }
    }
    return false
  }
}
