import Arch
import DRAM
import Dataflow

/// Where a channel is in a step.
struct StepCursor {
  /// Whether the first beat of the step's data is there.
  var hasData = false
  /// Bursts of a vector that are written, or accesses of a rectangle that are done.
  var done: Int64 = 0
  // Multiply.
  var run = 0
  var slot: Int64 = 0
  /// The present pass over the slot.
  var pass = 0
  /// Which of the held vectors the slots from `blockStart` on are multiplied with.
  var vector: Int64 = 0
  var blockStart: Int64 = 0
  var blockRun = 0
  /// Elements of the slot's stream that are multiplied.
  var position: Int64 = 0
  /// Results that wait in the MAC units, and accesses still needed to read those that must go now.
  var results: Int64 = 0
  var accesses: Int64 = 0
  // Rectangle.
  var visit = 0
  var burst: Int64 = 0
}

/// Data that come over the link: the tick of the first beat and the ticks between two.
struct LinkData {
  let firstTick: Int64
  let interval: Int64
  let period: Int64

  let beats: Int64

  /// How the beats come, seen from a cycle.
  func pace(from cycle: Int64) -> BeatPace { BeatPace(first: firstTick - cycle * period, interval: interval) }

  /// The cycle in which beat `index` is there.
  func cycle(ofBeat index: Int64) -> Int64 {
    precondition(index < beats, "a beat that was never sent")
    return (firstTick + index * interval + period - 1) / period
  }
}

extension MemoryChannel {
  /// Takes up a step at cycle `start`.
  mutating func begin(_ step: MemoryStep, _ share: ChannelShare, at start: Int64) {
    self.start = start
    hasStarted = false
    lastData = start
    tally.refreshesInStep = 0
    numbers?.results = []
    cursor = StepCursor()
    switch step {
    case .writeVector, .multiply: break
    case .write(let r), .read(let r): rectangle = r
    }
    if case .multiply(let runs) = share, let first = runs.first {
      (cursor.slot, cursor.blockStart) = (first.slots.lowerBound, first.slots.lowerBound)
    }
  }

  /// Goes on with the step up to the horizon.
  mutating func run(
    _ step: MemoryStep, _ share: ChannelShare, _ division: Int, data: LinkData?, horizon: Int64,
    _ folding: inout MemoryFolding
  ) -> Outcome {
    if !hasStarted {
      if let wait = refreshBefore(start, waitingFor: nil, horizon: horizon) { return .wait(wait) }
      guard start < horizon else { return .wait(start) }
      tally.account.chargeIdle(until: start)
      holdCommands(until: start)
      tally.refreshesInStep = 0
      hasStarted = true
    }
    switch (step, share) {
    case (.writeVector, .fill(let bursts)): return fillBuffer(bursts, data, horizon, &folding)
    case (.multiply(let m), .multiply(let runs)): return multiply(m, runs, horizon, &folding)
    case (.write, .access(let visits)):
      return access(visits, AccessKind(division, isWrite: true, step.baseRow), data, horizon, &folding)
    case (.read, .access(let visits)):
      return access(visits, AccessKind(division, isWrite: false, step.baseRow), data, horizon, &folding)
    default: return .done(tally.account.frontier)
    }
  }

  private mutating func fillBuffer(
    _ bursts: Int64, _ data: LinkData?, _ horizon: Int64, _ folding: inout MemoryFolding
  ) -> Outcome {
    guard cursor.done < bursts else { return .done(max(lastData, tally.account.frontier)) }
    guard let data else { return .needsData }
    if let wait = awaitData(data, horizon) { return .wait(wait) }
    if cursor.done == 0, folding.isOn {
      let round = MemoryRound.fill(bursts: bursts, data.pace(from: free), isRowOpen: open != .none)
      if fold(round, from: 0, atMost: 1, horizon, &folding) > 0 {
        cursor.done = bursts
      } else {
        let recording = record()
        let wait = fill(bursts, data, horizon)
        learn(recording, as: round, isDone: wait == nil, from: 0, rows: 0, next: nil, &folding)
        if let wait { return .wait(wait) }
      }
    } else if let wait = fill(bursts, data, horizon) {
      return .wait(wait)
    }
    return .done(max(lastData, tally.account.frontier))
  }

  private mutating func fill(_ bursts: Int64, _ data: LinkData, _ horizon: Int64) -> Int64? {
    let command = model.commands.bufferWrite
    while cursor.done < bursts {
      let gate = data.cycle(ofBeat: cursor.done)
      // The buffer is no part of a row: between any two bursts is a good time to refresh.
      let cycle = refreshTime(before: command, MemoryModel.wholeChannel, after: gate)
      switch refreshOnce(by: cycle, waitingFor: .linkData, horizon: horizon) {
      case .notDue: break
      case .issued: continue
      case .wait(let wait): return wait
      }
      if let wait = issue(
        command, MemoryModel.wholeChannel, row: -1, column: cursor.done, occupancy: model.burstCycles,
        horizon: horizon, gate: gate)
      {
        return wait
      }
      numbers?.fill(burst: cursor.done)
      cursor.done += 1
      lastData = free - 1 + model.device.bufferWriteLatency
      tally.events[MemoryModel.Event.bufferWrite.rawValue] += 1
      countInterfaceAccess()
    }
    return nil
  }

