import Arch

/// What one rank did and how long it was in which state: all that its energy depends on.
///
/// A rank here is what one refresh of all banks covers: a rank, a pseudo-channel, or a channel.
public struct RankActivity: Sendable, Hashable {
  public var activates: Int64 = 0
  /// Column commands, with and without auto-precharge.
  public var reads: Int64 = 0
  public var writes: Int64 = 0
  /// Refreshes of all banks.
  public var refreshes: Int64 = 0
  /// Refreshes of one bank, or of one bank in each bank group.
  public var bankRefreshes: Int64 = 0
  /// Cycles with any row open, and with none, the clock enabled.
  public var activeCycles: Int64 = 0
  public var prechargedCycles: Int64 = 0
  /// Cycles in fast power-down, with any row open and with none.
  public var activePowerDownCycles: Int64 = 0
  public var prechargedPowerDownCycles: Int64 = 0
  public var selfRefreshCycles: Int64 = 0

  public init() {}
}
