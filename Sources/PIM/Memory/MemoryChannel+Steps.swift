import Arch
import DRAM

/// Where a channel is in a step.
struct StepCursor {
  /// Whether the first beat of the step's data is there.
  var hasData = false
  /// Bursts of a vector that are written, or accesses of a rectangle that are done.
  var done: Int64 = 0
  // Multiply.
  var slot: Int64 = 0
  var slotEnd: Int64 = 0
  /// Banks whose results count, for each pass over the slot; and the present pass.
  var banks: [Int64] = []
  var pass = 0
  /// Which of the held vectors the slots from `blockStart` on are multiplied with.
  var vector: Int64 = 0
  var blockStart: Int64 = 0
  /// Elements of the slot's stream that are multiplied.
  var position: Int64 = 0
  /// Results that wait in the MAC units, and accesses still needed to read those that must go now.
  var results: Int64 = 0
  var accesses: Int64 = 0
  // Rectangle.
  var visits: [BankVisit] = []
  var visit = 0
  var burst: Int64 = 0
}

/// A stretch of one row of one bank that a rectangle touches.
struct BankVisit: Hashable {
  let bank: Int64
  let row: Int64
  /// The chunk of the placement that the row belongs to.
  let chunk: Int64
  let bursts: Range<Int64>
  /// Whether other banks have a stretch in the same row, so that all are opened at once.
  let sharesRow: Bool
}

/// Data that come over the link: the tick of the first beat and the ticks between two.
struct LinkData {
  let firstTick: Int64
  let interval: Int64
  let period: Int64

  let beats: Int64

  /// The cycle in which beat `index` is there.
  func cycle(ofBeat index: Int64) -> Int64 {
    precondition(index < beats, "a beat that was never sent")
    return (firstTick + index * interval + period - 1) / period
  }
}

extension MemoryChannel {
  /// Takes up a step at cycle `start`.
  mutating func begin(_ step: MemoryStep, at start: Int64) {
    self.start = start
    hasStarted = false
    lastData = start
    refreshesInStep = 0
    numbers?.results = []
    cursor = StepCursor()
    switch step {
    case .writeVector: break
    case .multiply(let m):
      let slots = m.slots(of: index, model.geometry)
      cursor.slot = slots.lowerBound
      cursor.blockStart = slots.lowerBound
      cursor.slotEnd = slots.upperBound
      enterSlot(m)
    case .write(let r), .read(let r):
      rectangle = r
      cursor.visits = visits(r)
    }
  }

  /// Accesses that the present rectangle takes in this channel.
  var accesses: Int64 { cursor.visits.reduce(0) { $0 + Int64($1.bursts.count) } }

  /// Goes on with the step up to the horizon.
  mutating func run(_ step: MemoryStep, data: LinkData?, horizon: Int64) -> Outcome {
    if !hasStarted {
      if let wait = refreshBefore(start, waitingFor: nil, horizon: horizon) { return .wait(wait) }
      guard start < horizon else { return .wait(start) }
      account.chargeIdle(until: start)
      holdCommands(until: start)
      refreshesInStep = 0
      hasStarted = true
    }
    switch step {
    case .writeVector(let bursts, let vectors):
      return fillBuffer(bursts * Int64(vectors.list(index).count), data, horizon)
    case .multiply(let m): return multiply(m, horizon)
    case .write: return access(model.commands.write, isWrite: true, data, horizon)
    case .read: return access(model.commands.read, isWrite: false, data, horizon)
    }
  }

  private mutating func fillBuffer(_ bursts: Int64, _ data: LinkData?, _ horizon: Int64) -> Outcome {
    guard cursor.done < bursts else { return .done(max(lastData, account.frontier)) }
    guard let data else { return .needsData }
    if let wait = awaitData(data, horizon) { return .wait(wait) }
    let command = model.commands.bufferWrite
    while cursor.done < bursts {
      let gate = data.cycle(ofBeat: cursor.done)
      // The buffer is no part of a row: between any two bursts is a good time to refresh.
      let cycle = earliest(command, MemoryModel.wholeChannel, after: gate)
      if let wait = refreshBefore(cycle, waitingFor: .linkData, horizon: horizon) { return .wait(wait) }
      if let wait = issue(
        command, MemoryModel.wholeChannel, row: 0, column: cursor.done, occupancy: model.burstCycles,
        horizon: horizon, gate: gate)
      {
        return .wait(wait)
      }
      numbers?.fill(burst: cursor.done)
      cursor.done += 1
      lastData = free - 1 + model.device.bufferWriteLatency
      events[MemoryModel.Event.bufferWrite.rawValue] += 1
      countInterfaceAccess()
    }
    return .done(max(lastData, account.frontier))
  }

