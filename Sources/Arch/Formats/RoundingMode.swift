/// How a result that the format cannot hold is rounded: the five rounding-direction attributes of IEEE 754-2019 §4.3.
///
/// The raw values are those of the RISC-V `frm` field, which is what fpnew's `rm` port takes.
public enum RoundingMode: UInt8, Sendable, Hashable, CaseIterable {
  /// To the nearest value, a tie to the one with an even significand (`roundTiesToEven`, RNE).
  case nearestEven = 0
  /// To the value of smaller or equal magnitude (`roundTowardZero`, RTZ).
  case towardZero = 1
  /// To the value below or equal (`roundTowardNegative`, RDN).
  case down = 2
  /// To the value above or equal (`roundTowardPositive`, RUP).
  case up = 3
  /// To the nearest value, a tie to the one of larger magnitude (`roundTiesToAway`, RMM).
  case nearestMaxMagnitude = 4
}
