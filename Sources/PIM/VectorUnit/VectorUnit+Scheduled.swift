import Arch

/// Steps one after the other; kernels cycle by cycle, transfers as streams.
extension VectorUnit: ClockedUnit {
  public mutating func advance(_ ports: inout Ports, from: Cycles, to horizon: Cycles) -> Next {
    let limit = horizon.rawValue
    while true {
      switch state {
      case .idle:
        guard let arrival = ports.arrival(on: wiring.stepsIn) else { return .idle(Wait(.arrival, on: wiring.stepsIn)) }
        let cycle = max(arrival.rawValue, freeAt)
        guard cycle < limit else { return .at(Cycles(cycle)) }
        let packet = ports.first(on: wiring.stepsIn)
        ports.take(on: wiring.stepsIn, at: Cycles(cycle))
        begin(Int(packet.handle), at: cycle)
        if case .kernel(let kernel, let from, _, _) = step { start(kernel, from, at: cycle, &ports, limit) }
      case .sending(let from):
        if let next = read(ports, from, limit) { return next }
      case .leaving(let at, let interval):
        if let next = send(&ports, at, interval, limit) { return next }
      case .receiving:
        if let next = receive(&ports, limit) { return next }
      case .computing(let at):
        var cycle = at
        while cycle < limit, !pipeline.isDone {
          if pipeline.tick(cycle) {
            account.chargeBusy(until: cycle + 1)
          } else {
            account.chargeStall(Stall.latency.rawValue, until: cycle + 1)
          }
          cycle += 1
        }
        guard pipeline.isDone else {
          state = .computing(at: cycle)
          return .at(Cycles(cycle))
        }
        learn()
        state = .completing(cycle)
      case .completing(let done):
        guard done < limit else { return .at(Cycles(done)) }
        guard let credit = ports.credit(on: wiring.completionsOut) else {
          return .blocked(Wait(.credit, on: wiring.completionsOut))
        }
        let cycle = max(done, credit.rawValue)
        guard cycle < limit else { return .at(Cycles(cycle)) }
        account.chargeStall(Stall.completion.rawValue, until: cycle)
        ports.send(Packet(handle: Int32(stepIndex)), on: wiring.completionsOut, at: Cycles(cycle))
        book()
        publish()
        freeAt = cycle
        state = .idle
      }
    }
  }

  /// Reads the SRAM for a stream of beats. The slower of the link and the SRAM sets the time between two; a beat leaves
  /// when its words are read.
  private mutating func read(_ ports: Ports, _ from: Int64, _ limit: Int64) -> Next? {
    guard case .send(let peer, let beats, let beatBytes, let bytes, _) = step else { return nil }
    guard from < limit else { return .at(Cycles(from)) }
    let link = wiring.peers[Int(peer)]
    let sramCycles = pipeline.stream(.read, bytes: bytes, from: from) - from
    let (sramTicks, isSlow) = sramCycles.multipliedReportingOverflow(by: ports.period)
    // A beat has at most 2^16 bytes, and a cycle of the link at most 2^30 ticks.
    let linkTicks = (beatBytes + link.width - 1) / link.width * link.beatTicks
    let interval = max(linkTicks, sramTicks / beats + (sramTicks % beats > 0 ? 1 : 0))
    let (ticks, isLong) = beats.multipliedReportingOverflow(by: interval)
    // No run lasts long enough for data beyond these.
    guard !isSlow, !isLong, ticks < Cycles.never.rawValue, beats <= Int64(Int32.max) else { return .at(.never) }
    state = .leaving(at: from + max(1, (sramCycles + beats - 1) / beats), interval: interval)
    return nil
  }

  private mutating func send(_ ports: inout Ports, _ at: Int64, _ interval: Int64, _ limit: Int64) -> Next? {
    guard case .send(let peer, let beats, _, _, let packing) = step else { return nil }
    let link = wiring.peers[Int(peer)]
    guard let credit = ports.credit(on: link.dataOut) else { return .blocked(Wait(.credit, on: link.dataOut)) }
    let cycle = max(at, credit.rawValue)
    guard cycle < limit else { return .at(Cycles(cycle)) }
    account.chargeBusy(until: at)
    account.chargeStall(Stall.link.rawValue, until: cycle)
    if let values = pipeline.values { exchange.send(values.packed(packing), by: stepIndex) }
    ports.send(
      Packet(handle: Int32(stepIndex), beats: Int32(beats), interval: interval), on: link.dataOut, at: Cycles(cycle))
    let end = cycle + (beats * interval + ports.period - 1) / ports.period
    account.chargeBusy(until: end)
    state = .completing(end)
    return nil
  }

  private mutating func receive(_ ports: inout Ports, _ limit: Int64) -> Next? {
    guard case .receive(let peer, let bytes, let unpacking) = step else { return nil }
    let link = wiring.peers[Int(peer)]
    guard let arrival = ports.arrival(on: link.dataIn) else { return .blocked(Wait(.arrival, on: link.dataIn)) }
    let cycle = max(arrival.rawValue, account.frontier)
    guard cycle < limit else { return .at(Cycles(cycle)) }
    let source = Int(ports.first(on: link.dataIn).handle)
    ports.take(on: link.dataIn, at: Cycles(cycle))
    if let numbers = exchange.takeAnswer(by: source) {
      for part in unpacking.byBuffer(numbers) {
        pipeline.values?.store(
          part.numbers.map { (unpacking.element(of: $0.at), $0.value) }, in: part.buffer, of: unpacking.elements)
      }
    }
    account.chargeStall(Stall.link.rawValue, until: cycle)
    let end = pipeline.stream(.write, bytes: bytes, from: cycle)
    account.chargeBusy(until: end)
    state = .completing(end)
    return nil
  }

  public mutating func finish(at end: Cycles) { account.chargeIdle(until: end.rawValue + 1) }
}
