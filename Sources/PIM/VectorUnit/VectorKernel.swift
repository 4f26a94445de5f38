import Arch
import Dataflow

/// What a vector unit computes from its SRAM into its SRAM.
package enum VectorKernel: Hashable, Sendable {
  case add(elements: Int64)
  case multiply(elements: Int64)
  /// Sources: x, scale, offset.
  case layerNorm(elements: Int64, epsilon: Double)
  /// Sources: x, scale.
  case rmsNorm(elements: Int64, epsilon: Double)
  /// `rows` independent rows of `length` elements, each times `scale` first.
  case softmax(rows: Int64, length: Int64, scale: Double)
  case activation(ActivationFunction, elements: Int64)
  /// Sources: `heads` heads of `dimension` elements; the cosines and sines of a position.
  case rotary(heads: Int64, dimension: Int64)
  /// Adds slope · distance / `scale` to `rows` rows of `length` scores.
  case alibi(rows: Int64, length: Int64, scale: Double)
  /// The weights and the numbers of the `chosen` largest of `experts` scores.
  case router(experts: Int64, chosen: Int64)
  /// Sources: `chosen` vectors; a router's result, whose weights they are multiplied with.
  case combine(chosen: Int64, elements: Int64)

  /// How many vectors it reads.
  package var sourceCount: Int {
    switch self {
    case .softmax, .activation, .alibi, .router: 1
    case .add, .multiply, .rmsNorm, .rotary: 2
    case .layerNorm: 3
    case .combine(let chosen, _): Int(chosen) + 1
    }
  }

  /// Elements of the result.
  package var resultElements: Int64 {
    switch self {
    case .add(let n), .multiply(let n), .layerNorm(let n, _), .rmsNorm(let n, _), .activation(_, let n),
      .combine(_, let n):
      n
    case .softmax(let rows, let length, _), .alibi(let rows, let length, _): rows * length
    case .rotary(let heads, let dimension): heads * dimension
    case .router(_, let chosen): 2 * chosen
    }
  }

  /// Elements of source `index` that it reads.
  package func sourceElements(_ index: Int) -> Int64 {
    switch self {
    case .rotary(_, let dimension) where index == 1: dimension
    case .router(let experts, _): experts
    case .combine(let chosen, _) where index == Int(chosen): 2 * chosen
    default: resultElements
    }
  }
}
