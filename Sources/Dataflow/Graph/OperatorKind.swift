/// The operators of a transformer as an accelerator sees them, with every extent that does not depend on the step.
///
/// `context` in the comments is the number of positions that a token attends to, which grows from step to step.
public enum OperatorKind: Hashable, Sendable {
  /// One row of a table of `entries` rows of `width` elements, chosen by the token or by its position.
  case embedding(entries: Int64, width: Int64, byPosition: Bool)
  /// y[outputs] = W[outputs][inputs] · x[inputs], plus a bias when there is one.
  case linear(inputs: Int64, outputs: Int64, bias: Bool)
  /// The new key, `heads × dimension` elements, joins the key cache.
  case appendKey(heads: Int64, dimension: Int64)
  /// The new value joins the value cache.
  case appendValue(heads: Int64, dimension: Int64)
  /// scores[head][position] = q[head] · k[head][position], for `context` positions.
  case attentionScores(heads: Int64, dimension: Int64)
  /// p[head] = softmax(scale · scores[head]) over `context` positions.
  case softmax(heads: Int64, dimension: Int64)
  /// o[head] = Σ p[head][position] · v[head][position], over `context` positions.
  case attentionValues(heads: Int64, dimension: Int64)
  /// y = (x − mean) / sqrt(variance + ε) · γ + β over `width` elements.
  case layerNorm(width: Int64)
  /// The tanh form of GELU (`gelu_new`), on `width` elements.
  case gelu(width: Int64)
  /// Elementwise sum of two vectors (the residual connection).
  case add(width: Int64)
}

extension OperatorKind {
  /// The name by which a design's mapping rules know the operator.
  public var name: String {
    switch self {
    case .embedding: "embedding"
    case .linear: "linear"
    case .appendKey: "attention.append-key"
    case .appendValue: "attention.append-value"
    case .attentionScores: "attention.scores"
    case .softmax: "softmax"
    case .attentionValues: "attention.values"
    case .layerNorm: "norm"
    case .gelu: "gelu"
    case .add: "add"
    }
  }

  /// Every name that a mapping rule may use.
  public static let names = [
    "embedding", "linear", "attention.append-key", "attention.append-value", "attention.scores", "softmax",
    "attention.values", "norm", "gelu", "add",
  ]

  /// Multiply-accumulates of matrix products for one token that attends to `context` positions; 0 for everything else.
  public func macs(context: Int64) -> Int64 {
    switch self {
    case .linear(let inputs, let outputs, _): inputs * outputs
    case .attentionScores(let heads, let dimension), .attentionValues(let heads, let dimension):
      heads * dimension * context
    default: 0
    }
  }

  /// Trainable parameters.
  public var parameters: Int64 {
    switch self {
    case .embedding(let entries, let width, _): entries * width
    case .linear(let inputs, let outputs, let bias): inputs * outputs + (bias ? outputs : 0)
    case .layerNorm(let width): 2 * width
    default: 0
    }
  }

  /// Elements of the result for one token.
  public func resultElements(context: Int64) -> Int64 {
    switch self {
    case .embedding(_, let width, _), .layerNorm(let width), .gelu(let width), .add(let width): width
    case .linear(_, let outputs, _): outputs
    case .appendKey(let heads, let dimension), .appendValue(let heads, let dimension),
      .attentionValues(let heads, let dimension):
      heads * dimension
    case .attentionScores(let heads, _), .softmax(let heads, _): heads * context
    }
  }
}
