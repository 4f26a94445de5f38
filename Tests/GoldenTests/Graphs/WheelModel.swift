import Dataflow
import Files
import Foundation
import OnnxProto

/// One model of the `onnx` wheel with the inputs and outputs recorded beside it, and what the importer makes of it.
struct WheelModel {
  enum Outcome: Equatable {
    /// Every output has the recorded shape and element type.
    case equal
    /// An output's shape is unknown, and the reason is the data of a run.
    case undecided(String)
    /// Refused, or left unknown, with a reason that names an operator of the model.
    case refused(String)
    /// Imported; what it writes can be compared with nothing.
    case notCompared
    case failed(String)
  }

  /// The folder and file below the folder of all models.
  let name: String
  let proto: Onnx_ModelProto
  /// Inputs and outputs in the order of the graph's, one entry for each recorded run.
  private(set) var runs: [(inputs: [RecordedValue], outputs: [RecordedValue])] = []

  var isNodeTest: Bool { name.hasPrefix("node/") }

  init(folder: String, name: String) throws {
    self.name = name
    let path = "\(folder)/\(name)"
    proto = try Onnx_ModelProto(serializedBytes: Data(contentsOf: URL(fileURLWithPath: path)))
    guard name.hasSuffix("/model.onnx") else { return }
    let around = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let sets = try FileManager.default.contentsOfDirectory(atPath: around).filter { $0.hasPrefix("test_data_set_") }
    for set in sets.sorted() {
      func values(_ kind: String, _ infos: [Onnx_ValueInfoProto]) throws -> [RecordedValue] {
        try infos.enumerated().compactMap { index, info in
          let file = "\(around)/\(set)/\(kind)_\(index).pb"
          guard FileManager.default.fileExists(atPath: file) else { return nil }
          return try RecordedValue(path: file, type: info.type)
        }
      }
      runs.append((try values("input", proto.graph.input), try values("output", proto.graph.output)))
    }
  }

  /// How a model is read.
  enum Reading {
    /// As it stands, its symbolic extents bound to those of the recorded inputs.
    case plain
    /// The same without the shapes that the file declares of what its nodes write.
    case undeclared
    /// Without declarations, and with the recorded inputs as initializers: what shapes depend on is known.
    case held
  }

  func outcome(_ reading: Reading) throws -> Outcome {
    guard !runs.isEmpty else { return compareDeclared(try read(reading == .plain ? proto : undeclared(proto))) }
    var worst = Outcome.equal
    for run in runs {
      var bound = reading == .plain ? proto : undeclared(proto)
      var made: [Onnx_NodeProto] = []
      for (index, input) in run.inputs.enumerated() {
        if reading == .held { hold(input, proto.graph.input[index], &bound, &made) } else { bind(input, index, &bound) }
      }
      bound.graph.node = made + bound.graph.node
      let outcome = compare(try read(bound), run.outputs)
      if worst == .equal || (outcome.isFailed && !worst.isFailed) { worst = outcome }
    }
    return worst
  }

  /// The model with the recorded inputs of each run as its initializers.
  func held() -> [Onnx_ModelProto] {
    runs.map { run in
      var bound = undeclared(proto)
      var made: [Onnx_NodeProto] = []
      for (input, info) in zip(run.inputs, proto.graph.input) { hold(input, info, &bound, &made) }
      bound.graph.node = made + bound.graph.node
      return bound
    }
  }

  private func undeclared(_ proto: Onnx_ModelProto) -> Onnx_ModelProto {
    var proto = proto
    proto.graph.valueInfo = []
    for index in proto.graph.output.indices { proto.graph.output[index].clearType() }
    return proto
  }

  private func bind(_ input: RecordedValue, _ index: Int, _ model: inout Onnx_ModelProto) {
    guard case .tensor(let tensor) = input, case .tensorType? = model.graph.input[index].type.value else { return }
    for (axis, extent) in tensor.dims.enumerated()
    where axis < model.graph.input[index].type.tensorType.shape.dim.count {
      model.graph.input[index].type.tensorType.shape.dim[axis].dimValue = extent
    }
  }

  /// Puts a recorded input into the model itself; lists and optionals are made of initializers by nodes in front.
  private func hold(
    _ input: RecordedValue, _ info: Onnx_ValueInfoProto, _ model: inout Onnx_ModelProto, _ made: inout [Onnx_NodeProto]
  ) {
    func add(_ tensor: Onnx_TensorProto, _ name: String, _ declared: Int32) {
      var tensor = tensor
      tensor.name = name
      // Types that NumPy lacks are recorded as the integers of their bits.
      if Self.isRecordedAsBits(declared) { tensor.dataType = declared }
      // An initializer of the same name only gives the input's default.
      model.graph.initializer.removeAll { $0.name == name }
      model.graph.initializer.append(tensor)
    }
    func make(_ op: String, _ inputs: [String]) {
      var node = Onnx_NodeProto()
      node.opType = op
      node.input = inputs
      node.output = [info.name]
      made.append(node)
      model.graph.input.removeAll { $0.name == info.name }
    }
    switch input {
    case .tensor(let tensor) where tensor.dataType != ONNXElement.string.rawValue:
      if case .optionalType(let optional)? = info.type.value {
        add(tensor, info.name + ".held", optional.elemType.tensorType.elemType)
        make("Optional", [info.name + ".held"])
      } else {
        add(tensor, info.name, info.type.tensorType.elemType)
      }
    case .sequence(let tensors) where !tensors.contains { $0.dataType == ONNXElement.string.rawValue }:
      let names = tensors.indices.map { "\(info.name).\($0)" }
      for (tensor, name) in zip(tensors, names) {
        add(tensor, name, info.type.sequenceType.elemType.tensorType.elemType)
      }
      make(names.isEmpty ? "SequenceEmpty" : "SequenceConstruct", names)
    case .none: make("Optional", [])
    default: break
    }
  }

