import Arch

/// One node of an operator graph.
public struct GraphOperator: Hashable, Sendable {
  public let name: String
  public let kind: OperatorKind
  /// Positions, in the graph, of the operators whose results it reads.
  public let inputs: [Int]
  /// The table that it shares with an earlier operator (a tied embedding), by that operator's position.
  public let weightsOf: Int?

  public init(name: String, kind: OperatorKind, inputs: [Int], weightsOf: Int? = nil) {
    self.name = name
    self.kind = kind
    self.inputs = inputs
    self.weightsOf = weightsOf
  }
}

/// A model as a list of operators in an order in which they can run, for one token.
public struct OperatorGraph: Hashable, Sendable {
  public let name: String
  public let operators: [GraphOperator]
  /// The most positions that the model can attend to.
  public let contextLimit: Int64
  public let vocabulary: Int64
  /// The first operator that only a position whose logits are wanted needs (the final norm and the head).
  public let headStart: Int
  /// Whether a position attends only to itself and earlier ones; an encoder's attend to all.
  public let isCausal: Bool
  /// The most positions, itself included, that a position attends to where that is less than all before it.
  public let window: Int64?

  public init(
    name: String, operators: [GraphOperator], contextLimit: Int64, vocabulary: Int64, headStart: Int,
    isCausal: Bool = true, window: Int64? = nil
  ) {
    self.name = name
    self.operators = operators
    self.contextLimit = contextLimit
    self.vocabulary = vocabulary
    self.headStart = headStart
    self.isCausal = isCausal
    self.window = window
  }

  /// Trainable parameters, each table counted once.
  public var parameters: Int64 {
    operators.reduce(0) { $0 + ($1.weightsOf == nil ? $1.kind.parameters : 0) }
  }

  /// MACs of the graph as an exporter writes it: `positions` rows at once, full scores, logits at every position.
  public func exportedMACs(positions: Int64, past: Int64) -> Int64 {
    operators.reduce(0) {
      $0 + ($1.kind.isOncePerSequence ? 1 : positions) * $1.kind.macs(context: past + positions)
    }
  }
}
