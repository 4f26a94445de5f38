/// Where the cycles of one unit, or of one channel of a memory, went: each cycle has exactly one cause.
///
/// The account has a frontier that only moves forward; whatever it passes over is charged to one cause, so nothing is
/// counted twice or forgotten.
public struct CycleAccount: Hashable, Sendable {
  /// The names of the stall causes, by index.
  public let causes: [String]
  public private(set) var busy: Int64 = 0
  public private(set) var idle: Int64 = 0
  public private(set) var stalls: [Int64]
  /// The first cycle that is not yet charged.
  public private(set) var frontier: Int64 = 0

  public init(causes: [String]) {
    self.causes = causes
    stalls = Array(repeating: 0, count: causes.count)
  }

  @inlinable
  public var total: Int64 { busy + idle + stalls.reduce(0, +) }

  /// Charges everything from the frontier up to `cycle` (exclusive). A cycle that lies behind is ignored.
  public mutating func chargeBusy(until cycle: Int64) {
    guard cycle > frontier else { return }
    busy += cycle - frontier
    frontier = cycle
  }

  public mutating func chargeIdle(until cycle: Int64) {
    guard cycle > frontier else { return }
    idle += cycle - frontier
    frontier = cycle
  }

  public mutating func chargeStall(_ cause: Int, until cycle: Int64) {
    guard cycle > frontier else { return }
    stalls[cause] += cycle - frontier
    frontier = cycle
  }

  /// An account that goes on from here and has charged nothing yet.
  public var cleared: CycleAccount {
    var result = CycleAccount(causes: causes)
    result.frontier = frontier
    return result
  }

  /// Charges what `other` has charged, `times` over.
  public mutating func add(_ other: CycleAccount, times: Int64 = 1) {
    busy += times * other.busy
    idle += times * other.idle
    for cause in stalls.indices { stalls[cause] += times * other.stalls[cause] }
    frontier += times * other.total
  }
}
