/// The integer arithmetic of an int8 multiply-accumulate unit with a 32-bit accumulator.
public enum Int8MAC {
  /// `a × b`, exact: −16,256…16,384.
  @inlinable
  public static func product(_ a: Int8, _ b: Int8) -> Int32 {
    Int32(a) &* Int32(b)
  }

  /// `accumulator + a × b` modulo 2³² in two's complement: it wraps, signals nothing and does not saturate.
  ///
  /// No sum of up to 131,071 products that starts from zero can wrap.
  @inlinable
  public static func multiplyAccumulate(_ a: Int8, _ b: Int8, into accumulator: Int32) -> Int32 {
    accumulator &+ product(a, b)
  }
}
