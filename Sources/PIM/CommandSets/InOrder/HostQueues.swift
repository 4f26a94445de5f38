/// How a controller serves a host's reads and writes.
struct HostRules: Sendable {
  /// The device's commands; −1 where it has none.
  var read = -1
  var write = -1
  /// How many of each may wait.
  var capacity = 1
  /// With more writes than this, or without reads, writes go; with fewer than that, reads go again.
  var manyWrites = 0
  var fewWrites = 0
}

/// The host's reads and writes that a channel has not served yet.
struct HostQueues {
  struct Access {
    let isWrite: Bool
    let bank: Int
    let row: Int64
    let column: Int64
  }

  /// Those whose row was opened for them; they go before all others.
  var active: [Access] = []
  var reads: [Access] = []
  var writes: [Access] = []
  /// Writes are being served rather than reads.
  var servesWrites = false
  /// The last cycle in which one left the reads or the writes, and in which one was served.
  var lastTaken: Int64 = 0
  var lastServed: Int64 = 0

  let rules: HostRules

  init(_ rules: HostRules) { self.rules = rules }

  var isEmpty: Bool { active.isEmpty && reads.isEmpty && writes.isEmpty }
  var areTaken: Bool { reads.isEmpty && writes.isEmpty }

  func isFull(writes isWrite: Bool) -> Bool { (isWrite ? writes : reads).count >= rules.capacity }

  mutating func chooseDirection() {
    if !servesWrites {
      if writes.count > rules.manyWrites || reads.isEmpty { servesWrites = true }
    } else if writes.count < rules.fewWrites, !reads.isEmpty {
      servesWrites = false
    }
  }
}

extension InOrderChannel {
  private enum Queue { case active, reads, writes }

  /// What one of the queues would do: its first access that is ready, else its first.
  private struct Candidate {
    let queue: Queue
    let index: Int
    let command: Int
    let bank: Int
    let isReady: Bool
    /// The first cycle after the present at which any of the queue's accesses becomes ready.
    let later: Int64
  }

  /// Issues the host's commands that go in cycles before `limit`, but nothing more once none waits.
  mutating func runHost(until limit: Int64) {
    while !host.isEmpty, channel.free < limit {
      guard let later = hostStep(at: channel.free) else { continue }
      guard later < limit else { return }
      channel.free = later
    }
  }

  /// Issues what goes at `cycle`, if anything does; else returns when to look again.
  private mutating func hostStep(at cycle: Int64) -> Int64? {
    if channel.refreshes(before: cycle, changesRow: host.active.isEmpty) { return nil }
    let active = candidate(.active, at: cycle)
    if let active, active.isReady {
      issueHost(active, at: cycle)
      return nil
    }
    host.chooseDirection()
    let waiting = candidate(host.servesWrites ? .writes : .reads, at: cycle)
    let later = min(active?.later ?? .max, waiting?.later ?? .max)
    guard let waiting, waiting.isReady else { return later }
    // A row that was opened for an access stays open for it.
    if waiting.command == channel.facts.prechargeBank, host.active.contains(where: { $0.bank == waiting.bank }) {
      return later
    }
    issueHost(waiting, at: cycle)
    return nil
  }

  private func candidate(_ queue: Queue, at cycle: Int64) -> Candidate? {
    let accesses = queue == .active ? host.active : queue == .reads ? host.reads : host.writes
    var best: (index: Int, command: Int, isReady: Bool)?
    var later = Int64.max
    for (index, access) in accesses.enumerated() {
      let command = channel.next(
        for: access.isWrite ? host.rules.write : host.rules.read, bank: access.bank, row: access.row, opensRest: false)
      let earliest = channel.earliest(command, access.bank)
      if earliest > cycle { later = min(later, earliest) }
      // Accesses lie in the order of their arrival: the first that is ready is the oldest that is.
      if best == nil || (earliest <= cycle && best?.isReady == false) { best = (index, command, earliest <= cycle) }
    }
    return best.map {
      Candidate(
        queue: queue, index: $0.index, command: $0.command, bank: accesses[$0.index].bank, isReady: $0.isReady,
        later: later)
    }
  }

