/// Banks that are looked at again in a clock to come, by clock: a ring of sets of banks, one for each of the next 64
/// clocks. What lies further ahead is put in the last of them and comes back from there.
///
/// A bank may stand in several clocks; looking at one for nothing does no harm.
struct BankTimers: ~Copyable {
  private static let span: Int64 = 64
  private let sets: UnsafeMutablePointer<UInt64>
  let wordCount: Int
  /// Bit n: the set of the clocks that are n modulo 64 is not empty.
  private var occupied: UInt64 = 0
  /// The first clock with a bank; `Int64.max` for none.
  private(set) var next = Int64.max

  init(banks: Int) {
    wordCount = (banks + 63) / 64
    sets = .allocate(capacity: wordCount * Int(Self.span))
    sets.initialize(repeating: 0, count: wordCount * Int(Self.span))
  }

  deinit { sets.deallocate() }

  mutating func copyState(of other: borrowing BankTimers) {
    sets.update(from: other.sets, count: wordCount * Int(Self.span))
    (occupied, next) = (other.occupied, other.next)
  }

  /// Has a bank looked at in a clock, or before it when it is far ahead.
  ///
  /// - Parameter present: the clock that is looked at now, or is next; not after `clock`.
  @inline(__always)
  mutating func set(_ bank: Int, at clock: Int64, present: Int64) {
    // Clocks that have passed may not have been looked at yet.
    let due = min(clock, min(present, next) &+ (Self.span &- 1))
    let slot = due & (Self.span &- 1)
    sets[Int(slot) &* wordCount &+ bank >> 6] |= 1 &<< UInt64(truncatingIfNeeded: bank & 63)
    occupied |= 1 &<< UInt64(truncatingIfNeeded: slot)
    next = min(next, due)
  }

  /// Goes on to the next clock with a bank.
  ///
  /// - Returns: the words of the set of banks that were due, which is to be emptied.
  @inline(__always)
  mutating func take() -> UnsafeMutablePointer<UInt64> {
    let slot = UInt64(truncatingIfNeeded: next & (Self.span &- 1))
    occupied &= ~(1 &<< slot)
    // Turned so that the next clock's bit comes first; shifts are modulo 64.
    let turned = occupied &>> (slot &+ 1) | occupied &<< (63 &- slot)
    next = turned == 0 ? .max : next &+ 1 &+ Int64(turned.trailingZeroBitCount)
    return sets + Int(truncatingIfNeeded: slot) &* wordCount
  }
}
