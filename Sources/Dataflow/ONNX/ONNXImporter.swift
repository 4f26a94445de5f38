import Files
import Foundation
import OnnxProto

/// Makes a plain graph of a model: one walk that inlines functions, takes constant branches, infers shapes and computes
/// the small values that shapes depend on. It is iterative: bodies wait on a stack of frames.
struct ONNXImporter {
  static let opsets: ClosedRange<Int64> = 1...25
  /// Nodes, calls, names and parts of bodies that are walked, beyond the nodes of the main graph: functions that call
  /// functions twice each would go on for ever.
  static let workLimit = 200_000
  /// Elements of computed values that are kept; beyond it only those that shapes are made of.
  static let heldLimit = 1 << 25
  static let frameLimit = 64

  /// One body being walked.
  struct Frame {
    let nodes: [Onnx_NodeProto]
    var next = 0
    /// Positions of values by name; nil for an optional input that the caller left out.
    var scope: [String: Int?] = [:]
    /// The frame whose names are visible too; none for functions and the main graph.
    let outer: Int?
    /// Names that this body's nodes write, with the number of the node.
    let writers: [String: Int]
    /// What becomes of its results: names inside, names in the frame below.
    var results: [(inside: String, outside: String)] = []
    /// In front of node names.
    let prefix: String
    /// What attribute references stand for.
    var arguments: [String: Onnx_AttributeProto] = [:]
    /// The node of the main graph that all of it belongs to.
    var origin: Int?
    /// The function, for messages about recursion.
    var function: String?
    /// The version of ONNX's own operators.
    var opset: Int64 = 0
    /// How often the body runs; nil when data decide.
    var times: Int64? = 1
    /// The node whose body it is, unless it is a function or a branch that is known to be taken.
    var body: ONNXBody?
    /// What the file says about the values of this body.
    var declared: [String: Onnx_TypeProto] = [:]
  }

  let model: Onnx_ModelProto
  let file: String
  let dimensions: ONNXDimensions
  var weights: ONNXWeightFiles
  var diagnostics = Diagnostics()
  var result = ONNXGraph()
  var frames: [Frame] = []
  var functions: [String: Onnx_FunctionProto] = [:]
  var warned: Set<String> = []
  var work = 0
  var held = 0
  /// Values that only stand for names that nothing defines.
  var standIns: Set<Int> = []

  init(_ model: Onnx_ModelProto, weights: ONNXWeightFiles, file: String, dimensions: ONNXDimensions) {
    self.model = model
    self.weights = weights
    self.file = file
    self.dimensions = dimensions
  }

  func place(_ detail: String? = nil) -> Place { Place(file: file, detail: detail) }

  /// The graph, or nil with errors in `diagnostics`.
  mutating func graph(named name: String) -> ONNXGraph? {
    result.name = name
    guard checkModel() else { return nil }
    let graph = model.graph
    describe(graph)
    var frame = Frame(nodes: graph.node, outer: nil, writers: writers(of: graph.node), prefix: "")
    for info in graph.valueInfo + graph.output where frame.declared[info.name] == nil {
      frame.declared[info.name] = info.type
    }
    frame.opset = result.origin.opset
    addInputs(of: graph, to: &frame, isMain: true)
    frames = [frame]
    guard !diagnostics.hasErrors else { return nil }
    walk()
    finish(graph)
    return diagnostics.hasErrors ? nil : result
  }

  // MARK: The model as a whole

  mutating func checkModel() -> Bool {
    guard model.hasGraph else {
      diagnostics.error("the model has no graph", at: place(), expected: "an ONNX model")
      return false
    }
    guard !model.graph.node.isEmpty else {
      diagnostics.error("the graph is empty", at: place(), expected: "at least one node")
      return false
    }
    if model.hasIrVersion, !(3...13).contains(model.irVersion) {
      diagnostics.warning(
        "an untried version of the file format", at: place(), value: "\(model.irVersion)", expected: "3 to 13")
    }
    guard let opset = model.opsetImport.first(where: { Self.isStandard($0.domain) }) else {
      // Then only operators of other domains are used.
      if let other = model.opsetImport.first, !other.domain.isEmpty { return addFunctions() }
      diagnostics.error("the model names no operator set", at: place(), expected: "opset_import of the domain ai.onnx")
      return false
    }
    guard Self.opsets.contains(opset.version) else {
      diagnostics.error(
        "the operator set is not supported", at: place(), value: "\(opset.version)",
        expected: "\(Self.opsets.lowerBound) to \(Self.opsets.upperBound)")
      return false
    }
    result.origin.opset = opset.version
    return addFunctions()
  }

