import Arch

/// What one channel's controller did, as sums.
public struct ChannelRecord: Sendable {
  /// By command of the device.
  public var commands: [Int64]
  /// Requests whose first command found their row open, the bank closed, another row open.
  public var rowHits: Int64 = 0
  public var rowMisses: Int64 = 0
  public var rowConflicts: Int64 = 0
  /// Reads that took their data from a waiting write, writes that replaced a waiting one, reads that shared a command.
  public var forwardedReads: Int64 = 0
  public var mergedWrites: Int64 = 0
  public var mergedReads: Int64 = 0
  public var reads: Int64 = 0
  public var writes: Int64 = 0
  /// Cycles in which a row and a column command went together.
  public var dualCommands: Int64 = 0
  /// From the acceptance of a read by the controller to its completion.
  public var readLatency = LatencyHistogram()
  /// When the last request was complete.
  public var lastCompletion: Int64 = 0
  /// What each rank did, in all cycles simulated; `nil` when the run did not measure it.
  public var activity: [RankActivity]?

  init(commands: Int) { self.commands = Array(repeating: 0, count: commands) }

  /// Adds what another channel did; `activity` stays by channel.
  mutating func add(_ other: ChannelRecord) {
    for command in commands.indices { commands[command] += other.commands[command] }
    rowHits += other.rowHits
    rowMisses += other.rowMisses
    rowConflicts += other.rowConflicts
    forwardedReads += other.forwardedReads
    mergedWrites += other.mergedWrites
    mergedReads += other.mergedReads
    reads += other.reads
    writes += other.writes
    dualCommands += other.dualCommands
    readLatency = readLatency.merged(with: other.readLatency)
    lastCompletion = max(lastCompletion, other.lastCompletion)
  }
}

extension MemoryRun {
  /// All channels together.
  public var total: ChannelRecord {
    var total = ChannelRecord(commands: channels.first?.commands.count ?? 0)
    for channel in channels { total.add(channel) }
    return total
  }
}

/// Writes down what a channel does while it runs.
struct ChannelRecorder: ~Copyable {
  private let channel: Int32
  private let log: CommandLog?
  private let counts: UnsafeMutablePointer<Int64>
  private let commandCount: Int
  private var latencies = LatencyCounts()
  private var meter: ActivityMeter?
  private let isWatched: Bool
  var rowHits: Int64 = 0
  var rowMisses: Int64 = 0
  var rowConflicts: Int64 = 0
  var forwardedReads: Int64 = 0
  var mergedWrites: Int64 = 0
  var mergedReads: Int64 = 0
  var reads: Int64 = 0
  var writes: Int64 = 0
  var dualCommands: Int64 = 0
  var lastCompletion: Int64 = 0
  private var latencySum: Int64 = 0
  private var latencyMaximum: Int64 = 0

  init(_ plan: ControllerPlan, channel: Int, log: CommandLog?) {
    self.channel = Int32(channel)
    self.log = log
    commandCount = plan.device.commands.count
    counts = .allocate(capacity: commandCount)
    counts.initialize(repeating: 0, count: commandCount)
    meter = plan.measuresActivity ? ActivityMeter(plan.device) : nil
    isWatched = plan.measuresActivity || log != nil
  }

  deinit {
    counts.deallocate()
  }

  /// Takes over what another recorder of the same plan has.
  mutating func copyState(of other: borrowing ChannelRecorder) {
    counts.update(from: other.counts, count: commandCount)
    latencies.copyState(of: other.latencies)
    switch other.meter {
    case .some(let theirs): meter?.copyState(of: theirs)
    case .none: break
    }
    (rowHits, rowMisses, rowConflicts) = (other.rowHits, other.rowMisses, other.rowConflicts)
    (forwardedReads, mergedWrites, mergedReads) = (other.forwardedReads, other.mergedWrites, other.mergedReads)
    (reads, writes, dualCommands) = (other.reads, other.writes, other.dualCommands)
    lastCompletion = other.lastCompletion
    (latencySum, latencyMaximum) = (other.latencySum, other.latencyMaximum)
  }

  @inline(__always)
  mutating func command(_ command: Int, bank: Int, row: Int32, column: Int32, at cycle: Int64) {
    counts[command] &+= 1
    if isWatched { watch(command, bank: bank, row: row, column: column, at: cycle) }
  }

  /// Does what a run that asks for more than sums wants.
  private mutating func watch(_ command: Int, bank: Int, row: Int32, column: Int32, at cycle: Int64) {
    meter?.note(command, bank: bank, at: cycle)
    log?.append(
      IssuedCommand(
        cycle: cycle, command: Int32(command), channel: channel, bank: Int32(bank), row: row, column: column))
  }

  @inline(__always)
  mutating func read(accepted: Int64, completed: Int64) {
    lastCompletion = max(lastCompletion, completed)
    read(latency: completed - accepted)
  }

  /// A read whose scheduler knows itself when the last was complete.
  @inline(__always)
  mutating func read(latency: Int64) {
    reads &+= 1
    latencySum &+= latency
    latencyMaximum = max(latencyMaximum, latency)
    latencies.note(latency)
  }

  @inline(__always)
  mutating func write(completed: Int64) {
    writes &+= 1
    lastCompletion = max(lastCompletion, completed)
  }

  /// - Parameter cycles: how many were simulated, from 0.
  func finished(after cycles: Int64) -> ChannelRecord {
    var result = ChannelRecord(commands: commandCount)
    result.readLatency = LatencyHistogram(latencies, sum: latencySum, maximum: latencyMaximum)
    result.commands = (0..<commandCount).map { counts[$0] }
    result.rowHits = rowHits
    result.rowMisses = rowMisses
    result.rowConflicts = rowConflicts
    result.forwardedReads = forwardedReads
    result.mergedWrites = mergedWrites
    result.mergedReads = mergedReads
    result.reads = reads
    result.writes = writes
    result.dualCommands = dualCommands
    result.lastCompletion = lastCompletion
    result.activity = meter?.finish(at: cycles)
    return result
  }
}