  /// What the accesses of a step have in common.
  private struct AccessKind {
    let division: Int
    let isWrite: Bool
    let baseRow: Int64

    init(_ division: Int, isWrite: Bool, _ baseRow: Int64) {
      self.division = division
      self.isWrite = isWrite
      self.baseRow = baseRow
    }
  }

  private mutating func access(
    _ visits: [BankVisit], _ kind: AccessKind, _ data: LinkData?, _ horizon: Int64, _ folding: inout MemoryFolding
  ) -> Outcome {
    guard cursor.visit < visits.count else { return .done(max(lastData, tally.account.frontier)) }
    if kind.isWrite {
      guard let data else { return .needsData }
      if let wait = awaitData(data, horizon) { return .wait(wait) }
    }
    if cursor.done == 0, folding.isOn {
      let span = (visits.last?.row ?? 0) + 1
      let round = MemoryRound.access(
        division: kind.division, share: folding.share, kind.isWrite ? data?.pace(from: free) : nil,
        open: open.seen(from: kind.baseRow, span: span))
      if fold(round, from: kind.baseRow, atMost: 1, horizon, &folding) > 0 {
        cursor.visit = visits.count
      } else {
        let recording = record()
        let wait = visit(visits, kind, data, horizon)
        learn(recording, as: round, isDone: wait == nil, from: kind.baseRow, rows: 0, next: nil, &folding)
        if let wait { return .wait(wait) }
      }
    } else if let wait = visit(visits, kind, data, horizon) {
      return .wait(wait)
    }
    return .done(max(lastData, tally.account.frontier))
  }

  private mutating func visit(
    _ visits: [BankVisit], _ kind: AccessKind, _ data: LinkData?, _ horizon: Int64
  ) -> Int64? {
    let command = kind.isWrite ? model.commands.write : model.commands.read
    while cursor.visit < visits.count {
      let visit = visits[cursor.visit]
      let row = kind.baseRow + visit.row
      let address = model.bankAddresses[Int(visit.bank)]
      let wanted: OpenRow = visit.sharesRow ? .allBanks(row) : .bank(visit.bank, row)
      // A row that is open in all banks is open in this one too.
      if open != wanted, open != .allBanks(row) {
        if let wait = switchRow(to: wanted, horizon: horizon) { return wait }
      }
      while cursor.burst < Int64(visit.bursts.count) {
        let column = visit.bursts.lowerBound + cursor.burst
        let gate = kind.isWrite ? data?.cycle(ofBeat: cursor.done) ?? 0 : 0
        // Waiting for a beat is time to refresh; the row is opened again after it.
        let ready = timing.earliest(command, address)
        let cycle = max(ready, free, gate)
        let waits = gate > max(ready, free)
        if !waits { noteDeadline(reached: cycle >= refreshDeadline, by: cycle) }
        if waits || cycle >= refreshDeadline {
          let refreshing = refreshOnce(by: cycle, waitingFor: .linkData, horizon: horizon)
          if case .wait(let wait) = refreshing { return wait }
          if case .issued = refreshing { break }
        }
        if let wait = issue(
          command, address, row: row, column: column, occupancy: model.burstCycles, horizon: horizon, gate: gate)
        {
          return wait
        }
        noteColumns(1)
        if numbers != nil { transfer(visit, row: row, column: column, isWrite: kind.isWrite) }
        cursor.burst += 1
        cursor.done += 1
        if kind.isWrite {
          lastData = free - 1 + model.device.writeLatency
        } else {
          noteOutgoing(at: free - 1 + model.device.readLatency)
        }
        tally.events[(kind.isWrite ? MemoryModel.Event.arrayWrite : .arrayRead).rawValue] += 1
        countInterfaceAccess()
      }
      guard cursor.burst == Int64(visit.bursts.count) else { continue }
      cursor.burst = 0
      cursor.visit += 1
    }
    return nil
  }

  /// Nothing of a transfer begins before its first beat is there, whether or not it is known to come. Returns the cycle
  /// to wait for, if any.
  private mutating func awaitData(_ data: LinkData, _ horizon: Int64) -> Int64? {
    guard !cursor.hasData else { return nil }
    let arrival = data.cycle(ofBeat: 0)
    if let wait = refreshBefore(arrival, waitingFor: .linkData, horizon: horizon) { return wait }
    guard arrival < horizon else { return arrival }
    tally.account.chargeStall(MemoryModel.Stall.linkData.rawValue, until: arrival)
    holdCommands(until: arrival)
    cursor.hasData = true
    return nil
  }

  /// Notes that an access' data are at the interface at cycle `cycle`: they leave over the link, one access after the
  /// other, and are through when the last beat is on its way.
  @inline(__always)
  mutating func noteOutgoing(at cycle: Int64) {
    linkFree = max(linkFree, cycle * model.period) + model.linkTicks
    lastData = (linkFree - model.linkTicks + model.period - 1) / model.period
  }

  /// Counts an access whose data cross the interface and the channel's internal bus.
  @inline(__always)
  mutating func countInterfaceAccess() {
    tally.events[MemoryModel.Event.interfaceBit.rawValue] += model.device.accessBytes * 8
    tally.events[MemoryModel.Event.internalBusBit.rawValue] += model.device.accessBytes * 8
  }
}
