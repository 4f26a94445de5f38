import Dataflow
import Files
import Foundation
import OnnxProto
import Testing

/// Bad models: a refusal that names the place, never a trap.
@Suite struct ONNXRefusalTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The start of the line, after the file.
    let place: String
    let fragment: String
    let make: @Sendable () throws -> Data

    init(_ what: String, _ place: String, _ fragment: String, _ make: @escaping @Sendable () throws -> Data) {
      testDescription = what
      self.place = place
      self.fragment = fragment
      self.make = make
    }
  }

  private static func model(_ change: (inout TinyModel) -> Void) throws -> Data {
    var model = TinyModel()
    model.input("x", [2, 4])
    model.proto.graph.initializer = [TinyModel.floats("w", [4, 4])]
    change(&model)
    return try model.data()
  }

  private static func product(_ model: inout TinyModel) {
    model.node("MatMul", ["x", "w"], ["y"])
    model.output("y")
  }

  static let cases: [Case] = [
    Case("an empty file", "", "the file is empty") { Data() },
    Case("a truncated file", "", "end early") {
      let data = try model { product(&$0) }
      return data.prefix(data.count - 9)
    },
    Case("text", "", "no ONNX model") { Data("{\"model_type\": \"gpt2\"}".utf8) },
    Case("a length beyond the file", "", "end early") { Data([0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0]) },
    Case("a length of 2^63", "", "end early") {
      Data([0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01])
    },
    Case("a wrong wire type", "", "has no graph") { Data([0x38, 0x05, 0x08, 0x08]) },
    Case("no graph", "", "has no graph") {
      var model = Onnx_ModelProto()
      model.irVersion = 8
      return try model.serializedData()
    },
    Case("an empty graph", "", "the graph is empty") { try model { _ in } },
    Case("an old operator set", "", "operator set is not supported") {
      try model {
        product(&$0)
        $0.proto.opsetImport[0].version = 0
      }
    },
    Case("a future operator set", "", "operator set is not supported") {
      try model {
        product(&$0)
        $0.proto.opsetImport[0].version = 9_000_000_000
      }
    },
    Case("no operator set", "", "names no operator set") {
      try model {
        product(&$0)
        $0.proto.opsetImport = []
      }
    },
    Case("an undefined input", "node \"make y\", input 1", "did you mean 'w'?") {
      try model { $0.node("MatMul", ["x", "W"], ["y"]) }
    },
    Case("a missing initializer", "node \"make y\", input 1", "nothing defines this value") {
      try model {
        product(&$0)
        $0.proto.graph.initializer = []
      }
    },
    Case("a cycle", "node \"make a\", input 0", "read before it is written") {
      try model {
        $0.node("Relu", ["b"], ["a"])
        $0.node("Relu", ["a"], ["b"])
      }
    },
    Case("a node that reads itself", "node \"make a\", input 1", "reads what it writes itself") {
      try model { $0.node("Add", ["x", "a"], ["a"]) }
    },
    Case("an unknown operator in front of a product", "node \"make y\", input 0", "Frobnicate is not supported") {
      try model {
        $0.node("Frobnicate", ["x"], ["f"])
        $0.node("MatMul", ["f", "w"], ["y"])
      }
    },
    Case("a foreign operator in front of a product", "node \"make y\", input 0", "com.acme.Relux is not supported") {
      try model {
        $0.node("Relux", ["x"], ["f"], domain: "com.acme")
        $0.node("MatMul", ["f", "w"], ["y"])
      }
    },
    Case("a missing operand", "node \"make y\", input 1", "lacks this input") {
      try model { $0.node("MatMul", ["x"], ["y"]) }
    },
    Case("2^62 in an input", "input \"huge\"", "too many elements") {
      try model {
        product(&$0)
        $0.input("huge", [Int64(1) << 62, 4])
      }
    },
    Case("2^62 in an initializer", "initializer \"huge\"", "too many elements") {
      try model {
        product(&$0)
        $0.proto.graph.initializer.append(TinyModel.integers("huge", [1], [1 << 62, 1 << 62]))
      }
    },
    Case("2^62 in a computed shape", "node \"make e\"", "too many elements") {
      try model {
        $0.proto.graph.initializer.append(TinyModel.integers("v", [1 << 30, 1 << 30, 2, 4]))
        $0.node("Expand", ["x", "v"], ["e"])
      }
    },
    Case("too many products", "node \"make y\"", "too many to count") {
      try model {
        $0.input("a", [1 << 28, 1 << 28])
        $0.input("b", [1 << 28, 1 << 28])
        $0.node("MatMul", ["a", "b"], ["y"])
      }
    },
    Case("a negative extent of an input", "input \"n\"", "an extent is negative") {
      try model {
        product(&$0)
        $0.input("n", [-1])
      }
    },
    Case("a negative extent of an initializer", "initializer \"n\"", "an extent is negative") {
      try model {
        product(&$0)
        $0.proto.graph.initializer.append(TinyModel.integers("n", [], [-5]))
      }
    },
    Case("an absolute external path", "initializer \"e\"", "outside the model's folder") {
      try model {
        product(&$0)
        $0.proto.graph.initializer.append(external("/etc/passwd"))
      }
    },
    Case("an external path that climbs", "initializer \"e\"", "outside the model's folder") {
      try model {
        product(&$0)
        $0.proto.graph.initializer.append(external("data/../../secret"))
      }
    },
    Case(
      "raw_data of the wrong length", "initializer \"w\"", "raw_data has the wrong length (got 63 bytes; expected 64"
    ) {
      try model {
        product(&$0)
        $0.proto.graph.initializer[0].rawData.removeLast()
      }
    },
    Case("a typed field of the wrong length", "initializer \"t\"", "wrong number of elements") {
      try model {
        product(&$0)
        $0.proto.graph.initializer.append(TinyModel.integers("t", [1, 2, 3], [4]))
      }
    },
    Case("an element type that is none", "initializer \"t\"", "unknown element type") {
      try model {
        product(&$0)
        var tensor = TinyModel.integers("t", [1])
        tensor.dataType = 77
        $0.proto.graph.initializer.append(tensor)
      }
    },
    Case("strings", "initializer \"t\"", "strings are not supported") {
      try model {
        product(&$0)
        var tensor = Onnx_TensorProto()
        tensor.name = "t"
        tensor.dataType = 8
        tensor.dims = [1]
        tensor.stringData = [Data("a".utf8)]
        $0.proto.graph.initializer.append(tensor)
      }
    },
    Case("a value written twice", "node \"make y\", output 0", "written twice") {
      try model {
        product(&$0)
        $0.node("Relu", ["x"], ["y"])
      }
    },
    Case("an output twice in one node", "node \"make a\", output 1", "written twice") {
      try model { $0.node("Split", ["x"], ["a", "a"]) }
    },
    Case("two graph outputs of one name", "output \"y\"", "same name") {
      try model {
        product(&$0)
        $0.output("y")
      }
    },
    Case("a graph output that nothing writes", "output \"z\"", "nothing defines this output") {
      try model {
        product(&$0)
        $0.output("z")
      }
    },
    Case("two initializers of one name", "initializer \"w\"", "same name") {
      try model {
        product(&$0)
        $0.proto.graph.initializer.append(TinyModel.floats("w", [1]))
      }
    },
    Case("inner extents that differ", "node \"make y\", input 1", "inner extents") {
      try model {
        $0.input("b", [5, 4])
        $0.node("MatMul", ["x", "b"], ["y"])
      }
    },
    Case("a reshape to another size", "node \"make y\", input 1", "another number of elements") {
      try model {
        $0.proto.graph.initializer.append(TinyModel.integers("v", [3, 3]))
        $0.node("Reshape", ["x", "v"], ["y"])
      }
    },
    Case("bodies in bodies", "", "nests too deeply") {
      var body = Onnx_GraphProto()
      for _ in 0..<60 {
        var outer = Onnx_GraphProto()
        outer.node = [TinyModel.node("If", ["c"], ["y"], [attribute("then_branch", body)])]
        body = outer
      }
      var model = TinyModel()
      model.proto.graph = body
      return try model.data()
    },
    Case("a function that calls itself", "node \"make y/make b\"", "calls itself") {
      try model {
        var function = Onnx_FunctionProto()
        function.name = "F"
        function.domain = "own"
        function.input = ["a"]
        function.output = ["b"]
        function.node = [TinyModel.node("F", ["a"], ["b"], domain: "own")]
        $0.proto.functions = [function]
        $0.node("F", ["x"], ["y"], domain: "own")
      }
    },
    Case("functions that double and double", "", "too large once its functions are inlined") {
      try doubling { [TinyModel.node("Relu", ["a"], ["c"])] }
    },
    Case("functions that double nothing", "", "too large once its functions are inlined") {
      try doubling { [] }
    },
  ]

  /// Forty functions, each calling the one before twice.
  private static func doubling(_ innermost: () -> [Onnx_NodeProto]) throws -> Data {
    try model {
      for level in 0..<40 {
        var function = Onnx_FunctionProto()
        function.name = "F\(level)"
        function.domain = "own"
        function.input = ["a"]
        function.output = level == 0 && innermost().isEmpty ? [] : ["c"]
        let call = "F\(level - 1)"
        function.node =
          level == 0
          ? innermost()
          : [TinyModel.node(call, ["a"], ["b"], domain: "own"), TinyModel.node(call, ["a"], ["c"], domain: "own")]
        if innermost().isEmpty {
          function.output = []
          for index in function.node.indices { function.node[index].output = [] }
        }
        $0.proto.functions.append(function)
      }
      $0.node("F39", ["x"], innermost().isEmpty ? [] : ["y"], domain: "own")
    }
  }

  private static func external(_ location: String) -> Onnx_TensorProto {
    var tensor = Onnx_TensorProto()
    tensor.name = "e"
    tensor.dataType = 1
    tensor.dims = [4]
    tensor.dataLocation = .external
    var entry = Onnx_StringStringEntryProto()
    entry.key = "location"
    entry.value = location
    tensor.externalData = [entry]
    return tensor
  }

  @Test(arguments: cases) func badModelsAreRefused(_ test: Case) throws {
    var d = Diagnostics()
    let graph = ONNXFile.read(try test.make(), displayName: "m.onnx", name: "m", into: &d)
    #expect(graph == nil)
    let first = d.items.first { $0.severity == .error }?.description ?? "nothing"
    #expect(first.hasPrefix("m.onnx: \(test.place.isEmpty ? "" : test.place + ": ")error: "), "\(first)")
    #expect(first.contains(test.fragment), "\(first)")
  }

  @Test func allErrorsComeInOneGo() throws {
    var d = Diagnostics()
    var model = TinyModel()
    model.input("x", [2, 4])
    model.node("Relu", ["a"], ["p"])
    model.node("Relu", ["b"], ["q"])
    model.node("MatMul", ["x", "x"], ["r"])
    _ = try model.read(&d)
    #expect(d.errorCount == 3)
  }

  /// Damaged bytes of a good model: refused or read, with nothing worse.
  @Test func damagedModelsNeverTrap() throws {
    var model = TinyModel()
    model.input("x", [2, "seq", 8])
    model.proto.graph.initializer = [
      TinyModel.floats("w", [8, 4]), TinyModel.integers("v", [0, -1, 2, 2]), TinyModel.integers("k", [2]),
    ]
    model.node("MatMul", ["x", "w"], ["y"])
    model.node("Reshape", ["y", "v"], ["z"])
    model.node("TopK", ["z", "k"], ["t", "i"])
    model.node("Shape", ["z"], ["s"], [attribute("start", 1)])
    model.node("Slice", ["s", "k", "v"], ["u"])
    model.node("Conv", ["z", "z"], ["c"], [attribute("pads", [1, 1, 1, 1]), attribute("strides", [1, 2])])
    model.node("Split", ["s"], ["s0", "s1"], [attribute("axis", 0)])
    model.node("Range", ["k", "s0", "k"], ["r"])
    model.output("z")
    let good = Array(try model.data())
    var random = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0...UInt64.max, using: &random)
    var state = seed
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    print("damaged ONNX models: seed \(seed)")
    for _ in 0..<3000 {
      var bytes = good
      for _ in 0..<(1 + next() % 4) { bytes[Int(next()) % bytes.count] = UInt8(truncatingIfNeeded: next()) }
      if next() % 8 == 0 { bytes.removeLast(Int(next()) % bytes.count) }
      var d = Diagnostics()
      let graph = ONNXFile.read(Data(bytes), displayName: "m.onnx", name: "m", into: &d)
      #expect(graph != nil || d.hasErrors)
      if let graph { for node in graph.nodes { _ = graph.bytes(of: node) } }
    }
  }
}
