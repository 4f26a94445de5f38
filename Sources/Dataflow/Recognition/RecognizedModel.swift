/// A model found in an ONNX graph.
public struct RecognizedModel: Sendable {
  /// An input of the exported graph.
  public struct Input: Sendable {
    /// What an input brings.
    public enum Purpose: String, Hashable, Sendable {
      case tokens
      /// The positions of the tokens, counting on from the cached ones.
      case positions
      /// Which positions may be attended to; taken as all.
      case mask
      /// The token types; taken as zeros.
      case segments
      /// Keys, or values, of earlier positions.
      case pastKeys = "past keys"
      case pastValues = "past values"
      /// Rows of earlier positions that nothing reads.
      case past
    }

    public let name: String
    public let purpose: Purpose
    public let shape: [Int64]
    /// For cached rows, the position in the graph of the operator that appends to them.
    public let append: Int?
    /// For cached rows, which axis counts heads, which positions, which elements of a head.
    public let axes: [Int]?
  }

  /// The same operators as a configuration of the same model gives.
  public let graph: OperatorGraph
  /// nil when the file holds none, or no values can be computed with them; then `weightsReason` says why.
  public let weights: ModelWeights?
  public let weightsReason: String?
  public let inputs: [Input]
  /// Positions that the exported graph computes at once.
  public let tokensPerSequence: Int64
  /// Positions cached before.
  public let past: Int64
  public let batch: Int64
  public let reconciliation: Reconciliation
}

/// How what is counted in an ONNX graph becomes what is counted in the recognised one.
public struct Reconciliation: Sendable {
  /// One difference.
  public struct Item: Sendable {
    public let what: String
    /// Multiply-accumulates, or elements; negative where operators count more than the file holds.
    public let count: Int64

    public init(what: String, count: Int64) {
      self.what = what
      self.count = count
    }
  }

  /// MACs of the operators as exported: all positions at once, full scores.
  public let operatorMACs: Int64
  /// What the graph multiplies beside them.
  public let otherMACs: [Item]
  /// MACs of the graph; nil when data decide how often its experts run.
  public let graphMACs: Int64?
  /// Parameters of the operators, each table once.
  public let operatorParameters: Int64
  public let otherElements: [Item]
  /// Elements of the file's weights: float initializers and weights that are inputs.
  public let fileElements: Int64

  /// Whether the sums agree.
  public var isComplete: Bool {
    let macs = otherMACs.reduce(operatorMACs) { $0 &+ $1.count }
    let elements = otherElements.reduce(operatorParameters) { $0 &+ $1.count }
    return (graphMACs.map { $0 == macs } ?? true) && elements == fileElements
  }
}
