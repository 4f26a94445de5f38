import Arch

/// An operand of an operator: the result of another, or a part of it.
public struct GraphEdge: Hashable, Sendable {
  /// Position, in the graph, of the operator that makes it.
  public let producer: Int
  /// The first element of the result that is read. How many follow is the reader's to say.
  public let offset: Int64

  public init(_ producer: Int, offset: Int64 = 0) {
    self.producer = producer
    self.offset = offset
  }
}

/// One node of an operator graph.
public struct GraphOperator: Hashable, Sendable {
  /// For which positions of a sequence an operator runs.
  public enum Positions: Hashable, Sendable {
    case each
    /// Those whose logits are wanted (the final norm and the head).
    case wanted
    /// The first one alone (a pooler, a classifier on a class token).
    case first
    /// Once, for all there is (an image).
    case whole
  }

  public let name: String
  public let kind: OperatorKind
  public let inputs: [GraphEdge]
  /// The table that it shares with an earlier operator (a tied embedding), by that operator's position.
  public let weightsOf: Int?
  public let positions: Positions

  public init(
    name: String, kind: OperatorKind, inputs: [GraphEdge], weightsOf: Int? = nil, positions: Positions = .each
  ) {
    self.name = name
    self.kind = kind
    self.inputs = inputs
    self.weightsOf = weightsOf
    self.positions = positions
  }
}

/// A model as a list of operators in an order in which they can run, for one token.
public struct OperatorGraph: Hashable, Sendable {
  /// What a model reads.
  public enum Input: Hashable, Sendable {
    /// As many tokens as are asked for.
    case tokens
    /// One image, in elements, which gives a sequence all of its positions.
    case image(channels: Int64, height: Int64, width: Int64)
  }

  public let name: String
  public let operators: [GraphOperator]
  /// The most positions that the model can attend to.
  public let contextLimit: Int64
  public let vocabulary: Int64
  /// Whether a position attends only to itself and earlier ones; an encoder's attend to all.
  public let isCausal: Bool
  /// The most positions, itself included, that a position attends to where that is less than all before it.
  public let window: Int64?
  public let input: Input

  public init(
    name: String, operators: [GraphOperator], contextLimit: Int64, vocabulary: Int64, isCausal: Bool = true,
    window: Int64? = nil, input: Input = .tokens
  ) {
    self.name = name
    self.operators = operators
    self.contextLimit = contextLimit
    self.vocabulary = vocabulary
    self.isCausal = isCausal
    self.window = window
    self.input = input
  }

  /// How many positions a sequence has when nobody can choose: those of an image.
  public var fixedPositions: Int64? { input == .tokens ? nil : contextLimit }

  /// Trainable parameters, each table counted once.
  public var parameters: Int64 {
    operators.reduce(0) { $0 + ($1.weightsOf == nil ? $1.kind.parameters : 0) }
  }

  /// The operators in runs that one position can go through on its own, in order. A position of an encoder needs the
  /// keys and values of all others, so its layers end where attention begins; a decoder is one run.
  public var stages: [[Int]] {
    guard !isCausal else { return [Array(operators.indices)] }
    var stageOf: [Int] = []
    for op in operators {
      let stage = op.inputs.map { edge in
        switch operators[edge.producer].kind {
        case .appendKey, .appendValue: stageOf[edge.producer] + 1
        default: stageOf[edge.producer]
        }
      }.max()
      stageOf.append(stage ?? 0)
    }
    return (0...(stageOf.max() ?? 0)).map { stage in operators.indices.filter { stageOf[$0] == stage } }
  }

  /// The most elements of one position that a later stage reads, caches aside.
  public var elementsBetweenStages: Int64 {
    let stages = stages
    guard stages.count > 1 else { return 0 }
    var stageOf = Array(repeating: 0, count: operators.count)
    for (number, stage) in stages.enumerated() {
      for index in stage { stageOf[index] = number }
    }
    var lastRead = stageOf
    for (index, op) in operators.enumerated() {
      for edge in op.inputs { lastRead[edge.producer] = max(lastRead[edge.producer], stageOf[index]) }
    }
    return stages.indices.map { stage in
      operators.indices.reduce(Int64(0)) { sum, index in
        switch operators[index].kind {
        case .appendKey, .appendValue: return sum
        default:
          let waits = stageOf[index] <= stage && lastRead[index] > stage
          return sum + (waits ? operators[index].kind.resultElements(context: 0) : 0)
        }
      }
    }.max() ?? 0
  }

  /// Operators whose results no other reads, caches aside.
  public var sinks: Set<Int> {
    var unread = Set(operators.indices)
    for (index, op) in operators.enumerated() {
      // What only the first position reads is the last of the others.
      for edge in op.inputs where op.positions != .first || operators[edge.producer].positions == .first {
        unread.remove(edge.producer)
      }
      switch op.kind {
      case .appendKey, .appendValue: unread.remove(index)
      default: break
      }
    }
    return unread
  }

  /// MACs of the graph as an exporter writes it: `positions` rows at once, full scores, logits at every position.
  public func exportedMACs(positions: Int64, past: Int64) -> Int64 {
    operators.reduce(0) { $0 + $1.exportedRows(of: positions) * $1.kind.macs(context: past + positions) }
  }
}

extension GraphOperator {
  /// For how many of so many positions an exporter computes it.
  public func exportedRows(of positions: Int64) -> Int64 {
    switch self.positions {
    case .each, .wanted: positions
    case .first, .whole: 1
    }
  }
}
