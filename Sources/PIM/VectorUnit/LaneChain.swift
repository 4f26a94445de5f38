import Arch
import Dataflow

/// Which array of a vector unit an operation occupies. Subtraction, comparison and integer operations on the bits of a
/// number (exponent adjustment, the shift-and-magic start values) run on the adders.
package enum LaneOperation: UInt8, Hashable, Sendable {
  case add
  case multiply
}

/// Where an operation of a chain takes a number from.
package enum LaneSource: Hashable, Sendable {
  /// The element of the vector that the sweep reads as its so many'th.
  case operand(Int)
  /// What the so many'th operation of the chain made.
  case result(Int)
  case constant(Float)
  /// A number of the row, kept in a register from an earlier sweep.
  case row(Int)
  /// One element of a source of the kernel, loaded into a register before.
  case element(source: Int, index: Int64)
  /// A constant of the row, by row.
  case table([Float])
  /// A counter: how far the element is before the last of its row; 0 for the last, negative for those before.
  case distance
}

/// What an adder or a multiplier does with two numbers.
package enum LaneFunction: UInt8, Hashable, Sendable {
  case add, subtract, multiply, maximum, minimum
  /// a · 2^b by adding b to the exponent of a.
  case scaleByPowerOfTwo
  /// First guesses by integer arithmetic on the encoding of a.
  case reciprocalGuess, inverseRootGuess

  package var array: LaneOperation { self == .multiply ? .multiply : .add }
}

package struct LaneStep: Hashable, Sendable {
  package let function: LaneFunction
  package let a: LaneSource
  package let b: LaneSource
}

