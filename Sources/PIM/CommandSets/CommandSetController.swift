import Arch
import DRAM
import Files

/// Runs work on a device's PIM commands: the memory controller that a device file names in its `pim:` section, with what
/// that section says.
///
/// A controller knows mechanisms; which commands there are, what they need and how long they take is the device's. It
/// issues over `CommandTiming`, so that each command goes no earlier than every constraint of the device allows.
public protocol CommandSetController: Sendable {
  /// The name in `pim: { controller: … }`.
  static var name: String { get }

  /// Reads the settings; every fault goes to `d`. The key `controller` is read already, all others are the
  /// controller's: it ends with `settings.finish`.
  init?(_ device: DeviceDescription, _ settings: inout Fields, _ d: inout Diagnostics)

  /// The kernels that the device's settings make possible.
  var kernels: [KernelSchema] { get }

  /// Whether it runs files of instructions.
  var runsInstructions: Bool { get }

  /// - Throws: where the work does not fit the device, or a file cannot be read.
  func run(_ work: CommandSetWork, _ options: CommandSetOptions) throws(Refusal) -> CommandSetRun
}

/// What a command set is to do.
public enum CommandSetWork: Sendable {
  case kernel(String, KernelValues)
  /// The path of a file of instructions, and its name for messages.
  case instructions(path: String, displayName: String)
}

/// How work is carried out.
public struct CommandSetOptions: Sendable {
  /// Channels that share the work, 1 to what the device has.
  public var channels: Int
  public var isRefreshed = true
  /// Do as the controller's model does where that contradicts the device's rules; see the device file.
  public var hasPeerQuirks = false
  /// Take over repeated work instead of simulating it again; never changes a result.
  public var folds = true
  /// Simulate channels that do the same once; never changes a result.
  public var joinsChannels = true
  /// Keep every command, up to so many over all channels.
  public var logLimit = 0
  /// Where the options were given, for messages.
  public var place = Place(file: "pim run")

  public init(channels: Int) { self.channels = channels }
}

/// What a run on a command set came to.
public struct CommandSetRun: Sendable {
  /// One command, as a trace lists it.
  public struct Entry: Sendable {
    public let cycle: Int64
    /// Index into the device's commands.
    public let command: Int
    /// Below the channel.
    public let address: CommandAddress
    public let row: Int64
    public let column: Int64

    public init(cycle: Int64, command: Int, address: CommandAddress, row: Int64, column: Int64) {
      self.cycle = cycle
      self.command = command
      self.address = address
      self.row = row
      self.column = column
    }
  }

  /// Channels that did the same.
  public struct Channels: Sendable {
    /// Their numbers, ascending.
    public var members: [Int]
    /// How often each of the device's commands went, in each of them.
    public var counts: [Int64]
    public var refreshes: Int64
    public var log: [Entry] = []

    public init(members: [Int], counts: [Int64], refreshes: Int64) {
      self.members = members
      self.counts = counts
      self.refreshes = refreshes
    }
  }

  /// Until all of it is done, in the device's cycles.
  public var cycles: Int64 = 0
  /// Cycles that no controller could do without; the work's own bound.
  public var lowerBound: Int64 = 0
  /// Cycles that were taken over rather than simulated, in the channel where they were fewest.
  public var foldedCycles: Int64 = 0
  public var channels: [Channels] = []
  /// Commands beyond the log's limit.
  public var unlogged: Int64 = 0
  /// Events that cost energy, over all channels, by the names under which the device file prices them.
  public var events: [(event: String, count: Int64)] = []

  public init() {}
}
