/// The exceptions of IEEE 754-2019 §7 that one operation signalled, in the bit order of the RISC-V `fflags` register.
public struct FloatFlags: OptionSet, Sendable, Hashable {
  /// Bits 4…0 are NV, DZ, OF, UF, NX.
  public let rawValue: UInt8

  /// The set whose bits are `rawValue`; bits 7…5 stand for no exception.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// NX: the result is not the exact one.
  public static let inexact = FloatFlags(rawValue: 1 << 0)
  /// UF: the result is inexact and tiny, tininess being detected after rounding.
  public static let underflow = FloatFlags(rawValue: 1 << 1)
  /// OF: the result rounded with an unbounded exponent exceeds the largest finite number. NX comes with it.
  public static let overflow = FloatFlags(rawValue: 1 << 2)
  /// DZ: an exact infinity from finite operands. None of the operations of this module signals it.
  public static let divideByZero = FloatFlags(rawValue: 1 << 3)
  /// NV: a signalling NaN operand, `0 × ∞` or `∞ − ∞`.
  public static let invalid = FloatFlags(rawValue: 1 << 4)
}
