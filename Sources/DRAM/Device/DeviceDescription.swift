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
  /// Synchronises the data clock before a read or a write (LPDDR5 CAS with WS_RD, WS_WR).
  case readSync = "cas-rd"
  case writeSync = "cas-wr"
  /// Fast power-down: entered and left.
  case powerDownEnter = "pd-enter"
  case powerDownExit = "pd-exit"
  /// Self-refresh: entered and left.
  case selfRefreshEnter = "sref-enter"
  case selfRefreshExit = "sref-exit"
  case other = "other"

  /// Whether the command needs an open row in every bank it covers.
  public var needsOpenRow: Bool {
    switch self {
    case .read, .write, .readPrecharge, .writePrecharge, .multiplyAccumulate, .rowOperation: true
    default: false
    }
  }
  /// Whether the command needs every covered bank closed.
  public var needsClosedBank: Bool {
    switch self {
    case .activate, .activateFirst, .refresh, .selfRefreshEnter: true
    default: false
    }
  }
  /// Whether the command moves data on a bank's open row.
  public var isColumn: Bool {
    switch self {
    case .read, .write, .readPrecharge, .writePrecharge: true
    default: false
    }
  }
}

/// One command of a device.
public struct CommandDescription: Sendable, Hashable {
  public let name: String
  public let kind: CommandKind
  /// The deepest level that its address names; it covers everything below.
  public let scope: Int?
  /// Levels above the scope that it covers wholly all the same: a same-bank refresh names a bank in all bank groups.
  public let across: [Int]
  /// Which command bus it occupies; commands of one class compete for the slots of a cycle.
  public let bus: String
  /// Cycles from the command to the end of what it does; 0 where the device file does not say.
  public let latency: Int64
  /// Whether it works on registers and buffers, for which a device with a mode change must be in that mode.
  public let usesRegisters: Bool

  public init(
    name: String, kind: CommandKind, scope: Int?, across: [Int] = [], bus: String, latency: Int64 = 0,
    usesRegisters: Bool = false
  ) {
    self.name = name
    self.kind = kind
    self.scope = scope
    self.across = across
    self.bus = bus
    self.latency = latency
    self.usesRegisters = usesRegisters
  }

  /// The address of this command for a place in the memory: levels that it covers wholly become −1.
  public func covering(_ place: CommandAddress) -> CommandAddress {
    var address = place
    for level in 0..<CommandAddress.maximumLevels where level > scope ?? level || across.contains(level) {
      address.indices[level] = -1
    }
    return address
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

/// How long the data clock keeps running after an access, so that the next needs no command to synchronise it (LPDDR5
/// WCK2CK). Cycles from the column command.
public struct DataClockDescription: Sendable, Hashable {
  public let afterRead: Int64
  public let afterWrite: Int64

  public init(afterRead: Int64, afterWrite: Int64) {
    self.afterRead = afterRead
    self.afterWrite = afterWrite
  }
}

/// A memory device as a table: what it is made of, which commands it knows, and which pairs of them must keep apart.
public struct DeviceDescription: Sendable {
  public var name = ""
  public var standard = ""
  /// Seconds per cycle of all cycle counts here, exact.
  public var period = Rational.one
  /// Cycles per period of CK: 2 for a device whose commands go at half periods (HBM3), else 1.
  public var ticksPerClock = 1
  /// From the channel down to the bank.
  public var levels: [String] = []
  public var levelSizes: [Int] = []
  public var rows: Int64 = 0
  /// Row addresses beyond the array under which commands reach tables of functions; `nil` without such tables.
  public var tableRows: Range<Int64>?
  /// Bytes of one row of one bank, over all devices of a rank. 0 when the file does not say.
  public var rowBytes: Int64 = 0
  /// Bytes that one column command moves.
  public var accessBytes: Int64 = 0
  public var commands: [CommandDescription] = []
  /// Commands of one bus class that one channel accepts per cycle. Class `any` counts every command.
  public var busLimits: [(bus: String, limit: Int)] = []
  public var constraints: [TimingConstraint] = []
  public var timing: [TimingParameter] = []
  /// The ways in which the device may be refreshed; the first is the usual one.
  public var refreshes: [RefreshDescription] = []
  /// Cycles from a read to the end of its data on the interface.
  public var readLatency: Int64 = 0
  /// Cycles from a write to the end of its data.
  public var writeLatency: Int64 = 0
  /// Cycles from a result read to the end of its data; 0 for a device without MAC units.
  public var resultLatency: Int64 = 0
  /// Cycles from a buffer write to the end of its data; 0 for a device without vector buffers.
  public var bufferWriteLatency: Int64 = 0
  /// Most cycles from the first command of an activation to its second (tAAD); `nil` where one command activates.
  public var activationWindow: Int64?
  /// `nil` for a device whose accesses need no command to synchronise the data clock.
  public var dataClock: DataClockDescription?
  /// How an address becomes a place, when nobody says otherwise.
  public var addressMap: AddressMap?
  public var energy = DeviceEnergy(currents: nil, stated: [:])
  /// The `pim:` mapping as written: which controller runs kernels on the device's PIM commands, and its settings. The
  /// controller reads it.
  public var pim: Fields?
  /// Parameters that are not evidence, for the report.
  public var assumptions: [Assumption] = []

  public init() {}

  /// The device with one more timing rule, as a design adds that puts logic beside the banks.
  public func adding(_ constraint: TimingConstraint) -> DeviceDescription {
    var device = self
    device.constraints.append(constraint)
    return device
  }

  /// The way in which the device is usually refreshed.
  public var refresh: RefreshDescription? { refreshes.first }

  /// The index of a command by name.
  public func command(named name: String) -> Int? { commands.firstIndex { $0.name == name } }

  public func timing(named name: String) -> Int64? { timing.first { $0.name == name }?.cycles }

  public var bankLevel: Int { levels.count - 1 }

  /// The most banks of a device, over all channels.
  public static let maximumBanks = DeviceDraft.maximumNodes

  /// Banks of one channel.
  public var banksPerChannel: Int { levelSizes.dropFirst().reduce(1, *) }

  /// Whether a command may name this row.
  public func hasRow(_ row: Int64) -> Bool { row < rows || rows == 0 || tableRows?.contains(row) == true }
}
