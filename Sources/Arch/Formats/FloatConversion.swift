extension FloatFormat {
  /// `bits` of this format as a value of `destination`, rounded once (IEEE 754-2019 §5.4.2 `convertFormat`).
  ///
  /// Signals NV for a signalling NaN, OF, UF, NX. A NaN becomes the canonical NaN of `destination`. Widening to a format
  /// with no narrower field is exact and signals at most NV.
  public func convert(
    _ bits: UInt32, to destination: FloatFormat, rounding: RoundingMode = .nearestEven
  ) -> FloatResult {
    if isNaN(bits) { return destination.notANumber(isInvalid: isSignalingNaN(bits)) }
    let value = UnpackedFloat(bits, in: self)
    if value.isInfinite {
      return FloatResult(bits: destination.infinity | (value.isNegative ? destination.signMask : 0))
    }
    return destination.rounded(
      isNegative: value.isNegative, significand: value.significand, exponent: value.exponent, rounding)
  }

  /// `value` in this format, rounded once; exceptions as in `convert`.
  public func encode(_ value: Float, rounding: RoundingMode = .nearestEven) -> FloatResult {
    FloatFormat.fp32.convert(value.bitPattern, to: self, rounding: rounding)
  }

  /// The value of `bits` as a Swift `Float`, always exact: no format is larger than `fp32`. NaNs become `Float.nan`.
  public func decode(_ bits: UInt32) -> Float {
    Float(bitPattern: convert(bits, to: .fp32).bits)
  }
}
