import Dataflow
import Files
import Foundation
import OnnxProto
import Testing

/// Graphs that hang together wrongly: cycles, bodies, functions, sparse and external tensors.
@Suite struct ONNXStructureRefusalTests {
  private static func body(_ inputs: [String], _ outputs: [String], _ nodes: [Onnx_NodeProto]) -> Onnx_GraphProto {
    ONNXBodyTests.body(inputs, outputs, nodes)
  }

  private static func loop(_ model: inout TinyModel, _ body: Onnx_GraphProto, trips: Int64 = 3) {
    model.proto.graph.initializer.append(TinyModel.integers("trips", [trips], []))
    model.node("Loop", ["trips", "", "x"], ["y"], [attribute("body", body)])
    model.output("y")
  }

  private static func external(_ entries: [(String, String)]) -> Onnx_TensorProto {
    var tensor = Onnx_TensorProto()
    tensor.name = "e"
    tensor.dataType = 1
    tensor.dims = [4]
    tensor.dataLocation = .external
    tensor.externalData = entries.map {
      var entry = Onnx_StringStringEntryProto()
      (entry.key, entry.value) = $0
      return entry
    }
    return tensor
  }

  private static func sparse(_ dims: [Int64]) -> Onnx_SparseTensorProto {
    var sparse = Onnx_SparseTensorProto()
    sparse.values = TinyModel.floats("s", [1])
    sparse.indices = TinyModel.integers("at", [0])
    sparse.dims = dims
    return sparse
  }

