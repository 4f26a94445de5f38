/// A set of positions in a buffer of requests, as bits. Smaller positions are older requests, so that the first of a set
/// is the one that goes.
protocol PositionSet {
  /// Positions are smaller than this.
  static var width: Int { get }
  /// The empty set.
  init()
  var isEmpty: Bool { get }
  /// The smallest position. The set is not empty.
  var first: Int { get }
  func contains(_ position: Int) -> Bool
  mutating func insert(_ position: Int)
  mutating func remove(_ position: Int)
  func union(_ other: Self) -> Self
  func intersection(_ other: Self) -> Self
  func subtracting(_ other: Self) -> Self
  /// The set if a clock has come, else the empty one; without a branch.
  func due(_ clock: Int64, by now: Int64) -> Self
  /// The same for another condition.
  func kept(if condition: Bool) -> Self
  /// Every position smaller by so many. None is smaller than that.
  func lowered(by distance: Int) -> Self
}

/// Up to 64 positions.
struct FewPositions: PositionSet {
  private var bits: UInt64 = 0

  static var width: Int { 64 }

  init() {}

  private init(_ bits: UInt64) { self.bits = bits }

  @inline(__always) var isEmpty: Bool { bits == 0 }

  @inline(__always) var first: Int { bits.trailingZeroBitCount }

  @inline(__always)
  func contains(_ position: Int) -> Bool { bits &>> UInt64(truncatingIfNeeded: position) & 1 != 0 }

  @inline(__always)
  mutating func insert(_ position: Int) { bits |= 1 &<< UInt64(truncatingIfNeeded: position) }

  @inline(__always)
  mutating func remove(_ position: Int) { bits &= ~(1 &<< UInt64(truncatingIfNeeded: position)) }

  @inline(__always)
  func union(_ other: FewPositions) -> FewPositions { FewPositions(bits | other.bits) }

  @inline(__always)
  func intersection(_ other: FewPositions) -> FewPositions { FewPositions(bits & other.bits) }

  @inline(__always)
  func subtracting(_ other: FewPositions) -> FewPositions { FewPositions(bits & ~other.bits) }

  // Shifted by no place, or by 63 twice: the compiler makes a branch of a choice between what was just loaded and nothing,
  // and of a comparison of what was.
  @inline(__always)
  func due(_ clock: Int64, by now: Int64) -> FewPositions {
    let places = UInt64(bitPattern: (now &- clock) &>> 63) & 63
    return FewPositions((bits &>> places) &>> places)
  }

  @inline(__always)
  func kept(if condition: Bool) -> FewPositions {
    let places: UInt64 = condition ? 0 : 63
    return FewPositions((bits &>> places) &>> places)
  }

  @inline(__always)
  func lowered(by distance: Int) -> FewPositions { FewPositions(bits &>> UInt64(truncatingIfNeeded: distance)) }
}

/// Up to 64 positions a word.
struct ManyPositions<let words: Int>: PositionSet {
  private var bits = InlineArray<words, UInt64>(repeating: 0)

  static var width: Int { words * 64 }

  init() {}

  var isEmpty: Bool {
    for word in 0..<words where bits[word] != 0 { return false }
    return true
  }

  var first: Int {
    var word = 0
    while bits[word] == 0 { word += 1 }
    return word << 6 | bits[word].trailingZeroBitCount
  }

  func contains(_ position: Int) -> Bool { bits[position >> 6] >> UInt64(position & 63) & 1 != 0 }

  mutating func insert(_ position: Int) { bits[position >> 6] |= 1 << UInt64(position & 63) }

  mutating func remove(_ position: Int) { bits[position >> 6] &= ~(1 << UInt64(position & 63)) }

  func union(_ other: Self) -> Self {
    var result = self
    for word in 0..<words { result.bits[word] |= other.bits[word] }
    return result
  }

  func intersection(_ other: Self) -> Self {
    var result = self
    for word in 0..<words { result.bits[word] &= other.bits[word] }
    return result
  }

  func subtracting(_ other: Self) -> Self {
    var result = self
    for word in 0..<words { result.bits[word] &= ~other.bits[word] }
    return result
  }

  func due(_ clock: Int64, by now: Int64) -> Self { clock <= now ? self : Self() }

  func kept(if condition: Bool) -> Self { condition ? self : Self() }

  func lowered(by distance: Int) -> Self {
    var result = Self()
    let (skipped, shift) = (distance >> 6, UInt64(distance & 63))
    for word in 0..<(words - skipped) {
      let low = bits[word + skipped] >> shift
      let high = word + skipped + 1 < words && shift > 0 ? bits[word + skipped + 1] << (64 - shift) : 0
      result.bits[word] = low | high
    }
    return result
  }
}
