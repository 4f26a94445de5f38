import Arch

/// IEEE 754 by definition, on `Double`s that hold the exact result: round the quotient by the quantum to an integer.
struct ExactOracle {
  let format: FloatFormat

  static let rules: [RoundingMode: FloatingPointRoundingRule] = [
    .nearestEven: .toNearestOrEven, .towardZero: .towardZero, .down: .down, .up: .up,
    .nearestMaxMagnitude: .toNearestOrAwayFromZero,
  ]

  /// The value of an encoding, from the fields.
  func value(_ bits: UInt32) -> Double {
    let fraction = bits % (1 << UInt32(format.significandBits))
    let field = Int(bits >> UInt32(format.significandBits)) % (1 << format.exponentBits)
    let sign: FloatingPointSign = bits >> UInt32(format.width - 1) == 1 ? .minus : .plus
    if field == 1 << format.exponentBits - 1 {
      return fraction != 0 ? .nan : sign == .minus ? -.infinity : .infinity
    }
    let significand = Double(fraction) / Double(1 << format.significandBits) + (field == 0 ? 0 : 1)
    return Double(sign: sign, exponent: max(field, 1) - format.bias, significand: significand)
  }

  /// The encoding of a value that the format holds.
  private func encoding(_ value: Double) -> UInt32 {
    let sign: UInt32 = value.sign == .minus ? 1 << UInt32(format.width - 1) : 0
    if value == 0 { return sign }
    let exponent = max(Int(value.exponent), format.minimumExponent)
    let significand = UInt32((value.magnitude / quantum(exponent)).rounded())
    let field = UInt32(exponent - format.minimumExponent)
    return sign | (field << UInt32(format.significandBits) + significand)
  }

  private func quantum(_ exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent - format.significandBits, significand: 1)
  }

  /// What an operation gives whose exact, finite result is `exact`; the sign of a zero is that of `exact`.
  func rounded(_ exact: Double, _ rounding: RoundingMode) -> FloatResult {
    if exact == 0 { return FloatResult(bits: encoding(exact)) }
    let rule = Self.rules[rounding]!
    let unbounded = quantum(Int(exact.exponent))
    let bounded = quantum(max(Int(exact.exponent), format.minimumExponent))
    let result = (exact / bounded).rounded(rule) * bounded
    let greatest = value(format.greatestFinite)
    if result.magnitude > greatest {
      // Only a directed mode that points at zero stays finite.
      let staysFinite = rounding == .towardZero || rounding == (exact < 0 ? .up : .down)
      let bits = staysFinite ? format.greatestFinite : format.infinity
      return FloatResult(bits: exact < 0 ? format.negated(bits) : bits, flags: [.overflow, .inexact])
    }
    let isTiny = ((exact / unbounded).rounded(rule) * unbounded).magnitude < value(format.leastNormal)
    let flags: FloatFlags = result == exact ? [] : isTiny ? [.underflow, .inexact] : .inexact
    return FloatResult(bits: encoding(result), flags: flags)
  }
}
