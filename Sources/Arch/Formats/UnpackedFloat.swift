/// A finite or infinite operand taken apart: `±significand × 2^exponent`.
struct UnpackedFloat {
  var isNegative: Bool
  var isInfinite: Bool
  /// The integer significand, leading bit included, at most 24 bits; zero for a zero and for an infinity.
  var significand: UInt64
  var exponent: Int

  var isZero: Bool { significand == 0 && !isInfinite }

  /// Takes apart `bits`, which must not be a NaN.
  @inline(__always)
  init(_ bits: UInt32, in format: FloatFormat) {
    let field = Int((bits >> UInt32(format.significandBits)) & format.exponentMask)
    let fraction = bits & format.significandMask
    isNegative = format.isNegative(bits)
    isInfinite = field == Int(format.exponentMask)
    if field == 0 {
      significand = UInt64(fraction)
    } else {
      significand = isInfinite ? 0 : UInt64(fraction | format.leastNormal)
    }
    exponent = max(field, 1) - format.bias - format.significandBits
  }
}
