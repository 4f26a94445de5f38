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
  ///   - interval: tREFI in cycles, positive.
  public init(levelSizes: [Int], scope: Int, interval: Int64) {
    precondition(interval > 0, "tREFI is positive")
    var targets = [CommandAddress.all]
    for level in 0...scope {
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
  }

  /// The cycle at which the next refresh is due. The first of each scope is due one interval, staggered by scope,
  /// after the start.
  public var nextDue: Int64 {
    let turn = fired % Int64(targets.count)
    let round = fired / Int64(targets.count)
    return (round + 1) * interval + turn * interval / Int64(targets.count)
  }

  /// What the next refresh covers.
  public var nextTarget: CommandAddress { targets[Int(fired % Int64(targets.count))] }

  /// Refreshes issued so far.
  public var count: Int64 { fired }

  public mutating func fire() { fired += 1 }
}
