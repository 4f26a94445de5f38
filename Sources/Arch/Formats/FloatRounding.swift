extension FloatFormat {
  /// The encoding of `±significand × 2^exponent` rounded into this format.
  ///
  /// Bit 0 of the significand may be sticky, that is, stand for any bits below it, if the leading bit is in bit 60 or
  /// above: the lowest bit that is kept is then at least 36 places higher.
  @inline(__always)
  func rounded(isNegative: Bool, significand: UInt64, exponent: Int, _ rounding: RoundingMode) -> FloatResult {
    let sign = isNegative ? signMask : 0
    guard significand != 0 else { return FloatResult(bits: sign) }
    let leadingZeros = significand.leadingZeroBitCount
    var normalized = significand << UInt64(leadingZeros)
    let leadingExponent = exponent - leadingZeros + 63

    let normalDiscard = 63 - significandBits
    var discard = normalDiscard + max(0, minimumExponent - leadingExponent)
    if discard > 64 {
      // Less than half of the least subnormal: any value below the half rounds alike.
      normalized = 1
      discard = 64
    }
    let (kept, isInexact) = Self.shifted(normalized, by: discard, isNegative: isNegative, rounding)

    // A kept leading bit adds one to the exponent field, and so does a carry out of the significand.
    let field = max(0, leadingExponent - minimumExponent)
    if field >= Int(exponentMask) { return overflowed(isNegative: isNegative, rounding) }
    let magnitude = UInt32(field) << UInt32(significandBits) + UInt32(kept)
    if magnitude >= infinity { return overflowed(isNegative: isNegative, rounding) }
    guard isInexact else { return FloatResult(bits: sign | magnitude) }

    var isTiny = leadingExponent < minimumExponent
    if leadingExponent == minimumExponent - 1 {
      // Not tiny if rounding to full precision, with the exponent unbounded, already carries to the least normal.
      let (full, _) = Self.shifted(normalized, by: normalDiscard, isNegative: isNegative, rounding)
      isTiny = full < UInt64(leastNormal) << 1
    }
    return FloatResult(bits: sign | magnitude, flags: isTiny ? [.underflow, .inexact] : .inexact)
  }

  /// `significand / 2^count` rounded to an integer, and whether that lost anything. `count` is in 1…64.
  @inline(__always)
  private static func shifted(
    _ significand: UInt64, by count: Int, isNegative: Bool, _ rounding: RoundingMode
  ) -> (kept: UInt64, isInexact: Bool) {
    let kept = significand >> UInt64(count)
    let remainder = significand << UInt64(64 - count)
    guard remainder != 0 else { return (kept, false) }
    let half: UInt64 = 1 << 63
    let increments =
      switch rounding {
      case .nearestEven: remainder > half || (remainder == half && kept & 1 == 1)
      case .towardZero: false
      case .down: isNegative
      case .up: !isNegative
      case .nearestMaxMagnitude: remainder >= half
      }
    return (increments ? kept + 1 : kept, true)
  }

  /// IEEE 754-2019 §7.4: infinity when the mode rounds away from zero here, the largest finite number otherwise.
  private func overflowed(isNegative: Bool, _ rounding: RoundingMode) -> FloatResult {
    let reachesInfinity =
      switch rounding {
      case .nearestEven, .nearestMaxMagnitude: true
      case .towardZero: false
      case .down: isNegative
      case .up: !isNegative
      }
    let magnitude = reachesInfinity ? infinity : greatestFinite
    return FloatResult(bits: magnitude | (isNegative ? signMask : 0), flags: [.overflow, .inexact])
  }
}
