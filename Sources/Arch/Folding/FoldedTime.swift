/// How much of the run's time was folded: time in which a unit's known work was taken over rather than simulated. Where
/// several units did so at once it counts once.
struct FoldedTime {
  private var pending: [Range<Int64>] = []
  /// Ticks that are counted for good, and up to where.
  private var counted: Int64 = 0
  private var covered: Int64 = 0
  private static let most = 1 << 14

  var isFull: Bool { pending.count >= Self.most }

  mutating func add(_ ticks: Range<Int64>) {
    if let last = pending.last, last.upperBound == ticks.lowerBound {
      pending[pending.count - 1] = last.lowerBound..<ticks.upperBound
    } else {
      pending.append(ticks)
    }
  }

  /// Counts what ends by `tick`, before which nothing more will be added.
  mutating func settle(before tick: Int64) {
    pending.sort { $0.lowerBound < $1.lowerBound }
    var first = 0
    while first < pending.count, pending[first].upperBound <= tick {
      let range = pending[first]
      counted += max(0, range.upperBound - max(range.lowerBound, covered))
      covered = max(covered, range.upperBound)
      first += 1
    }
    pending.removeFirst(first)
  }

  mutating func total() -> Int64 {
    settle(before: .max)
    return counted
  }
}
