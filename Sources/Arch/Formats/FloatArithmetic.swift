extension FloatFormat {
  /// `a + b`, rounded once (IEEE 754-2019 §5.4.1 `addition`).
  ///
  /// An exact zero from operands of opposite sign is +0, or −0 when rounding down (§6.3).
  /// Signals NV for a signalling NaN and for `∞ − ∞`, OF, NX; a sum is never tiny and inexact.
  public func add(_ a: UInt32, _ b: UInt32, rounding: RoundingMode = .nearestEven) -> FloatResult {
    if isNaN(a) || isNaN(b) { return notANumber(isInvalid: isSignalingNaN(a) || isSignalingNaN(b)) }
    return sum(UnpackedFloat(a, in: self), UnpackedFloat(b, in: self), rounding)
  }

  /// `a − b`, rounded once (IEEE 754-2019 §5.4.1 `subtraction`): `a + (−b)` with the exceptions of `add`.
  public func subtract(_ a: UInt32, _ b: UInt32, rounding: RoundingMode = .nearestEven) -> FloatResult {
    add(a, negated(b), rounding: rounding)
  }

  /// `a × b`, rounded once (IEEE 754-2019 §5.4.1 `multiplication`).
  ///
  /// Signals NV for a signalling NaN and for `0 × ∞`, OF, UF, NX.
  public func multiply(_ a: UInt32, _ b: UInt32, rounding: RoundingMode = .nearestEven) -> FloatResult {
    if isNaN(a) || isNaN(b) { return notANumber(isInvalid: isSignalingNaN(a) || isSignalingNaN(b)) }
    guard let product = exactProduct(a, b) else { return notANumber(isInvalid: true) }
    if product.isInfinite { return FloatResult(bits: infinity | (product.isNegative ? signMask : 0)) }
    return rounded(
      isNegative: product.isNegative, significand: product.significand, exponent: product.exponent, rounding)
  }

  /// `a × b + c`, rounded once (IEEE 754-2019 §5.4.1 `fusedMultiplyAdd`).
  ///
  /// Signals NV for a signalling NaN, `0 × ∞` and `∞ − ∞`, OF, UF, NX. `0 × ∞ + c` with a quiet NaN `c` signals NV,
  /// a case that §7.2 leaves open; fpnew, RISC-V and SoftFloat do so.
  public func fusedMultiplyAdd(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, rounding: RoundingMode = .nearestEven
  ) -> FloatResult {
    fusedMultiplyAdd(a, b, c, addendFormat: self, rounding: rounding)
  }

  /// `a × b + c` with `a` and `b` in this format, `c` in `addendFormat` and the result in `resultFormat`, rounded once.
  ///
  /// This is fpnew's multi-format fused multiply-add, and SoftFloat's on widened operands: the product is never rounded.
  /// Exceptions are those of the operation in one format, judged in the format of the result. Any formats go together;
  /// the hardware in question has a wider addend and result.
  ///
  /// - Parameter resultFormat: the format of the result; `nil` stands for `addendFormat`.
  public func fusedMultiplyAdd(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, addendFormat: FloatFormat, resultFormat: FloatFormat? = nil,
    rounding: RoundingMode = .nearestEven
  ) -> FloatResult {
    let resultFormat = resultFormat ?? addendFormat
    if isNaN(a) || isNaN(b) {
      let isInvalid = isSignalingNaN(a) || isSignalingNaN(b) || addendFormat.isSignalingNaN(c)
      return resultFormat.notANumber(isInvalid: isInvalid)
    }
    guard let product = exactProduct(a, b) else { return resultFormat.notANumber(isInvalid: true) }
    if addendFormat.isNaN(c) { return resultFormat.notANumber(isInvalid: addendFormat.isSignalingNaN(c)) }
    return resultFormat.sum(product, UnpackedFloat(c, in: addendFormat), rounding)
  }

  /// The product of two operands that are not NaN, of at most 48 bits; `nil` for `0 × ∞`.
  @inline(__always)
  private func exactProduct(_ a: UInt32, _ b: UInt32) -> UnpackedFloat? {
    var product = UnpackedFloat(a, in: self)
    let factor = UnpackedFloat(b, in: self)
    product.isNegative = product.isNegative != factor.isNegative
    if product.isInfinite || factor.isInfinite {
      if product.isZero || factor.isZero { return nil }
      product.isInfinite = true
    }
    product.significand *= factor.significand
    product.exponent += factor.exponent
    return product
  }

  /// `a + b` rounded into this format. Significands have at most 48 bits.
  @inline(__always)
  private func sum(_ a: UnpackedFloat, _ b: UnpackedFloat, _ rounding: RoundingMode) -> FloatResult {
    if a.isInfinite || b.isInfinite {
      if a.isInfinite && b.isInfinite && a.isNegative != b.isNegative { return notANumber(isInvalid: true) }
      let isNegative = a.isInfinite ? a.isNegative : b.isNegative
      return FloatResult(bits: infinity | (isNegative ? signMask : 0))
    }
    guard a.significand != 0, b.significand != 0 else {
      if a.significand == b.significand {
        let isNegative = a.isNegative == b.isNegative ? a.isNegative : rounding == .down
        return FloatResult(bits: isNegative ? signMask : 0)
      }
      let term = a.significand == 0 ? b : a
      return rounded(isNegative: term.isNegative, significand: term.significand, exponent: term.exponent, rounding)
    }

    // Leading bits in bit 62: one bit of room for the carry and at least 15 zeros below 48 significant bits, so that a
    // shift by one place, the only one after which a difference can lose more than one leading bit, loses nothing.
    let (x, y) = (a.leadingBit62, b.leadingBit62)
    let (large, small) =
      (x.exponent, x.significand) >= (y.exponent, y.significand) ? (x, y) : (y, x)
    let distance = UInt64(large.exponent - small.exponent)
    let aligned = distance > 62 ? 1 : small.significand.shiftedRightJamming(distance)
    let exponent = large.exponent
    if large.isNegative == small.isNegative {
      return rounded(
        isNegative: large.isNegative, significand: large.significand + aligned, exponent: exponent, rounding)
    }
    let difference = large.significand - aligned
    return rounded(
      isNegative: difference == 0 ? rounding == .down : large.isNegative, significand: difference,
      exponent: exponent, rounding)
  }

  @inline(__always)
  func notANumber(isInvalid: Bool) -> FloatResult {
    FloatResult(bits: canonicalNaN, flags: isInvalid ? .invalid : [])
  }
}

extension UnpackedFloat {
  /// The same nonzero value with its leading bit in bit 62.
  fileprivate var leadingBit62: UnpackedFloat {
    var value = self
    let shift = significand.leadingZeroBitCount - 1
    value.significand <<= UInt64(shift)
    value.exponent -= shift
    return value
  }
}

extension UInt64 {
  /// The value shifted right by `count` in 0…63, with bit 0 set if any bit that was shifted out was.
  fileprivate func shiftedRightJamming(_ count: UInt64) -> UInt64 {
    let kept = self >> count
    return kept << count == self ? kept : kept | 1
  }
}