  static let cases: [ONNXBadCase] = [
    ONNXBadCase(
      "a cycle of three",
      "node \"make a\", input 0: error: the value is read before it is written (got c; expected nodes"
    ) {
      $0.node("Relu", ["c"], ["a"])
      $0.node("Relu", ["a"], ["b"])
      $0.node("Relu", ["b"], ["c"])
    },
    ONNXBadCase(
      "a cycle behind a product", "node \"make y\", input 1: error: the value is read before it is written (got z; exp"
    ) {
      $0.node("MatMul", ["x", "z"], ["y"])
      $0.node("Transpose", ["y"], ["z"])
    },
    ONNXBadCase(
      "a cycle in a body",
      "node \"make y/0/make p\", input 0: error: the value is read before it is written (got q; expected nodes"
    ) {
      loop(
        &$0,
        body(
          ["i", "c", "v"], ["c", "p"], [TinyModel.node("Relu", ["q"], ["p"]), TinyModel.node("Relu", ["p"], ["q"])]))
    },
    ONNXBadCase(
      "a value that is only in another body",
      "node \"make z\", input 0: error: nothing defines this value (got inside; expected an initializer, an input or"
    ) {
      loop(&$0, body(["i", "c", "v"], ["c", "inside"], [TinyModel.node("Relu", ["v"], ["inside"])]))
      $0.node("Relu", ["inside"], ["z"])
    },
    ONNXBadCase(
      "an unknown operator two nodes in front of a product",
      "node \"make y\", input 0: error: the multiply-accumulates cannot be counted: the shape of this input is unknown"
        + " (got of unknown rank; node \"make f\": the operator Frobnicate is not supported)"
    ) {
      $0.node("Frobnicate", ["x"], ["f"])
      $0.node("Relu", ["f"], ["g"])
      $0.node("MatMul", ["g", "w"], ["y"])
    },
    ONNXBadCase(
      "training", "node \"make y\": error: training is not supported (got Adam; expected a model for inference)"
    ) {
      $0.node("Adam", ["x", "x"], ["y"], domain: "ai.onnx.preview.training")
    },
    ONNXBadCase("a Loop without a body", "node \"make y\": error: the operator Loop lacks its body (expected body)") {
      $0.node("Loop", ["", "", "x"], ["y"])
    },
    ONNXBadCase(
      "an If with one branch",
      "node \"make y\": error: the operator If lacks its body (expected then_branch, else_branch)"
    ) {
      $0.input("c", [], element: 9)
      $0.node("If", ["c"], ["y"], [attribute("then_branch", body([], ["x"], []))])
    },
    ONNXBadCase(
      "a body with too few inputs",
      "node \"make y\": error: the body does not fit the Loop (got 2 inputs, 2 results; expected 3 inputs, 2 results)"
    ) { loop(&$0, body(["i", "c"], ["c", "x"], [])) },
    ONNXBadCase(
      "a body without its result", "node \"make y\": error: a body does not define its result (got nowhere)"
    ) { loop(&$0, body(["i", "c", "v"], ["c", "nowhere"], [])) },
    ONNXBadCase(
      "a branch with too few results", "node \"make y\": error: the branch has too few results (got 0; expected 1)"
    ) {
      $0.input("c", [], element: 9)
      let (none, one) = (body([], [], []), body([], ["x"], []))
      $0.node("If", ["c"], ["y"], [attribute("then_branch", one), attribute("else_branch", none)])
    },
    ONNXBadCase(
      "scanned inputs of two lengths", "node \"make y\": error: the scanned inputs differ in length (got 4; expected 2)"
    ) {
      let both = body(["a", "b"], ["a"], [])
      $0.node("Scan", ["x", "w"], ["y"], [attribute("body", both), attribute("num_scan_inputs", 2)])
    },
    ONNXBadCase(
      "a scan along axis 5", "node \"make y\": error: the scanned axis is out of range (got [2, 4]; expected an"
    ) {
      $0.node(
        "Scan", ["x"], ["y"],
        [attribute("body", body(["a"], ["a"], [])), attribute("num_scan_inputs", 1), attribute("scan_input_axes", [5])])
    },
    ONNXBadCase(
      "a scan of nothing", "node \"make y\": error: the body does not fit the Scan (got 1 inputs, 1 results; expected"
    ) { $0.node("Scan", ["x"], ["y"], [attribute("body", body(["a"], ["a"], []))]) },
    ONNXBadCase(
      "2^62 products in a loop", "node \"make y/make n\": error: the multiply-accumulates are too many to count"
    ) {
      loop(&$0, body(["i", "c", "v"], ["c", "n"], [TinyModel.node("MatMul", ["v", "w"], ["n"])]), trips: 1 << 62)
    },
    ONNXBadCase(
      "loops in loops in loops",
      "error: the graph is too large once its functions are inlined and its bodies are walked (expected at most 200000"
    ) {
      var inner = body(["i0", "c0", "v0"], ["c0", "r0"], [TinyModel.node("Relu", ["v0"], ["r0"])])
      for level in 1..<12 {
        let call = TinyModel.node("Loop", ["trips", "", "v\(level)"], ["r\(level)"], [attribute("body", inner)])
        inner = body(["i\(level)", "c\(level)", "v\(level)"], ["c\(level)", "r\(level)"], [call])
      }
      loop(&$0, inner)
    },
    ONNXBadCase(
      "functions in functions", "node \"make y/make b/make b/make b/make b/make b/make b/make b/"
    ) {
      for level in 0..<80 {
        var function = Onnx_FunctionProto()
        function.name = "F\(level)"
        function.domain = "own"
        function.input = ["a"]
        function.output = ["b"]
        function.node = [
          level == 0
            ? TinyModel.node("Relu", ["a"], ["b"]) : TinyModel.node("F\(level - 1)", ["a"], ["b"], domain: "own")
        ]
        $0.proto.functions.append(function)
      }
      $0.node("F79", ["x"], ["y"], domain: "own")
    },
    ONNXBadCase(
      "a sparse initializer of 2^124", "initializer \"s\": error: too many elements (got [4611686018427387904, 46116860"
    ) {
      $0.proto.graph.sparseInitializer = [sparse([1 << 62, 1 << 62])]; $0.call("Relu")
    },
    ONNXBadCase(
      "a sparse initializer of -1", "initializer \"s\": error: an extent is negative (got -1; expected 0 or more)"
    ) {
      $0.proto.graph.sparseInitializer = [sparse([4, -1])]; $0.call("Relu")
    },
    ONNXBadCase(
      "a sparse constant of 2^124",
      "node \"make y\", attribute \"sparse_value\": error: too many elements (got [46116860"
    ) {
      var attribute = Onnx_AttributeProto()
      attribute.name = "sparse_value"
      attribute.type = .sparseTensor
      attribute.sparseTensor = sparse([1 << 62, 1 << 62])
      $0.node("Constant", [], ["y"], [attribute])
    },
    ONNXBadCase(
      "external data on a drive",
      "initializer \"e\": error: the external data lies outside the model's folder (got C:\\x"
    ) {
      $0.proto.graph.initializer.append(external([("location", "C:\\x")])); $0.call("Relu")
    },
    ONNXBadCase(
      "external data on another machine", "initializer \"e\": error: the external data lies outside the model's folder"
    ) {
      $0.proto.graph.initializer.append(external([("location", "\\\\host\\share")])); $0.call("Relu")
    },
    ONNXBadCase(
      "external data one folder up",
      "initializer \"e\": error: the external data lies outside the model's folder (got .."
    ) {
      $0.proto.graph.initializer.append(external([("location", "..\\weights")])); $0.call("Relu")
    },
    ONNXBadCase(
      "external data behind a zero",
      "initializer \"e\": error: the external data lies outside the model's folder (got w"
    ) {
      $0.proto.graph.initializer.append(external([("location", "w\u{0}/x")])); $0.call("Relu")
    },
    ONNXBadCase("external data nowhere", "initializer \"e\": error: external data without a location (expected a file")
    {
      $0.proto.graph.initializer.append(external([]))
      $0.call("Relu")
    },
    ONNXBadCase(
      "external data before its file", "initializer \"e\": error: the offset of the external data is no count (got -1;"
    ) {
      $0.proto.graph.initializer.append(external([("location", "w"), ("offset", "-1")])); $0.call("Relu")
    },
    ONNXBadCase(
      "external data of 2^64 bytes",
      "initializer \"e\": error: the length of the external data is no count (got 18446744"
    ) {
      $0.proto.graph.initializer.append(external([("location", "w"), ("length", "18446744073709551616")]))
      $0.call("Relu")
    },
  ]

  @Test(arguments: cases) func isRefused(_ test: ONNXBadCase) throws { try test.expectRefusal() }

  /// Constants of strings are no fault: no shape is made of them.
  @Test func constantsOfStringsAreRead() throws {
    let model = ONNXBadCase.model {
      var value = Onnx_AttributeProto()
      value.name = "value"
      value.type = .tensor
      value.t.dataType = 8
      value.t.dims = [2]
      value.t.stringData = [Data("a".utf8), Data("b".utf8)]
      $0.node("Constant", [], ["y"], [value])
      $0.output("y")
    }
    var d = Diagnostics()
    let graph = try #require(try model.read(&d))
    #expect(graph.values[graph.outputs[0]].tensor.extents == [2])
    #expect(graph.values[graph.outputs[0]].tensor.element == .string)
  }
}
