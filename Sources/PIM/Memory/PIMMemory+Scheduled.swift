import Arch
import Dataflow

/// The scheduled face: from command to command, without visiting the cycles between.
extension PIMMemory: ClockedUnit {
  public mutating func advance(_ ports: inout Ports, from: Cycles, to horizon: Cycles) -> Next {
    let limit = horizon.rawValue
    while true {
      switch state {
      case .idle:
        guard let arrival = ports.arrival(on: wiring.stepsIn) else {
          settleRefresh(ports, before: limit)
          return .idle(Wait(.arrival, on: wiring.stepsIn))
        }
        let cycle = max(arrival.rawValue, freeAt)
        guard cycle < limit else {
          settleRefresh(ports, before: limit)
          return .at(Cycles(cycle))
        }
        let packet = ports.first(on: wiring.stepsIn)
        ports.take(on: wiring.stepsIn, at: Cycles(cycle))
        begin(Int(packet.handle), at: cycle, ports)
      case .running:
        guard let next = runChannels(&ports, limit) else { continue }
        return next
      case .stuck: return .blocked(Wait(.arrival, on: wiring.dataIn))
      case .completing(let cycle):
        if let next = complete(&ports, at: cycle, limit) { return next }
      }
    }
  }

  /// Runs all channels to the horizon. Returns `nil` when there is more to do at once.
  private mutating func runChannels(_ ports: inout Ports, _ limit: Int64) -> Next? {
    var earliestWait = Int64.max
    var latestDone: Int64 = 0
    var hungry: [Int] = []
    for group in lockstep.groups.indices {
      folding.share = division.shareOf[lockstep.groups[group].replica.number]
      swap(&folding.folded, &foldedOfGroup[group])
      let outcome = lockstep.groups[group].replica.run(
        step, division.shares[folding.share], division.number, data: data, horizon: limit, &folding)
      swap(&folding.folded, &foldedOfGroup[group])
      switch outcome {
      case .done(let cycle): latestDone = max(latestDone, cycle)
      case .wait(let cycle): earliestWait = min(earliestWait, cycle)
      case .needsData: hungry.append(group)
      }
    }
    if !hungry.isEmpty {
      guard let arrival = ports.arrival(on: wiring.dataIn) else {
        if ports.visitsEveryCycle {
          for group in hungry { lockstep.groups[group].replica.settleWhileWaiting(before: limit) }
        }
        return .blocked(Wait(.arrival, on: wiring.dataIn))
      }
      guard arrival.rawValue < limit else { return .at(arrival) }
      let packet = ports.first(on: wiring.dataIn)
      // What came before the step has waited at the memory's end of the link.
      let taken = Cycles(max(arrival.rawValue, startedAt))
      guard taken < Cycles(limit) else { return .at(taken) }
      ports.take(on: wiring.dataIn, at: taken)
      // A damaged program may pair a transfer with another's data.
      guard Int64(packet.beats) >= beatsNeeded else {
        state = .stuck
        return nil
      }
      accept(from: Int(packet.handle))
      data = LinkData(
        firstTick: arrival.rawValue * ports.period, interval: packet.interval, period: ports.period,
        beats: Int64(packet.beats))
      return nil
    }
    guard earliestWait == Int64.max else { return .at(Cycles(earliestWait)) }
    for cycles in foldedCycles { ports.noteFolded(Cycles(cycles.lowerBound)..<Cycles(cycles.upperBound)) }
    state = .completing(latestDone)
    return nil
  }

  /// Reports the step as complete, with the data that it read. Returns what to wait for, or `nil` when that is done.
  private mutating func complete(_ ports: inout Ports, at done: Int64, _ limit: Int64) -> Next? {
    guard done < limit else { return .at(Cycles(done)) }
    guard let credit = ports.credit(on: wiring.completionsOut) else {
      return .blocked(Wait(.credit, on: wiring.completionsOut))
    }
    var cycle = max(done, credit.rawValue)
    if step.sendsData {
      guard let dataCredit = ports.credit(on: wiring.dataOut) else {
        return .blocked(Wait(.credit, on: wiring.dataOut))
      }
      cycle = max(cycle, dataCredit.rawValue)
    }
    guard cycle < limit else { return .at(Cycles(cycle)) }
    if step.sendsData {
      answer()
      ports.send(Packet(handle: Int32(stepIndex)), on: wiring.dataOut, at: Cycles(cycle))
    }
    ports.send(Packet(handle: Int32(stepIndex)), on: wiring.completionsOut, at: Cycles(cycle))
    for group in lockstep.groups.indices {
      lockstep.groups[group].replica.drain(until: cycle + 1)
      lockstep.groups[group].replica.settleOpenRow(at: cycle + 1)
    }
    freeAt = cycle + 1
    book()
    lockstep.merge(at: freeAt)
    state = .idle
    return nil
  }

  /// Refreshes that fall due while the memory is idle. When cycles are skipped they wait for the next step, or the end of
  /// the run, to be known, and then go in the same cycles.
  private mutating func settleRefresh(_ ports: Ports, before limit: Int64) {
    guard ports.visitsEveryCycle else { return }
    for group in lockstep.groups.indices {
      _ = lockstep.groups[group].replica.refreshBefore(limit - 1, waitingFor: nil, horizon: limit)
    }
  }

  public mutating func finish(at end: Cycles) {
    for group in lockstep.groups.indices {
      _ = lockstep.groups[group].replica.refreshBefore(end.rawValue, waitingFor: nil, horizon: end.rawValue + 1)
      lockstep.groups[group].replica.tally.account.chargeIdle(until: end.rawValue + 1)
      lockstep.groups[group].replica.settleOpenRow(at: lockstep.groups[group].replica.tally.account.frontier)
    }
  }
}

extension MemoryStep {
  /// Whether the step ends with data on their way to the unit that takes them.
  var sendsData: Bool {
    switch self {
    case .multiply, .read: true
    case .writeVector, .write: false
    }
  }
}

extension MemoryChannel {
  /// As `refreshBefore`, for a step that waits for data of which nothing is known.
  mutating func settleWhileWaiting(before limit: Int64) {
    guard hasStarted else { return }
    _ = refreshBefore(limit - 1, waitingFor: .linkData, horizon: limit)
  }

  /// Charges the cycles up to the step's end: first this channel's own last data, then the wait for the others, in
  /// which refreshes that fall due are done.
  mutating func drain(until cycle: Int64) {
    // These refreshes hold nothing of the step up, so they are none of its lower bound.
    let inStep = tally.refreshesInStep
    defer { tally.refreshesInStep = inStep }
    while refreshDue < cycle {
      chargeDrain(until: refreshDue)
      if refreshBefore(refreshDue, waitingFor: .otherChannels, horizon: cycle) != nil { break }
    }
    chargeDrain(until: cycle)
  }

  private mutating func chargeDrain(until cycle: Int64) {
    tally.account.chargeStall(MemoryModel.Stall.resultDrain.rawValue, until: min(lastData, cycle))
    tally.account.chargeStall(MemoryModel.Stall.otherChannels.rawValue, until: cycle)
  }
}
