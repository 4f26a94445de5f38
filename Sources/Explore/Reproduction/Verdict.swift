/// How near a simulated value comes to a published one.
public enum Verdict: String, Sendable, CaseIterable, Comparable {
  /// Between 9/10 and 11/10 of it.
  case near = "within 10 %"
  /// Between half and twice.
  case sameMagnitude = "within 2x"
  case differs
  /// Nothing here can say.
  case notCheckable = "not checkable"

  /// From the best to the worst.
  public static func < (a: Verdict, b: Verdict) -> Bool { a.rank < b.rank }

  private var rank: Int {
    switch self {
    case .near: 0
    case .sameMagnitude: 1
    case .differs: 2
    case .notCheckable: 3
    }
  }

  /// The verdict on `ratio`, simulated ÷ published. Borders belong to the better verdict; a ratio that is no positive
  /// number cannot be judged.
  public init(ratio: Double) {
    // Borders in tenths are not exact in binary.
    let slack = 1e-12
    switch ratio {
    case _ where !ratio.isFinite || ratio <= 0: self = .notCheckable
    case (0.9 - slack)...(1.1 + slack): self = .near
    case (0.5 - slack)...(2 + slack): self = .sameMagnitude
    default: self = .differs
    }
  }
}

/// A claim beside what was simulated.
public struct Judgement: Sendable, Hashable {
  /// Simulated ÷ published, at the lower and the upper end.
  public let low: Double
  public let high: Double
  public let verdict: Verdict

  /// Compares both ends of a range, and both extremes of the models with a single value; the worse decides. A bound is
  /// compared with the largest value alone, and is met when that is not greater.
  public init(_ published: PublishedClaim.Published, low: Double, high: Double) {
    switch published {
    case .value(let value): (self.low, self.high) = (low / value, high / value)
    case .range(let first, let last): (self.low, self.high) = (low / first, high / last)
    case .atMost(let bound): (self.low, self.high) = (high / bound, high / bound)
    case .trend: (self.low, self.high) = (low, high)
    }
    if case .atMost = published, self.high <= 1, self.high.isFinite {
      verdict = .near
    } else {
      verdict = max(Verdict(ratio: self.low), Verdict(ratio: self.high))
    }
  }
}
