import Arch

// Who goes next: the candidates of each buffer, looked at bank by bank.
extension ActiveBufferScheduler {
  /// A candidate, seen from a clock.
  @inline(__always)
  mutating func candidate(_ command: Int, _ bank: Int, slot: Int, age: Int64, from clock: Int64) -> CommandChoice {
    let legal = timing.earliest(command, bank)
    return CommandChoice(
      clock: edge(max(clock, legal), command, bank), age: age, legal: legal,
      command: Int32(truncatingIfNeeded: command), bank: Int32(truncatingIfNeeded: bank),
      slot: Int32(truncatingIfNeeded: slot))
  }

  /// Whether a choice still is the right one at a clock.
  @inline(__always)
  private mutating func holds(_ choice: CommandChoice, at clock: Int64) -> Bool {
    choice.isKnown && choice.clock >= clock
      && (choice.clock == .max || timing.earliest(Int(choice.command), Int(choice.bank)) == choice.legal)
  }

  /// Compares the new hit or miss of a bank, of the buffer that is served, with the choices.
  @inline(__always)
  mutating func consider(_ slot: Int, _ bank: Int, from clock: Int64) {
    let age = pool.slots[slot].age
    if pool.slots[slot].request.row == openRow[bank] {
      guard columnChoice.isKnown else { return }
      let new = candidate(isWriteMode ? write : read, bank, slot: slot, age: age, from: clock)
      if new.goesBefore(columnChoice) { columnChoice = new }
    } else if openRow[bank] < 0 {
      guard activateChoice.isKnown, activatingBank < 0 else { return }
      let new = candidate(activate, bank, slot: slot, age: age, from: clock)
      if new.goesBefore(activateChoice) { activateChoice = new }
    } else {
      guard prechargeChoice.isKnown, !isProtected(bank) else { return }
      let new = candidate(precharge, bank, slot: slot, age: age, from: clock)
      if new.goesBefore(prechargeChoice) { prechargeChoice = new }
    }
  }

  /// Brings the choice of the active buffer up to date: the first ready; among equals the first accepted.
  @inline(__always)
  mutating func chooseActive(from clock: Int64, onlyColumns: Bool) {
    if !holds(activeChoice, at: clock) { scanActive(from: clock, onlyColumns: onlyColumns) }
  }

  private mutating func scanActive(from clock: Int64, onlyColumns: Bool) {
    var best = CommandChoice()
    for index in 0..<activeCount {
      let slot = Int(active[index])
      let command = command(for: pool.slots[slot].request)
      if onlyColumns && command != read && command != write { continue }
      let bank = Int(pool.slots[slot].request.bank)
      let new = candidate(command, bank, slot: slot, age: pool.slots[slot].accepted, from: clock)
      if new.goesBefore(best) { best = new }
    }
    activeChoice = best
  }

  @inline(__always)
  mutating func chooseColumn(from clock: Int64) {
    guard !holds(columnChoice, at: clock) else { return }
    if isWriteMode {
      findColumn(writes.hits, writes.hit, writes.hitAge, write, from: clock)
    } else {
      findColumn(reads.hits, reads.hit, reads.hitAge, read, from: clock)
    }
  }

  /// Brings the choices of activations and precharges up to date.
  @inline(__always)
  mutating func chooseRow(from clock: Int64) {
    if !holds(activateChoice, at: clock) {
      if isWriteMode {
        findActivate(writes.misses, writes.miss, writes.missAge, from: clock)
      } else {
        findActivate(reads.misses, reads.miss, reads.missAge, from: clock)
      }
    }
    if !holds(prechargeChoice, at: clock) {
      if isWriteMode {
        findPrecharge(writes.misses, writes.miss, writes.missAge, from: clock)
      } else {
        findPrecharge(reads.misses, reads.miss, reads.missAge, from: clock)
      }
    }
  }

  /// The bank of a set whose command is ready first; of several the one of smallest age.
  private struct Search {
    var clock = Int64.max
    var age = Int64.max
    var bank = -1

