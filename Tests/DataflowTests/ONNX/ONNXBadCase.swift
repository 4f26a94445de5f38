import Dataflow
import Files
import Foundation
import OnnxProto
import Testing

/// A model that is refused, and the first line that says so: from its place on, without the file's name.
struct ONNXBadCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let line: String
  let make: @Sendable () throws -> Data

  init(_ what: String, _ line: String, bytes make: @escaping @Sendable () throws -> Data) {
    testDescription = what
    self.line = line
    self.make = make
  }

  /// A change to a model with an input x [2, 4] and a weight w [4, 4].
  init(_ what: String, _ line: String, _ change: @escaping @Sendable (inout TinyModel) -> Void) {
    self.init(what, line, bytes: { try Self.model(change).data() })
  }

  static func model(_ change: (inout TinyModel) -> Void) -> TinyModel {
    var model = TinyModel()
    model.input("x", [2, 4])
    model.proto.graph.initializer = [TinyModel.floats("w", [4, 4])]
    change(&model)
    return model
  }

  func expectRefusal() throws {
    var d = Diagnostics()
    let graph = ONNXFile.read(try make(), displayName: "m.onnx", name: "m", into: &d)
    let first = d.items.first { $0.severity == .error }?.description ?? "no error"
    #expect(graph == nil, "accepted")
    #expect(first.hasPrefix("m.onnx: " + line), "\(first)")
  }
}

extension TinyModel {
  /// y = op(x, v0, v1, …) with vectors of integers; `nil` leaves an input out.
  mutating func call(_ op: String, _ vectors: [[Int64]?] = [], _ attributes: [Onnx_AttributeProto] = []) {
    var names = ["x"]
    for (index, vector) in vectors.enumerated() {
      names.append(vector == nil ? "" : "v\(index)")
      if let vector { proto.graph.initializer.append(Self.integers("v\(index)", vector)) }
    }
    node(op, names, ["y"], attributes)
  }

  /// y = op(v) with one integer without axes, or a vector.
  mutating func fill(_ op: String, _ vector: [Int64], isScalar: Bool = false) {
    proto.graph.initializer.append(Self.integers("v", vector, isScalar ? [] : nil))
    node(op, ["v"], ["y"])
  }
}
