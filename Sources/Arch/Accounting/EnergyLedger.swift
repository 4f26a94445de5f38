/// What one event costs.
public enum Price: Hashable, Sendable {
  /// Joules, exact.
  case joules(Rational)
  /// The price of another event covers it: counted, not charged again.
  case included(in: String)
  /// No data exist, and why. A sum over such an event is unknown, not zero.
  case unknown(reason: String)
}

/// The cost of a number of events, or the reason why nobody knows it.
public enum Energy: Hashable, Sendable {
  case joules(Rational)
  case unknown(reason: String)

  public static let zero = Energy.joules(.zero)

  /// Unknown when either side is; the first reason is kept.
  public static func + (a: Energy, b: Energy) -> Energy {
    switch (a, b) {
    case (.joules(let x), .joules(let y)): .joules(x + y)
    case (.unknown, _): a
    case (_, .unknown): b
    }
  }

  public var joules: Rational? {
    if case .joules(let value) = self { value } else { nil }
  }
}

/// Prices by event name, with the exact sum of counts at those prices.
public struct EnergyLedger: Hashable, Sendable {
  private var prices: [String: Price]

  public init(prices: [String: Price]) { self.prices = prices }

  /// The events that have a price, sorted.
  public var events: [String] { prices.keys.sorted() }

  /// The cost of `count` events. Zero events cost nothing even where the price is unknown.
  public func cost(of event: String, count: Int64) -> Energy {
    guard count != 0 else { return .zero }
    switch prices[event] {
    case .joules(let price): return .joules(price * Rational(count))
    case .included: return .zero
    case .unknown(let reason): return .unknown(reason: reason)
    case nil: return .unknown(reason: "no price for event '\(event)'")
    }
  }
}
