import Arch

// Who goes in a clock: of active requests the first accepted that is ready, of buffered ones the first of a set.
extension ActiveBufferScheduler {
  /// A candidate, seen from a clock.
  @inline(__always)
  mutating func candidate(_ command: Int, _ bank: Int, place: Int, age: Int64, from clock: Int64) -> CommandChoice {
    let legal = timing.earliest(command, bank)
    return CommandChoice(
      clock: edge(max(clock, legal), command, bank), age: age, legal: legal,
      command: Int32(truncatingIfNeeded: command), bank: Int32(truncatingIfNeeded: bank),
      place: Int32(truncatingIfNeeded: place))
  }

  /// Whether a choice still is the right one. Before its clock it is, as far as that matters: nothing can go earlier.
  @inline(__always)
  private mutating func holds(_ choice: CommandChoice, at now: Int64) -> Bool {
    choice.clock > now
      || (choice.clock == now && timing.earliest(Int(choice.command), Int(choice.bank)) == choice.legal)
  }

  // MARK: Accesses

  /// Brings the choice of the active buffer up to date: the first ready; among equals the first accepted.
  @inline(__always)
  mutating func chooseActive(_ now: Int64, onlyColumns: Bool) {
    if !holds(activeChoice, at: now) { scanActive(from: now, onlyColumns: onlyColumns) }
  }

  /// Looks through all active requests.
  mutating func scanActive(from clock: Int64, onlyColumns: Bool) {
    if cap > 0 { return scanReopening(from: clock, onlyColumns: onlyColumns) }
    // Their rows are open: nothing closes a bank that has one.
    var (best, age, place) = (Int64.max, Int64.max, activeFirst)
    for index in activeFirst..<(activeFirst &+ activeCount) {
      if activeFrom[index] > best { break }
      let request = active + index
      let ready = max(clock, legal(request)) | halfClock
      if ready < best || (ready == best && request.pointee.clock < age) {
        (best, age, place) = (ready, request.pointee.clock, index)
      }
    }
    let request = active + place
    activeChoice = CommandChoice(
      clock: best, age: age, legal: legal(request),
      command: Int32(truncatingIfNeeded: request.pointee.isWrite ? write : read), bank: request.pointee.bank,
      place: Int32(truncatingIfNeeded: place))
  }

  /// When the access of a request whose row is open is legal.
  @inline(__always)
  private mutating func legal(_ request: UnsafeMutablePointer<PlacedRequest>) -> Int64 {
    (request.pointee.isWrite ? writings : readings)[Int(request.pointee.bank)]
  }

  /// Looks through all active requests where rows may have been closed under them.
  private mutating func scanReopening(from clock: Int64, onlyColumns: Bool) {
    var best = CommandChoice()
    for index in activeFirst..<(activeFirst &+ activeCount) {
      let request = active + index
      let bank = Int(request.pointee.bank)
      let command = command(request.pointee.isWrite, request.pointee.row, bank)
      if onlyColumns && command != read && command != write { continue }
      // No row is opened between the two halves of another activation.
      if command == activate && activatingBank >= 0 { continue }
      let new = candidate(command, bank, place: index, age: request.pointee.clock, from: clock)
      if new.goesBefore(best) { best = new }
    }
    activeChoice = best
  }

  /// Compares the first hit of a bank, new in the buffer that is served, with the choice.
  @inline(__always)
  mutating func considerHit(_ position: Int, _ bank: Int, from clock: Int64) {
    guard columnChoice.isKnown else { return }
    let new = candidate(columnCommand, bank, place: position, age: Int64(position), from: clock)
    if new.goesBefore(columnChoice) { columnChoice = new }
  }

  /// The access that the served buffer's requests want.
  @inline(__always)
  private var columnCommand: Int { served == reads ? read : write }

  /// Brings the choice among hits up to date.
  @inline(__always)
  mutating func chooseColumn(_ now: Int64) {
    if !holds(columnChoice, at: now) { findColumn(from: now) }
  }

  private mutating func findColumn(from clock: Int64) {
    let buffer = served
    let isRead = buffer == reads
    let times = isRead ? readings : writings
    var (best, place) = (Int64.max, 0)
    var left = buffer.pointee.hits
    while !left.isEmpty {
      let position = left.first
      let bank = Int(buffer.pointee.bankOf[position])
      let ready = max(clock, times[bank]) | halfClock
      // From the oldest on: later ones are better only when they are ready earlier.
      if ready < best { (best, place) = (ready, position) }
      if ready == clock { break }
      left = left.subtracting(buffer.pointee.ofBank[bank])
    }
    let bank = Int(buffer.pointee.bankOf[place])
    columnChoice = CommandChoice(
      clock: best, age: Int64(place), legal: times[bank], command: Int32(truncatingIfNeeded: isRead ? read : write),
      bank: Int32(truncatingIfNeeded: bank), place: Int32(truncatingIfNeeded: place))
  }

