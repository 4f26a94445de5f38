import Arch
import Files

/// What a command does to the banks it covers.
public enum CommandKind: String, Sendable, CaseIterable {
  /// Opens a row.
  case activate = "act"
  /// First and second half of an activation in two commands (LPDDR5).
  case activateFirst = "act1"
  case activateSecond = "act2"
  /// Closes the row.
  case precharge = "pre"
  case read = "rd"
  case write = "wr"
  /// Column commands that close the row by themselves.
  case readPrecharge = "rda"
  case writePrecharge = "wra"
  case refresh = "ref"
  /// Multiply-accumulate of one burst of the open row with the vector buffer, in every covered bank.
  case multiplyAccumulate = "mac"
  /// Writes one burst from the interface into the vector buffer.
  case bufferWrite = "buffer-write"
  /// Moves the accumulators of every covered bank over the interface.
  case resultRead = "result-read"
  /// Any other work on a column of the open row, in every covered bank: copies, activation functions, products.
  case rowOperation = "row-op"
  /// Takes a channel from commands on rows to commands on registers, and back.
  case modeChange = "mode-change"
  case other = "other"

  /// Whether the command needs an open row in every bank it covers.
  public var needsOpenRow: Bool {
    switch self {
    case .read, .write, .readPrecharge, .writePrecharge, .multiplyAccumulate, .rowOperation: true
    default: false
    }
  }
  /// Whether the command needs every covered bank closed.
  public var needsClosedBank: Bool { self == .activate || self == .activateFirst || self == .refresh }
}

/// One command of a device.
public struct CommandDescription: Sendable, Hashable {
  public let name: String
  public let kind: CommandKind
  /// The deepest level that its address names; it covers everything below. `nil` when traces decide (`-1` fields).
  public let scope: Int?
  /// Which command bus it occupies; commands of one class compete for the slots of a cycle.
  public let bus: String
  /// Cycles from the command to the end of what it does; 0 where the device file does not say.
  public let latency: Int64
  /// Whether it works on registers and buffers, for which a device with a mode change must be in that mode.
  public let usesRegisters: Bool

  public init(
    name: String, kind: CommandKind, scope: Int?, bus: String, latency: Int64 = 0, usesRegisters: Bool = false
  ) {
    self.name = name
    self.kind = kind
    self.scope = scope
    self.bus = bus
    self.latency = latency
    self.usesRegisters = usesRegisters
  }
}

/// One timing rule: after `previous` covered a node of `level`, `next` must wait.
///
/// With `sibling`, after `previous` addresses one node, a `next` that covers any *other* node of the same parent waits.
/// With `window` w > 1 the wait counts from the w-th last issue of that same previous command (tFAW has window 4) and
/// binds only once w of them were seen.
public struct TimingConstraint: Sendable, Hashable {
  public let id: Int
  /// Index into the device's levels.
  public let level: Int
  /// Indices into the device's commands.
  public let previous: [Int]
  public let next: [Int]
  /// Cycles; may be negative, and then never binds alone.
  public let latency: Int64
  public let window: Int
  public let sibling: Bool
  /// The timing parameters it was made from, as text.
  public let expression: String

  public init(
    id: Int, level: Int, previous: [Int], next: [Int], latency: Int64, window: Int, sibling: Bool, expression: String
  ) {
    self.id = id
    self.level = level
    self.previous = previous
    self.next = next
    self.latency = latency
    self.window = window
    self.sibling = sibling
    self.expression = expression
  }
}

/// One named timing parameter, resolved to cycles.
public struct TimingParameter: Sendable, Hashable {
  public let name: String
  public let cycles: Int64
  /// The value as written.
  public let text: String
  public let source: Source?

  public init(name: String, cycles: Int64, text: String, source: Source?) {
    self.name = name
    self.cycles = cycles
    self.text = text
    self.source = source
  }
}

/// How often and with which command a device must be refreshed.
public struct RefreshDescription: Sendable, Hashable {
  /// Index into the commands. Its scope says what one command covers; each such node is refreshed once per interval.
  public let command: Int
  /// Cycles between two refreshes of one node: tREFI.
  public let interval: Int64
  /// Cycles that one refresh takes: tRFC.
  public let duration: Int64