  private mutating func multiply(_ m: MemoryStep.Multiply, _ horizon: Int64) -> Outcome {
    let g = model.geometry
    let pitch = m.placement.pitch(m.chunk, g)
    let firstRow = m.placement.firstRow(ofChunk: m.chunk, g)
    while true {
      while cursor.accesses > 0 {
        if let wait = issue(
          model.commands.resultRead, MemoryModel.wholeChannel, row: 0, column: 0, occupancy: model.burstCycles,
          horizon: horizon)
        {
          return .wait(wait)
        }
        cursor.accesses -= 1
        noteOutgoing(at: free - 1 + model.device.resultLatency)
        countInterfaceAccess()
      }
      guard cursor.slot < cursor.slotEnd else { return .done(max(lastData, account.frontier)) }
      let flat = cursor.slot * pitch + cursor.position
      let row = firstRow + flat / g.rowElements
      if open != .allBanks(row), let wait = switchRow(to: .allBanks(row), horizon: horizon) { return .wait(wait) }
      // As far as the row, the result and the stream go.
      let inRow = flat % g.rowElements
      let result = min(m.length, (cursor.position / m.segment + 1) * m.segment)
      let stop = min(result, cursor.position + g.rowElements - inRow)
      if let wait = multiplyRow(m, row: row, column: inRow / g.burstElements, upTo: stop, horizon) {
        return .wait(wait)
      }
      if cursor.position >= result {
        if numbers != nil { emitResults(m) }
        cursor.results += 1
        finishResult(m)
      }
    }
  }

  /// Multiplies burst after burst of the open row until the stream is at `stop`, or a refresh must go.
  private mutating func multiplyRow(
    _ m: MemoryStep.Multiply, row: Int64, column first: Int64, upTo stop: Int64, _ horizon: Int64
  ) -> Int64? {
    let burst = model.geometry.burstElements
    let banks = cursor.banks[cursor.pass]
    // Elements of a segment beyond this one are padding.
    let usefulEnd = cursor.position / m.segment * m.segment + m.useful / m.segments
    var column = first
    while cursor.position < stop {
      if free >= refreshDeadline { return refreshBefore(free, waitingFor: .refresh, horizon: horizon) }
      let left = (stop - cursor.position + burst - 1) / burst
      let issued: Int64
      switch issueMultiplies(row: row, column: column, count: left, horizon: horizon) {
      case .wait(let cycle): return cycle
      case .issued(let count): issued = count
      }
      noteColumns(issued)
      events[MemoryModel.Event.mac.rawValue] += issued
      let end = cursor.position + issued * burst
      macs += banks * max(0, min(end, usefulEnd) - min(cursor.position, usefulEnd))
      if numbers != nil { compute(m, row: row, column: column, bursts: issued) }
      column += issued
      cursor.position = end
    }
    return nil
  }

  /// Goes to the next slot from the present one on that has a pass to make.
  private mutating func enterSlot(_ m: MemoryStep.Multiply) {
    while cursor.slot < cursor.slotEnd {
      cursor.banks = m.banksByPass(channel: index, slot: cursor.slot, model.geometry)
      cursor.pass = 0
      if !cursor.banks.isEmpty { return }
      cursor.slot += 1
    }
  }

  /// After a result: reads the results when no MAC unit can hold another, and goes on to the next pass or slot.
  private mutating func finishResult(_ m: MemoryStep.Multiply) {
    if cursor.position >= m.length {
      cursor.position = 0
      cursor.pass += 1
      if cursor.pass == cursor.banks.count {
        cursor.slot += 1
        if m.held > 1 { turnVector(m) }
        enterSlot(m)
      }
    }
    if cursor.results == model.accumulators || cursor.slot == cursor.slotEnd {
      cursor.accesses = cursor.results * model.accessesPerResult
      cursor.results = 0
    }
  }

  /// Slots up to the end of a row, or of the rows that they share, go with one held vector after the other.
  private mutating func turnVector(_ m: MemoryStep.Multiply) {
    guard cursor.slot == cursor.slotEnd || m.startsRow(cursor.slot, model.geometry) else { return }
    cursor.vector = (cursor.vector + 1) % m.held
    if cursor.vector == 0 { cursor.blockStart = cursor.slot } else { cursor.slot = cursor.blockStart }
  }

