import Arch

/// An exact amount of something, with the text it was read from.
public struct Quantity: Sendable, Hashable, CustomStringConvertible {
  /// In the dimension's base unit: s, Hz, B, B/s, OP/s, J, W, V, A, m2 or K.
  public let value: Rational
  public let dimension: Dimension
  /// As written.
  public let text: String

  /// `value` base units of `dimension`; without `text`, the value and the base unit stand for it.
  public init(value: Rational, dimension: Dimension, text: String? = nil) {
    self.value = value
    self.dimension = dimension
    let unit = dimension == .number ? "" : " \(dimension.baseUnit)"
    self.text = text ?? "\(value)\(unit)"
  }

  /// As written.
  public var description: String { text }
}

/// Which amounts are accepted. Bounds are in the dimension's base unit and belong to the range.
public enum QuantityRange: Sendable, Hashable {
  case any
  case nonNegative
  /// Greater than zero.
  case positive
  /// From zero to the bound.
  case upTo(Rational)
  /// Greater than zero, up to the bound.
  case positiveUpTo(Rational)
  case between(Rational, Rational)

  /// Whether `value`, in base units, is accepted.
  public func contains(_ value: Rational) -> Bool {
    switch self {
    case .any: true
    case .nonNegative: value.signum >= 0
    case .positive: value.signum > 0
    case .upTo(let high): value.signum >= 0 && value <= high
    case .positiveUpTo(let high): value.signum > 0 && value <= high
    case .between(let low, let high): low <= value && value <= high
    }
  }

  /// The range in words, for messages: "greater than 0, at most 5 V".
  public func phrase(_ dimension: Dimension) -> String {
    let unit = dimension == .number ? "" : " \(dimension.baseUnit)"
    return switch self {
    case .any: "any value"
    case .nonNegative: "at least 0"
    case .positive: "greater than 0"
    case .upTo(let high): "from 0 to \(high)\(unit)"
    case .positiveUpTo(let high): "greater than 0, at most \(high)\(unit)"
    case .between(let low, let high): "from \(low)\(unit) to \(high)\(unit)"
    }
  }
}

/// Why a text is no quantity of the dimension asked for.
public struct QuantityError: Error, Sendable, Hashable {
  /// What is wrong, as a clause about the value: "has no unit".
  public let message: String
  /// What would have been accepted.
  public let expected: String
  /// What may have been meant, as a clause.
  public let suggestion: String?
}
