/// A stretch of a part's work that was simulated once.
public final class FoldedStretch<Part: Foldable> {
  /// The part when the stretch began and when it ended.
  public let before: Part
  public let after: Part
  @usableFromInline let tally: Part.Tally
  @usableFromInline let window: PhaseWindow
  /// When and at which address it began, and how far on it ended.
  @usableFromInline let start: FoldShift
  @usableFromInline let step: FoldShift
  /// Whether it ends as it began, so that it can follow itself.
  @usableFromInline let isPeriod: Bool

  @inlinable
  init(
    before: Part, after: Part, tally: Part.Tally, window: PhaseWindow, start: FoldShift, step: FoldShift, isPeriod: Bool
  ) {
    self.before = before
    self.after = after
    self.tally = tally
    self.window = window
    self.start = start
    self.step = step
    self.isPeriod = isPeriod
  }
}

/// The stretches that a unit's parts have gone through, by what they did.
///
/// The key says what is done and whatever else is quick to compare; the full state is compared with each stretch under
/// the key. A stretch that is found is not simulated again: its end and its tally are taken over, shifted in time. As
/// nothing is taken over from a state that differs, results are those of simulating everything.
public struct FoldMemo<Key: Hashable, Part: Foldable> {
  @usableFromInline var stretches: [Key: [FoldedStretch<Part>]] = [:]
  @usableFromInline var count = 0
  @usableFromInline let capacity: Int
  /// Stretches kept under one key, the latest.
  @usableFromInline static var depth: Int { 6 }

  /// - Parameter capacity: stretches that are kept, at least one; beyond it all are forgotten.
  @inlinable public init(capacity: Int = 1 << 13) { self.capacity = max(capacity, 1) }

  /// Goes through known work as far as it is known.
  ///
  /// - Parameters:
  ///   - cycle: the part's present time; `address` what its addresses are counted from.
  ///   - due: when the next disturbance is due.
  ///   - horizon: nothing beyond this cycle is decided yet.
  ///   - limit: how often the work comes in a row at the most.
  /// - Returns: how often it was done: 0 when the part never was in this state.
  @inlinable
  public func pass(
    _ part: inout Part, through key: Key, at cycle: Int64, address: Int64, due: Int64, horizon: Int64,
    atMost limit: Int64
  ) -> Int64 {
    guard let known = stretches[key] else { return 0 }
    for stretch in known {
      let shift = FoldShift(cycles: cycle - stretch.start.cycles, addresses: address - stretch.start.addresses)
      let length = stretch.step.cycles
      var times = stretch.window.repetitions(
        due: due, later: shift.cycles, length: length, atMost: stretch.isPeriod ? limit : 1)
      if length > 0 { times = min(times, (horizon - cycle) / length) }
      guard times > 0, part.isAlike(stretch.before, at: cycle, later: shift.cycles) else { continue }
      part.count(stretch.tally, times: times, first: shift, step: stretch.step)
      part.adopt(stretch, shift + (times - 1) * stretch.step)
      return times
    }
    return 0
  }

  /// Keeps a stretch that was simulated.
  @inlinable
  public mutating func learn(
    _ key: Key, before: Part, after: Part, tally: Part.Tally, window: PhaseWindow, start: FoldShift, step: FoldShift,
    followsItself: Bool
  ) {
    guard window.isFoldable, step.cycles > 0 else { return }
    if count >= capacity {
      stretches.removeAll(keepingCapacity: true)
      count = 0
    }
    let isPeriod =
      followsItself && after.isAlike(before, at: start.cycles + step.cycles, later: step.cycles)
    let stretch = FoldedStretch(
      before: before, after: after, tally: tally, window: window, start: start, step: step, isPeriod: isPeriod)
    var known = stretches.removeValue(forKey: key) ?? []
    if known.count == Self.depth {
      known.removeLast()
      count -= 1
    }
    known.insert(stretch, at: 0)
    count += 1
    stretches[key] = known
  }
}
