import DRAM

/// One channel as a controller sees it: when each command may go, which rows are open, whether commands on rows or on
/// registers go, and what went.
///
/// Time is the cycle number; the first is 1. One command goes in a cycle.
struct CommandChannel {
  let facts: CommandFacts
  var timing: CommandTiming
  /// Per bank, −1 where it is closed.
  var openRow: [Int64]
  var openBanks = 0
  var usesRegisters = false
  /// The first cycle in which a command can go.
  var free: Int64 = 1
  var counts: [Int64]
  var refresh: RefreshSchedule?
  /// Cycles in which some row was open; up to `openedAt` where one is.
  var openCycles: Int64 = 0
  private var openedAt: Int64 = 0
  /// Every command, up to the limit.
  private(set) var log: [CommandSetRun.Entry] = []
  private(set) var unlogged: Int64 = 0
  let logLimit: Int

  init(_ facts: CommandFacts, isRefreshed: Bool, logLimit: Int) {
    self.facts = facts
    self.logLimit = logLimit
    timing = CommandTiming(facts.table)
    openRow = Array(repeating: -1, count: facts.addresses.count)
    counts = Array(repeating: 0, count: facts.facts.count)
    if isRefreshed, let refresh = facts.device.refresh, let scope = facts.device.commands[refresh.command].scope {
      var sizes = facts.device.levelSizes
      sizes[0] = 1
      self.refresh = RefreshSchedule(levelSizes: sizes, scope: scope, interval: refresh.interval)
    }
  }

  @inline(__always)
  private func address(_ command: Int, _ bank: Int) -> CommandAddress {
    if bank < 0 || facts.facts[command].isWhole { return facts.whole }
    return facts.facts[command].isSingle ? facts.addresses[bank] : facts.address(of: command, naming: bank)
  }

  /// The first cycle at which a command may go, the bus being free.
  ///
  /// - Parameter bank: −1 for all.
  @inline(__always)
  func earliest(_ command: Int, _ bank: Int) -> Int64 {
    max(timing.earliest(command, address(command, bank)), free)
  }

  /// The command that must go before `command` can: a precharge, an activate, or itself.
  ///
  /// - Parameter opensRest: an activate of all banks goes while some of them hold the row open, which no DRAM allows.
  @inline(__always)
  func next(for command: Int, bank: Int, row: Int64, opensRest: Bool) -> Int {
    guard facts.facts[command].needsOpenRow else { return command }
    if bank >= 0 {
      if !facts.facts[command].isSingle { return nextForSeveral(command, bank, row, opensRest) }
      let open = openRow[bank]
      return open == row ? command : open < 0 ? facts.activateBank : facts.prechargeBank
    }
    if openBanks == 0 { return facts.activateAll }
    for open in openRow where open >= 0 && open != row { return facts.prechargeAll }
    if openBanks == openRow.count { return command }
    return opensRest ? facts.activateAll : facts.prechargeAll
  }

  /// As `next`, for a command that covers neither one bank nor all.
  @inline(never)
  private func nextForSeveral(_ command: Int, _ bank: Int, _ row: Int64, _ opensRest: Bool) -> Int {
    let fact = facts.facts[command]
    let address = facts.address(of: command, naming: bank)
    var isOpen = false
    var isClosed = false
    for covered in openRow.indices where facts.covers(address, covered) {
      let open = openRow[covered]
      if open >= 0, open != row { return fact.closes }
      if open < 0 { isClosed = true } else { isOpen = true }
    }
    if !isClosed { return command }
    return isOpen && !opensRest ? fact.closes : fact.opens
  }

  /// Issues a command; `row` and `column` are what a trace shows.
  @inline(__always)
  mutating func issue(_ command: Int, bank: Int, row: Int64, column: Int64, at cycle: Int64) {
    let address = address(command, bank)
    timing.issue(command, address, at: cycle)
    free = cycle + 1
    counts[command] += 1
    if logLimit > 0 { keep(command, address, row, column, cycle) }
    switch facts.facts[command].kind {
    case .activate: setRows(address, bank, row, cycle)
    case .precharge, .readPrecharge, .writePrecharge: setRows(address, bank, -1, cycle)
    case .modeChange: usesRegisters.toggle()
    default: break
    }
  }

  /// Issues `count` more of the command that went last, at its pace, on neighbouring columns.
  @inline(__always)
  mutating func issueRun(_ command: Int, row: Int64, column: Int64, count: Int64) {
    guard count > 0 else { return }
    let pace = facts.facts[command].pace
    if logLimit > 0 {
      for index in 0..<count { keep(command, facts.whole, row, column + index, free - 1 + (index + 1) * pace) }
    }
    let last = free - 1 + count * pace
    timing.issue(command, facts.whole, at: last)
    free = last + 1
    counts[command] += count
  }

