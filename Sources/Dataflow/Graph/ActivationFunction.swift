import Foundation

/// The functions of one number that networks apply to every element.
public enum ActivationFunction: String, Hashable, Sendable, CaseIterable {
  /// The tanh form of GELU: x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))) (Hendrycks and Gimpel 2016).
  case gelu
  /// GELU with the error function itself: x/2 · (1 + erf(x/√2)).
  case geluErf = "gelu-erf"
  /// max(x, 0).
  case relu
  /// x · sigmoid(x).
  case silu
  case tanh
  case sigmoid

  /// The function's value, to double precision.
  public func callAsFunction(_ x: Double) -> Double {
    switch self {
    case .gelu: 0.5 * x * (1 + Foundation.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))
    case .geluErf: 0.5 * x * (1 + Foundation.erf(x / 2.0.squareRoot()))
    case .relu: max(x, 0)
    case .silu: x / (1 + Foundation.exp(-x))
    case .tanh: Foundation.tanh(x)
    case .sigmoid: 1 / (1 + Foundation.exp(-x))
    }
  }
}
