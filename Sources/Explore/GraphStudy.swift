import Dataflow
import Files
import Report

/// The operators of a model: shapes, multiply-accumulates, bytes.
public struct GraphStudy: Sendable {
  /// A shipped name, or the path of a config.json or an ONNX file.
  public var model: String
  /// New positions; 128 when nil.
  public var prompt: Int64?
  public var past: Int64?
  public var batch: Int64?
  /// Prints the graph in the language of Graphviz instead of a table.
  public var drawsDot = false
  /// Recognises the operators of an ONNX file and prints how its counts become theirs.
  public var reconciles = false

  public static let defaultPrompt: Int64 = 128

  public init(model: String, prompt: Int64? = nil, past: Int64? = nil, batch: Int64? = nil) {
    self.model = model
    self.prompt = prompt
    self.past = past
    self.batch = batch
  }

  /// One operator as it is shown.
  struct Row {
    var name: String
    var op: String
    var shape: [Int64?]?
    var element: String?
    /// nil when only data decide.
    var macs: Int64?
    var macsReason: String?
    var bytes: Int64?
    var isView = false
    /// Rows that it reads.
    var inputs: [Int] = []

    var intensity: Double? {
      guard let macs, let bytes, bytes > 0 else { return nil }
      return Double(macs) / Double(bytes)
    }
  }

  /// What is common to both kinds of model.
  struct Summary {
    var name: String
    var origin: ONNXGraph.Origin?
    var macs: Int64?
    var knownMACs: Int64
    var macsReason: String?
    var parameters: Int64
    var weightBytes: Int64?
    var rows: [Row]
    var details: [(key: String, value: JSONValue)] = []
    var folded = 0
    /// Those of the model where it leaves no choice.
    var dimensions: ONNXDimensions?
    /// What one of a batch is, when it is no prompt.
    var image: String?
  }

  private var dimensions: ONNXDimensions {
    ONNXDimensions(prompt: prompt ?? Self.defaultPrompt, past: past ?? 0, batch: batch ?? 1)
  }

  public func run() throws(Refusal) -> CommandOutput {
    var d = Diagnostics()
    dimensions.check(into: &d)
    try d.throwIfErrors()
    if reconciles { return try reconciled() }
    let summary = model.lowercased().hasSuffix(".onnx") ? readONNX(&d) : try readConfiguration(&d)
    try d.throwIfErrors()
    guard let summary else { throw Refusal("no graph", at: Place(file: model)) }
    let dimensions = summary.dimensions ?? dimensions
    let text = drawsDot ? GraphText.dot(summary) : GraphText.table(summary, dimensions)
    return CommandOutput(text: text, json: GraphText.json(summary, dimensions), messages: d.warnings)
  }

  // MARK: ONNX

  private func reconciled() throws(Refusal) -> CommandOutput {
    guard model.lowercased().hasSuffix(".onnx") else {
      throw Refusal("only an ONNX file is reconciled", at: Place(file: model), expected: "a file ending in .onnx")
    }
    var d = Diagnostics()
    let name = String(RunStudy.baseName(model).dropLast(5))
    let graph = ONNXFile.read(path: model, displayName: model, name: name, dimensions: dimensions, into: &d)
    let recognized = graph.flatMap { GraphRecognition.recognize($0, file: model, into: &d) }
    try d.throwIfErrors()
    guard let recognized else { throw Refusal("no graph", at: Place(file: model)) }
    return CommandOutput(
      text: ReconciliationText.table(recognized), json: ReconciliationText.json(recognized), messages: d.warnings)
  }

