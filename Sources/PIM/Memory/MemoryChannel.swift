import Arch
import DRAM
import Dataflow

/// One channel of a PIM memory: its command timing, its open row, its refresh, and where it is in the present step.
struct MemoryChannel {
  enum OpenRow: Equatable {
    case none
    case allBanks(Int64)
    case bank(Int64, Int64)

    /// The same so many rows further on.
    func moved(by rows: Int64) -> OpenRow {
      switch self {
      case .none: .none
      case .allBanks(let row): .allBanks(row + rows)
      case .bank(let bank, let row): .bank(bank, row + rows)
      }
    }
  }

  /// What running a channel came to.
  enum Outcome {
    /// The step is done in this channel; its last data are through at this cycle.
    case done(Int64)
    /// The next command goes at this cycle, which is not before the horizon.
    case wait(Int64)
    /// The step needs data of which nothing is known yet.
    case needsData
  }

  /// Which one it is; of channels that go in lockstep, the first.
  var number: Int
  let model: MemoryModel
  var timing: CommandTiming
  var refresh: RefreshSchedule?
  var tally: ChannelTally

  var open = OpenRow.none
  var openRowUsed = false
  /// From where on the time of the open row is not counted yet.
  var openedAt: Int64 = 0
  /// First cycle in which the command bus is free.
  var free: Int64 = 0
  /// When the last data of the step are through.
  var lastData: Int64 = 0
  /// The first cycle of the present step; refreshes due by then come first.
  var start: Int64 = 0
  var hasStarted = false
  var cursor = StepCursor()
  /// The numbers, when they flow.
  var numbers: MemoryNumbers?
  /// What a write brings, by spread index and stream index of its rectangle.
  var written: [Float] = []
  /// The rectangle of the present step.
  var rectangle: MemoryStep.Rectangle?
  /// The tick at which the link towards the data unit is free.
  var linkFree: Int64 = 0
  /// What the stretch that is being simulated asked about the next refresh, and when that was due at its start.
  var phase = PhaseWindow()
  var phaseDue: Int64 = 0

  /// Every command, up to the limit, when the run is asked to keep them.
  private(set) var log: [LoggedCommand] = []
  private(set) var unlogged: Int64 = 0
  let logLimit: Int

  init(number: Int, model: MemoryModel, logLimit: Int) {
    self.number = number
    self.logLimit = logLimit
    self.model = model
    timing = CommandTiming(model.table)
    tally = ChannelTally(model)
    if model.isRefreshed, let refresh = model.device.refresh,
      let scope = model.device.commands[refresh.command].scope
    {
      self.refresh = RefreshSchedule(levelSizes: model.levelSizes, scope: scope, interval: refresh.interval)
    }
    setRefreshDeadline()
  }

  /// Nothing of a step can go before the step is there.
  mutating func holdCommands(until cycle: Int64) { free = max(free, cycle) }

  /// Issues a command at its first legal cycle, or returns that cycle when it is not before the horizon.
  ///
  /// - Parameters:
  ///   - gate: not before this cycle, for the reason `gateCause`.
  ///   - occupancy: cycles for which the channel is busy with it.
  @inline(__always)
  mutating func issue(
    _ command: Int, _ address: CommandAddress, row: Int64, column: Int64, occupancy: Int64, horizon: Int64,
    gate: Int64 = 0, gateCause: MemoryModel.Stall = .linkData
  ) -> Int64? {
    let bound = timing.bound(command, address)
    let cycle = max(bound.cycle, free, gate)
    guard cycle < horizon else { return cycle }
    if cycle > tally.account.frontier {
      let cause = gate == cycle && gate > bound.cycle ? gateCause : stallCause(bound.constraint, command)
      tally.account.chargeStall(cause.rawValue, until: cycle)
    }
    timing.issue(command, address, at: cycle)
    tally.account.chargeBusy(until: cycle + occupancy)
    free = cycle + 1
    tally.counts[command] += 1
    if logLimit > 0 { keep(command, address, row, column, cycle) }
    tally.digest.add(at: cycle, address: row, model.digestWord(command, address, column))
    return nil
  }

  private mutating func keep(_ command: Int, _ address: CommandAddress, _ row: Int64, _ column: Int64, _ cycle: Int64) {
    guard log.count < logLimit else { return unlogged += 1 }
    // A trace shows rows and columns where commands use them.
    let kind = model.device.commands[command].kind
    let usesRow = kind == .activate || kind.needsOpenRow
    log.append(
      LoggedCommand(
        cycle: cycle, command: command, channel: Int64(number), path: address.indices, row: usesRow ? row : -1,
        column: kind.needsOpenRow ? column : -1))
  }

