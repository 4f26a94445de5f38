/// A running 64-bit digest of an event log: equal logs give equal digests, and a log that differs in one time, one
/// command or one address gives another (but for one chance in 2^64).
///
/// The step is the mixing function of `SplitMix64` over the running value and the word.
public struct EventDigest: Hashable, Sendable {
  public private(set) var value: UInt64 = 0x243F_6A88_85A3_08D3
  /// How many words were added.
  public private(set) var count: Int64 = 0

  public init() {}

  @inline(__always)
  public mutating func add(_ word: UInt64) {
    var z = value ^ word
    z = (z ^ (z >> 32)) &* 0xBF58_476D_1CE4_E5B9
    value = (z ^ (z >> 29)) &+ 0x9E37_79B9_7F4A_7C15
    count += 1
  }
}