  static func isRecordedAsBits(_ element: Int32) -> Bool {
    switch ONNXElement(rawValue: element) {
    case .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .int4, .uint4, .float4e2m1: true
    default: false
    }
  }

  private typealias Read = (graph: ONNXGraph?, errors: [Diagnostic])

  private func read(_ proto: Onnx_ModelProto) throws -> Read {
    var d = Diagnostics()
    let data = try proto.serializedData(partial: true)
    let graph = ONNXFile.read(data, displayName: "m.onnx", name: "m", into: &d)
    return (graph, d.items.filter { $0.severity == .error })
  }

  /// The operator of the model that `text` names, if any.
  private func named(in text: String) -> String? {
    var operators = Set<String>()
    var bodies = [proto.graph]
    while let body = bodies.popLast() {
      for node in body.node {
        operators.insert(node.opType)
        bodies += node.attribute.filter(\.hasG).map(\.g)
      }
    }
    let words = Set(text.split { !$0.isLetter && !$0.isNumber }.map(String.init))
    return operators.filter(words.contains).max { $0.count < $1.count }
  }

  private func compareDeclared(_ read: Read) -> Outcome {
    guard let graph = read.graph else { return refusal(read.errors) }
    for (info, position) in zip(proto.graph.output, graph.outputs) {
      let dims = info.type.tensorType.shape.dim.map(\.dimValue)
      guard graph.values[position].tensor.extents == dims else {
        return .failed("output \(info.name) is \(graph.values[position].tensor.shapeText), declared \(dims)")
      }
    }
    return .equal
  }

  private func refusal(_ errors: [Diagnostic]) -> Outcome {
    guard let first = errors.first else { return .failed("refused without an error") }
    let text = [first.description, first.suggestion ?? ""].joined(separator: " ")
    return named(in: text).map { .refused($0) } ?? .failed("refused: \(first)")
  }

  private func compare(_ read: Read, _ outputs: [RecordedValue]) -> Outcome {
    guard let graph = read.graph else { return refusal(read.errors) }
    guard graph.outputs.count >= outputs.count else { return .failed("\(graph.outputs.count) outputs") }
    var result = Outcome.equal
    for (index, recorded) in outputs.enumerated() {
      let position = graph.outputs[index]
      let declared = proto.graph.output[index].type.tensorType.elemType
      let tensor = graph.values[position].tensor
      let outcome: Outcome
      switch recorded {
      case .tensor(var expected):
        let isBits = Self.isRecordedAsBits(declared)
        if isBits { expected.dataType = declared }
        outcome = compare(tensor, expected, values: !isBits)
      case .sequence(let expected): outcome = compare(tensor, expected)
      case .none: outcome = tensor.doubt == nil ? .notCompared : unknown(tensor)
      case .other: outcome = .notCompared
      }
      if outcome.isFailed { return outcome }
      if outcome != .equal { result = outcome }
    }
    return result
  }

  private func compare(_ tensor: ONNXTensor, _ expected: [Onnx_TensorProto]) -> Outcome {
    guard let members = tensor.members else { return unknown(tensor) }
    guard members.count == expected.count else { return .failed("\(members.count) members, not \(expected.count)") }
    for (member, tensor) in zip(members, expected) {
      let outcome = compare(member, tensor)
      if outcome != .equal { return outcome }
    }
    return .equal
  }

  private func compare(_ tensor: ONNXTensor, _ expected: Onnx_TensorProto, values: Bool = true) -> Outcome {
    guard tensor.members == nil else { return .failed("a sequence, recorded is a tensor") }
    if let element = tensor.element, element.rawValue != expected.dataType {
      return .failed("the elements are \(element), recorded \(expected.dataType)")
    }
    if let shape = tensor.shape {
      // What is known of it is right even where some of it is not.
      guard shape.count == expected.dims.count, zip(shape, expected.dims).allSatisfy({ $0 == nil || $0 == $1 }) else {
        return .failed("the shape is \(tensor.shapeText), recorded \(expected.dims)")
      }
    }
    guard tensor.extents != nil, tensor.element != nil else { return unknown(tensor) }
    return (values ? compareValues(tensor, expected) : nil) ?? .equal
  }

  /// Values that were computed while the graph was read are the recorded ones.
  private func compareValues(_ tensor: ONNXTensor, _ expected: Onnx_TensorProto) -> Outcome? {
    guard let values = tensor.values, let numbers = expected.numbers else { return nil }
    guard values.count == numbers.count else { return .failed("\(values.count) values, not \(numbers.count)") }
    for (value, number) in zip(values, numbers) {
      let isClose =
        switch value {
        case .integer(let own)?: Double(own) == number
        case .real(let own)?:
          own == number || (own.isNaN && number.isNaN) || abs(own - number) <= 1e-3 * max(abs(number), 1e-3)
        case nil: true
        }
      if !isClose { return .failed("computed \(String(describing: value)), recorded \(number)") }
    }
    return nil
  }

  private func unknown(_ tensor: ONNXTensor) -> Outcome {
    guard let doubt = tensor.doubt else { return .failed("\(tensor.shapeText) without a reason") }
    if !doubt.isUnsupported { return .undecided(doubt.reason) }
    return named(in: doubt.reason).map { .refused($0) } ?? .failed("unknown: \(doubt.reason)")
  }
}

extension WheelModel.Outcome {
  var isFailed: Bool { if case .failed = self { true } else { false } }
}