  private mutating func setRows(_ address: CommandAddress, _ bank: Int, _ row: Int64, _ cycle: Int64) {
    let before = openBanks
    if address == facts.whole {
      for bank in openRow.indices { openRow[bank] = row }
      openBanks = row < 0 ? 0 : openRow.count
    } else if address == facts.addresses[bank] {
      setRow(bank, row)
    } else {
      for covered in openRow.indices where facts.covers(address, covered) { setRow(covered, row) }
    }
    if before == 0, openBanks > 0 { openedAt = cycle }
    if before > 0, openBanks == 0 { openCycles += cycle - openedAt }
  }

  @inline(__always)
  private mutating func setRow(_ bank: Int, _ row: Int64) {
    if openRow[bank] >= 0 { openBanks -= 1 }
    openRow[bank] = row
    if row >= 0 { openBanks += 1 }
  }

  /// Counts the time of rows that are open still, up to `cycle`.
  mutating func settle(at cycle: Int64) {
    guard openBanks > 0, cycle > openedAt else { return }
    openCycles += cycle - openedAt
    openedAt = cycle
  }

  private mutating func keep(_ command: Int, _ address: CommandAddress, _ row: Int64, _ column: Int64, _ cycle: Int64) {
    guard log.count < logLimit else { return unlogged += 1 }
    log.append(CommandSetRun.Entry(cycle: cycle, command: command, address: address, row: row, column: column))
  }
}

// MARK: Refresh

extension CommandChannel {
  /// From this cycle on a refresh that is due goes before anything else; until then only where rows change anyway.
  /// JEDEC lets refreshes be late by several intervals; half of one is enough to reach a change of rows.
  var refreshDeadline: Int64 {
    guard let refresh else { return .max }
    return refresh.nextDue + refresh.interval / 2
  }

  /// Does what is due before a command goes at `cycle`: one command of it, so that whoever asked looks again.
  ///
  /// - Parameter changesRow: the command opens or closes a row.
  /// - Returns: whether a command went.
  @inline(__always)
  mutating func refreshes(before cycle: Int64, changesRow: Bool) -> Bool {
    guard let refresh, refresh.nextDue <= cycle, changesRow || refreshDeadline <= cycle else { return false }
    return refreshStep(refresh, at: cycle)
  }

  @inline(never)
  private mutating func refreshStep(_ refresh: RefreshSchedule, at cycle: Int64) -> Bool {
    guard let command = facts.device.refresh?.command else { return false }
    let target = refresh.nextTarget
    let bank = facts.facts[command].isWhole ? -1 : facts.addresses.firstIndex(of: target) ?? -1
    let isOpen = bank < 0 ? openBanks > 0 : openRow[bank] >= 0
    let next = isOpen ? (bank < 0 ? facts.prechargeAll : facts.prechargeBank) : command
    let due = max(earliest(next, bank), refresh.nextDue)
    if usesRegisters {
      issue(facts.modeChange, bank: -1, row: -1, column: 0, at: max(due, earliest(facts.modeChange, -1)))
      return true
    }
    issue(next, bank: bank, row: -1, column: 0, at: due)
    if next == command { self.refresh?.fire() }
    return true
  }
}

// MARK: Folding

extension CommandChannel {
  /// Whether this channel, `cycles` later and with rows `rows` further on, will do as `other` does from here on.
  func isAlike(_ other: CommandChannel, later cycles: Int64, rows: Int64) -> Bool {
    guard free == other.free + cycles, usesRegisters == other.usesRegisters, openBanks == other.openBanks else {
      return false
    }
    for bank in openRow.indices {
      let open = other.openRow[bank]
      guard openRow[bank] == (open < 0 ? open : open + rows) else { return false }
    }
    return timing.isAlike(other.timing, at: free, later: cycles)
  }

  /// Moves on as after a stretch that ends as this state begins, `times` over.
  ///
  /// - Parameters:
  ///   - since: the state at the beginning of that stretch, when it was simulated.
  ///   - until: the state at its end.
  mutating func repeatStretch(from since: CommandChannel, to until: CommandChannel, times: Int64, rows: Int64) {
    let cycles = times * (until.free - since.free)
    let before = timing
    free += cycles
    timing.adopt(before, at: free, later: cycles)
    for bank in openRow.indices where openRow[bank] >= 0 { openRow[bank] += times * rows }
    for command in counts.indices { counts[command] += times * (until.counts[command] - since.counts[command]) }
    // Where a row is open at both ends the stretch's open time is not counted yet as a whole.
    openCycles += times * (until.openCyclesSoFar - since.openCyclesSoFar)
    if openBanks > 0 { openedAt += cycles }
  }

  /// With the time of rows that are open.
  private var openCyclesSoFar: Int64 { openBanks > 0 ? openCycles + free - openedAt : openCycles }
}