    @inline(__always)
    mutating func look(
      at banks: UInt64, word: Int, _ times: UnsafeMutablePointer<Int64>, _ groupOf: UnsafeMutablePointer<Int32>,
      _ groups: Int, _ ages: UnsafeMutablePointer<Int64>, from start: Int64
    ) {
      var bits = banks
      let bankTimes = times + groups
      while bits != 0 {
        let bank = word << 6 | bits.trailingZeroBitCount
        bits &= bits &- 1
        let ready = max(start, max(times[Int(groupOf[bank])], bankTimes[bank]))
        if ready < clock || (ready == clock && ages[bank] < age) {
          clock = ready
          age = ages[bank]
          self.bank = bank
        }
      }
    }
  }

  /// The first ready of the oldest hits of all banks.
  private mutating func findColumn(
    _ banks: BankSet, _ slots: UnsafeMutablePointer<Int32>, _ ages: UnsafeMutablePointer<Int64>, _ command: Int,
    from clock: Int64
  ) {
    if busKind == .halfClock { return findAtEdge(banks, slots, ages, command, from: clock) }
    var search = Search()
    let times = timing.times(command)
    for word in 0..<banks.wordCount where banks.words[word] != 0 {
      search.look(at: banks.words[word], word: word, times, timing.groupOf, timing.groupCount, ages, from: clock)
    }
    columnChoice.set(search.clock, search.age, times, timing.groupOf, timing.groupCount, command, search.bank, slots)
  }

  /// The first ready of the oldest misses of closed banks.
  private mutating func findActivate(
    _ banks: BankSet, _ slots: UnsafeMutablePointer<Int32>, _ ages: UnsafeMutablePointer<Int64>, from clock: Int64
  ) {
    var search = Search()
    let times = timing.times(activate)
    if activatingBank < 0 {
      for word in 0..<banks.wordCount {
        let closed = banks.words[word] & ~opened.words[word]
        search.look(at: closed, word: word, times, timing.groupOf, timing.groupCount, ages, from: clock)
      }
    }
    if busKind == .halfClock && search.clock < .max { return findAtEdge(banks, slots, ages, activate, from: clock) }
    activateChoice.set(
      search.clock, search.age, times, timing.groupOf, timing.groupCount, activate, search.bank, slots)
  }

  /// The first ready of the oldest misses of open banks that no active request protects.
  private mutating func findPrecharge(
    _ banks: BankSet, _ slots: UnsafeMutablePointer<Int32>, _ ages: UnsafeMutablePointer<Int64>, from clock: Int64
  ) {
    var search = Search()
    let times = timing.times(precharge)
    for word in 0..<banks.wordCount {
      let open = banks.words[word] & opened.words[word]
      let closable = activeCount > 0 ? open & ~guarded.words[word] : open
      search.look(at: closable, word: word, times, timing.groupOf, timing.groupCount, ages, from: clock)
    }
    if busKind == .halfClock && search.clock < .max { return findAtEdge(banks, slots, ages, precharge, from: clock) }
    prechargeChoice.set(
      search.clock, search.age, times, timing.groupOf, timing.groupCount, precharge, search.bank, slots)
  }

  /// The same where commands wait for an edge of the clock.
  @inline(never)
  private mutating func findAtEdge(
    _ banks: BankSet, _ slots: UnsafeMutablePointer<Int32>, _ ages: UnsafeMutablePointer<Int64>, _ command: Int,
    from clock: Int64
  ) {
    var best = CommandChoice()
    var bank = banks.first(from: 0)
    while bank >= 0 {
      let isWanted =
        command == activate
        ? !opened[bank] : command == precharge ? opened[bank] && !isProtected(bank) : true
      if isWanted {
        let new = candidate(command, bank, slot: Int(slots[bank]), age: ages[bank], from: clock)
        if new.goesBefore(best) { best = new }
      }
      bank = banks.first(from: bank &+ 1)
    }
    if command == activate {
      activateChoice = best
    } else if command == precharge {
      prechargeChoice = best
    } else {
      columnChoice = best
    }
  }

  // MARK: One command in a cycle

  @inline(__always)
  mutating func planSingle(_ clock: Int64) {
    chooseActive(from: clock, onlyColumns: false)
    nextClock = activeChoice.clock
    origin = .active
    if maintenance.isEmpty {
      // The buffers are asked only when the active one has nothing to give.
      if nextClock > clock { planBuffers(clock) }
    } else {
      headChoice = maintenanceChoice(from: clock)
      if headChoice.clock < nextClock {
        nextClock = headChoice.clock
        origin = .maintenance
      }
    }
    wake = min(nextClock, maintenance.due, nextClose)
  }

