import Arch

/// Products of the banks' rows with what the vector buffer holds.
extension MemoryChannel {
  /// Goes on with a product up to the horizon: slot by slot, or slots that are known at once.
  mutating func multiply(
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
    let run = runs[cursor.run]
    return cursor.vector == 0 && cursor.slot == cursor.blockStart && m.startsRow(cursor.slot, model.geometry)
      && (run.slots.upperBound - cursor.slot >= run.period || cursor.run == runs.count - 1)
  }

  /// Takes slots that are known, or goes through the next ones and keeps them.
  private mutating func foldSlots(
    _ m: MemoryStep.Multiply, _ runs: [SlotRun], _ horizon: Int64, _ folding: inout MemoryFolding
  ) -> Int64? {
    let g = model.geometry
    let run = runs[cursor.run]
    let left = run.slots.upperBound - cursor.slot
    let pitch = m.placement.pitch(m.chunk, g)
    let slots = min(run.period, left)
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
}
