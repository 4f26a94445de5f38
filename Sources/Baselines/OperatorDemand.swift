import Dataflow
import Foundation

/// A count that grows with the number of positions attended to: `fixed + perPosition · context`.
struct ContextCount: Hashable {
  var fixed: Double = 0
  var perPosition: Double = 0

  func at(_ context: Double) -> Double { fixed + perPosition * context }

  static func * (count: ContextCount, factor: Double) -> ContextCount {
    ContextCount(fixed: count.fixed * factor, perPosition: count.perPosition * factor)
  }
}

/// What one operator asks of a device in one pass of a whole batch: operations, and elements moved to and from memory.
///
/// A weight is moved once for all rows, the cache of every sequence once, operands and results once each. Counts are
/// floating-point: no product of extents can overflow.
struct OperatorDemand {
  var operations = ContextCount()
  var elements = ContextCount()

  /// - Parameters:
  ///   - rows: positions of all sequences for which the operator runs.
  ///   - sequences: those among which the rows are shared out.
  ///   - chosen: how many experts a position goes through, for an expert's product.
  init(_ kind: OperatorKind, rows: Double, sequences: Double, chosen: Double = 1) {
    switch kind {
    case .embedding(_, let width, _):
      elements.fixed = rows * 2 * Double(width)
    case .linear(let inputs, let outputs, let bias):
      product(rows, inputs, outputs, matrices: 1)
      if bias { elements.fixed += Double(outputs) }
    case .expertLinear(let experts, _, let inputs, let outputs):
      // Of E matrices each row draws k: a matrix is missed by all rows with chance (1 - k/E)^rows.
      let count = Double(experts)
      let used = count * (1 - pow(max(0, 1 - chosen / count), rows))
      product(rows, inputs, outputs, matrices: used / chosen)
    case .appendKey(let heads, let dimension), .appendValue(let heads, let dimension):
      elements.fixed = rows * 2 * Double(heads) * Double(dimension)
    case .attentionScores(let heads, let shared, let dimension), .attentionValues(let heads, let shared, let dimension):
      let (heads, dimension) = (Double(heads), Double(dimension))
      operations.perPosition = rows * 2 * heads * dimension
      elements.fixed = rows * heads * dimension
      elements.perPosition = rows * heads + sequences * Double(shared) * dimension
    case .alibi(let heads, _):
      operations.perPosition = rows * 2 * Double(heads)
      elements.perPosition = rows * 2 * Double(heads)
    case .softmax(let heads, _):
      operations.perPosition = rows * Double(heads)
      elements.perPosition = rows * 2 * Double(heads)
    case .layerNorm(let width, _):
      elementwise(rows, reads: Double(width), writes: Double(width), once: 2 * Double(width))
    case .rmsNorm(let width, _):
      elementwise(rows, reads: Double(width), writes: Double(width), once: Double(width))
    case .rotary(let heads, let dimension):
      let width = Double(heads) * Double(dimension)
      elementwise(rows, reads: width + Double(dimension), writes: width)
    case .activation(_, let width):
      elementwise(rows, reads: Double(width), writes: Double(width))
    case .add(let width), .multiply(let width):
      elementwise(rows, reads: 2 * Double(width), writes: Double(width))
    case .router(let experts, let chosen):
      operations.fixed = rows * Double(experts)
      elements.fixed = rows * (Double(experts) + 2 * Double(chosen))
    case .combine(let chosen, let width):
      operations.fixed = rows * 2 * Double(chosen) * Double(width)
      elements.fixed = rows * ((Double(chosen) + 1) * Double(width) + Double(chosen))
    case .convolution(let c):
      operations.fixed = rows * 2 * Double(kind.macs(context: 0))
      elements.fixed = Double(kind.parameters) + rows * (Self.image(c) + Double(c.results))
    case .pool(let c, _):
      operations.fixed = rows * Double(c.results) * Double(c.windowHeight) * Double(c.windowWidth)
      elements.fixed = rows * (Self.image(c) + Double(c.results))
    }
  }

  private mutating func product(_ rows: Double, _ inputs: Int64, _ outputs: Int64, matrices: Double) {
    let (inputs, outputs) = (Double(inputs), Double(outputs))
    operations.fixed = rows * 2 * inputs * outputs
    elements.fixed = matrices * inputs * outputs + rows * (inputs + outputs)
  }

  /// One operation for each result: never more than any way to compute it needs.
  private mutating func elementwise(_ rows: Double, reads: Double, writes: Double, once: Double = 0) {
    operations.fixed = rows * writes
    elements.fixed = rows * (reads + writes) + once
  }

  private static func image(_ c: OperatorKind.Convolution) -> Double {
    Double(c.channels) * Double(c.height) * Double(c.width)
  }
}
