/// What a floating-point operation gives: the encoding of the result and the exceptions it signalled.
public struct FloatResult: Sendable, Hashable {
  /// The encoding in the low bits of the word; the bits above the format's width are zero.
  public let bits: UInt32
  /// The exceptions of this operation alone; nothing accumulates.
  public let flags: FloatFlags

  /// The result `bits` with the exceptions `flags`.
  public init(bits: UInt32, flags: FloatFlags = []) {
    self.bits = bits
    self.flags = flags
  }
}
