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
    } else {
      guard rowChoice.isKnown, openRow[bank] < 0 ? activatingBank < 0 : !isProtected(bank) else { return }
      let new = candidate(openRow[bank] < 0 ? activate : precharge, bank, slot: slot, age: age, from: clock)
      if new.goesBefore(rowChoice) { rowChoice = new }
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

  @inline(__always)
  mutating func chooseRow(from clock: Int64) {
    guard !holds(rowChoice, at: clock) else { return }
    if isWriteMode {
      findRow(writes.misses, writes.miss, writes.missAge, from: clock)
    } else {
      findRow(reads.misses, reads.miss, reads.missAge, from: clock)
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
    if busKind == .halfClock {
      columnChoice = firstAtEdge(banks, slots, ages, hit: command, from: clock)
      return
    }
    var search = Search()
    let times = timing.times(command)
    for word in 0..<banks.wordCount where banks.words[word] != 0 {
      search.look(at: banks.words[word], word: word, times, timing.groupOf, timing.groupCount, ages, from: clock)
    }
    columnChoice.set(search.clock, search.age, times, timing.groupOf, timing.groupCount, command, search.bank, slots)
  }

  /// The first ready of the oldest misses of all banks: activations of closed ones, precharges of open ones.
  private mutating func findRow(
    _ banks: BankSet, _ slots: UnsafeMutablePointer<Int32>, _ ages: UnsafeMutablePointer<Int64>, from clock: Int64
  ) {
    if busKind == .halfClock {
      rowChoice = firstAtEdge(banks, slots, ages, hit: nil, from: clock)
      return
    }
    var search = Search()
    let (opening, closing) = (timing.times(activate), timing.times(precharge))
    for word in 0..<banks.wordCount where banks.words[word] != 0 {
      let (all, open) = (banks.words[word], opened.words[word])
      let closable = activeCount > 0 ? all & open & ~guarded.words[word] : all & open
      search.look(at: closable, word: word, closing, timing.groupOf, timing.groupCount, ages, from: clock)
      if activatingBank < 0 {
        search.look(at: all & ~open, word: word, opening, timing.groupOf, timing.groupCount, ages, from: clock)
      }
    }
    let isOpen = search.bank >= 0 && opened[search.bank]
    rowChoice.set(
      search.clock, search.age, isOpen ? closing : opening, timing.groupOf, timing.groupCount,
      isOpen ? precharge : activate, search.bank, slots)
  }

  /// The same where commands wait for an edge of the clock.
  private mutating func firstAtEdge(
    _ banks: BankSet, _ slots: UnsafeMutablePointer<Int32>, _ ages: UnsafeMutablePointer<Int64>, hit: Int?,
    from clock: Int64
  ) -> CommandChoice {
    var best = CommandChoice()
    var bank = banks.first(from: 0)
    while bank >= 0 {
      let command = hit ?? (opened[bank] ? precharge : activate)
      if hit != nil || (opened[bank] ? !isProtected(bank) : activatingBank < 0) {
        let new = candidate(command, bank, slot: Int(slots[bank]), age: ages[bank], from: clock)
        if new.goesBefore(best) { best = new }
      }
      bank = banks.first(from: bank &+ 1)
    }
    return best
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
    let isColumn = columnChoice.goesBefore(rowChoice)
    let buffered = isColumn ? columnChoice.clock : rowChoice.clock
    if buffered < nextClock {
      nextClock = buffered
      origin = isColumn ? .column : .row
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
      nextClock = rowChoice.clock
      origin = .row
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
    rowChoice = .unknown
    guard clock & 1 == 1 else { return }
    pairing.note(bank, isActivate: command == activate, isWide: isWide, banksPerPseudoChannel, at: clock)
  }
}
