/// Two timing states seen from moments of their own.
extension CommandTiming {
  /// Whether this state at `cycle` holds every command up as `other` did `cycles` earlier, for the same reason. What can
  /// go at once is alike, whatever it waited for before.
  public func isAlike(_ other: CommandTiming, at cycle: Int64, later cycles: Int64) -> Bool {
    let passed = (cycle + 1) << Self.idBits
    let shift = cycles << Self.idBits
    let slots = slotsThatMatter(
      at: cycle, latest: max(latest, other.latest + cycles), below: max(latestBelow, other.latestBelow + cycles))
    let isReadyAlike = ready.withUnsafeBufferPointer { mine in
      other.ready.withUnsafeBufferPointer { theirs in
        var difference: Int64 = 0
        for slot in slots {
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
    let slots = slotsThatMatter(at: cycle, latest: other.latest + cycles, below: other.latestBelow + cycles)
    // What is not taken over has passed here as well: the states were alike before.
    latest = max(other.latest + cycles, cycle)
    latestBelow = max(other.latestBelow + cycles, cycle)
    let shift = cycles << Self.idBits
    ready.withUnsafeMutableBufferPointer { mine in
      other.ready.withUnsafeBufferPointer { theirs in
        for slot in slots { mine[slot] = theirs[slot] &+ shift }
      }
    }
  }

  /// The entries that can hold a command up at `cycle`: none, those of the top level, which come first, or all.
  private func slotsThatMatter(at cycle: Int64, latest: Int64, below: Int64) -> Range<Int> {
    if below > cycle { return 0..<ready.count }
    return 0..<(latest > cycle ? table.levelSizes[0] * table.commandCount : 0)
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