  enum Multiplies {
    case issued(Int64)
    case wait(Int64)
  }

  /// Issues up to `count` multiplies of neighbouring columns of the open row, each at its first legal cycle.
  ///
  /// After the first, each goes one pace after the one before: nothing else can hold it, since the first was free to go
  /// and only multiplies came in between. So their cycles are known, and what follows depends on the last alone.
  mutating func issueMultiplies(row: Int64, column: Int64, count: Int64, horizon: Int64) -> Multiplies {
    let command = model.commands.multiply
    let pace = model.macCycles
    if let wait = issue(
      command, MemoryModel.wholeChannel, row: row, column: column, occupancy: pace, horizon: horizon)
    {
      return .wait(wait)
    }
    let start = free - 1
    guard count > 1, model.keepsPace else { return .issued(1) }
    // The run ends at the horizon, and where a refresh is overdue.
    let limit = min(horizon - 1, refreshDeadline + pace - 2)
    let total = min(count, (limit - start) / pace + 1)
    noteDeadline(reached: total < count, by: start + (count - 2) * pace + 1)
    guard total > 1 else { return .issued(1) }
    tally.digest.addRun(
      of: total - 1, at: start + pace, every: pace, address: row,
      model.digestWord(command, MemoryModel.wholeChannel, column + 1), step: MemoryModel.digestColumn)
    if logLimit > 0 {
      for index in 1..<total { keep(command, MemoryModel.wholeChannel, row, column + index, start + index * pace) }
    }
    let last = start + (total - 1) * pace
    timing.issue(command, MemoryModel.wholeChannel, at: last)
    tally.account.chargeBusy(until: last + pace)
    free = last + 1
    tally.counts[command] += total - 1
    return .issued(total)
  }

  private func stallCause(_ constraint: Int, _ command: Int) -> MemoryModel.Stall {
    let commands = model.device.commands
    guard constraint >= 0, let rule = model.device.constraints.first(where: { $0.id == constraint }) else {
      return .column
    }
    switch commands[rule.previous[0]].kind {
    case .refresh: return .refresh
    case .precharge: return .rowClose
    case .activate, .activateFirst, .activateSecond:
      return commands[command].kind == .precharge ? .rowClose : .rowOpen
    default: return commands[command].kind == .precharge ? .rowClose : .column
    }
  }

  // MARK: Rows

  /// Notes column commands on the open row: the first after its activate is a miss.
  @inline(__always)
  mutating func noteColumns(_ count: Int64) {
    tally.rowHits += openRowUsed ? count : count - 1
    if !openRowUsed { tally.rowMisses += 1 }
    openRowUsed = true
  }

  /// Makes `wanted` the open row. Between the rows due refreshes are done. Returns the cycle to wait for, if any.
  mutating func switchRow(to wanted: OpenRow, horizon: Int64) -> Int64? {
    let commands = model.commands
    while open != wanted {
      if open != .none {
        let cycle = refreshTime(before: commands.prechargeAll, MemoryModel.wholeChannel, after: 0)
        switch refreshOnce(by: cycle, waitingFor: .rowClose, horizon: horizon) {
        case .notDue: if let wait = closeRows(horizon: horizon) { return wait }
        case .issued: break
        case .wait(let wait): return wait
        }
        continue
      }
      let (command, address, row): (Int, CommandAddress, Int64) =
        switch wanted {
        case .allBanks(let row): (commands.activateAll, MemoryModel.wholeChannel, row)
        case .bank(let bank, let row): (commands.activateBank, model.bankAddresses[Int(bank)], row)
        case .none: (commands.activateAll, MemoryModel.wholeChannel, 0)
        }
      let cycle = refreshTime(before: command, address, after: 0)
      switch refreshOnce(by: cycle, waitingFor: .rowClose, horizon: horizon) {
      case .notDue: break
      case .issued: continue
      case .wait(let wait): return wait
      }
      if let wait = issue(command, address, row: row, column: 0, occupancy: 1, horizon: horizon) { return wait }
      if case .allBanks = wanted {
        tally.events[MemoryModel.Event.activate.rawValue] += model.geometry.banks
      } else {
        tally.events[MemoryModel.Event.activate.rawValue] += 1
      }
      open = wanted
      openedAt = free - 1
      openRowUsed = false
    }
    return nil
  }

  private mutating func closeRows(
    horizon: Int64, gate: Int64 = 0, gateCause: MemoryModel.Stall = .refresh
  ) -> Int64? {
    if let wait = issue(
      model.commands.prechargeAll, MemoryModel.wholeChannel, row: -1, column: 0, occupancy: 1, horizon: horizon,
      gate: gate, gateCause: gateCause)
    {
      return wait
    }
    tally.openCycles += free - 1 - openedAt
    open = .none
    return nil
  }

