import DRAM

/// A command as the reference issues it.
public struct ClockedCommand: Hashable, Sendable {
  public var cycle: Int64
  public var command: Int
  public var channel: Int
  public var bank: Int
  /// −1 for commands that use none.
  public var row: Int
  public var column: Int
}

/// What one channel of the reference did.
public struct ClockedRecord: Sendable {
  public var rowHits: Int64 = 0
  public var rowMisses: Int64 = 0
  public var rowConflicts: Int64 = 0
  public var forwardedReads: Int64 = 0
  public var mergedWrites: Int64 = 0
  public var mergedReads: Int64 = 0
  public var reads: Int64 = 0
  public var writes: Int64 = 0
  public var dualCommands: Int64 = 0
  public var latencySum: Int64 = 0
  public var latencyMaximum: Int64 = 0
  public var lastCompletion: Int64 = 0
  public var commands: [Int64]

  init(_ device: DeviceDescription) { commands = Array(repeating: 0, count: device.commands.count) }

  mutating func read(latency: Int64, completed: Int64) {
    reads += 1
    latencySum += latency
    latencyMaximum = max(latencyMaximum, latency)
    lastCompletion = max(lastCompletion, completed)
  }

  mutating func write(completed: Int64) {
    writes += 1
    lastCompletion = max(lastCompletion, completed)
  }
}

/// What a run of the reference came to.
public struct ClockedRun: Sendable {
  /// In order of cycle, channel and issue.
  public var commands: [ClockedCommand] = []
  public var cycles: Int64 = 0
  public var cyclesSimulated: Int64 = 0
  public var channels: [ClockedRecord] = []
  /// Whether it was given up because no request was served any more.
  public var isStuck = false
}

/// A request with the place that its address leads to.
struct ClockedRequest {
  var address: UInt64
  var channel = 0
  var bank = 0
  var row = 0
  var column = 0
  var isWrite: Bool
  /// The controller's clock when it was accepted.
  var arrive: Int64 = 0
  /// Whether a command was issued for it.
  var isBegun = false
  /// Clock by which the second half of an activation must go.
  var deadline: Int64 = 0

  init(_ request: MemoryRequest, _ device: DeviceDescription, _ map: AddressMap) {
    address = request.address
    isWrite = request.isWrite
    var rest = request.address >> UInt64(map.shift)
    var levels = Array(repeating: 0, count: device.levels.count)
    var low: [AddressMap.Target: Int] = [:]
    for field in map.fields {
      let bits = Int(rest & ((1 << UInt64(field.bits)) - 1)) << low[field.target, default: 0]
      low[field.target, default: 0] += field.bits
      rest >>= UInt64(field.bits)
      switch field.target {
      case .level(let level): levels[level] += bits
      case .row: row += bits
      case .column: column += bits
      }
    }
    channel = levels[0]
    for level in levels.indices.dropFirst() { bank = bank * device.levelSizes[level] + levels[level] }
  }
}
