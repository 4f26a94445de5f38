/// Which operator goes which way.
extension ONNXCall {
  static let unary: Set<String> = [
    "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Bernoulli", "BitwiseNot", "Ceil", "Celu", "Clip", "Cos",
    "Cosh", "CumSum", "Dropout", "Elu", "Erf", "Exp", "Floor", "Gelu", "Hardmax", "HardSigmoid", "HardSwish",
    "Identity",
    "InstanceNormalization", "LeakyRelu", "Log", "LogSoftmax", "LpNormalization", "LRN", "MeanVarianceNormalization",
    "Mish", "Neg", "RandomNormalLike", "RandomUniformLike", "Reciprocal", "Relu", "ReverseSequence", "Round",
    "ScatterElements", "Scatter", "ScatterND", "Selu", "Shrink", "Sigmoid", "Sign", "Sin", "Sinh", "Softmax",
    "Softplus",
    "Softsign", "Sqrt", "Swish", "Tan", "Tanh", "ThresholdedRelu", "Trilu", "GroupNormalization", "RMSNormalization",
    "TensorScatter", "RotaryEmbedding",
    // Of other domains.
    "FastGelu", "QuickGelu", "BiasGelu", "SimplifiedLayerNormalization",
  ]
  static let predicates: Set<String> = ["IsInf", "IsNaN", "Not"]
  static let binary: Set<String> = [
    "Add", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Div", "Max", "Mean", "Min", "Mod", "Mul", "Pow",
    "PRelu",
    "Sub", "Sum",
  ]
  static let comparisons: Set<String> = [
    "And", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Or", "Xor",
  ]
  static let reductions: Set<String> = [
    "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd",
    "ReduceSum", "ReduceSumSquare",
  ]
  static let others: Set<String> = [
    "ArgMax", "ArgMin", "AveragePool", "BatchNormalization", "Cast", "CastLike", "Compress", "Concat",
    "ConcatFromSequence", "Constant", "ConstantOfShape", "Conv", "ConvInteger", "ConvTranspose", "DepthToSpace", "Det",
    "Multinomial",
    "DequantizeLinear", "DynamicQuantizeLinear", "Einsum", "Expand", "EyeLike", "Flatten", "Gather", "GatherElements",
    "GatherND", "Gemm", "GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool", "GRU", "LayerNormalization", "LpPool",
    "LSTM", "MatMul", "MatMulInteger", "MaxPool", "NonMaxSuppression", "NonZero", "OneHot", "Pad", "QLinearConv",
    "QLinearMatMul", "QuantizeLinear", "RandomNormal", "RandomUniform", "Range", "Reshape", "Resize", "RNN",
    "SequenceAt", "SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceLength", "Shape",
    "Size",
    "SkipLayerNormalization", "SkipSimplifiedLayerNormalization", "Slice", "SpaceToDepth", "Split", "SplitToSequence",
    "Squeeze", "Tile", "TopK", "Transpose", "Unique", "Unsqueeze", "Upsample", "Where",
  ]

  /// Every operator that is understood, for suggestions.
  static let known = unary.union(predicates).union(binary).union(comparisons).union(reductions).union(others)
    .union(signals).union(images).union(texts).union(losses).union(optionals)
  static let optionals: Set<String> = ["Optional", "OptionalGetElement", "OptionalHasElement"]

  /// What the operator writes: as many tensors as the node has outputs, unknown where nothing can be said.
  mutating func results() -> [ONNXTensor] {
    var results = inferred()
    if results.count > outputCount { results.removeLast(results.count - outputCount) }
    while results.count < outputCount { results.append(.unknown) }
    let inherited = ownDoubt ?? inputs.lazy.compactMap { $0?.doubt }.first
    for index in results.indices {
      if let shape = results[index].shape, !isPossible(shape) { results[index].shape = nil }
      if results[index].extents.flatMap({ ONNXTensor.product($0) }) != results[index].values.map({ Int64($0.count) }) {
        results[index].values = nil
      }
      if results[index].doubt == nil, !results[index].isFullyKnown || !faults.isEmpty {
        results[index].doubt = inherited
      }
    }
    return results
  }

  private mutating func isPossible(_ shape: [Int64?]) -> Bool {
    guard shape.count <= ONNXTensor.rankLimit else {
      fault("a result has too many axes", value: "\(shape.count)", expected: "at most \(ONNXTensor.rankLimit)")
      return false
    }
    let known = shape.compactMap(\.self)
    if let extent = known.first(where: { $0 < 0 }) {
      fault("a result has a negative extent", value: "\(extent)")
      return false
    }
    guard ONNXTensor.product(known.map { max($0, 1) }) != nil else {
      fault("a result has too many elements", value: ONNXTensor.text(shape), expected: "at most 2^56")
      return false
    }
    return true
  }

