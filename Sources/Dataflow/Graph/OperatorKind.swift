/// The operators of a transformer as an accelerator sees them, with every extent that does not depend on the step.
///
/// `context` in the comments is the number of positions that a token attends to, which grows from step to step.
public enum OperatorKind: Hashable, Sendable {
  /// One row of a table of `entries` rows of `width` elements.
  case embedding(entries: Int64, width: Int64, row: TableRow)
  /// y[outputs] = W[outputs][inputs] · x[inputs], plus a bias when there is one.
  case linear(inputs: Int64, outputs: Int64, bias: Bool)
  /// The new key, `heads × dimension` elements, joins the key cache. With grouped attention, heads of keys.
  case appendKey(heads: Int64, dimension: Int64)
  /// The new value joins the value cache.
  case appendValue(heads: Int64, dimension: Int64)
  /// scores[head][position] = q[head] · k[head's group][position], for `context` positions; heads / keyValueHeads
  /// heads, side by side, make a group.
  case attentionScores(heads: Int64, keyValueHeads: Int64, dimension: Int64)
  /// scores[head][position] + slope[head] · distance (ALiBi: Press et al. 2022), over `context` positions.
  case alibi(heads: Int64)
  /// p[head] = softmax(scale · scores[head]) over `context` positions.
  case softmax(heads: Int64, dimension: Int64)
  /// o[head] = Σ p[head][position] · v[head's group][position], over `context` positions.
  case attentionValues(heads: Int64, keyValueHeads: Int64, dimension: Int64)
  /// y = (x − mean) / sqrt(variance + ε) · γ + β over `width` elements.
  case layerNorm(width: Int64)
  /// y = x / sqrt(mean of squares + ε) · γ over `width` elements (Zhang and Sennrich 2019).
  case rmsNorm(width: Int64)
  /// Pairs of the `dimension` elements of each head turn by angles that depend on the position (Su et al. 2021).
  case rotary(heads: Int64, dimension: Int64)
  /// The tanh form of GELU (`gelu_new`), on `width` elements.
  case gelu(width: Int64)
  /// GELU with the error function itself, on `width` elements.
  case geluErf(width: Int64)
  /// max(x, 0), on `width` elements.
  case relu(width: Int64)
  /// x · sigmoid(x), on `width` elements.
  case silu(width: Int64)
  /// Elementwise sum of two vectors (the residual connection).
  case add(width: Int64)
  /// Elementwise product of two vectors (a gate).
  case multiply(width: Int64)
  /// Softmax of `experts` scores; the `chosen` largest, scaled to a sum of 1, go on.
  case router(experts: Int64, chosen: Int64)
  /// The weighted sum of `chosen` of `count` gated networks: W₃(silu(W₁x) · W₂x) through `inner` elements each.
  case experts(count: Int64, chosen: Int64, width: Int64, inner: Int64)
  /// tanh(W · x + b) of the first position's `width` elements, once per sequence.
  case pooler(width: Int64)

  /// What chooses the row of an embedding's table.
  public enum TableRow: Hashable, Sendable {
    case token
    /// The position, after so many rows that no position uses.
    case position(after: Int64)
    /// To which of the texts put together the token belongs.
    case segment
  }
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
    case .alibi: "attention.alibi"
    case .softmax: "softmax"
    case .attentionValues: "attention.values"
    case .layerNorm: "norm"
    case .rmsNorm: "rms-norm"
    case .rotary: "rotary"
    case .gelu: "gelu"
    case .geluErf: "gelu-erf"
    case .relu: "relu"
    case .silu: "silu"
    case .add: "add"
    case .multiply: "multiply"
    case .router: "router"
    case .experts: "experts"
    case .pooler: "pooler"
    }
  }

  /// Every name that a mapping rule may use.
  public static let names = [
    "embedding", "linear", "attention.append-key", "attention.append-value", "attention.scores", "attention.alibi",
    "softmax", "attention.values", "norm", "rms-norm", "rotary", "gelu", "gelu-erf", "relu", "silu", "add",
    "multiply", "router", "experts", "pooler",
  ]

  /// Multiply-accumulates of matrix products for one token that attends to `context` positions; 0 for everything else.
  public func macs(context: Int64) -> Int64 {
    switch self {
    case .linear(let inputs, let outputs, _): inputs * outputs
    case .attentionScores(let heads, _, let dimension), .attentionValues(let heads, _, let dimension):
      heads * dimension * context
    case .experts(_, let chosen, let width, let inner): chosen * 3 * width * inner
    case .pooler(let width): width * width
    default: 0
    }
  }

  /// Whether it runs for a sequence's first position alone.
  public var isOncePerSequence: Bool { if case .pooler = self { true } else { false } }

  /// Trainable parameters.
  public var parameters: Int64 {
    switch self {
    case .embedding(let entries, let width, _): entries * width
    case .linear(let inputs, let outputs, let bias): inputs * outputs + (bias ? outputs : 0)
    case .layerNorm(let width): 2 * width
    case .rmsNorm(let width): width
    case .experts(let count, _, let width, let inner): count * 3 * width * inner
    case .pooler(let width): width * width + width
    default: 0
    }
  }

  /// Elements of the result for one token.
  public func resultElements(context: Int64) -> Int64 {
    switch self {
    case .embedding(_, let width, _), .layerNorm(let width), .rmsNorm(let width), .gelu(let width),
      .geluErf(let width), .relu(let width), .silu(let width), .add(let width), .multiply(let width),
      .experts(_, _, let width, _), .pooler(let width):
      width
    case .linear(_, let outputs, _): outputs
    case .appendKey(let heads, let dimension), .appendValue(let heads, let dimension),
      .attentionValues(let heads, _, let dimension), .rotary(let heads, let dimension):
      heads * dimension
    case .attentionScores(let heads, _, _), .softmax(let heads, _), .alibi(let heads): heads * context
    // A weight and a number for each.
    case .router(_, let chosen): 2 * chosen
    }
  }
}
