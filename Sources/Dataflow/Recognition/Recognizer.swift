import Files

/// What may still be computed to recognise a graph, in elements: no file can make it go on for ever.
final class Work {
  private var left: Int64 = 1 << 30

  /// Whether so much was left; it is not any more.
  func spend(_ elements: Int64) -> Bool {
    guard elements <= left else { return false }
    left -= max(0, elements)
    return true
  }
}

/// Finds the operators of a graph: one walk over its nodes, which gives every value a meaning.
struct Recognizer {
  let graph: ONNXGraph
  let file: String
  var meanings: [Meaning?]
  var drafts: [Draft] = []
  /// The node that is being looked at.
  var node = 0
  let work = Work()
  var inputs = ModelInputs()
  /// Caches with the rows that join them.
  var caches: [Cache] = []
  /// What the scores of an attention were multiplied with before the softmax, by draft.
  var scoreFactors: [Int: Double] = [:]
  /// What the softmaxes let their positions see, by draft.
  var sights: [Int: Sight] = [:]
  /// The operator of the rotary angles, by width and base.
  var angles: [Angles: Int] = [:]
  /// The first embedding of each table.
  var tableOwners: [Int: Int] = [:]
  /// Products that belong to no operator, with the reason.
  var remainders: [Int: String] = [:]
  /// What the values of the run would need and the graph does not say.
  var reservations: [String] = []
  /// The most positions that a table of angles has rows for.
  var angleRows: Int64?

  struct Cache {
    let input: Int
    let view: ActivationView
    let extent: Int64
  }

  struct Angles: Hashable {
    let width: Int64
    let base: Double
  }

  /// How many nodes, and outputs of the graph, read a value.
  let uses: [Int: Int]

  init(_ graph: ONNXGraph, file: String) {
    self.graph = graph
    self.file = file
    var uses: [Int: Int] = [:]
    for input in graph.nodes.lazy.flatMap(\.inputs) + graph.outputs.map({ $0 }) {
      if let input { uses[input, default: 0] += 1 }
    }
    self.uses = uses
    meanings = [Meaning?](repeating: nil, count: graph.values.count)
  }

  mutating func walk() {
    inputs.read(graph)
    for index in graph.values.indices {
      if let meaning = inputs.meaning(of: index, in: graph) {
        meanings[index] = meaning
      } else if graph.values[index].role != .result {
        meanings[index] = stored(index)
      }
    }
    for index in graph.nodes.indices {
      node = index
      let each = results(of: graph.nodes[index])
      for (output, meaning) in zip(graph.nodes[index].outputs, each) { meanings[output] = meaning }
      for output in graph.nodes[index].outputs.dropFirst(each.count) {
        meanings[output] = fault("this result is not understood")
      }
    }
  }

  // MARK: Values

  /// The numbers of a value that the file holds, or a stand-in for them.
  func stored(_ index: Int) -> Meaning {
    let value = graph.values[index]
    guard let extents = value.tensor.extents else {
      return fault("the shape of this value is unknown", value: value.name)
    }
    let table = Numbers.Table(value: index, name: value.name, strides: Numbers.strides(of: extents))
    let isFloat = value.tensor.element?.isFloat == true
    if let known = value.tensor.values, known.allSatisfy({ $0 != nil }) {
      let values = known.map { $0?.real ?? 0 }
      guard var numbers = Numbers(values, shape: extents) else { return fault("too many elements", value: value.name) }
      if isFloat, values.count > 1 { numbers.table = table }
      return .numbers(numbers)
    }
    let source = graph.numbers(of: index)
    let numbers: Numbers? =
      if let source {
        Numbers(shape: extents, table: isFloat ? table : nil) { Double(source.float(at: $0)) }
      } else if let assumed = ModelInputs.assumed(value) {
        Numbers(shape: extents, table: isFloat ? table : nil, origin: .absent, at: assumed)
      } else {
        Numbers(shape: extents, table: isFloat ? table : nil, origin: .absent) { Numbers.standIn(Int64(index), $0) }
      }
    return numbers.map { .numbers($0) } ?? fault("too many elements", value: value.name)
  }

