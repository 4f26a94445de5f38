import Arch

// Who goes next.
extension StandardScheduler {
  /// The next access to an open row.
  mutating func columnChoice(from clock: Int64) -> Choice {
    let command = isWriteMode ? roles.write : roles.read
    let (banks, slots, ages) =
      isWriteMode ? (writes.hits, writes.hit, writes.hitAge) : (reads.hits, reads.hit, reads.hitAge)
    let times = timing.times(command)
    var (best, age, found) = (Int64.max, Int64.max, -1)
    for word in 0..<banks.wordCount {
      var bits = banks.words[word] & ~blocked.words[word]
      while bits != 0 {
        let bank = word << 6 | bits.trailingZeroBitCount
        bits &= bits &- 1
        if hasHadEnough(bank) { continue }
        let ready = edge(max(clock, times[bank]), isPrecharge: false, bank)
        if ready < best || (ready == best && ages[bank] < age) { (best, age, found) = (ready, ages[bank], bank) }
      }
    }
    guard found >= 0 else { return Choice() }
    return Choice(clock: best, rank: .column, age: age, command: command, place: found, slot: Int(slots[found]))
  }

  /// Whether an older request for another row waits behind as many accesses as it has to.
  @inline(__always)
  private mutating func hasHadEnough(_ bank: Int) -> Bool {
    guard accesses[bank] >= rowHitCap else { return false }
    return isWriteMode
      ? writes.misses[bank] && writes.missAge[bank] < writes.hitAge[bank]
      : reads.misses[bank] && reads.missAge[bank] < reads.hitAge[bank]
  }

  /// The next command that opens, closes or refreshes banks, or changes their power.
  mutating func rowChoice(from clock: Int64) -> Choice {
    var best = Choice()
    if activatingSlot >= 0, let second = roles.activateSecond {
      best = Choice(
        clock: max(clock, timing.earliest(second, activatingBank)), rank: .activateSecond, age: 0, command: second,
        place: activatingBank, slot: activatingSlot)
    }
    considerMisses(from: clock, &best)
    if refresh.owing > 0 { considerRefreshes(from: clock, &best) }
    if closeIdle < .max || closeAfter > 0 { considerClosing(from: clock, &best) }
    if power.isUsed { considerPower(from: clock, &best) }
    return best
  }

  private mutating func considerMisses(from clock: Int64, _ best: inout Choice) {
    let (banks, hits, slots, ages) =
      isWriteMode
      ? (writes.misses, writes.hits, writes.miss, writes.missAge)
      : (reads.misses, reads.hits, reads.miss, reads.missAge)
    let (opening, closing) = (timing.times(roles.activate), timing.times(roles.precharge))
    var (bestClock, age, found) = (Int64.max, Int64.max, -1)
    for word in 0..<banks.wordCount {
      var bits = banks.words[word] & ~blocked.words[word]
      while bits != 0 {
        let bank = word << 6 | bits.trailingZeroBitCount
        bits &= bits &- 1
        let isOpen = opened[bank]
        if isOpen ? hits[bank] && !hasHadEnough(bank) : activatingSlot >= 0 { continue }
        let times = isOpen ? closing : opening
        let ready = edge(max(clock, times[bank]), isPrecharge: isOpen, bank)
        if ready < bestClock || (ready == bestClock && ages[bank] < age) {
          (bestClock, age, found) = (ready, ages[bank], bank)
        }
      }
    }
    guard found >= 0 else { return }
    let choice = Choice(
      clock: bestClock, rank: .row, age: age, command: opened[found] ? roles.precharge : roles.activate, place: found,
      slot: Int(slots[found]))
    if choice.goesBefore(best) { best = choice }
  }

  /// Rows that the row policy closes.
  private mutating func considerClosing(from clock: Int64, _ best: inout Choice) {
    var bank = opened.first(from: 0)
    while bank >= 0 {
      defer { bank = opened.first(from: bank + 1) }
      if blocked[bank] || reads.hits[bank] || writes.hits[bank] || bank == activatingBank { continue }
      let due = closeAfter > 0 ? (accesses[bank] >= closeAfter ? 0 : Int64.max) : lastAccess[bank] + closeIdle
      guard due < .max else { continue }
      let ready = edge(max(clock, due, timing.earliest(roles.precharge, bank)), isPrecharge: true, bank)
      let choice = Choice(
        clock: ready, rank: .close, age: Int64(bank), command: roles.precharge, place: bank, slot: -1)
      if choice.goesBefore(best) { best = choice }
    }
  }

  @inline(__always)
  mutating func edge(_ clock: Int64, isPrecharge: Bool, _ bank: Int) -> Int64 {
    guard busKind == .halfClock, clock & 1 == 0 else { return clock }
    guard isPrecharge else { return clock + 1 }
    return pairing.allowsPrecharge(of: bank, all: false, plan.banksPerPseudoChannel, at: clock) ? clock : clock + 1
  }
}