  public init(command: Int, interval: Int64, duration: Int64) {
    self.command = command
    self.interval = interval
    self.duration = duration
  }
}

/// A memory device as a table: what it is made of, which commands it knows, and which pairs of them must keep apart.
public struct DeviceDescription: Sendable {
  public let name: String
  public let standard: String
  /// Seconds per cycle of all cycle counts here, exact.
  public let period: Rational
  /// From the channel down to the bank.
  public let levels: [String]
  public let levelSizes: [Int]
  public let rows: Int64
  /// Row addresses beyond the array under which commands reach tables of functions; `nil` without such tables.
  public let tableRows: Range<Int64>?
  /// Bytes of one row of one bank, over all devices of a rank. 0 when the file does not say.
  public let rowBytes: Int64
  /// Bytes that one column command moves.
  public let accessBytes: Int64
  public let commands: [CommandDescription]
  /// Commands of one bus class that one channel accepts per cycle. Class `any` counts every command.
  public let busLimits: [(bus: String, limit: Int)]
  public private(set) var constraints: [TimingConstraint]
  public let timing: [TimingParameter]
  public let refresh: RefreshDescription?
  /// Cycles from a read to the end of its data on the interface.
  public let readLatency: Int64
  /// Cycles from a write to the end of its data.
  public let writeLatency: Int64
  /// Cycles from a result read to the end of its data; 0 for a device without MAC units.
  public let resultLatency: Int64
  /// Cycles from a buffer write to the end of its data; 0 for a device without vector buffers.
  public let bufferWriteLatency: Int64
  public let energy: DeviceEnergy
  /// The `pim:` mapping as written: which controller runs kernels on the device's PIM commands, and its settings. The
  /// controller reads it.
  public let pim: Fields?
  /// Parameters that are not evidence, for the report.
  public let assumptions: [Assumption]

  public init(
    name: String, standard: String, period: Rational, levels: [String], levelSizes: [Int], rows: Int64,
    rowBytes: Int64, accessBytes: Int64, commands: [CommandDescription], busLimits: [(bus: String, limit: Int)],
    constraints: [TimingConstraint], timing: [TimingParameter], refresh: RefreshDescription?, readLatency: Int64,
    writeLatency: Int64, resultLatency: Int64, bufferWriteLatency: Int64, energy: DeviceEnergy,
    assumptions: [Assumption], tableRows: Range<Int64>? = nil, pim: Fields? = nil
  ) {
    self.name = name
    self.standard = standard
    self.period = period
    self.levels = levels
    self.levelSizes = levelSizes
    self.rows = rows
    self.rowBytes = rowBytes
    self.accessBytes = accessBytes
    self.commands = commands
    self.busLimits = busLimits
    self.constraints = constraints
    self.timing = timing
    self.refresh = refresh
    self.readLatency = readLatency
    self.writeLatency = writeLatency
    self.resultLatency = resultLatency
    self.bufferWriteLatency = bufferWriteLatency
    self.energy = energy
    self.assumptions = assumptions
    self.tableRows = tableRows
    self.pim = pim
  }

  /// The device with one more timing rule, as a design adds that puts logic beside the banks.
  public func adding(_ constraint: TimingConstraint) -> DeviceDescription {
    var device = self
    device.constraints.append(constraint)
    return device
  }

  /// The device with other timing rules, as at another setting of what they are worked out from.
  public func replacing(_ constraints: [TimingConstraint]) -> DeviceDescription {
    var device = self
    device.constraints = constraints
    return device
  }

  /// The index of a command by name.
  public func command(named name: String) -> Int? { commands.firstIndex { $0.name == name } }

  public func timing(named name: String) -> Int64? { timing.first { $0.name == name }?.cycles }

  public var bankLevel: Int { levels.count - 1 }

  /// Banks of one channel.
  public var banksPerChannel: Int { levelSizes.dropFirst().reduce(1, *) }

  /// Whether a command may name this row.
  public func hasRow(_ row: Int64) -> Bool { row < rows || rows == 0 || tableRows?.contains(row) == true }
}