  private mutating func inferred() -> [ONNXTensor] {
    if Self.binary.contains(op) { return [elementwise(isTruth: false)] }
    if Self.comparisons.contains(op) { return [elementwise(isTruth: true)] }
    if Self.predicates.contains(op) { return [sameShape(element: .bool)] }
    if Self.unary.contains(op) { return unaryResults() }
    if Self.reductions.contains(op) { return [reduce()] }
    if Self.signals.contains(op) { return [signal()] }
    if Self.images.contains(op) { return [image()] }
    if Self.texts.contains(op) { return strings() }
    if Self.losses.contains(op) { return loss() }
    if Self.optionals.contains(op) { return [optional()] }
    switch op {
    case "ArgMax", "ArgMin": return [argument()]
    case "MatMul", "MatMulInteger", "QLinearMatMul": return [matMul()]
    case "Gemm": return [gemm()]
    case "Conv", "ConvInteger", "QLinearConv": return [conv()]
    case "ConvTranspose": return [convTranspose()]
    case "MaxPool", "AveragePool", "LpPool": return pool()
    case "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool": return [globalPool()]
    case "LayerNormalization", "SkipLayerNormalization", "SkipSimplifiedLayerNormalization": return normalization()
    case "BatchNormalization":
      return [sameShape()]
        + (opset < 14 ? [1, 2, 3, 4] : [3, 4]).map { ONNXTensor(required($0).element, input($0)?.shape) }
    case "Einsum": return [einsum()]
    case "LSTM", "GRU", "RNN": return recurrent()
    case "Shape": return [shapeOf()]
    case "Size": return [sizeOf()]
    case "Constant": return [constant()]
    case "ConstantOfShape": return [constantOfShape()]
    case "Cast": return [cast()]
    case "CastLike": return [castLike()]
    case "Range": return [range()]
    case "Where": return [choose()]
    case "Reshape": return [reshape()]
    case "Flatten": return [flatten()]
    case "Transpose": return [transpose()]
    case "Squeeze": return [squeeze()]
    case "Unsqueeze": return [unsqueeze()]
    case "Expand": return [expand()]
    case "Tile": return [tile()]
    case "Concat": return [concat(inputs.indices.map { required($0) }, integer("axis") ?? 1)]
    case "Slice": return [slice()]
    case "Split": return split()
    case "Gather": return [gather()]
    case "GatherElements": return [gatherElements()]
    case "GatherND": return [gatherND()]
    case "Pad": return [pad()]
    case "Resize", "Upsample": return [resize()]
    case "DepthToSpace", "SpaceToDepth": return [blocks()]
    case "OneHot": return [oneHot()]
    case "TopK": return topK()
    case "NonZero": return [nonZero()]
    case "Compress", "Unique", "NonMaxSuppression": return dataDependent()
    case "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear": return quantization()
    case "EyeLike": return [sameShape(element: typeAttribute("dtype") ?? required(0).element)]
    case "Det": return [ONNXTensor(required(0).element, required(0).shape.map { Array($0.dropLast(2)) })]
    case "Multinomial":
      return [
        ONNXTensor(
          typeAttribute("dtype") ?? .int32, [required(0).shape?.first ?? nil, integer("sample_size") ?? 1])
      ]
    case "RandomNormal", "RandomUniform":
      return [ONNXTensor(typeAttribute("dtype") ?? .float32, integers("shape").map { $0.map { $0 } })]
    case "SplitToSequence": return [splitToSequence()]
    case "SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceAt", "SequenceLength",
      "ConcatFromSequence":
      return [sequence()]
    default:
      isUnsupported("the operator \(op) is not supported")
      return []
    }
  }

  func typeAttribute(_ name: String) -> ONNXElement? {
    integer(name).flatMap { Int32(exactly: $0) }.flatMap(ONNXElement.init)
  }

  /// The first input with its values forgotten.
  mutating func sameShape(element: ONNXElement? = nil) -> ONNXTensor {
    let input = required(0)
    var result = ONNXTensor(element ?? input.element, input.shape)
    if op == "Not", let values = input.values { result.values = values.map { $0.map { .truth(!$0.isTrue) } } }
    return result
  }
}
