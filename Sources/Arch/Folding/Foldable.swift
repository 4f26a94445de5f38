/// A part of an accelerator that may come into the same state again: then what it did from there on is known.
///
/// Its state is everything that decides what it does next; its tally is what it has done. Two parts are alike when,
/// each seen from a moment of its own, they will do the same from there on.
public protocol Foldable {
  associatedtype Tally

  /// Whether this part, at a cycle that lies `cycles` after the other's, is as the other was. Times that have passed
  /// and can hold nothing up are no difference.
  func isAlike(_ other: Self, at cycle: Int64, later cycles: Int64) -> Bool

  /// Adds to its own tally what a stretch did, `times` over: the first time shifted by `first`, each following by `step`
  /// more.
  mutating func count(_ tally: Tally, times: Int64, first: FoldShift, step: FoldShift)

  /// Takes over the state that `stretch` led to, so much later and further on.
  mutating func adopt(_ stretch: FoldedStretch<Self>, _ shift: FoldShift)
}

/// How far something lies from where it was seen: in time, and in the addresses that go along with it.
public struct FoldShift: Hashable, Sendable {
  public var cycles: Int64
  public var addresses: Int64

  @inlinable public init(cycles: Int64, addresses: Int64) {
    self.cycles = cycles
    self.addresses = addresses
  }

  @inlinable public static func * (times: Int64, shift: FoldShift) -> FoldShift {
    FoldShift(cycles: times * shift.cycles, addresses: times * shift.addresses)
  }
  @inlinable public static func + (a: FoldShift, b: FoldShift) -> FoldShift {
    FoldShift(cycles: a.cycles + b.cycles, addresses: a.addresses + b.addresses)
  }
}

/// What a part has done, as sums: what two stretches did together is what each did, added up.
public protocol FoldTally {
  /// A tally of nothing, as of now.
  var cleared: Self { get }

  /// Adds what `other` did, `times` over: the first time shifted by `first`, each following by `step` more.
  mutating func add(_ other: Self, times: Int64, first: FoldShift, step: FoldShift)
}

extension FoldTally {
  @inlinable
  public mutating func add(_ other: Self) {
    let none = FoldShift(cycles: 0, addresses: 0)
    add(other, times: 1, first: none, step: none)
  }
}
