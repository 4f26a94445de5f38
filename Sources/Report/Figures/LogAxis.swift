import Foundation

/// A logarithmic axis over positive values.
public struct LogAxis: Sendable {
  public let low: Double
  public let high: Double

  /// The axis that holds all `values`, from a power of ten, or twice or five times one, to another.
  ///
  /// Values that are not positive are left out; without any the axis goes from 1 to 10.
  public init(holding values: [Double]) {
    let positive = values.filter { $0.isFinite && $0 > 0 }
    guard let least = positive.min(), let most = positive.max() else {
      (low, high) = (1, 10)
      return
    }
    let steps = Self.steps(around: least, most)
    let start = steps.last { $0 <= least } ?? least
    low = start
    high = steps.first { $0 >= most && $0 > start } ?? most * 10
  }

  /// The axis between given ends; `low` must be positive and less than `high`.
  public init(from low: Double, to high: Double) {
    self.low = low > 0 && low.isFinite ? low : 1
    self.high = high > self.low && high.isFinite ? high : self.low * 10
  }

  /// Where `value` lies: 0 at the low end, 1 at the high one; values beyond an end lie at it.
  public func position(_ value: Double) -> Double {
    guard value > low else { return 0 }
    return min(1, log(value / low) / log(high / low))
  }

  /// Values to draw lines at: powers of ten alone on a long axis, with twice and five times each on a shorter one, with
  /// all nine digits on a short one.
  public var ticks: [Double] {
    let isLong = high / low > 5000
    let digits: [Double] = high / low < 9 ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : [1, 2, 5]
    return Self.steps(around: low, high, digits).filter { step in
      guard step >= low * 0.999, step <= high * 1.001 else { return false }
      let exponent = log10(step)
      return !isLong || abs(exponent - exponent.rounded()) < 1e-9
    }
  }

  /// A tick in words: 0.5 → "0.5", 2000 → "2,000".
  static func label(_ tick: Double) -> String {
    tick >= 1 && tick < 1e15 ? Figures.grouped(Int64(tick.rounded())) : String(format: "%g", tick)
  }

  private static func steps(around low: Double, _ high: Double, _ digits: [Double] = [1, 2, 5]) -> [Double] {
    let first = Int(max(-300, floor(log10(low)) - 1))
    let last = Int(min(300, ceil(log10(high)) + 1))
    guard first <= last else { return [] }
    var result: [Double] = []
    for exponent in first...last {
      let power = pow(10, Double(abs(exponent)))
      for step in digits { result.append(exponent < 0 ? step / power : step * power) }
    }
    return result
  }
}