  private mutating func issueHost(_ candidate: Candidate, at cycle: Int64) {
    let access =
      switch candidate.queue {
      case .active: host.active[candidate.index]
      case .reads: host.reads[candidate.index]
      case .writes: host.writes[candidate.index]
      }
    if channel.usesRegisters {
      channel.issue(channel.facts.modeChange, bank: -1, row: access.row, column: access.column, at: cycle)
      return
    }
    channel.issue(candidate.command, bank: access.bank, row: access.row, column: access.column, at: cycle)
    let isServed = candidate.command == (access.isWrite ? host.rules.write : host.rules.read)
    guard isServed || candidate.command == channel.facts.activateBank else { return }
    if isServed {
      let end = cycle + channel.facts.facts[candidate.command].latency
      if access.isWrite { writesDone = max(writesDone, end) } else { readsDone = max(end, readsDone + 1) }
      host.lastServed = cycle
    }
    switch candidate.queue {
    case .active: if isServed { host.active.remove(at: candidate.index) }
    case .reads, .writes:
      if candidate.queue == .reads {
        host.reads.remove(at: candidate.index)
      } else {
        host.writes.remove(at: candidate.index)
      }
      host.lastTaken = cycle
      if !isServed { host.active.append(access) }
    }
  }

  /// Serves an access of the host whose row is open, if it goes before something else does at `cycle`.
  ///
  /// - Parameter closing: the bank whose row that would close; −1 for none.
  /// - Returns: whether a command went.
  mutating func serveActive(before cycle: Int64, closing: Int) -> Bool {
    let isInTheWay = closing >= 0 && host.active.contains { $0.bank == closing }
    var now = channel.free
    while true {
      guard let active = candidate(.active, at: now) else { return false }
      if active.isReady {
        issueHost(active, at: now)
        return true
      }
      guard active.later <= cycle || isInTheWay, active.later < .max else { return false }
      now = active.later
    }
  }

  /// Takes in an access of the host.
  ///
  /// - Returns: the cycle in which it is in its queue, or in which its data were found in a write that waits.
  mutating func take(_ instruction: Instruction, isWrite: Bool, from cycle: Int64) -> Int64 {
    var arrival = max(cycle, lastLeft + 1)
    let access = HostQueues.Access(
      isWrite: isWrite, bank: instruction.bank, row: instruction.row, column: instruction.column)
    runHost(until: arrival)
    while true {
      if !isWrite, host.writes.contains(where: { forwards($0, to: access) }) {
        readsDone = max(arrival, readsDone + 1)
        return arrival
      }
      guard host.isFull(writes: isWrite) else { break }
      arrival += 1
      runHost(until: arrival)
    }
    // What could go before has gone.
    channel.free = max(channel.free, arrival)
    if isWrite { host.writes.append(access) } else { host.reads.append(access) }
    return arrival
  }

  /// Whether a read gets the data of a write that waits. The peer compares addresses that it never sets.
  private func forwards(_ write: HostQueues.Access, to read: HostQueues.Access) -> Bool {
    hasPeerQuirks || (write.bank == read.bank && write.row == read.row && write.column == read.column)
  }

  /// Serves the host until an instruction may come into the queue of operations; returns that cycle, not before `cycle`.
  mutating func drainHost(from cycle: Int64) -> Int64 {
    guard hasPeerQuirks else {
      runHost(until: .max)
      return max(cycle, host.lastServed + 1)
    }
    // The peer forgets accesses whose row is being opened.
    while !host.areTaken {
      if let later = hostStep(at: channel.free) { channel.free = later }
    }
    return max(cycle, host.lastTaken + 1)
  }

  /// Waits for everything that went before; returns the cycle in which that is known.
  mutating func complete(from cycle: Int64) -> Int64 {
    var noted = max(drainHost(from: cycle), lastLeft + 1)
    guard hasPeerQuirks, !host.active.isEmpty else {
      channel.free = max(channel.free, noted + 1)
      return max(noted, writesDone, readsDone) + 1
    }
    while true {
      while serveActive(before: noted - 1, closing: -1) {}
      guard serveActive(before: noted, closing: -1) else { break }
      noted += 1
    }
    var end = max(noted, writesDone, readsDone) + 1
    channel.free = max(channel.free, noted + 1)
    while serveActive(before: end - 1, closing: -1) { end = max(end, writesDone + 1) }
    _ = serveActive(before: end, closing: -1)
    return end
  }
}
