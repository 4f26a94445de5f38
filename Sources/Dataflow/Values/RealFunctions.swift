import Foundation

/// Functions to double precision, for modules whose hot paths keep the C library out.
public enum RealFunctions {
  /// e^x.
  public static func exponential(_ x: Double) -> Double { exp(x) }
  /// 2^x.
  public static func powerOfTwo(_ x: Double) -> Double { exp2(x) }
}
