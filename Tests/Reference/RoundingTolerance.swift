import Dataflow
import Foundation

/// How far a run in bfloat16 may be from the model.
public enum RoundingTolerance {
  /// Roundings to bfloat16 that a number meets one after the other on its way through an operator: operands that are
  /// rounded when they are stored, results when they are read, and every lane operation of the approximations.
  private static func roundings(_ kind: OperatorKind) -> Double {
    switch kind {
    case .embedding, .add, .multiply, .appendKey, .appendValue: 1
    // Weights, the vector, the result; the sums are binary32.
    case .linear(_, _, let bias): bias ? 4 : 3
    case .expertLinear, .attentionScores, .attentionValues: 3
    case .alibi: 2
    // Two sums of up to 2^6 elements, 1/√ with three steps of four operations, and four operations per element.
    case .layerNorm: 2 * 6 + 12 + 4
    case .rmsNorm: 6 + 12 + 2
    // Shift and scale, exp with six terms, the sum, 1/x with three steps of three operations, a product.
    case .softmax: 2 + 18 + 6 + 9 + 1
    case .rotary: 4
    case .activation(.relu, _): 0
    case .activation: 5 + 18 + 1 + 9 + 1
    case .router: 36
    case .combine: 2
    case .convolution, .pool: 0
    }
  }

  /// What rounding alone may make of the largest of `count` outputs, in parts of their root mean square.
  ///
  /// Every rounding is taken as an independent relative error of at most u = 2^−8, so of root mean square u/√3, and every
  /// operator as passing on the relative errors of what it reads (norms keep a residual network from magnifying them): the
  /// variances of all roundings on the longest way add up, and the largest of n normal numbers lies within √(2 ln n) of
  /// their deviation (Higham and Mary 2019 justify the independence).
  public static func largest(of count: Int, in graph: OperatorGraph) -> Double {
    var longest: [Double] = []
    for op in graph.operators {
      longest.append(roundings(op.kind) + (op.inputs.map { longest[$0.producer] }.max() ?? 0))
    }
    let deviation = (longest.max() ?? 0).squareRoot() * 0x1p-8 / 3.0.squareRoot()
    return deviation * (2 * log(Double(count))).squareRoot()
  }
}
