import DRAM

/// Holds runs of a memory to the reference.
public enum MemoryComparison {
  /// - Returns: what differs first; `nil` when nothing does.
  public static func difference(
    _ requests: [MemoryRequest], on device: DeviceDescription, settings: ControllerSettings, skips: Bool = true,
    reference: ClockedRun
  ) -> String? {
    var commands: [IssuedCommand] = []
    // A run that never ends must not fill the memory.
    let enough = reference.commands.count + 10_000
    let log = CommandLog { if commands.count < enough { commands += $0 } }
    let run: MemoryRun
    do {
      run = try RunMemory.run(
        ListedRequests(requests), on: device, settings: settings, log: log, skips: skips)
    } catch {
      guard reference.isStuck else { return "refused, but the reference finishes: \(error)" }
      return difference(commands, reference.commands, device, isPrefix: true)
    }
    if reference.isStuck { return "finishes, but the reference is stuck" }
    return difference(commands, reference.commands, device, isPrefix: false) ?? difference(run, reference)
  }

  private static func difference(
    _ ours: [IssuedCommand], _ reference: [ClockedCommand], _ device: DeviceDescription, isPrefix: Bool
  ) -> String? {
    func text(_ command: ClockedCommand) -> String {
      "\(command.cycle) \(device.commands[command.command].name) channel \(command.channel) bank \(command.bank) "
        + "row \(command.row) column \(command.column)"
    }
    for (index, issued) in ours.enumerated() {
      let size = device.levelSizes[((device.commands[Int(issued.command)].scope ?? device.bankLevel) + 1)...]
        .reduce(1, *)
      func covering(_ bank: Int) -> Int { bank / size * size }
      let command = ClockedCommand(
        cycle: issued.cycle, command: Int(issued.command), channel: Int(issued.channel),
        bank: covering(Int(issued.bank)), row: Int(issued.row), column: Int(issued.column))
      guard index < reference.count else { return "command \(index): \(text(command)), reference: none" }
      var expected = reference[index]
      expected.bank = covering(expected.bank)
      if command != expected { return "command \(index): \(text(command)), reference: \(text(expected))" }
    }
    if !isPrefix, ours.count < reference.count {
      return "command \(ours.count): none, reference: \(text(reference[ours.count]))"
    }
    return nil
  }

  private static func difference(_ run: MemoryRun, _ reference: ClockedRun) -> String? {
    if run.cycles != reference.cycles { return "cycles: \(run.cycles), reference: \(reference.cycles)" }
    if run.cyclesSimulated != reference.cyclesSimulated {
      return "cycles simulated: \(run.cyclesSimulated), reference: \(reference.cyclesSimulated)"
    }
    for (channel, (ours, theirs)) in zip(run.channels, reference.channels).enumerated() {
      let pairs: [(String, Int64, Int64)] = [
        ("row hits", ours.rowHits, theirs.rowHits),
        ("row misses", ours.rowMisses, theirs.rowMisses),
        ("row conflicts", ours.rowConflicts, theirs.rowConflicts),
        ("forwarded reads", ours.forwardedReads, theirs.forwardedReads),
        ("merged writes", ours.mergedWrites, theirs.mergedWrites),
        ("merged reads", ours.mergedReads, theirs.mergedReads),
        ("reads", ours.reads, theirs.reads),
        ("writes", ours.writes, theirs.writes),
        ("dual commands", ours.dualCommands, theirs.dualCommands),
        ("read latencies", ours.readLatency.sum, theirs.latencySum),
        ("reads with a latency", ours.readLatency.count, theirs.reads),
        ("largest read latency", ours.readLatency.maximum, theirs.latencyMaximum),
        ("last completion", ours.lastCompletion, theirs.lastCompletion),
      ]
      for (what, value, expected) in pairs where value != expected {
        return "channel \(channel): \(what): \(value), reference: \(expected)"
      }
      if ours.commands != theirs.commands { return "channel \(channel): commands: \(ours.commands)" }
    }
    return nil
  }
}

/// Requests from a list.
public struct ListedRequests: RequestSource {
  private let requests: [MemoryRequest]
  private var position = 0

  public init(_ requests: [MemoryRequest]) { self.requests = requests }

  public mutating func next(into batch: UnsafeMutableBufferPointer<MemoryRequest>) throws -> Int {
    let count = min(batch.count, requests.count - position)
    for index in 0..<count { batch[index] = requests[position + index] }
    position += count
    return count
  }
}