  // MARK: Rows

  /// Has a bank looked at when its own rules let it be closed, or opened. Banks that nobody waits for are left alone until
  /// somebody does.
  @inline(__always)
  mutating func waitForRules(of bank: Int, from clock: Int64) {
    timers.set(bank, at: max(ownLegal(bank), clock), present: clock)
  }

  /// The first clock at which rules of the bank itself let it be closed, when it is open, or opened.
  @inline(__always)
  private mutating func ownLegal(_ bank: Int) -> Int64 { rowTimes[banks[bank].openRow < 0 ? 1 : 0].own(bank) }

  /// Tells the buffers whether a bank can be opened or closed.
  @inline(__always)
  mutating func note(_ bank: Int) {
    let state = banks[bank]
    let isOpen = state.openRow >= 0
    let isProtected = state.activeRequests > 0 && activeCount > 0
    let canGo = state.isReady && !(isOpen && isProtected)
    if reads.pointee.count > 0 { reads.pointee.note(bank, isOpen: isOpen, canGo: canGo) }
    if writes.pointee.count > 0 { writes.pointee.note(bank, isOpen: isOpen, canGo: canGo) }
  }

  /// Looks at the banks whose clock has come.
  mutating func lookAtDue(_ now: Int64) {
    repeat {
      let due = timers.take()
      for word in 0..<timers.wordCount {
        var bits = due[word]
        due[word] = 0
        while bits != 0 {
          let bank = word << 6 | bits.trailingZeroBitCount
          bits &= bits &- 1
          guard !banks[bank].isReady, isMissed(bank) else { continue }
          if ownLegal(bank) <= now {
            banks[bank].isReady = true
            note(bank)
          } else {
            waitForRules(of: bank, from: now)
          }
        }
      }
    } while timers.next <= now
  }

  /// Whether a request waits for another row of the bank than the open one.
  @inline(__always)
  mutating func isMissed(_ bank: Int) -> Bool {
    reads.pointee.isMissed(bank) || (writes.pointee.count > 0 && writes.pointee.isMissed(bank))
  }

  /// Finds the oldest request of the served buffer whose row command can go.
  ///
  /// - Returns: whether there is one.
  @inline(__always)
  mutating func findRow(_ now: Int64) -> Bool {
    // Most of the time the pace of the channel, or of groups, is all that keeps rows from being opened.
    let pace = min(rowTimes[0].channel, rowTimes[1].channel)
    if pace > now {
      wake = min(wake, pace)
      return false
    }
    if timers.next <= now { lookAtDue(now) }
    wake = min(wake, timers.next)
    let closing = served.pointee.closing
    let opening = activatingBank < 0 ? served.pointee.opening : Positions()
    if closing.isEmpty {
      if opening.isEmpty { return false }
      let soonest = soonestOpening
      if soonest > now {
        wake = min(wake, soonest)
        return false
      }
    }
    return findRow(now, opening: opening, closing: closing)
  }

  /// No row can be opened before, whatever the bank.
  @inline(__always)
  private var soonestOpening: Int64 {
    mutating get {
      var soonest = rowTimes[1].group(0)
      for group in 1..<max(groupCount, 1) { soonest = min(soonest, rowTimes[1].group(group)) }
      return max(soonest, rowTimes[1].channel)
    }
  }

  private mutating func findRow(_ now: Int64, opening: Positions, closing: Positions) -> Bool {
    let buffer = served
    let openings = rowTimes[1]
    // Without branches, which nobody could foretell.
    var left = closing.due(rowTimes[0].channel, by: now)
    for group in 0..<groupCount {
      let mine = opening.intersection(buffer.pointee.ofGroup[group])
      left = left.union(mine.due(max(openings.channel, openings.group(group)), by: now))
    }
    while !left.isEmpty {
      let position = left.first
      let bank = Int(buffer.pointee.bankOf[position])
      let isOpening = opening.contains(position)
      if rowTimes[isOpening ? 1 : 0][bank] <= now && edge(now, isOpening ? activate : precharge, bank) == now {
        rowPosition = position
        return true
      }
      left = left.subtracting(buffer.pointee.ofBank[bank])
    }
    waitForRow(now, opening: opening, closing: closing)
    return false
  }

  /// Works out when a row command that cannot go now may.
  private mutating func waitForRow(_ now: Int64, opening: Positions, closing: Positions) {
    let buffer = served
    var left = opening.union(closing)
    while !left.isEmpty {
      let position = left.first
      let bank = Int(buffer.pointee.bankOf[position])
      wake = min(wake, max(rowTimes[opening.contains(position) ? 1 : 0][bank], now &+ 1))
      left = left.subtracting(buffer.pointee.ofBank[bank])
    }
  }

  // MARK: One command in a cycle

