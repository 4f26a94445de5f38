/// A binary interchange-like format of IEEE 754-2019 §3.4: a sign bit, a biased exponent and a trailing significand.
///
/// All semantics are those of the standard: subnormal numbers, both zeros, infinities in the top exponent, NaNs beside
/// them. A value travels as its encoding in the low `width` bits of a `UInt32`; the bits above are ignored in operands
/// and zero in results. A NaN result is always `canonicalNaN`, as in fpnew and the RISC-V F extension; the payloads of
/// the operands are lost.
public struct FloatFormat: Sendable, Hashable {
  /// The width of the exponent field, 2…8.
  public let exponentBits: Int
  /// The width of the trailing significand field, 1…23; the leading bit of a normal number is not stored.
  public let significandBits: Int

  /// The format with these field widths.
  ///
  /// - Precondition: `exponentBits` is in 2…8 and `significandBits` in 1…23, so that every encoding fits 32 bits and
  ///   every exact product 48.
  public init(exponentBits: Int, significandBits: Int) {
    precondition((2...8).contains(exponentBits), "exponentBits must be in 2...8")
    precondition((1...23).contains(significandBits), "significandBits must be in 1...23")
    self.exponentBits = exponentBits
    self.significandBits = significandBits
  }

  /// bfloat16: the upper half of `fp32`.
  public static let bf16 = FloatFormat(exponentBits: 8, significandBits: 7)
  /// binary16 of IEEE 754.
  public static let fp16 = FloatFormat(exponentBits: 5, significandBits: 10)
  /// binary32 of IEEE 754, the encoding of Swift's `Float`.
  public static let fp32 = FloatFormat(exponentBits: 8, significandBits: 23)

  /// The number of bits of an encoding.
  public var width: Int { 1 + exponentBits + significandBits }
  /// What is added to an exponent to store it; also the largest exponent.
  public var bias: Int { 1 << (exponentBits - 1) - 1 }
  /// The exponent of the smallest normal number and of all subnormal ones.
  public var minimumExponent: Int { 1 - bias }

  /// The encoding of +∞. Encodings of finite magnitudes are below it, those of NaNs above.
  public var infinity: UInt32 { exponentMask << UInt32(significandBits) }
  /// The quiet NaN with a clear sign and a zero payload, the only NaN that operations return.
  public var canonicalNaN: UInt32 { infinity | quietBit }
  /// The encoding of the largest finite number.
  public var greatestFinite: UInt32 { infinity - 1 }
  /// The encoding of the smallest positive normal number.
  public var leastNormal: UInt32 { 1 << UInt32(significandBits) }
  /// The bit that is set in the encoding of a negative number.
  public var signMask: UInt32 { 1 << UInt32(width - 1) }

  /// The encoding without its sign.
  public func magnitude(_ bits: UInt32) -> UInt32 { bits & (signMask - 1) }
  /// The encoding with the opposite sign; no exception, NaNs included (IEEE 754-2019 §5.5.1 `negate`).
  public func negated(_ bits: UInt32) -> UInt32 { (bits ^ signMask) & (signMask << 1 &- 1) }
  /// Whether the sign bit is set, NaNs and zeros included.
  public func isNegative(_ bits: UInt32) -> Bool { bits & signMask != 0 }
  /// Whether the encoding is that of a NaN, quiet or signalling.
  public func isNaN(_ bits: UInt32) -> Bool { magnitude(bits) > infinity }
  /// Whether the encoding is that of a NaN whose quiet bit is clear.
  public func isSignalingNaN(_ bits: UInt32) -> Bool { isNaN(bits) && bits & quietBit == 0 }

  var exponentMask: UInt32 { 1 << UInt32(exponentBits) - 1 }
  var significandMask: UInt32 { leastNormal - 1 }
  var quietBit: UInt32 { leastNormal >> 1 }
}
