/// bfloat16 arithmetic on the host's `Float`, bit for bit what `FloatFormat.bf16` gives, without exception flags.
///
/// It relies on the floating-point environment that a Swift program starts with: round to nearest even, subnormal
/// numbers kept.
public enum BF16 {
  /// The value of an encoding; exact, since bfloat16 is the upper half of binary32. Equals `FloatFormat.bf16.decode`,
  /// but a NaN keeps its sign and payload.
  @inlinable
  public static func widen(_ bits: UInt16) -> Float {
    Float(bitPattern: UInt32(bits) << 16)
  }

  /// The encoding nearest to `value`, a tie to even; equals `FloatFormat.bf16.encode(value).bits`. A NaN becomes the
  /// canonical NaN, 0x7fc0.
  @inlinable
  public static func narrow(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    guard bits & 0x7fff_ffff <= 0x7f80_0000 else { return 0x7fc0 }
    // Adding just under half a unit, or half a unit if the kept part is odd, carries exactly when the value rounds up.
    // A carry out of the significand gives the next exponent, and infinity after the largest; infinity itself stays.
    return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ ((bits >> 16) & 1)) >> 16)
  }

  /// `a × b + accumulator` rounded once to nearest even; equals
  /// `FloatFormat.bf16.fusedMultiplyAdd(a, b, accumulator.bitPattern, addendFormat: .fp32).bits`. A NaN result is the
  /// canonical NaN, 0x7fc00000.
  @inlinable
  public static func multiplyAccumulate(_ a: UInt16, _ b: UInt16, into accumulator: Float) -> Float {
    let product = widen(a) * widen(b)
    // Two 8-bit significands make at most 16 bits, so a product above the least normal number and below infinity is
    // exact, and the addition is then the only rounding. Only a product that rounded up could equal the least normal.
    if product.magnitude > .leastNormalMagnitude && product.magnitude < .infinity {
      let sum = product + accumulator
      if sum == sum { return sum }
    }
    return multiplyAccumulateOutOfRange(a, b, into: accumulator)
  }

  /// The rest of `multiplyAccumulate`: zero, tiny, overflowing, infinite and NaN products, and NaN accumulators.
  @usableFromInline
  static func multiplyAccumulateOutOfRange(_ a: UInt16, _ b: UInt16, into accumulator: Float) -> Float {
    let product = widen(a) * widen(b)
    // A zero product of a zero factor is exact, a zero product of a tiny one is not.
    if product == 0 && (a << 1 == 0 || b << 1 == 0) {
      let sum = product + accumulator
      if sum == sum { return sum }
    }
    let exact = FloatFormat.bf16.fusedMultiplyAdd(
      UInt32(a), UInt32(b), accumulator.bitPattern, addendFormat: .fp32)
    return Float(bitPattern: exact.bits)
  }
}