  func meaning(_ index: Int?) -> Meaning {
    guard let index else { return fault("an operand is missing") }
    return meanings[index] ?? fault("nothing is known of this value", value: graph.values[index].name)
  }

  func input(_ index: Int) -> Int? {
    let inputs = graph.nodes[node].inputs
    return index < inputs.count ? inputs[index] : nil
  }

  func operand(_ index: Int) -> Meaning { meaning(input(index)) }

  /// The operand's elements as whole numbers.
  func integers(_ index: Int) -> [Int64]? {
    guard input(index) != nil, case .numbers(let numbers) = operand(index) else { return nil }
    return numbers.integers
  }

  func numbers(_ index: Int) -> Numbers? {
    guard input(index) != nil, case .numbers(let numbers) = operand(index) else { return nil }
    return numbers
  }

  func attribute(_ name: String) -> Int64? {
    if case .integer(let value)? = graph.nodes[node].attributes[name] { value } else { nil }
  }

  func attributeList(_ name: String) -> [Int64]? {
    if case .integers(let values)? = graph.nodes[node].attributes[name] { values } else { nil }
  }

  /// An axis counted from the front.
  func axis(_ axis: Int64, rank: Int) -> Int? {
    let place = axis < 0 ? axis.addingReportingOverflow(Int64(rank)).partialValue : axis
    return (0..<Int64(rank)).contains(place) ? Int(place) : nil
  }

  func fault(_ message: String, value: String? = nil, expected: String? = nil) -> Meaning {
    .unknown(Fault(node: node, message: message, value: value, expected: expected))
  }

  // MARK: Operators

  mutating func append(_ draft: Draft) -> Int {
    drafts.append(draft)
    return drafts.count - 1
  }

  /// A view of a whole result whose rows lie as those of `like` do.
  static func whole(_ operation: Int, width: Int64, like view: ActivationView) -> ActivationView {
    var axes = view.axes
    axes[axes.count - 1] = [AxisFactor(role: .element, extent: width, stride: 1)]
    var result = ActivationView(base: .result(operation), axes: axes)
    result.selection = view.selection
    result.routed = view.routed
    return result
  }

  func positions(of view: ActivationView) -> GraphOperator.Positions {
    switch view.selection {
    case .all: .each
    case .first: .first
    case .last: .wanted
    }
  }

  /// The operand that an operator reads when it looks at `view`.
  func edge(_ view: ActivationView) -> GraphEdge? {
    view.result.map { GraphEdge($0, offset: view.offset) }
  }

  /// A meaning for each result of a node.
  mutating func results(of node: ONNXGraph.Node) -> [Meaning] {
    guard node.domain.isEmpty || ElementFunction.unary(node) != nil || Self.contributed.contains(node.op) else {
      return [fault("the operator \(node.domain).\(node.op) is not known", expected: "operators of ONNX itself")]
    }
    if let meanings = moved(node) { return meanings }
    if let meanings = routing(node) { return meanings }
    switch node.op {
    case "Constant": return node.outputs.map { stored($0) }
    case "MatMul", "Gemm": return [product(node)]
    case "Softmax": return [softmax()]
    case "LayerNormalization", "SimplifiedLayerNormalization", "RMSNormalization":
      return [normalisation(node)]
    case "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceSumSquare", "ReduceL2":
      return [reduction(node)]
    case "CumSum", "Trilu", "Range", "ConstantOfShape", "Shape", "Size", "NonZero":
      return [computed(node)]
    default: return [elementwise(node)]
    }
  }

  /// Operators of other domains that are understood.
  static let contributed: Set<String> = ["SimplifiedLayerNormalization"]
}
