import DRAM

/// When the ranks of a channel are to be refreshed: in turn, evenly spread over the interval, the first rank first.
struct RankRefresh {
  let ranks: Int
  let interval: Int64
  /// A turn that has not come before the next is lost.
  let losesTurns: Bool
  /// The first cycle at which one more refresh is due.
  private(set) var nextDue = Int64.max
  private var turn: Int64 = 0
  /// The rank that waits for its refresh, the longest waiting one first; −1 for none.
  private(set) var waiting = -1
  /// Refreshes that are due behind it.
  private var behind: Int64 = 0

  init(_ refresh: RefreshDescription?, ranks: Int, losesTurns: Bool) {
    self.ranks = ranks
    self.losesTurns = losesTurns
    interval = refresh?.interval ?? 0
    if refresh != nil { nextDue = due(0) }
  }

  private func due(_ turn: Int64) -> Int64 {
    let (round, rank) = turn.quotientAndRemainder(dividingBy: Int64(ranks))
    return interval / Int64(ranks) * (rank + 1) + interval * round
  }

  /// Notes the refresh that is due in this cycle, if one is.
  @inline(__always)
  mutating func noteDue(_ cycle: Int64) {
    guard cycle >= nextDue else { return }
    let rank = Int(turn % Int64(ranks))
    if waiting < 0 || losesTurns { waiting = rank } else { behind += 1 }
    turn += 1
    nextDue = due(turn)
  }

  /// Notes that the waiting rank had its refresh.
  mutating func fire() {
    guard behind > 0 else {
      waiting = -1
      return
    }
    behind -= 1
    waiting = (waiting + 1) % ranks
  }
}
