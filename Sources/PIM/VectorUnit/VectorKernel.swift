import Arch

/// What a vector unit computes from its SRAM into its SRAM.
package enum VectorKernel: Hashable, Sendable {
  case add(elements: Int64)
  case layerNorm(elements: Int64)
  /// `rows` independent rows of `length` elements.
  case softmax(rows: Int64, length: Int64)
  case gelu(elements: Int64)
}

/// Iteration counts of the approximations, as the design file states them.
package struct FunctionIterations: Hashable, Sendable {
  package var expTerms: Int
  /// Whether exp first splits off a power of two, so that the series sees a small argument.
  package var expReducesRange: Bool
  package var tanhTerms: Int
  package var reciprocalSteps: Int
  package var rsqrtSteps: Int

  package init(
    expTerms: Int, expReducesRange: Bool, tanhTerms: Int, reciprocalSteps: Int, rsqrtSteps: Int
  ) {
    self.expTerms = expTerms
    self.expReducesRange = expReducesRange
    self.tanhTerms = tanhTerms
    self.reciprocalSteps = reciprocalSteps
    self.rsqrtSteps = rsqrtSteps
  }
}

/// Which array of a vector unit an operation occupies. Subtraction, comparison and integer operations on the bits of a
/// number (exponent adjustment, the shift-and-magic start values) run on the adders.
package enum LaneOperation: UInt8, Hashable, Sendable {
  case add
  case multiply
}

/// One sweep over vectors: every group of elements is read, taken through a chain of operations, and either written
/// back or reduced. A sweep ends before the next begins, since a reduction's result is needed everywhere.
package struct VectorSweep: Hashable, Sendable {
  /// Independent rows, each starting a group of its own.
  package var rows: Int64 = 1
  /// Elements of one row.
  package var elements: Int64
  /// SRAM vectors read and written along.
  package var reads: Int
  package var writes: Int
  package var chain: [LaneOperation]
  /// Whether each row ends in one number, by a tree over the adders.
  package var reduces = false
}

extension VectorKernel {
  /// The sweeps of the kernel, with every operation counted.
  package func sweeps(_ f: FunctionIterations) -> [VectorSweep] {
    switch self {
    case .add(let n): return [VectorSweep(elements: n, reads: 2, writes: 1, chain: [.add])]
    case .layerNorm(let n):
      return [
        // Sum, and the mean by a multiplication with 1/n.
        VectorSweep(elements: n, reads: 1, writes: 0, chain: [], reduces: true),
        VectorSweep(elements: 1, reads: 0, writes: 0, chain: [.multiply]),
        // Sum of (x − mean)², then variance, + ε, 1/sqrt.
        VectorSweep(elements: n, reads: 1, writes: 0, chain: [.add, .multiply], reduces: true),
        VectorSweep(elements: 1, reads: 0, writes: 0, chain: [.multiply, .add] + Self.rsqrt(f)),
        // (x − mean) · inverse · γ + β.
        VectorSweep(elements: n, reads: 3, writes: 1, chain: [.add, .multiply, .multiply, .add]),
      ]
    case .softmax(let rows, let length):
      return [
        // Row maximum of the raw scores: the scale is positive and comes later.
        VectorSweep(rows: rows, elements: length, reads: 1, writes: 0, chain: [], reduces: true),
        // exp(scale · (s − max)), kept, and its row sum.
        VectorSweep(
          rows: rows, elements: length, reads: 1, writes: 1, chain: [.add, .multiply] + Self.exp(f), reduces: true),
        VectorSweep(elements: rows, reads: 0, writes: 0, chain: Self.reciprocal(f)),
        VectorSweep(rows: rows, elements: length, reads: 1, writes: 1, chain: [.multiply]),
      ]
    case .gelu(let n):
      // u = c·(x + 0.044715·x³); y = 0.5·x·(1 + tanh u).
      let inner: [LaneOperation] = [.multiply, .multiply, .multiply, .add, .multiply]
      return [
        VectorSweep(
          elements: n, reads: 1, writes: 1, chain: inner + Self.tanh(f) + [.add, .multiply, .multiply])
      ]
    }
  }

  /// Taylor series of exp by Horner's rule: a multiplication and an addition per term. With range reduction before it
  /// k = round(x · log2 e), r = x − k · ln 2, and after it k joins the exponent.
  package static func exp(_ f: FunctionIterations) -> [LaneOperation] {
    let series = (0..<f.expTerms).flatMap { _ in [LaneOperation.multiply, .add] }
    return f.expReducesRange ? [.multiply, .add, .add, .multiply, .add] + series + [.add] : series
  }

  /// Odd Taylor series of tanh by Horner's rule in x²: x², a multiplication and an addition per further term, and the
  /// multiplication with x.
  package static func tanh(_ f: FunctionIterations) -> [LaneOperation] {
    [.multiply] + (1..<max(f.tanhTerms, 1)).flatMap { _ in [LaneOperation.multiply, .add] } + [.multiply]
  }

  /// Newton–Raphson y ← y · (2 − x · y) from a start value made by one integer subtraction.
  package static func reciprocal(_ f: FunctionIterations) -> [LaneOperation] {
    [.add] + (0..<f.reciprocalSteps).flatMap { _ in [LaneOperation.multiply, .add, .multiply] }
  }

  /// Shift and magic constant, then Newton y ← y · (1.5 − (x/2) · y · y).
  package static func rsqrt(_ f: FunctionIterations) -> [LaneOperation] {
    [.add, .multiply] + (0..<f.rsqrtSteps).flatMap { _ in [LaneOperation.multiply, .multiply, .add, .multiply] }
  }
}