/// What happens to each element of a sweep: operations one after the other, each on the adders or the multipliers.
///
/// The same list is timed, counted and, when values flow, computed with.
package struct LaneChain: Hashable, Sendable {
  package private(set) var steps: [LaneStep] = []

  package init() {}

  package mutating func apply(_ function: LaneFunction, _ a: LaneSource, _ b: LaneSource) -> LaneSource {
    steps.append(LaneStep(function: function, a: a, b: b))
    return .result(steps.count - 1)
  }

  package mutating func add(_ a: LaneSource, _ b: LaneSource) -> LaneSource { apply(.add, a, b) }
  package mutating func subtract(_ a: LaneSource, _ b: LaneSource) -> LaneSource { apply(.subtract, a, b) }
  package mutating func multiply(_ a: LaneSource, _ b: LaneSource) -> LaneSource { apply(.multiply, a, b) }

  /// exp(scale · x): k = round(scale · x · log₂ e), a Taylor series in what is left, and k joins the exponent. Without
  /// range reduction the series alone. By Horner's rule a multiplication and an addition per term.
  package mutating func exp(_ x: LaneSource, scale: Float = 1, _ f: SpecialFunctions) -> LaneSource {
    // Coefficients of the series in x: scale^i / i!.
    var coefficients: [Float] = [1]
    var last = 1.0
    for term in 1...f.expTerms {
      last *= Double(scale) / Double(term)
      coefficients.append(Float(last))
    }
    func series(_ chain: inout LaneChain, _ r: LaneSource) -> LaneSource {
      var sum = LaneSource.constant(coefficients[f.expTerms])
      for term in (0..<f.expTerms).reversed() {
        sum = chain.add(chain.multiply(sum, r), .constant(coefficients[term]))
      }
      return sum
    }
    guard f.expReducesRange else { return series(&self, x) }
    let limit = f.format.expLimit / scale.magnitude
    let clamped = apply(.minimum, apply(.maximum, x, .constant(-limit)), .constant(limit))
    let turns = multiply(clamped, .constant(scale * 1.442695))
    let k = subtract(add(turns, .constant(f.format.rounder)), .constant(f.format.rounder))
    let rest = subtract(clamped, multiply(k, .constant(0.6931472 / scale)))
    return apply(.scaleByPowerOfTwo, series(&self, rest), k)
  }

  /// 1/x: a guess by an integer subtraction, then Newton–Raphson y ← y · (2 − x · y).
  package mutating func reciprocal(_ x: LaneSource, _ f: SpecialFunctions) -> LaneSource {
    var y = apply(.reciprocalGuess, x, x)
    for _ in 0..<f.reciprocalSteps { y = multiply(y, subtract(.constant(2), multiply(x, y))) }
    return y
  }

  /// 1/√x: shift and magic constant, then Newton y ← y · (1.5 − (x/2) · y · y).
  package mutating func inverseRoot(_ x: LaneSource, _ f: SpecialFunctions) -> LaneSource {
    let half = multiply(x, .constant(0.5))
    var y = apply(.inverseRootGuess, x, x)
    for _ in 0..<f.rsqrtSteps { y = multiply(y, subtract(.constant(1.5), multiply(multiply(half, y), y))) }
    return y
  }

  /// 1/(1 + exp(−scale · x)).
  package mutating func sigmoid(_ x: LaneSource, scale: Float = 1, _ f: SpecialFunctions) -> LaneSource {
    reciprocal(add(exp(x, scale: -scale, f), .constant(1)), f)
  }

  package mutating func activation(_ function: ActivationFunction, _ x: LaneSource, _ f: SpecialFunctions) -> LaneSource
  {
    switch function {
    case .gelu:
      // x/2 · (1 + tanh u) = x · sigmoid(2u), u = √(2/π) · x · (1 + 0.044715 x²).
      let cubic = add(multiply(multiply(x, x), .constant(0.044715)), .constant(1))
      let u = multiply(multiply(x, cubic), .constant(0.79788456))
      return multiply(x, sigmoid(u, scale: 2, f))
    case .geluErf: return geluErf(x, f)
    case .relu: return apply(.maximum, x, .constant(0))
    case .silu: return multiply(x, sigmoid(x, f))
    case .tanh: return subtract(multiply(sigmoid(x, scale: 2, f), .constant(2)), .constant(1))
    case .sigmoid: return sigmoid(x, f)
    }
  }

  /// x/2 · (1 + erf(x/√2)) with erf(z) = 1 − (a₁t + … + a₅t⁵) · exp(−z²), t = 1/(1 + pz), for z ≥ 0 (Abramowitz and
  /// Stegun 1964, 7.1.26: error below 1.5e-7): x and its magnitude meet as max(x, 0) − |x| · q.
  private mutating func geluErf(_ x: LaneSource, _ f: SpecialFunctions) -> LaneSource {
    let magnitude = apply(.maximum, x, subtract(.constant(0), x))
    let t = reciprocal(add(multiply(magnitude, .constant(0.3275911 * 0.70710678)), .constant(1)), f)
    var poly = LaneSource.constant(0.5 * 1.061405429)
    for coefficient in [-1.453152027, 1.421413741, -0.284496736, 0.254829592] as [Float] {
      poly = add(multiply(poly, t), .constant(0.5 * coefficient))
    }
    poly = multiply(poly, t)
    let tail = multiply(poly, exp(multiply(x, x), scale: -0.5, f))
    return subtract(apply(.maximum, x, .constant(0)), multiply(magnitude, tail))
  }
}

/// How a unit makes special functions of additions and multiplications, as its design file states it.
package struct SpecialFunctions: Hashable, Sendable {
  package var format: LaneFormat
  package var expTerms: Int
  /// Whether exp first splits off a power of two, so that the series sees a small argument.
  package var expReducesRange: Bool
  package var reciprocalSteps: Int
  package var rsqrtSteps: Int

  package init(
    format: LaneFormat = LaneFormat(.bf16), expTerms: Int, expReducesRange: Bool, reciprocalSteps: Int, rsqrtSteps: Int
  ) {
    self.format = format
    self.expTerms = expTerms
    self.expReducesRange = expReducesRange
    self.reciprocalSteps = reciprocalSteps
    self.rsqrtSteps = rsqrtSteps
  }
}
