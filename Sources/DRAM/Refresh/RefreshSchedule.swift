import Arch

/// When each refresh scope of one channel is due. Scopes (ranks for all-bank, banks for per-bank commands) take turns,
/// evenly spread over the interval, so that each is refreshed once per tREFI.
public struct RefreshSchedule: Sendable, Hashable {
  /// What each refresh covers, in turn.
  public let targets: [CommandAddress]
  public let interval: Int64
  private var fired: Int64 = 0

  /// - Parameters:
  ///   - levelSizes: nodes per parent of the channel's hierarchy.
  ///   - scope: the deepest level that the refresh command addresses.
  ///   - across: levels above the scope that one command covers wholly.
  ///   - interval: tREFI in cycles, positive.
  public init(levelSizes: [Int], scope: Int, across: [Int] = [], interval: Int64) {
    precondition(interval > 0, "tREFI is positive")
    var targets = [CommandAddress.all]
    for level in 0...scope where !across.contains(level) {
      targets = targets.flatMap { target in
        (0..<levelSizes[level]).map { index in
          var next = target
          next.indices[level] = Int32(index)
          return next
        }
      }
    }
    self.targets = targets
    self.interval = interval
    nextDue = interval
  }

  /// The cycle at which the next refresh is due. The first of each scope is due one interval, staggered by scope,
  /// after the start.
  public private(set) var nextDue: Int64

  /// Whose turn the next refresh is.
  public var turn: Int { Int(fired % Int64(targets.count)) }

  /// What the next refresh covers.
  public var nextTarget: CommandAddress { targets[turn] }

  /// Refreshes issued so far.
  public var count: Int64 { fired }

  /// Refreshes of each scope so far.
  public var counts: [Int64] {
    targets.indices.map { (fired + Int64(targets.count - 1 - $0)) / Int64(targets.count) }
  }

  /// Notes that so many refreshes were issued.
  public mutating func fire(_ refreshes: Int64 = 1) {
    fired += refreshes
    let (round, turn) = fired.quotientAndRemainder(dividingBy: Int64(targets.count))
    nextDue = (round + 1) * interval + turn * interval / Int64(targets.count)
  }
}
