/// An operator of the graph while it is being recognised.
struct Draft {
  /// Parameters that stand in a vector.
  enum Vector {
    case numbers(Numbers)
    /// A constant where the file has none: a norm without a shift.
    case filled(Double)
  }

  var kind: OperatorKind
  var inputs: [GraphEdge]
  /// The node that it was recognised at.
  var node: Int
  /// Nodes whose multiply-accumulates are its own.
  var products: [Int] = []
  /// What its name comes from: a weight's, if it has one.
  var weightName: String?
  /// Its matrices, outputs by inputs or entries by width.
  var matrices: [Numbers] = []
  var vectors: [Vector] = []
  var weightsOf: Int?
  var positions = GraphOperator.Positions.each
  /// Operators that come before it although it does not read them.
  var after: [Int] = []
  /// Of an expert's or of every slot's operator, the router.
  var router: Int?
  /// The expert, when it is one expert's alone.
  var expert: Int64?

  init(_ kind: OperatorKind, _ inputs: [GraphEdge], node: Int) {
    self.kind = kind
    self.inputs = inputs
    self.node = node
  }
}
