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

  private mutating func multiply(
    _ m: MemoryStep.Multiply, _ runs: [SlotRun], _ horizon: Int64, _ folding: inout MemoryFolding
  ) -> Outcome {
    while true {
      if let wait = readResults(horizon) { return .wait(wait) }
      guard cursor.run < runs.count else { return .done(max(lastData, tally.account.frontier)) }
      if folding.isOn, isAtRound(m, runs) {
        if let wait = foldSlots(m, runs, horizon, &folding) { return .wait(wait) }
      } else if let wait = multiplyResult(m, runs, horizon) {
        return .wait(wait)
      }
    }
  }

  /// Whether slots can be taken together from here: none is begun, and those of one row go with all held vectors.
  private func isAtRound(_ m: MemoryStep.Multiply, _ runs: [SlotRun]) -> Bool {
    guard cursor.position == 0, cursor.pass == 0 else { return false }
    guard m.held > 1 else { return true }
    let pitch = m.placement.pitch(m.chunk, model.geometry)
    let left = runs[cursor.run].slots.upperBound - cursor.slot
    return cursor.vector == 0 && cursor.slot == cursor.blockStart && m.startsRow(cursor.slot, model.geometry)
      && (left >= model.slotPeriod(pitch) || cursor.run == runs.count - 1)
  }

  /// Takes slots that are known, or goes through the next ones and keeps them.
  private mutating func foldSlots(
    _ m: MemoryStep.Multiply, _ runs: [SlotRun], _ horizon: Int64, _ folding: inout MemoryFolding
  ) -> Int64? {
    let g = model.geometry
    let run = runs[cursor.run]
    let left = run.slots.upperBound - cursor.slot
    let pitch = m.placement.pitch(m.chunk, g)
    let period = model.slotPeriod(pitch)
    let slots = min(period, left)
    let flat = cursor.slot * pitch
    let row = m.placement.firstRow(ofChunk: m.chunk, g) + flat / g.rowElements
    let span = (flat % g.rowElements + slots * pitch - 1) / g.rowElements + 1
    func round(_ channel: MemoryChannel, from row: Int64, isLast: Bool) -> MemoryRound {
      .multiply(
        shape: run.shape, slots: slots, column: flat % g.rowElements, isLast: isLast, results: channel.cursor.results,
        open: channel.open.seen(from: row, span: span))
    }
    let isLastRun = cursor.run == runs.count - 1
    let first = round(self, from: row, isLast: isLastRun && slots == left)
    // The last slots of a step end otherwise than those before.
    let times = isLastRun ? max(1, (left - 1) / slots) : left / slots
    let done = fold(first, from: row, atMost: times, horizon, &folding)
    guard done == 0 else {
      moveOn(by: done * slots, runs)
      (cursor.blockRun, cursor.blockStart) = (cursor.run, cursor.slot)
      return nil
    }
    let recording = record()
    let end = cursor.slot + slots
    let startRun = cursor.run
    var wait: Int64?
    repeat {
      wait = multiplyResult(m, runs, horizon) ?? readResults(horizon)
    } while wait == nil && cursor.run == startRun && cursor.slot < end
    let rows = slots * pitch / g.rowElements
    let next = round(self, from: row + rows, isLast: false)
    learn(recording, as: first, isDone: wait == nil, from: row, rows: rows, next: next, &folding)
    return wait
  }

  /// Goes on by whole slots of the present run.
  private mutating func moveOn(by slots: Int64, _ runs: [SlotRun]) {
    cursor.slot += slots
    guard cursor.slot == runs[cursor.run].slots.upperBound else { return }
    cursor.run += 1
    if cursor.run < runs.count { cursor.slot = runs[cursor.run].slots.lowerBound }
  }

  /// Reads the results that must go.
  private mutating func readResults(_ horizon: Int64) -> Int64? {
    while cursor.accesses > 0 {
      if let wait = issue(
        model.commands.resultRead, MemoryModel.wholeChannel, row: -1, column: 0, occupancy: model.burstCycles,
        horizon: horizon)
      {
        return wait
      }
      cursor.accesses -= 1
      noteOutgoing(at: free - 1 + model.device.resultLatency)
      countInterfaceAccess()
    }
    return nil
  }

  /// As far as the row, the result and the stream go.
  private mutating func multiplyResult(_ m: MemoryStep.Multiply, _ runs: [SlotRun], _ horizon: Int64) -> Int64? {
    let g = model.geometry
    let flat = cursor.slot * m.placement.pitch(m.chunk, g) + cursor.position
    let row = m.placement.firstRow(ofChunk: m.chunk, g) + flat / g.rowElements
    if open != .allBanks(row), let wait = switchRow(to: .allBanks(row), horizon: horizon) { return wait }
    let inRow = flat % g.rowElements
    let result = min(m.length, (cursor.position / m.segment + 1) * m.segment)
    let stop = min(result, cursor.position + g.rowElements - inRow)
    let banks = runs[cursor.run].banks[cursor.pass]
    if let wait = multiplyRow(m, row: row, column: inRow / g.burstElements, upTo: stop, banks: banks, horizon) {
      return wait
    }
    if cursor.position >= result {
      if numbers != nil { emitResults(m) }
      cursor.results += 1
      finishResult(m, runs)
    }
    return nil
  }

  /// Multiplies burst after burst of the open row until the stream is at `stop`, or a refresh must go.
  private mutating func multiplyRow(
    _ m: MemoryStep.Multiply, row: Int64, column first: Int64, upTo stop: Int64, banks: Int64, _ horizon: Int64
  ) -> Int64? {
    let burst = model.geometry.burstElements
    // Elements of a segment beyond this one are padding.
    let usefulEnd = cursor.position / m.segment * m.segment + m.useful / m.segments
    var column = first
    while cursor.position < stop {
      noteDeadline(reached: free >= refreshDeadline, by: free)
      if free >= refreshDeadline {
        // The row is closed first, and opened again after the refresh.
        guard case .wait(let wait) = refreshOnce(by: free, waitingFor: .refresh, horizon: horizon) else { return nil }
        return wait
      }
      let left = (stop - cursor.position + burst - 1) / burst
      let issued: Int64
      switch issueMultiplies(row: row, column: column, count: left, horizon: horizon) {
      case .wait(let cycle): return cycle
      case .issued(let count): issued = count
      }
      noteColumns(issued)
      tally.events[MemoryModel.Event.mac.rawValue] += issued
      let end = cursor.position + issued * burst
      tally.macs += banks * max(0, min(end, usefulEnd) - min(cursor.position, usefulEnd))
      if numbers != nil { compute(m, row: row, column: column, bursts: issued) }
      column += issued
      cursor.position = end
    }
    return nil
  }

  /// After a result: reads the results when no MAC unit can hold another, and goes on to the next pass or slot.
  private mutating func finishResult(_ m: MemoryStep.Multiply, _ runs: [SlotRun]) {
    if cursor.position >= m.length {
      cursor.position = 0
      cursor.pass += 1
      if cursor.pass == runs[cursor.run].banks.count {
        cursor.pass = 0
        moveOn(by: 1, runs)
        if m.held > 1 { turnVector(m, runs) }
      }
    }
    if cursor.results == model.accumulators || cursor.run == runs.count {
      cursor.accesses = cursor.results * model.accessesPerResult
      cursor.results = 0
    }
  }

  /// Slots up to the end of a row, or of the rows that they share, go with one held vector after the other.
  private mutating func turnVector(_ m: MemoryStep.Multiply, _ runs: [SlotRun]) {
    guard cursor.run == runs.count || m.startsRow(cursor.slot, model.geometry) else { return }
    cursor.vector = (cursor.vector + 1) % m.held
    if cursor.vector == 0 {
      (cursor.blockRun, cursor.blockStart) = (cursor.run, cursor.slot)
    } else {
      (cursor.run, cursor.slot) = (cursor.blockRun, cursor.blockStart)
    }
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
  private mutating func noteOutgoing(at cycle: Int64) {
    linkFree = max(linkFree, cycle * model.period) + model.linkTicks
    lastData = (linkFree - model.linkTicks + model.period - 1) / model.period
  }

  /// Counts an access whose data cross the interface and the channel's internal bus.
  @inline(__always)
  private mutating func countInterfaceAccess() {
    tally.events[MemoryModel.Event.interfaceBit.rawValue] += model.device.accessBytes * 8
    tally.events[MemoryModel.Event.internalBusBit.rawValue] += model.device.accessBytes * 8
  }
}