  private func readONNX(_ d: inout Diagnostics) -> Summary? {
    let name = RunStudy.baseName(model)
    guard
      let graph = ONNXFile.read(
        path: model, displayName: model, name: String(name.dropLast(5)), dimensions: dimensions, into: &d)
    else { return nil }
    if graph.symbols.isEmpty, prompt != nil || past != nil || batch != nil {
      d.warning(
        "--prompt, --past and --batch change nothing: the model's inputs have no symbolic extents",
        at: Place(file: model))
    }
    var summary = Summary(
      name: graph.name, origin: graph.origin, macs: graph.macs, knownMACs: graph.knownMACs,
      macsReason: graph.macsDoubt,
      parameters: graph.initializerElements + graph.weightInputElements, weightBytes: graph.weightBytes,
      rows: Self.rows(of: graph))
    summary.folded = graph.nodes.count { $0.isFolded }
    summary.details = [
      ("opset", .integer(graph.origin.opset)),
      ("producer", .text(graph.origin.producer)),
      ("symbols", .object(graph.symbols.map { ($0.name, .integer($0.extent)) })),
      (
        "inputs",
        .array(graph.inputs.filter { graph.values[$0].role == .data }.map { Self.describe(graph.values[$0]) })
      ),
      (
        "parameters_by",
        .object([
          ("float_initializers", .integer(graph.initializerElements)),
          ("weight_inputs", .integer(graph.weightInputElements)),
          (
            "weight_inputs_not_float",
            .integer(
              graph.values.reduce(0) {
                $0 + ($1.role == .weight && $1.tensor.element?.isFloat != true ? $1.tensor.elements ?? 0 : 0)
              })
          ),
        ])
      ),
    ]
    return summary
  }

  private static func describe(_ value: ONNXGraph.Value) -> JSONValue {
    .object([
      ("name", .text(value.name)), ("shape", GraphText.shape(value.tensor.shape)),
      ("dtype", value.tensor.element.map { .text($0.name) } ?? .null),
    ])
  }

  /// Nodes that remain for the run; what is computed in advance is left out.
  private static func rows(of graph: ONNXGraph) -> [Row] {
    var rows: [Row] = []
    var writer = [Int: Int]()
    for node in graph.nodes where !node.isFolded {
      let output = node.outputs.first.map { graph.values[$0].tensor }
      var inputs: [Int] = []
      for input in node.inputs {
        if let input, let row = writer[input], inputs.last != row { inputs.append(row) }
      }
      for output in node.outputs { writer[output] = rows.count }
      rows.append(
        Row(
          name: node.name, op: node.domain.isEmpty ? node.op : "\(node.domain).\(node.op)", shape: output?.shape,
          element: output?.element?.name, macs: node.macs, macsReason: node.macsDoubt, bytes: graph.bytes(of: node),
          isView: node.domain.isEmpty && ONNXGraph.views.contains(node.op), inputs: inputs))
    }
    return rows
  }

  // MARK: config.json

  /// Bytes of an element of a model that does not say: half precision, as such models are run.
  private static let elementBytes: Int64 = 2

  private func readConfiguration(_ d: inout Diagnostics) throws(Refusal) -> Summary? {
    let data = try DataDirectory.locate()
    let path = try DataDirectory.find(kind: .models, name: model, in: data)
    let shown = path.hasPrefix(data + "/") ? String(path.dropFirst(data.count + 1)) : path
    guard let graph = ModelFile.read(path: path, displayName: shown, name: RunStudy.modelName(path), into: &d) else {
      return nil
    }
    guard let sizes = Self.sizes(of: graph, prompt: prompt, dimensions, &d) else { return nil }
    let (positions, cached, sequences) = (sizes.prompt, sizes.past, sizes.batch)
    if cached + positions > graph.contextLimit {
      d.error(
        "the model '\(graph.name)' cannot attend to that many positions", at: Place(file: "workload"),
        value: "\(cached) past + \(positions) prompt", expected: "at most \(graph.contextLimit)")
      return nil
    }
    var total: Int64? = 0
    let rows = graph.operators.map { op -> Row in
      let context = cached + positions
      let tokens = op.exportedRows(of: positions) * sequences
      let macs = Self.times(op.kind.macs(context: context), tokens)
      total = total.flatMap { total in macs.flatMap { Self.plus(total, $0) } }
      let moved = Self.moved(op, graph, sizes)
      return Row(
        name: op.name, op: op.kind.name, shape: Self.shape(op, sizes), element: "float16", macs: macs,
        bytes: moved.flatMap { Self.times($0, Self.elementBytes) }, inputs: op.inputs.map(\.producer))
    }
    guard let total else {
      d.error("the multiply-accumulates are too many to count", at: Place(file: shown))
      return nil
    }
    return Summary(
      name: graph.name, macs: total, knownMACs: total, parameters: graph.parameters,
      weightBytes: Self.times(graph.parameters, Self.elementBytes), rows: rows,
      details: [("assumed_dtype", .text("float16"))], dimensions: sizes, image: Self.image(graph.input))
  }