  /// Counts the time of the open row up to `cycle`.
  mutating func settleOpenRow(at cycle: Int64) {
    guard open != .none else { return }
    tally.openCycles += cycle - openedAt
    openedAt = cycle
  }

  // MARK: Refresh

  /// When the next refresh is due; never without refresh.
  var refreshDue: Int64 { refresh?.nextDue ?? Cycles.never.rawValue }

  /// From here on a refresh goes in the middle of a row. A row takes far less than half an interval in any sensible
  /// design, so this is for the others.
  var refreshDeadline: Int64 = Cycles.never.rawValue

  mutating func setRefreshDeadline() {
    if let refresh { refreshDeadline = refresh.nextDue + refresh.interval / 2 }
  }

  /// Refreshes due by this cycle go before a command: those that fall due while it cannot go. While a refresh itself holds
  /// it up, only those that are due now, or staggered refreshes would keep it back for ever.
  func refreshTime(before command: Int, _ address: CommandAddress, after gate: Int64) -> Int64 {
    let bound = timing.bound(command, address)
    let isHeldByRefresh = bound.cycle > free && stallCause(bound.constraint, command) == .refresh
    return isHeldByRefresh ? max(free, gate) : max(bound.cycle, free, gate)
  }

  /// What became of a refresh that may be due.
  enum Refreshing {
    case notDue
    /// A command of it went: whoever asked looks again at what can go when.
    case issued
    case wait(Int64)
  }

  /// Does every refresh that is due by `cycle`, when something else would happen. A channel is refreshed when it is
  /// idle, waits for data, or changes rows. Returns the cycle to wait for, if any.
  ///
  /// - Parameters:
  ///   - cycle: one that these refreshes do not move.
  ///   - cause: why the channel issued nothing until the refresh was due; `nil` when it is idle.
  mutating func refreshBefore(_ cycle: Int64, waitingFor cause: MemoryModel.Stall?, horizon: Int64) -> Int64? {
    while true {
      switch refreshOnce(by: cycle, waitingFor: cause, horizon: horizon) {
      case .notDue: return nil
      case .issued: continue
      case .wait(let wait): return wait
      }
    }
  }

  /// As `refreshBefore`, but issues one command at the most, since it moves what else can go.
  mutating func refreshOnce(by cycle: Int64, waitingFor cause: MemoryModel.Stall?, horizon: Int64) -> Refreshing {
    guard let refresh, let command = model.device.refresh?.command else { return .notDue }
    let due = refresh.nextDue
    guard due <= cycle else {
      phase.wasNotDue(by: cycle - (due - phaseDue))
      return .notDue
    }
    notePassed(due, by: cycle, cause)
    if let cause {
      tally.account.chargeStall(cause.rawValue, until: min(due, horizon))
    } else {
      tally.account.chargeIdle(until: min(due, horizon))
    }
    if open != .none {
      if let wait = closeRows(horizon: horizon, gate: due) { return .wait(wait) }
      return .issued
    }
    if let wait = issue(
      command, refresh.nextTarget, row: -1, column: 0, occupancy: 1, horizon: horizon, gate: due, gateCause: .refresh)
    {
      return .wait(wait)
    }
    self.refresh?.fire()
    setRefreshDeadline()
    tally.refreshesInStep += 1
    return .issued
  }

  /// Notes whether it would have been the same had the refresh been due somewhat earlier or later: so it is when the
  /// channel was still busy, or could issue nothing yet for the same reason as it has for the refresh; but not later
  /// than by the cycle that was asked for.
  private mutating func notePassed(_ due: Int64, by cycle: Int64, _ cause: MemoryModel.Stall?) {
    var latest = min(free, tally.account.frontier)
    let command = open != .none ? model.commands.prechargeAll : model.device.refresh?.command ?? 0
    let address = open != .none ? MemoryModel.wholeChannel : refresh?.nextTarget ?? .all
    let bound = timing.bound(command, address)
    if bound.cycle > latest, stallCause(bound.constraint, command) == cause { latest = bound.cycle }
    latest = min(latest, cycle)
    if due <= latest { phase.wasDue(by: latest - (due - phaseDue)) } else { phase.matters() }
  }

  /// Notes for the present stretch whether the refresh deadline was passed by `cycle`.
  mutating func noteDeadline(reached: Bool, by cycle: Int64) {
    guard let refresh else { return }
    if reached {
      phase.matters()
    } else {
      phase.wasNotDue(by: cycle - refresh.interval / 2 - (refresh.nextDue - phaseDue))
    }
  }
}
