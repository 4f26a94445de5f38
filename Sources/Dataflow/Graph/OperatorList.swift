/// The operators of a model while they are put together, each after those that it reads.
struct OperatorList {
  private(set) var operators: [GraphOperator] = []

  /// How many operators there are, which is the position of the next.
  var count: Int { operators.count }

  /// Adds an operator and returns its position.
  mutating func append(_ name: String, _ kind: OperatorKind, _ inputs: [Int], weightsOf: Int? = nil) -> Int {
    operators.append(GraphOperator(name: name, kind: kind, inputs: inputs, weightsOf: weightsOf))
    return operators.count - 1
  }

  /// The heads of one attention layer: `heads` of queries, which share `keyValueHeads` of keys and values.
  struct Heads {
    let heads: Int64
    let keyValueHeads: Int64
    let dimension: Int64
  }

  /// Adds everything of an attention layer between the projections and returns the position of the mixed values.
  ///
  /// - Parameters:
  ///   - prefix: begins the operators' names: "h.0.attn.".
  ///   - isBiased: whether ALiBi's distance bias is added to the scores.
  mutating func attention(
    _ prefix: String, _ h: Heads, query: Int, key: Int, value: Int, isBiased: Bool = false
  ) -> Int {
    let keys = append(prefix + "key", .appendKey(heads: h.keyValueHeads, dimension: h.dimension), [key])
    let values = append(prefix + "value", .appendValue(heads: h.keyValueHeads, dimension: h.dimension), [value])
    var scores = append(
      prefix + "scores",
      .attentionScores(heads: h.heads, keyValueHeads: h.keyValueHeads, dimension: h.dimension), [query, keys])
    if isBiased { scores = append(prefix + "alibi", .alibi(heads: h.heads), [scores]) }
    let softmax = append(prefix + "softmax", .softmax(heads: h.heads, dimension: h.dimension), [scores])
    return append(
      prefix + "values",
      .attentionValues(heads: h.heads, keyValueHeads: h.keyValueHeads, dimension: h.dimension), [softmax, values])
  }
}