  private static func image(_ input: OperatorGraph.Input) -> String? {
    guard case .image(let channels, let height, let width) = input else { return nil }
    return "\(channels) x \(height) x \(width)"
  }

  /// What is counted: an image has the positions that it has.
  private static func sizes(
    of graph: OperatorGraph, prompt: Int64?, _ asked: ONNXDimensions, _ d: inout Diagnostics
  ) -> ONNXDimensions? {
    guard let fixed = graph.fixedPositions else { return asked }
    guard prompt ?? fixed == fixed, asked.past == 0 else {
      let isPast = asked.past != 0
      d.error(
        "the model '\(graph.name)' reads one image, which has a fixed number of positions",
        at: Place(file: "workload"), value: isPast ? "--past \(asked.past)" : "--prompt \(asked.prompt)",
        expected: isPast ? "no --past" : "--prompt \(fixed), or none", suggestion: "--batch counts several images")
      return nil
    }
    return ONNXDimensions(prompt: fixed, past: 0, batch: asked.batch)
  }

  private static func shape(_ op: GraphOperator, _ sizes: ONNXDimensions) -> [Int64?] {
    switch op.kind {
    case .convolution(let c), .pool(let c, _): [sizes.batch, c.outputs, c.outputHeight, c.outputWidth]
    case _ where op.positions == .whole: [sizes.batch, op.kind.resultElements(context: 0)]
    default:
      [
        sizes.batch, op.exportedRows(of: sizes.prompt),
        op.kind.resultElements(context: sizes.past + sizes.prompt),
      ]
    }
  }

  /// Elements that an operator reads and writes: its operands, its result, its weights.
  private static func moved(_ op: GraphOperator, _ graph: OperatorGraph, _ sizes: ONNXDimensions) -> Int64? {
    let context = sizes.past + sizes.prompt
    let tokens = op.exportedRows(of: sizes.prompt) * sizes.batch
    let width = op.kind.resultElements(context: context)
    var total = times(width, tokens)
    if op.inputs.isEmpty, case .convolution(let c) = op.kind {
      // The image itself.
      total = total.flatMap { total in times(c.channels * c.height * c.width, tokens).flatMap { plus(total, $0) } }
    }
    for input in op.inputs {
      let kind = graph.operators[input.producer].kind
      let elements: Int64?
      if kind.name.hasPrefix("attention.append-") {
        // What was appended before is read with it.
        elements = times(kind.resultElements(context: context), context * sizes.batch)
      } else if op.kind.name == "attention.scores" {
        // Of a fused projection the queries, as many as one position is multiplied with.
        elements = times(op.kind.macs(context: 1), tokens)
      } else if op.kind.name.hasPrefix("attention.append-") {
        elements = times(width, tokens)
      } else {
        // What is made once, for the first position or for an image, is read once.
        let rows = min(tokens, graph.operators[input.producer].exportedRows(of: sizes.prompt) * sizes.batch)
        elements = times(kind.resultElements(context: context), rows)
      }
      total = total.flatMap { total in elements.flatMap { plus(total, $0) } }
    }
    // Of a table only the rows that tokens choose are read.
    let chosen = op.kind.name == "embedding" ? times(width, tokens) : nil
    let weights = min(op.kind.parameters, chosen ?? op.kind.parameters)
    return total.flatMap { plus($0, weights) }
  }

  private static func times(_ a: Int64, _ b: Int64) -> Int64? {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? nil : product
  }

  private static func plus(_ a: Int64, _ b: Int64) -> Int64? {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? nil : sum
  }
}