  private mutating func access(_ command: Int, isWrite: Bool, _ data: LinkData?, _ horizon: Int64) -> Outcome {
    guard cursor.visit < cursor.visits.count else { return .done(max(lastData, account.frontier)) }
    if isWrite {
      guard let data else { return .needsData }
      if let wait = awaitData(data, horizon) { return .wait(wait) }
    }
    while cursor.visit < cursor.visits.count {
      let visit = cursor.visits[cursor.visit]
      let address = model.bankAddresses[Int(visit.bank)]
      let wanted: OpenRow = visit.sharesRow ? .allBanks(visit.row) : .bank(visit.bank, visit.row)
      // A row that is open in all banks is open in this one too.
      if open != wanted, open != .allBanks(visit.row) {
        if let wait = switchRow(to: wanted, horizon: horizon) { return .wait(wait) }
      }
      while cursor.burst < Int64(visit.bursts.count) {
        let column = visit.bursts.lowerBound + cursor.burst
        let gate = isWrite ? data?.cycle(ofBeat: cursor.done) ?? 0 : 0
        // Waiting for a beat is time to refresh; the row is opened again after it.
        let ready = timing.earliest(command, address)
        let cycle = max(ready, free, gate)
        if gate > max(ready, free) || cycle >= refreshDeadline, refreshDue <= cycle {
          if let wait = refreshBefore(cycle, waitingFor: .linkData, horizon: horizon) { return .wait(wait) }
          break
        }
        if let wait = issue(
          command, address, row: visit.row, column: column, occupancy: model.burstCycles, horizon: horizon, gate: gate)
        {
          return .wait(wait)
        }
        noteColumns(1)
        if numbers != nil { transfer(visit, column: column, isWrite: isWrite) }
        cursor.burst += 1
        cursor.done += 1
        if isWrite {
          lastData = free - 1 + model.device.writeLatency
        } else {
          noteOutgoing(at: free - 1 + model.device.readLatency)
        }
        events[(isWrite ? MemoryModel.Event.arrayWrite : .arrayRead).rawValue] += 1
        countInterfaceAccess()
      }
      guard cursor.burst == Int64(visit.bursts.count) else { continue }
      cursor.burst = 0
      cursor.visit += 1
    }
    return .done(max(lastData, account.frontier))
  }

  /// Nothing of a transfer begins before its first beat is there, whether or not it is known to come. Returns the cycle
  /// to wait for, if any.
  private mutating func awaitData(_ data: LinkData, _ horizon: Int64) -> Int64? {
    guard !cursor.hasData else { return nil }
    let arrival = data.cycle(ofBeat: 0)
    if let wait = refreshBefore(arrival, waitingFor: .linkData, horizon: horizon) { return wait }
    guard arrival < horizon else { return arrival }
    account.chargeStall(MemoryModel.Stall.linkData.rawValue, until: arrival)
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
    events[MemoryModel.Event.interfaceBit.rawValue] += model.device.accessBytes * 8
    events[MemoryModel.Event.internalBusBit.rawValue] += model.device.accessBytes * 8
  }

  /// The stretches of rows that a rectangle touches in this channel: chunk by chunk, slot by slot, row by row, bank by
  /// bank.
  private func visits(_ r: MemoryStep.Rectangle) -> [BankVisit] {
    let g = model.geometry
    let placement = r.placement
    var result: [BankVisit] = []
    var slots = 0..<placement.usedSlots(channel: index, below: r.spread.upperBound, g)
    if r.spread.count == 1 {
      let home = placement.location(r.spread.lowerBound, g)
      guard home.channel == index else { return [] }
      slots = home.slot..<(home.slot + 1)
    }
    for chunk in (r.stream.lowerBound / placement.chunk)...((r.stream.upperBound - 1) / placement.chunk) {
      let pitch = placement.pitch(chunk, g)
      let origin = chunk * placement.chunk
      let from = max(r.stream.lowerBound, origin) - origin
      let to = min(r.stream.upperBound, origin + placement.chunk) - origin
      for slot in slots {
        let banks = (0..<g.banks).filter {
          r.spread.contains(placement.index(channel: index, bank: $0, slot: slot, g))
        }
        guard !banks.isEmpty else { continue }
        let firstBurst = (slot * pitch + from) / g.burstElements
        let lastBurst = (slot * pitch + to - 1) / g.burstElements
        var burst = firstBurst
        while burst <= lastBurst {
          let row = burst / g.burstsPerRow
          let end = min(lastBurst + 1, (row + 1) * g.burstsPerRow)
          let columns = (burst - row * g.burstsPerRow)..<(end - row * g.burstsPerRow)
          for bank in banks {
            result.append(
              BankVisit(
                bank: bank, row: placement.firstRow(ofChunk: chunk, g) + row, chunk: chunk, bursts: columns,
                sharesRow: banks.count > 1))
          }
          burst = end
        }
      }
    }
    return result
  }
}
