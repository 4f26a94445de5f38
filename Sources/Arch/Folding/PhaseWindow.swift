/// For which times of the next disturbance (a refresh that falls due) a stretch would have gone as it went.
///
/// Whoever simulates a stretch notes each question it asks about that time. An answer that the time itself went into
/// makes the stretch one of its kind.
public struct PhaseWindow: Hashable, Sendable {
  /// The disturbance is due later than this, and not later than that.
  @usableFromInline var after = Int64.min
  @usableFromInline var until = Int64.max
  /// Whether the stretch would be the same for every time in between.
  @usableFromInline var isFoldable = true

  @inlinable public init() {}

  /// It was not due by `cycle`.
  @inlinable
  public mutating func wasNotDue(by cycle: Int64) { if cycle > after { after = cycle } }

  /// It was due by `cycle`, and no later than that made no difference.
  @inlinable
  public mutating func wasDue(by cycle: Int64) { if cycle < until { until = cycle } }

  /// The stretch depends on the very time.
  @inlinable public mutating func matters() { isFoldable = false }

  /// How many stretches of `length` cycles, each beginning where the one before ends and the first so much later than
  /// the one that was seen, go the same way when the disturbance is due at `due`; at most `limit`.
  @inlinable
  func repetitions(due: Int64, later cycles: Int64, length: Int64, atMost limit: Int64) -> Int64 {
    // Seen from the first of them.
    let seen = due - cycles
    guard isFoldable, seen > after, seen <= until else { return 0 }
    guard after > .min, limit > 1 else { return until < .max ? 1 : limit }
    // The disturbance comes nearer with each.
    let rest = until < .max ? 1 : (seen - after - 1) / max(length, 1) + 1
    return min(limit, rest)
  }
}