  @inline(__always)
  mutating func stepSingle(_ now: Int64) -> Bool {
    switch chooseSingle(now) {
    case .none: return false
    case .row: issueRow(rowPosition, at: now)
    case .active:
      issueActive(Int(activeChoice.place), Int(activeChoice.bank), Int(activeChoice.command), at: now)
    case .column: issueHit(at: now)
    case let other: issue(other, at: now)
    }
    return true
  }

  /// What goes in this clock. `wake` is for the case that nothing does.
  @inline(__always)
  mutating func chooseSingle(_ now: Int64) -> CommandOrigin {
    if activeCount > 0 {
      chooseActive(now, onlyColumns: false)
      if activeChoice.clock == now { return .active }
      wake = min(wake, activeChoice.clock)
    }
    guard maintenance.isEmpty else { return chooseMaintenance(now) }
    // The buffers are asked only when the active one has nothing to give.
    updateMode()
    let hasRow = findRow(now)
    if served.pointee.hits.isEmpty { return hasRow ? .row : .none }
    chooseColumn(now)
    if columnChoice.clock == now && (!hasRow || Int(columnChoice.place) < rowPosition) { return .column }
    wake = min(wake, columnChoice.clock)
    return hasRow ? .row : .none
  }

  private mutating func chooseMaintenance(_ now: Int64) -> CommandOrigin {
    headChoice = maintenanceChoice(from: now)
    wake = min(wake, headChoice.clock)
    return headChoice.clock == now ? .maintenance : .none
  }

  // MARK: A row and a column command in a cycle

  @inline(__always)
  mutating func stepDual(_ now: Int64) -> Bool {
    let hasColumn = stepColumn(now)
    // The row slot sees banks and timing after the column command, and may serve the other buffer.
    let row = chooseRow(now)
    if row == .none { return hasColumn }
    if row == .row { issueRow(rowPosition, at: now) } else { issue(row, at: now) }
    recorder.dualCommands &+= hasColumn ? 1 : 0
    return true
  }

  @inline(__always)
  private mutating func stepColumn(_ now: Int64) -> Bool {
    if ~now & halfClock != 0 {
      // Accesses go at rising edges.
      if activeCount > 0 || reads.pointee.count > 0 || writes.pointee.count > 0 { wake = min(wake, now &+ 1) }
      return false
    }
    if activeCount > 0 {
      chooseActive(now, onlyColumns: true)
      if activeChoice.clock == now {
        issueActive(Int(activeChoice.place), Int(activeChoice.bank), Int(activeChoice.command), at: now)
        return true
      }
      wake = min(wake, activeChoice.clock)
    }
    guard maintenance.isEmpty else { return false }
    updateMode()
    if served.pointee.hits.isEmpty { return false }
    chooseColumn(now)
    if columnChoice.clock == now {
      issueHit(at: now)
      return true
    }
    wake = min(wake, columnChoice.clock)
    return false
  }

  @inline(__always)
  private mutating func chooseRow(_ now: Int64) -> CommandOrigin {
    // Nothing else looks at the row commands of active requests; one whose row was closed under it would wait for ever.
    if cap > 0 && !hasQuirks && activeCount > 0 {
      headChoice = activeRowChoice(from: now)
      if headChoice.clock == now { return .activeRow }
      wake = min(wake, headChoice.clock)
    }
    guard maintenance.isEmpty else { return chooseMaintenance(now) }
    updateMode()
    return findRow(now) ? .row : .none
  }

  private mutating func activeRowChoice(from clock: Int64) -> CommandChoice {
    var best = CommandChoice()
    for index in activeFirst..<(activeFirst &+ activeCount) {
      let request = active[index]
      let command = command(request.isWrite, request.row, Int(request.bank))
      if command == read || command == write { continue }
      let new = candidate(command, Int(request.bank), place: index, age: request.clock, from: clock)
      if new.clock < best.clock { best = new }
    }
    return best
  }

  // MARK: Half clocks

  /// The first clock from `clock` on at whose edge a command may go: odd clocks are rising edges, and only precharges go
  /// at falling ones.
  @inline(__always)
  mutating func edge(_ clock: Int64, _ command: Int, _ bank: Int) -> Int64 {
    ~clock & halfClock != 0 ? fallingEdge(clock, command, bank) : clock
  }

  private mutating func fallingEdge(_ clock: Int64, _ command: Int, _ bank: Int) -> Int64 {
    let isAll = command == roles.prechargeAll
    guard command == precharge || isAll else { return clock + 1 }
    return pairing.allowsPrecharge(of: bank, all: isAll, banksPerPseudoChannel, at: clock) ? clock : clock + 1
  }

  mutating func notePairing(_ command: Int, _ bank: Int, isWide: Bool, at clock: Int64) {
    guard clock & 1 == 1 else { return }
    pairing.note(bank, isActivate: command == activate, isWide: isWide, banksPerPseudoChannel, at: clock)
  }
}
