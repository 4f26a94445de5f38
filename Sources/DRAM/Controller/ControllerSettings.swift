import Files

/// How a memory controller schedules: everything that is not the device's.
public struct ControllerSettings: Sendable, Hashable {
  public enum Scheduler: String, Sendable, CaseIterable {
    /// Ours: ready row hits first, then the oldest; refreshes may be postponed.
    case standard
    /// The oldest ready request of a read and a write buffer, with a buffer of requests whose row was opened for them,
    /// as Ramulator 2.1 schedules.
    case activeBuffer = "active-buffer"
    /// A command queue for each bank, served in turns, as DRAMsim3 schedules.
    case bankQueues = "bank-queues"
  }

  public enum RowPolicy: Sendable, Hashable {
    /// A row stays open until another is needed or a refresh is due.
    case open
    /// A row is closed after so many accesses.
    case closed(cap: Int)
    /// A row is closed when it was not accessed for so many cycles.
    case timeout(cycles: Int64)
  }

  public enum Refresh: String, Sendable, CaseIterable {
    case none
    case allBank = "all-bank"
    case perBank = "per-bank"
    /// One bank of each bank group at once.
    case sameBank = "same-bank"
  }

  public var scheduler = Scheduler.standard
  /// Requests that wait for a command.
  public var readBuffer = 32
  public var writeBuffer = 32
  /// Fractions of the write buffer: above the high one writes are drained, until they fall below the low one.
  public var highWatermark = 0.8
  public var lowWatermark = 0.2
  /// Entries of each bank's command queue (bank queues only).
  public var commandQueue = 8
  public var rowPolicy = RowPolicy.open
  public var refresh = Refresh.allBank
  /// How many refreshes of a rank may be put off while requests wait (standard only).
  public var postponedRefreshes = 8
  /// Accesses to an open row for which older requests for other rows of the bank wait (standard only).
  public var rowHitCap = 16
  /// Idle cycles after which a rank enters power-down; `nil` for never (standard only).
  public var powerDownAfter: Int64?
  /// Idle cycles after which a rank enters self-refresh; `nil` for never.
  public var selfRefreshAfter: Int64?
  /// Whether faults of the simulator that a preset is named after are reproduced too.
  public var peerQuirks = false
  /// Most requests offered in a cycle; `nil` for one per channel and pseudo-channel.
  public var requestsPerCycle: Int?
  /// Cycles that a run goes on after its last request is complete.
  public var drainCycles: Int64 = 0
  /// `nil` for the device's own.
  public var addressMap: AddressMap?

  public init() {}

  /// The most requests and commands that a buffer or queue of any scheduler holds.
  public static let longestQueue = 1 << 16

  /// - Throws: for settings that no run can have, wherever they come from.
  func check() throws(Refusal) {
    func refuse(_ what: String, _ value: String, _ expected: String) -> Refusal {
      Refusal(
        "\(what) of the controller makes no sense", at: Place(file: "controller"), value: value, expected: expected)
    }
    for (what, size) in [
      ("the read queue", readBuffer), ("the write queue", writeBuffer), ("the command queue", commandQueue),
    ] where !(1...Self.longestQueue).contains(size) {
      throw refuse(what, "\(size)", "1 to \(Self.longestQueue) entries")
    }
    guard (0...1).contains(lowWatermark), (0...1).contains(highWatermark), lowWatermark <= highWatermark else {
      throw refuse(
        "the watermarks", "\(lowWatermark) and \(highWatermark)", "0 to 1, the low one not above the high one")
    }
    let counts: [(String, Int64, Int64)] = [
      ("the number of postponed refreshes", Int64(postponedRefreshes), 0), ("the row hit cap", Int64(rowHitCap), 1),
      ("the number of requests in a cycle", Int64(requestsPerCycle ?? 1), 1), ("the drain", drainCycles, 0),
      ("the idle time before power-down", powerDownAfter ?? 1, 1),
      ("the idle time before self-refresh", selfRefreshAfter ?? 1, 1),
    ]
    for (what, value, least) in counts where value < least || value >= 1 << 40 {
      throw refuse(what, "\(value)", "\(least) to 2^40")
    }
    switch rowPolicy {
    case .open: break
    case .closed(let cap) where cap < 1: throw refuse("the row policy", "closed after \(cap)", "1 access or more")
    case .timeout(let cycles) where cycles < 1 || cycles >= 1 << 40:
      throw refuse("the row policy", "timeout after \(cycles)", "1 cycle or more")
    case .timeout where scheduler != .standard:
      throw refuse("the row policy", "timeout", "open or closed, which this scheduler knows")
    case .closed, .timeout: break
    }
  }

  /// Names of the presets, ours first.
  public static let presets = ["default", "ramulator2.1", "dramsim3"]

  /// The settings of a preset; `nil` for an unknown name.
  public static func preset(_ name: String) -> ControllerSettings? {
    var settings = ControllerSettings()
    switch name {
    case "default": break
    case "ramulator2.1":
      settings.scheduler = .activeBuffer
      settings.peerQuirks = true
    case "dramsim3":
      settings.scheduler = .bankQueues
      settings.peerQuirks = true
      settings.drainCycles = 2000
    default: return nil
    }
    return settings
  }
}