  /// The served buffer's next command, where that comes before what was chosen already.
  @inline(__always)
  private mutating func planBuffers(_ clock: Int64) {
    updateMode()
    chooseColumn(from: clock)
    chooseRow(from: clock)
    let isOpening = activateChoice.goesBefore(prechargeChoice)
    let isColumn = columnChoice.goesBefore(isOpening ? activateChoice : prechargeChoice)
    let buffered = isColumn ? columnChoice.clock : isOpening ? activateChoice.clock : prechargeChoice.clock
    if buffered < nextClock {
      nextClock = buffered
      origin = isColumn ? .column : isOpening ? .activate : .precharge
    }
  }

  @inline(__always)
  mutating func tickSingle(_ clock: Int64) {
    if nextClock == clock { issue(origin, at: clock) }
  }

  // MARK: A row and a column command in a cycle

  @inline(__always)
  mutating func planDual(_ clock: Int64) {
    chooseActive(from: clock, onlyColumns: true)
    nextColumnClock = activeChoice.clock
    columnOrigin = .active
    if maintenance.isEmpty {
      updateMode()
      if nextColumnClock > clock {
        chooseColumn(from: clock)
        if columnChoice.clock < nextColumnClock {
          nextColumnClock = columnChoice.clock
          columnOrigin = .column
        }
      }
    }
    planRow(clock)
    wake = min(min(nextClock, nextColumnClock), min(maintenance.due, nextClose))
  }

  /// Nothing looks at the row commands of active requests; one whose row was closed under it would wait for ever.
  @inline(__always)
  private mutating func planRow(_ clock: Int64) {
    if maintenance.isEmpty {
      chooseRow(from: clock)
      let isOpening = activateChoice.goesBefore(prechargeChoice)
      nextClock = isOpening ? activateChoice.clock : prechargeChoice.clock
      origin = isOpening ? .activate : .precharge
    } else {
      headChoice = maintenanceChoice(from: clock)
      nextClock = headChoice.clock
      origin = .maintenance
    }
    guard !hasQuirks, cap > 0 else { return }
    let reopening = activeRowChoice(from: clock)
    if reopening.clock <= nextClock && reopening.clock < .max {
      headChoice = reopening
      nextClock = reopening.clock
      origin = .activeRow
    }
  }

  @inline(__always)
  mutating func tickDual(_ clock: Int64) {
    let hasColumn = nextColumnClock == clock
    if hasColumn {
      issue(columnOrigin, at: clock)
      // The row slot sees banks and timing after the column command, and may serve the other buffer.
      if maintenance.isEmpty { updateMode() }
      planRow(clock)
    }
    if nextClock == clock {
      issue(origin, at: clock)
      if hasColumn { recorder.dualCommands += 1 }
    }
  }

  private mutating func activeRowChoice(from clock: Int64) -> CommandChoice {
    var best = CommandChoice()
    for index in 0..<activeCount {
      let slot = Int(active[index])
      let command = command(for: pool.slots[slot].request)
      if command == read || command == write { continue }
      let bank = Int(pool.slots[slot].request.bank)
      let new = candidate(command, bank, slot: slot, age: pool.slots[slot].accepted, from: clock)
      if new.clock < best.clock { best = new }
    }
    return best
  }

  // MARK: Half clocks

  /// The first clock from `clock` on at whose edge a command may go: odd clocks are rising edges, and only precharges go
  /// at falling ones.
  @inline(__always)
  mutating func edge(_ clock: Int64, _ command: Int, _ bank: Int) -> Int64 {
    busKind == .halfClock && clock & 1 == 0 ? fallingEdge(clock, command, bank) : clock
  }

  private mutating func fallingEdge(_ clock: Int64, _ command: Int, _ bank: Int) -> Int64 {
    let isAll = command == roles.prechargeAll
    guard command == precharge || isAll else { return clock + 1 }
    return pairing.allowsPrecharge(of: bank, all: isAll, banksPerPseudoChannel, at: clock) ? clock : clock + 1
  }

  mutating func notePairing(_ command: Int, _ bank: Int, isWide: Bool, at clock: Int64) {
    // Which edge a precharge may take depends on it.
    prechargeChoice = .unknown
    guard clock & 1 == 1 else { return }
    pairing.note(bank, isActivate: command == activate, isWide: isWide, banksPerPseudoChannel, at: clock)
  }
}
