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
  /// scores[head][position] − slope[head] · distance / scale (ALiBi: Press et al. 2022), over `context` positions: the
  /// softmax after it multiplies both by `scale`.
  case alibi(heads: Int64, scale: Double)
  /// p[head] = softmax(scale · scores[head]) over `context` positions.
  case softmax(heads: Int64, scale: Double)
  /// o[head] = Σ p[head][position] · v[head's group][position], over `context` positions.
  case attentionValues(heads: Int64, keyValueHeads: Int64, dimension: Int64)
  /// y = (x − mean) / sqrt(variance + ε) · γ + β over `width` elements.
  case layerNorm(width: Int64, epsilon: Double)
  /// y = x / sqrt(mean of squares + ε) · γ over `width` elements (Zhang and Sennrich 2019).
  case rmsNorm(width: Int64, epsilon: Double)
  /// Elements i and i + dimension/2 of each head turn by the angle whose cosine and sine are elements i and
  /// i + dimension/2 of the second operand (Su et al. 2021, in transformers' order of the pairs).
  case rotary(heads: Int64, dimension: Int64)
  /// A function of every one of `width` elements.
  case activation(ActivationFunction, width: Int64)
  /// Elementwise sum of two vectors (the residual connection).
  case add(width: Int64)
  /// Elementwise product of two vectors (a gate).
  case multiply(width: Int64)
  /// Softmax over the `chosen` largest of `experts` scores: their weights, then their numbers, largest first.
  case router(experts: Int64, chosen: Int64)
  /// As a linear operator without bias, with the matrix of the expert that the router (the second operand) chose
  /// `slot`-th; there are `experts` matrices.
  case expertLinear(experts: Int64, slot: Int64, inputs: Int64, outputs: Int64)
  /// The sum of the `chosen` results of the experts, each times its weight; the router is the last operand.
  case combine(chosen: Int64, width: Int64)
  /// A convolution of a whole image.
  case convolution(Convolution)
  /// The largest or the mean element of each window of an image.
  case pool(Convolution, isMean: Bool)

  /// What chooses the row of an embedding's table.
  public enum TableRow: Hashable, Sendable {
    case token
    /// The position, after so many rows that no position uses.
    case position(after: Int64)
    /// To which of the texts put together the token belongs.
    case segment
    /// The position's cosines, then sines, of the angles position · base^(−2i/width): no parameters, but a table.
    case rotary(base: Double)
  }

  /// A window that moves over an image of `channels × height × width`.
  public struct Convolution: Hashable, Sendable {
    public let channels: Int64
    public let height: Int64
    public let width: Int64
    public let outputs: Int64
    public let windowHeight: Int64
    public let windowWidth: Int64
    public let stride: Int64
    public let padding: Int64
    /// Channels come in so many groups that do not mix.
    public let groups: Int64
    public let bias: Bool
    /// Batch normalisation with fixed statistics follows, which an accelerator folds into weights and bias: a scale
    /// and a shift for each output.
    public let isNormed: Bool

    public init(
      channels: Int64, height: Int64, width: Int64, outputs: Int64, windowHeight: Int64, windowWidth: Int64,
      stride: Int64, padding: Int64, groups: Int64 = 1, bias: Bool = false,
      isNormed: Bool = false
    ) {
      self.channels = channels
      self.height = height
      self.width = width
      self.outputs = outputs
      self.windowHeight = windowHeight
      self.windowWidth = windowWidth
      self.stride = stride
      self.padding = padding
      self.groups = groups
      self.bias = bias
      self.isNormed = isNormed
    }

    public var outputHeight: Int64 { (height + 2 * padding - windowHeight) / stride + 1 }
    public var outputWidth: Int64 { (width + 2 * padding - windowWidth) / stride + 1 }
    public var results: Int64 { outputs * outputHeight * outputWidth }
    var weights: Int64 { outputs * (channels / groups) * windowHeight * windowWidth }
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
    case .activation(let function, _): function.rawValue
    case .add: "add"
    case .multiply: "multiply"
    case .router: "router"
    case .expertLinear: "expert.linear"
    case .combine: "expert.combine"
    case .convolution: "convolution"
    case .pool: "pool"
    }
  }

  /// Every name that a mapping rule may use.
  public static let names =
    [
      "embedding", "linear", "attention.append-key", "attention.append-value", "attention.scores", "attention.alibi",
      "softmax", "attention.values", "norm", "rms-norm", "rotary", "add", "multiply", "router", "expert.linear",
      "expert.combine", "convolution", "pool",
    ] + ActivationFunction.allCases.map(\.rawValue)

  /// Multiply-accumulates of matrix products for one token that attends to `context` positions; 0 for everything else.
  public func macs(context: Int64) -> Int64 {
    switch self {
    case .linear(let inputs, let outputs, _), .expertLinear(_, _, let inputs, let outputs): inputs * outputs
    case .attentionScores(let heads, _, let dimension), .attentionValues(let heads, _, let dimension):
      heads * dimension * context
    case .convolution(let c): c.weights * c.outputHeight * c.outputWidth
    default: 0
    }
  }

  /// Trainable parameters.
  public var parameters: Int64 {
    switch self {
    case .embedding(_, _, .rotary): 0
    case .embedding(let entries, let width, _): entries * width
    case .linear(let inputs, let outputs, let bias): inputs * outputs + (bias ? outputs : 0)
    case .expertLinear(let experts, _, let inputs, let outputs): experts * inputs * outputs
    case .layerNorm(let width, _): 2 * width
    case .rmsNorm(let width, _): width
    case .convolution(let c): c.weights + (c.bias ? c.outputs : 0) + (c.isNormed ? 2 * c.outputs : 0)
    default: 0
    }
  }

  /// Vectors of parameters that the operator needs beside its matrix, by length.
  public var parameterVectors: [Int64] {
    switch self {
    case .linear(_, let outputs, true): [outputs]
    case .layerNorm(let width, _): [width, width]
    case .rmsNorm(let width, _): [width]
    case .convolution(let c): Array(repeating: c.outputs, count: (c.bias ? 1 : 0) + (c.isNormed ? 2 : 0))
    default: []
    }
  }

  /// Elements of the result for one token.
  public func resultElements(context: Int64) -> Int64 {
    switch self {
    case .embedding(_, let width, _), .layerNorm(let width, _), .rmsNorm(let width, _), .activation(_, let width),
      .add(let width), .multiply(let width), .combine(_, let width):
      width
    case .linear(_, let outputs, _), .expertLinear(_, _, _, let outputs): outputs
    case .appendKey(let heads, let dimension), .appendValue(let heads, let dimension),
      .attentionValues(let heads, _, let dimension), .rotary(let heads, let dimension):
      heads * dimension
    case .attentionScores(let heads, _, _), .softmax(let heads, _), .alibi(let heads, _): heads * context
    // A weight and a number for each.
    case .router(_, let chosen): 2 * chosen
    case .convolution(let c), .pool(let c, _): c.results
    }
  }
}
