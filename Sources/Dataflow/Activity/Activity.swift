import Arch

/// A number of events of one kind, for one operator or for no operator in particular.
public struct EventCount: Hashable, Sendable {
  public let event: String
  public let count: Int64

  public init(event: String, count: Int64) {
    self.event = event
    self.count = count
  }
}

/// A cause of energy that belongs to no operator.
public enum Unattributed: String, Hashable, Sendable, CaseIterable {
  /// Standby current and clocks.
  case background
  case refresh
  case leakage
}

/// Where the cycles of one unit, or of one channel of a memory, went.
public struct AccountRow: Hashable, Sendable {
  /// Empty for a unit that is one thing, else what part it is ("channel 3").
  public let part: String
  public let account: CycleAccount

  public init(part: String, account: CycleAccount) {
    self.part = part
    self.account = account
  }
}

/// What one unit did in a run.
public struct UnitActivity: Sendable {
  /// One row per part; a unit without parts has one. All are in the unit's own clock and have the same total.
  public var accounts: [AccountRow] = []
  /// Events by program row.
  public var byRow: [[EventCount]] = []
  /// Events that no operator caused.
  public var unattributed: [(cause: Unattributed, events: [EventCount])] = []
  public var digest = EventDigest()
  /// MACs computed, padding lanes not counted.
  public var macs: Int64 = 0
  /// Products that were made with numbers; nil when none flowed.
  public var computedMACs: Int64?
  /// Bytes that crossed the unit's interface, and bytes that stayed inside (bank to MAC unit).
  public var interfaceBytes: Int64 = 0
  public var internalBytes: Int64 = 0
  /// Present for memories.
  public var memory: MemoryActivity?
  /// Per program row, cycles of the unit's clock below which its work cannot go; empty for units without bounds.
  public var lowerBounds: [Int64?] = []
  /// Per program row, cycles that the work with a bound took; beside `lowerBounds`.
  public var boundedCycles: [Int64] = []
  /// Cycles of its own clock that were taken over from known work rather than simulated again.
  public var foldedCycles: Int64 = 0

  public init() {}
}

/// What a memory did, in more detail than a unit's events. Nothing here is summed into the totals.
public struct MemoryActivity: Sendable {
  /// All channels together, in the device's order of commands.
  public var commands: [EventCount] = []
  /// Column commands that found their row open because an earlier column command had used it, and the others.
  public var rowHits: Int64 = 0
  public var rowMisses: Int64 = 0
  /// Refreshes issued, one entry per refresh scope of each channel in order.
  public var refreshesPerScope: [Int64] = []
  /// Cycles between two refreshes of one scope; `nil` when the device is not refreshed.
  public var refreshInterval: Int64?
  /// Rows of one bank that the program occupies, and that exist.
  public var rowsUsed: Int64 = 0
  public var rowsAvailable: Int64 = 0
  /// Every command, channel by channel in order of time; empty unless the run was asked to log them.
  public var log: [LoggedCommand] = []
  /// Commands that found no room in the log.
  public var unloggedCommands: Int64 = 0
  /// Names of the levels of an address below the channel, as a trace names its columns.
  public var levels: [String] = []

  public init() {}
}

/// One command of a memory, as a trace lists it.
public struct LoggedCommand: Hashable, Sendable {
  public let cycle: Int64
  /// Position in `MemoryActivity.commands`.
  public let command: Int
  public let channel: Int64
  /// One per level below the channel; −1 for all of that level.
  public let path: SIMD8<Int32>
  public let row: Int64
  public let column: Int64

  public init(cycle: Int64, command: Int, channel: Int64, path: SIMD8<Int32>, row: Int64, column: Int64) {
    self.cycle = cycle
    self.command = command
    self.channel = channel
    self.path = path
    self.row = row
    self.column = column
  }
}

/// One execution of one step, as the controller saw it, in ticks of the common grid.
public struct StepTiming: Hashable, Sendable {
  public var issued: Int64 = 0
  public var completed: Int64 = 0
  public init() {}
}

/// Everything a run produced; prices and reports are made from it.
public struct Activity: Sendable {
  /// In the order of the design file.
  public var units: [UnitActivity] = []
  /// Per step of the program.
  public var steps: [StepTiming] = []
  /// The tick at which the controller saw the last completion.
  public var endTick: Int64 = 0
  /// Ticks in which some unit's work was taken over from known work.
  public var foldedTicks: Int64 = 0
  /// How often the engine called a unit.
  public var wakeUps: Int64 = 0

  public init() {}
}
