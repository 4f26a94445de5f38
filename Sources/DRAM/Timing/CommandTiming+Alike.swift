/// Two timing states seen from moments of their own.
extension CommandTiming {
  /// Whether this state at `cycle` holds every command up as `other` did `cycles` earlier, for the same reason. What can
  /// go at once is alike, whatever it waited for before.
  public func isAlike(_ other: CommandTiming, at cycle: Int64, later cycles: Int64) -> Bool {
    let passed = (cycle + 1) << Self.idBits
    let shift = cycles << Self.idBits
    // Most steps begin when nothing is held up any more.
    let isFree = latest <= cycle && other.latest + cycles <= cycle
    let isReadyAlike =
      isFree
      || ready.withUnsafeBufferPointer { mine in
        other.ready.withUnsafeBufferPointer { theirs in
          var difference: Int64 = 0
          for slot in 0..<mine.count {
            // An entry of the past becomes 0; the others keep their cycle and rule.
            let a = mine[slot] < passed ? 0 : mine[slot]
            let moved = theirs[slot] &+ shift
            difference |= a ^ (moved < passed ? 0 : moved)
          }
          return difference == 0
        }
      }
    return isReadyAlike && isHistoryAlike(other, at: cycle, later: cycles)
  }

  /// Takes over `other`, `cycles` later, after a stretch that began alike and ends at `cycle`.
  public mutating func adopt(_ other: CommandTiming, at cycle: Int64, later cycles: Int64) {
    adoptHistory(other, later: cycles)
    // Where nothing is held up any more, what stands here has passed as well.
    latest = max(other.latest + cycles, cycle)
    guard latest > cycle else { return }
    let shift = cycles << Self.idBits
    ready.withUnsafeMutableBufferPointer { mine in
      other.ready.withUnsafeBufferPointer { theirs in
        for slot in 0..<mine.count { mine[slot] = theirs[slot] &+ shift }
      }
    }
  }

  private mutating func adoptHistory(_ other: CommandTiming, later cycles: Int64) {
    guard !history.isEmpty else { return }
    history = other.history
    for ring in table.rings {
      let issues = min(Int(history[ring.start]), ring.window)
      for issue in 0..<issues { history[ring.start + 1 + issue] += cycles }
    }
  }

  private func isHistoryAlike(_ other: CommandTiming, at cycle: Int64, later cycles: Int64) -> Bool {
    table.rings.allSatisfy { ring in
      let past = cycle - ring.reach
      return (1...ring.window).allSatisfy { back in
        max(issue(back, of: ring) ?? past, past) == max((other.issue(back, of: ring) ?? past - cycles) + cycles, past)
      }
    }
  }

  /// The cycle of the `back`-th last issue of a ring; nil when there were not that many.
  private func issue(_ back: Int, of ring: ConstraintTable.Ring) -> Int64? {
    let count = Int(history[ring.start])
    return count >= back ? history[ring.start + 1 + (count - back) % ring.window] : nil
  }
}
