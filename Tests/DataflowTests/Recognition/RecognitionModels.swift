import Dataflow
import Files
import Foundation
import OnnxProto
import Testing

/// Small models to recognise, with weights that differ from element to element.
struct RecognitionModel {
  var model = TinyModel()
  private var count = 0

  static let width: Int64 = 8
  static let positions: Int64 = 6

  /// Tokens, looked up in a table: the value "x".
  init() {
    model.input("input_ids", [1, Self.positions], element: 7)
    weight("embed.weight", [16, Self.width])
    model.node("Gather", ["embed.weight", "input_ids"], ["x"])
  }

  mutating func weight(_ name: String, _ dims: [Int64]) {
    count += 1
    var tensor = TinyModel.floats(name, dims)
    tensor.rawData = Data()
    let seed = count
    tensor.floatData = (0..<dims.reduce(1, *)).map { Float(sin(Double($0) * 0.7 + Double(seed))) }
    model.proto.graph.initializer.append(tensor)
  }

  mutating func number(_ name: String, _ value: Float) {
    var tensor = TinyModel.floats(name, [])
    tensor.rawData = Data()
    tensor.floatData = [value]
    model.proto.graph.initializer.append(tensor)
  }

  mutating func node(_ op: String, _ inputs: [String], _ output: String, _ attributes: Onnx_AttributeProto...) {
    model.node(op, inputs, [output], attributes)
  }

  mutating func shape(_ name: String, _ values: [Int64]) {
    model.proto.graph.initializer.append(TinyModel.integers(name, values))
  }

  func recognize() throws -> (model: RecognizedModel?, findings: Diagnostics) {
    var model = model
    model.output("out")
    var d = Diagnostics()
    let graph = try model.read(&d)
    try d.throwIfErrors()
    let read = try #require(graph)
    return (GraphRecognition.recognize(read, into: &d), d)
  }

  /// The kinds of the operators, the embedding left out.
  func kinds() throws -> [OperatorKind] {
    let (model, findings) = try recognize()
    try findings.throwIfErrors()
    return try #require(model).graph.operators.map(\.kind).filter {
      if case .embedding(_, _, .token) = $0 { false } else { true }
    }
  }

  /// Expects an error at `node` that says `fragment`.
  func expectRefusal(at node: String, _ fragment: String) throws {
    let (model, findings) = try recognize()
    #expect(model == nil)
    let errors = findings.items.filter { $0.severity == .error }.map(\.description)
    #expect(errors.contains { $0.contains("node \"make \(node)\"") && $0.contains(fragment) }, "\(errors)")
  }
}
