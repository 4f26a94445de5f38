/// The operators of a model while they are put together, each after those that it reads.
struct OperatorList {
  private(set) var operators: [GraphOperator] = []

  /// How many operators there are, which is the position of the next.
  var count: Int { operators.count }

  /// Adds an operator and returns its position.
  mutating func append(
    _ name: String, _ kind: OperatorKind, edges inputs: [GraphEdge], weightsOf: Int? = nil,
    positions: GraphOperator.Positions = .each
  ) -> Int {
    operators.append(
      GraphOperator(name: name, kind: kind, inputs: inputs, weightsOf: weightsOf, positions: positions))
    return operators.count - 1
  }

  /// Adds an operator that reads whole results.
  mutating func append(
    _ name: String, _ kind: OperatorKind, _ inputs: [Int], weightsOf: Int? = nil,
    positions: GraphOperator.Positions = .each
  ) -> Int {
    append(name, kind, edges: inputs.map { GraphEdge($0) }, weightsOf: weightsOf, positions: positions)
  }

  /// The heads of one attention layer: `heads` of queries, which share `keyValueHeads` of keys and values.
  struct Heads {
    let heads: Int64
    let keyValueHeads: Int64
    let dimension: Int64
    /// What the scores are multiplied with; 1/√dimension unless a model says otherwise.
    var scale: Double

    init(heads: Int64, keyValueHeads: Int64, dimension: Int64, scale: Double? = nil) {
      self.heads = heads
      self.keyValueHeads = keyValueHeads
      self.dimension = dimension
      self.scale = scale ?? 1 / Double(dimension).squareRoot()
    }
  }

  /// Adds everything of an attention layer between the projections and returns the position of the mixed values.
  ///
  /// - Parameters:
  ///   - prefix: begins the operators' names: "h.0.attn.".
  ///   - isBiased: whether ALiBi's distance bias is added to the scores.
  mutating func attention(
    _ prefix: String, _ h: Heads, query: GraphEdge, key: GraphEdge, value: GraphEdge, isBiased: Bool = false
  ) -> Int {
    let keys = append(prefix + "key", .appendKey(heads: h.keyValueHeads, dimension: h.dimension), edges: [key])
    let values = append(prefix + "value", .appendValue(heads: h.keyValueHeads, dimension: h.dimension), edges: [value])
    var scores = append(
      prefix + "scores",
      .attentionScores(heads: h.heads, keyValueHeads: h.keyValueHeads, dimension: h.dimension),
      edges: [query, GraphEdge(keys)])
    if isBiased { scores = append(prefix + "alibi", .alibi(heads: h.heads, scale: h.scale), [scores]) }
    let softmax = append(prefix + "softmax", .softmax(heads: h.heads, scale: h.scale), [scores])
    return append(
      prefix + "values",
      .attentionValues(heads: h.heads, keyValueHeads: h.keyValueHeads, dimension: h.dimension), [softmax, values])
  }

  /// The same for separate projections.
  mutating func attention(_ prefix: String, _ h: Heads, query: Int, key: Int, value: Int) -> Int {
    attention(prefix, h, query: GraphEdge(query), key: GraphEdge(key), value: GraphEdge(value))
  }

  /// The same for one projection that makes queries, keys and values one after the other.
  mutating func attention(_ prefix: String, _ h: Heads, fused: Int, isBiased: Bool = false) -> Int {
    let width = h.heads * h.dimension
    return attention(
      prefix, h, query: GraphEdge(fused), key: GraphEdge(fused, offset: width),
      value: GraphEdge(fused, offset: width + h.keyValueHeads * h.dimension), isBiased: isBiased)
  }
}
