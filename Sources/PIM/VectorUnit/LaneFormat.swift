import Arch

/// The number format of a vector unit's lanes: every result of an adder or multiplier is rounded to it.
package struct LaneFormat: Hashable, Sendable {
  private let format: FloatFormat

  package init(_ format: FloatFormat) { self.format = format }

  /// The nearest number of the format, a tie to even.
  package func round(_ value: Float) -> Float {
    switch format {
    case .fp32: value
    case .bf16: BF16.widen(BF16.narrow(value))
    default: Float(format.decode(format.encode(value).bits))
    }
  }

  private var scale: Double { Double(UInt64(1) << UInt64(format.significandBits)) }

  /// What is added to a number and taken away again to round it to a whole one: 1.5 · 2^(significand bits).
  package var rounder: Float { Float(1.5 * scale) }

  /// The largest magnitude whose exp is taken: beyond it a power of two leaves the format, or `rounder` does not round.
  package var expLimit: Float {
    let exponents = 0.9 * Double(format.bias)
    return Float(0.693 * min(exponents, 0.98 * scale / 2))
  }

  /// A first guess at 1/x by one integer subtraction from a constant: the logarithm of x is nearly its encoding.
  ///
  /// The constant is the one of binary32, 0x7EF311C7, carried over to the format's bias and significand.
  package func reciprocalGuess(_ x: Float) -> Float {
    let magic = (2 * Double(format.bias) - 0.1011) * scale
    return decode(UInt32(magic) &- format.magnitude(encode(x)), isNegative: x < 0)
  }

  /// A first guess at 1/√x: half the encoding subtracted from a constant, that of binary32 being 0x5F3759DF.
  package func inverseRootGuess(_ x: Float) -> Float {
    let magic = (1.5 * Double(format.bias) - 0.0677) * scale
    return decode(UInt32(magic) &- (encode(x) >> 1), isNegative: false)
  }

  /// a · 2^k by an addition to the exponent; k is whole. Zero below the format's normal numbers.
  package func scaled(_ a: Float, byPowerOfTwo k: Float) -> Float {
    guard a != 0, let power = Int(exactly: k) else { return a * .nan }
    let exponent = Int(a.exponent) + power
    guard exponent >= format.minimumExponent else { return 0 }
    return round(Float(sign: a.sign, exponent: exponent, significand: a.significand))
  }

  private func encode(_ x: Float) -> UInt32 { format.encode(x).bits }

  private func decode(_ bits: UInt32, isNegative: Bool) -> Float {
    let value = Float(format.decode(format.magnitude(bits)))
    return isNegative ? -value : value
  }
}
