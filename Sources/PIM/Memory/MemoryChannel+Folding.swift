import Arch
import DRAM

/// What a channel does that may come again: the work, and where it stands that is quick to compare.
enum MemoryRound: Hashable {
  case fill(bursts: Int64, BeatPace, isRowOpen: Bool)
  /// Slots of a matrix, from a column of the row where the first begins.
  case multiply(shape: Int, slots: Int64, column: Int64, isLast: Bool, results: Int64, open: OpenRowView)
  /// All accesses of one channel's share of a step; with beats, writes.
  case access(division: Int, share: Int, BeatPace?, open: OpenRowView)
}

/// How beats come, in ticks from the present.
struct BeatPace: Hashable {
  let first: Int64
  let interval: Int64
}

/// The open row as the next rows to be used see it.
enum OpenRowView: Hashable {
  case none
  /// So many rows from the first of them.
  case allBanks(Int64)
  case bank(Int64, Int64)
  /// None of them.
  case other
}

extension MemoryChannel.OpenRow {
  func seen(from row: Int64, span: Int64) -> OpenRowView {
    switch self {
    case .none: .none
    case .allBanks(let open): (row..<(row + span)).contains(open) ? .allBanks(open - row) : .other
    case .bank(let bank, let open): (row..<(row + span)).contains(open) ? .bank(bank, open - row) : .other
    }
  }
}

/// The stretches that the channels of a memory went through, and where time was folded in the present step.
struct MemoryFolding {
  var memo: FoldMemo<MemoryRound, MemoryChannel>
  var isOn = false
  /// Which share of the step the present channel has.
  var share = 0
  /// Cycles of the present step and channel that were folded.
  var folded: [Range<Int64>] = []

  /// Numbers that the timing states of all stretches hold at the most.
  private static let maximumStateSize = 1 << 23

  init(_ table: ConstraintTable) {
    memo = FoldMemo(capacity: min(1 << 13, Self.maximumStateSize / max(table.stateSize, 1)))
  }

  mutating func noteFolded(_ cycles: Range<Int64>) {
    if let last = folded.last, last.upperBound == cycles.lowerBound {
      folded[folded.count - 1] = last.lowerBound..<cycles.upperBound
    } else {
      folded.append(cycles)
    }
  }
}

extension PIMMemory {
  /// The cycles of the finished step in which every channel that was not through took over what was known.
  var foldedCycles: [Range<Int64>] {
    let groups = lockstep.groups
    guard groups.count > 1 else { return foldedOfGroup[0] }
    let end = groups.map(\.replica.free).max() ?? 0
    var all = [startedAt..<max(startedAt, end)]
    for (group, folded) in zip(groups, foldedOfGroup) {
      let through = group.replica.free..<max(group.replica.free, end)
      all = Self.intersection(all, folded + [through])
    }
    return all
  }

  /// What lies in a range of each of two ascending lists.
  private static func intersection(_ a: [Range<Int64>], _ b: [Range<Int64>]) -> [Range<Int64>] {
    var result: [Range<Int64>] = []
    var (first, second) = (0, 0)
    while first < a.count, second < b.count {
      let both = a[first].clamped(to: b[second])
      if !both.isEmpty { result.append(both) }
      if a[first].upperBound < b[second].upperBound { first += 1 } else { second += 1 }
    }
    return result
  }
}

extension MemoryChannel {
  /// The channel as a stretch began.
  typealias Recording = MemoryChannel

  /// Takes work that is known. Returns how often it was done.
  mutating func fold(
    _ round: MemoryRound, from row: Int64, atMost times: Int64, _ horizon: Int64, _ folding: inout MemoryFolding
  ) -> Int64 {
    settleOpenRow(at: free)
    let start = free
    let done = folding.memo.pass(
      &self, through: round, at: free, address: row, due: refreshDue, horizon: horizon, atMost: times)
    if done > 0 { folding.noteFolded(start..<free) }
    return done
  }

  /// Starts a stretch that may come again.
  mutating func record() -> Recording {
    let before = self
    tally = tally.cleared
    phase = PhaseWindow()
    phaseDue = refreshDue
    return before
  }

  /// Ends a stretch; keeps it when it is done.
  ///
  /// - Parameters:
  ///   - row: its first row, and the rows that it went on by.
  ///   - next: what would have to come next for the stretch to follow itself.
  mutating func learn(
    _ before: Recording, as round: MemoryRound, isDone: Bool, from row: Int64, rows: Int64, next: MemoryRound?,
    _ folding: inout MemoryFolding
  ) {
    if isDone {
      // Counted up to here, so that what is open is so from the stretch's end on.
      settleOpenRow(at: free)
      folding.memo.learn(
        round, before: before, after: self, tally: tally, window: phase,
        start: FoldShift(cycles: before.free, addresses: row),
        step: FoldShift(cycles: free - before.free, addresses: rows), followsItself: next == round)
    }
    let done = tally
    tally = before.tally
    tally.add(done)
  }
}

extension MemoryChannel: Foldable {
  func isAlike(_ other: MemoryChannel, at cycle: Int64, later cycles: Int64) -> Bool {
    let frontier = tally.account.frontier
    let otherFrontier = other.tally.account.frontier
    return frontier == otherFrontier + cycles
      && max(lastData, frontier) == max(other.lastData, otherFrontier) + cycles
      && areRowsAndLinkAlike(other, at: cycle, later: cycles)
      && timing.isAlike(other.timing, at: cycle, later: cycles)
  }

  private func areRowsAndLinkAlike(_ other: MemoryChannel, at cycle: Int64, later cycles: Int64) -> Bool {
    max(linkFree, cycle * model.period) == max(other.linkFree + cycles * model.period, cycle * model.period)
      && (open == .none || openRowUsed == other.openRowUsed)
      && refresh?.turn == other.refresh?.turn
  }

  mutating func count(_ done: ChannelTally, times: Int64, first: FoldShift, step: FoldShift) {
    tally.add(done, times: times, first: first, step: step)
  }

  mutating func adopt(_ stretch: FoldedStretch<MemoryChannel>, _ shift: FoldShift) {
    let (before, after) = (stretch.before, stretch.after)
    timing.adopt(after.timing, at: after.free + shift.cycles, later: shift.cycles)
    let fired = (after.refresh?.count ?? 0) - (before.refresh?.count ?? 0)
    if fired > 0 {
      refresh?.fire(fired)
      setRefreshDeadline()
    }
    if after.open != before.open { open = after.open.moved(by: shift.addresses) }
    openRowUsed = after.openRowUsed
    openedAt = after.openedAt + shift.cycles
    free = after.free + shift.cycles
    cursor.results = after.cursor.results
    // What the stretch did not touch may lie longer ago here than it did there.
    if after.lastData != before.lastData { lastData = after.lastData + shift.cycles }
    if after.linkFree != before.linkFree { linkFree = after.linkFree + shift.cycles * model.period }
  }
}

extension MemoryChannel: LockstepReplica {
  func isInLockstep(with other: MemoryChannel, at cycle: Int64) -> Bool {
    tally.account.frontier == other.tally.account.frontier && open == other.open
      && (open == .none || openedAt == other.openedAt) && refresh == other.refresh
      && max(free, cycle) == max(other.free, cycle) && areRowsAndLinkAlike(other, at: cycle, later: 0)
      && timing.isAlike(other.timing, at: cycle, later: 0)
  }
}
