import DRAM

/// One channel of an in-order controller: instructions wait in a queue of operations and go one after the other; the
/// host's reads and writes have queues of their own.
struct InOrderChannel {
  var channel: CommandChannel
  let hasPeerQuirks: Bool
  /// When each of the operations that went last left its queue, as many as that holds; a ring.
  private var left: [Int64]
  private var leftNext = 0
  /// When the last operation left.
  var lastLeft: Int64 = 0
  var host: HostQueues
  /// When the data of the last read are there, and the last thing that is waited for is written.
  var readsDone: Int64 = 0
  var writesDone: Int64 = 0

  init(_ channel: CommandChannel, queue: Int, host: HostRules, hasPeerQuirks: Bool) {
    self.channel = channel
    self.host = HostQueues(host)
    self.hasPeerQuirks = hasPeerQuirks
    // The one that made room for the last is one further back than the queue holds.
    left = Array(repeating: 0, count: queue + 1)
  }

  /// Issues the commands of an instruction, each at its first legal cycle.
  ///
  /// - Parameters:
  ///   - arrival: the cycle in which its first operation is in the queue. The others never come too late: the queue is
  ///     filled as fast as commands can go.
  ///   - isReader: its data are waited for.
  /// - Returns: the cycle in which its last operation came into the queue.
  mutating func serve(_ instruction: Instruction, command: Int, isReader: Bool, arrival: Int64) -> Int64 {
    let fact = channel.facts.facts[command]
    var done: Int64 = 0
    while done < instruction.count {
      let next = channel.next(
        for: command, bank: instruction.bank, row: instruction.row, opensRest: hasPeerQuirks)
      var cycle = channel.earliest(next, instruction.bank)
      if done == 0 { cycle = max(cycle, arrival) }
      if !host.active.isEmpty, serveActive(before: cycle, closing: next == command ? -1 : instruction.bank) { continue }
      if channel.usesRegisters != fact.usesRegisters {
        // The mode changes when what it is changed for could go.
        if channel.refreshes(before: cycle, changesRow: false) { continue }
        cycle = max(cycle, channel.earliest(channel.facts.modeChange, -1))
        channel.issue(
          channel.facts.modeChange, bank: -1, row: instruction.row, column: instruction.column + done, at: cycle)
        continue
      }
      if channel.refreshes(before: cycle, changesRow: next != command) { continue }
      channel.issue(next, bank: instruction.bank, row: instruction.row, column: instruction.column + done, at: cycle)
      guard next == command else { continue }
      done += 1
      note(cycle)
      guard fact.runs, done < instruction.count, host.active.isEmpty else { continue }
      let count = min(instruction.count - done, (channel.refreshDeadline - 1 - cycle) / fact.pace)
      guard count > 0 else { continue }
      channel.issueRun(command, row: instruction.row, column: instruction.column + done, count: count)
      for index in max(0, count - Int64(left.count))..<count { note(cycle + (index + 1) * fact.pace) }
      done += count
    }
    let end = lastLeft + fact.latency
    if isReader { readsDone = max(end, readsDone + 1) } else { writesDone = max(writesDone, end) }
    return max(arrival, left[leftNext] + 1)
  }

  @inline(__always)
  private mutating func note(_ cycle: Int64) {
    left[leftNext] = cycle
    leftNext = leftNext + 1 == left.count ? 0 : leftNext + 1
    lastLeft = cycle
  }

  /// Whether this channel, so much later and with rows further on, will do as `other` does from here on.
  func isAlike(_ other: InOrderChannel, later cycles: Int64, rows: Int64) -> Bool {
    guard host.isEmpty, other.host.isEmpty, lastLeft == other.lastLeft + cycles else { return false }
    let past = channel.free - 1
    guard max(readsDone, past) == max(other.readsDone + cycles, past),
      max(writesDone, past) == max(other.writesDone + cycles, past)
    else { return false }
    for back in left.indices {
      let mine = left[(leftNext + back) % left.count]
      guard mine == other.left[(other.leftNext + back) % left.count] + cycles else { return false }
    }
    return channel.isAlike(other.channel, later: cycles, rows: rows)
  }

  /// Moves on as after a stretch that ends as this state begins, `times` over.
  mutating func repeatStretch(from since: InOrderChannel, to until: InOrderChannel, times: Int64, rows: Int64) {
    let cycles = times * (until.channel.free - since.channel.free)
    channel.repeatStretch(from: since.channel, to: until.channel, times: times, rows: rows)
    for index in left.indices { left[index] += cycles }
    lastLeft += cycles
    readsDone += cycles
    writesDone += cycles
  }
}