  private mutating func addFunctions() -> Bool {
    for function in model.functions {
      let key = Self.key(function.domain, function.name, function.overload)
      if functions[key] != nil {
        diagnostics.error("two functions have the same name", at: place("function \"\(function.name)\""))
      }
      functions[key] = function
    }
    return !diagnostics.hasErrors
  }

  static func isStandard(_ domain: String) -> Bool { domain.isEmpty || domain == "ai.onnx" }

  static func key(_ domain: String, _ name: String, _ overload: String) -> String {
    "\(isStandard(domain) ? "" : domain)\u{0}\(name)\u{0}\(overload)"
  }

  mutating func describe(_ graph: Onnx_GraphProto) {
    var counts: [String: Int] = [:]
    for node in graph.node { counts[node.opType, default: 0] += 1 }
    result.origin.nodes = graph.node.count
    result.origin.functions = model.functions.count
    result.origin.producer = [model.producerName, model.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
    result.origin.operators = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
  }

  func writers(of nodes: [Onnx_NodeProto]) -> [String: Int] {
    var writers: [String: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for output in node.output where !output.isEmpty && writers[output] == nil { writers[output] = index }
    }
    return writers
  }

  // MARK: The walk

  mutating func walk() {
    while let depth = frames.indices.last {
      guard frames[depth].next < frames[depth].nodes.count else {
        leave()
        continue
      }
      let number = frames[depth].next
      frames[depth].next += 1
      work += 1
      if isExhausted() { return }
      visit(frames[depth].nodes[number], number, depth)
    }
  }

  /// Whether too much was walked; then nothing is left to walk, and an error says so.
  mutating func isExhausted() -> Bool {
    guard work > Self.workLimit + model.graph.node.count else { return false }
    diagnostics.error(
      "the graph is too large once its functions are inlined and its bodies are walked", at: place(),
      expected: "at most \(Self.workLimit) nodes more than in the file")
    frames = []
    return true
  }

  /// Ends the body on top and hands its results down.
  mutating func leave() {
    let frame = frames.removeLast()
    guard let below = frames.indices.last else {
      frames = []
      mainScope = frame.scope
      return
    }
    if let body = frame.body { return finish(body, frame) }
    for (inside, outside) in frame.results where !outside.isEmpty {
      if let found = position(of: inside, in: frame) {
        frames[below].scope[outside] = found
      } else {
        diagnostics.error(
          "a body does not define its result", at: place("node \"\(frame.prefix)\""), value: inside)
        frames[below].scope[outside] = addResult(outside, .unknown)
      }
    }
  }

  /// A result of a body that has been walked.
  func position(of name: String, in frame: Frame) -> Int? {
    if let found = frame.scope[name] ?? nil { return found }
    return frame.outer.flatMap { look(up: name, from: $0) ?? nil }
  }

  var mainScope: [String: Int?] = [:]

  /// The value that `name` means in the frame `depth`: outer nil when there is none, inner nil when it was left out.
  func look(up name: String, from depth: Int) -> Int?? {
    var at: Int? = depth
    while let depth = at {
      if let found = frames[depth].scope[name] { return .some(found) }
      at = frames[depth].outer
    }
    return nil
  }

  mutating func addResult(_ name: String, _ tensor: ONNXTensor) -> Int {
    result.values.append(ONNXGraph.Value(name: name, role: .result, tensor: tensor))
    return result.values.count - 1
  }

  mutating func visit(_ proto: Onnx_NodeProto, _ number: Int, _ depth: Int) {
    let unnamed = proto.opType.isEmpty ? "#\(number)" : "\(proto.opType) #\(number)"
    let name = frames[depth].prefix + (proto.name.isEmpty ? unnamed : proto.name)
    let who = "node \"\(name)\""
    if proto.opType.isEmpty {
      diagnostics.error("the node has no operator", at: place(who))
      return standIn(for: proto, depth)
    }
    let origin = frames[depth].origin ?? number
    var inputs: [Int?] = []
    for (index, input) in proto.input.enumerated() {
      guard !input.isEmpty else {
        inputs.append(nil)
        continue
      }
      if let found = look(up: input, from: depth) {
        inputs.append(found)
        continue
      }
      undefined(input, index, who, number, depth)
      let stand = addResult(input, .unknown)
      frames[depth].scope[input] = stand
      standIns.insert(stand)
      inputs.append(stand)
    }
    guard checkOutputs(proto, who, depth) else { return }
    if let function = functions[Self.key(proto.domain, proto.opType, proto.overload)] {
      enter(function, proto, inputs, name, origin, depth)
      return
    }
    if proto.opType == "If", Self.isStandard(proto.domain), enterBranch(proto, inputs, name, origin, depth) { return }
    if Self.bodied.contains(proto.opType), Self.isStandard(proto.domain) {
      return enterBodies(proto, inputs, name, origin, depth)
    }
    add(proto, inputs, name, origin, depth)
  }

  mutating func undefined(_ input: String, _ index: Int, _ who: String, _ number: Int, _ depth: Int) {
    let at = place("\(who), input \(index)")
    if let writer = frames[depth].writers[input] {
      let other = frames[depth].nodes[writer]
      let isItself = writer == number
      diagnostics.error(
        isItself ? "the node reads what it writes itself" : "the value is read before it is written", at: at,
        value: input, expected: "nodes in an order without cycles",
        suggestion: isItself ? nil : "it is written by node '\(other.name.isEmpty ? "#\(writer)" : other.name)'")
      return
    }
    let known = frames[depth].scope.count <= 20_000 && diagnostics.errorCount < 20
    diagnostics.error(
      "nothing defines this value", at: at, value: input,
      expected: "an initializer, an input or an earlier node's output",
      suggestion: known
        ? nearMiss(of: input, among: frames[depth].scope.keys.sorted()).map { "did you mean '\($0)'?" } : nil)
  }

  mutating func checkOutputs(_ proto: Onnx_NodeProto, _ who: String, _ depth: Int) -> Bool {
    var own = Set<String>()
    var isGood = true
    for (index, output) in proto.output.enumerated() where !output.isEmpty {
      if !own.insert(output).inserted || look(up: output, from: depth) != nil {
        // A name that was read too early has had its message.
        if let stand = look(up: output, from: depth) ?? nil, standIns.remove(stand) != nil {
          frames[depth].scope[output] = nil
          continue
        }
        diagnostics.error(
          "the value is written twice", at: place("\(who), output \(index)"), value: output,
          expected: "one definition of each name")
        isGood = false
      }
    }
    return isGood
  }

  // MARK: The end

  mutating func finish(_ graph: Onnx_GraphProto) {
    var names = Set<String>()
    for (index, output) in graph.output.enumerated() {
      let at = place("output \"\(output.name.isEmpty ? "#\(index)" : output.name)\"")
      if !names.insert(output.name).inserted {
        diagnostics.error("two outputs of the graph have the same name", at: at)
      } else if let position = mainScope[output.name] ?? nil {
        result.outputs.append(position)
      } else if !diagnostics.hasErrors {
        diagnostics.error("nothing defines this output of the graph", at: at)
      }
    }
    var macs: Int64 = 0
    for node in result.nodes {
      let (sum, overflow) = macs.addingReportingOverflow(node.macs ?? 0)
      guard !overflow else {
        diagnostics.error("the multiply-accumulates are too many to count", at: place())
        return
      }
      macs = sum
    }
    if result.macsDoubt != nil, !diagnostics.hasErrors, let shared = ONNXNamedExtents.settle(result) {
      result.macsDoubt = nil
      result.sharedMACs = shared
      if macs.addingReportingOverflow(shared).overflow {
        diagnostics.error("the multiply-accumulates are too many to count", at: place())
      }
    }
    var bits: Int64 = 0
    for value in result.values where value.role == .weight || value.role == .initializer {
      let (sum, overflow) = bits.addingReportingOverflow(max(value.tensor.bytes ?? 0, value.tensor.elements ?? 0))
      guard !overflow else {
        diagnostics.error("the weights are too many to count", at: place())
        return
      }
      bits = sum
    }
  }
}
