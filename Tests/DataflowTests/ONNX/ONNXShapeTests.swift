import Dataflow
import Files
import OnnxProto
import Testing

@Suite struct ONNXShapeTests {
  /// One operator on float inputs of the given shapes and integer vectors: the shapes that come out.
  struct Case: Sendable, CustomTestStringConvertible {
    let op: String
    let shapes: [[Int64]]
    var vectors: [[Int64]?] = []
    var attributes: [Onnx_AttributeProto] = []
    let expected: [[Int64]]
    var testDescription: String { "\(op) \(shapes) \(vectors) -> \(expected)" }
  }

  // The expected shapes are worked out by hand from the operators' specifications.
  static let cases: [Case] = [
    Case(op: "Add", shapes: [[3, 1, 5], [4, 1]], expected: [[3, 4, 5]]),
    Case(op: "Less", shapes: [[2], [1, 2]], expected: [[1, 2]]),
    Case(op: "Where", shapes: [[1], [2, 1], [3]], expected: [[2, 3]]),
    Case(op: "MatMul", shapes: [[5, 1, 3, 4], [2, 4, 6]], expected: [[5, 2, 3, 6]]),
    Case(op: "MatMul", shapes: [[4], [4, 6]], expected: [[6]]),
    Case(op: "MatMul", shapes: [[3, 4], [4]], expected: [[3]]),
    Case(op: "MatMul", shapes: [[4], [4]], expected: [[]]),
    Case(
      op: "Gemm", shapes: [[4, 3], [5, 4]], attributes: [attribute("transA", 1), attribute("transB", 1)],
      expected: [[3, 5]]),
    Case(
      op: "Conv", shapes: [[1, 3, 224, 224], [64, 3, 7, 7]],
      attributes: [attribute("strides", [2, 2]), attribute("pads", [3, 3, 3, 3])], expected: [[1, 64, 112, 112]]),
    Case(
      op: "Conv", shapes: [[1, 8, 10], [8, 1, 3]], attributes: [attribute("group", 8), attribute("dilations", [2])],
      expected: [[1, 8, 6]]),
    Case(
      op: "Conv", shapes: [[1, 1, 5, 5], [2, 1, 3, 3]],
      attributes: [attribute("auto_pad", "SAME_UPPER"), attribute("strides", [2, 2])], expected: [[1, 2, 3, 3]]),
    Case(
      op: "ConvTranspose", shapes: [[1, 4, 5, 5], [4, 2, 3, 3]],
      attributes: [
        attribute("strides", [2, 2]), attribute("pads", [1, 1, 1, 1]), attribute("output_padding", [1, 1]),
      ],
      expected: [[1, 2, 10, 10]]),
    Case(
      op: "MaxPool", shapes: [[1, 2, 5, 5]],
      attributes: [attribute("kernel_shape", [2, 2]), attribute("strides", [2, 2]), attribute("ceil_mode", 1)],
      expected: [[1, 2, 3, 3]]),
    Case(op: "GlobalAveragePool", shapes: [[2, 7, 3, 3]], expected: [[2, 7, 1, 1]]),
    Case(op: "ReduceMean", shapes: [[2, 3, 4]], attributes: [attribute("axes", [-1])], expected: [[2, 3, 1]]),
    Case(
      op: "ReduceSum", shapes: [[2, 3, 4]], vectors: [[0, 2]], attributes: [attribute("keepdims", 0)], expected: [[3]]),
    Case(op: "ReduceMax", shapes: [[2, 3]], attributes: [attribute("keepdims", 0)], expected: [[]]),
    Case(op: "ArgMax", shapes: [[2, 3, 4]], attributes: [attribute("axis", 1)], expected: [[2, 1, 4]]),
    Case(op: "Reshape", shapes: [[2, 3, 4]], vectors: [[0, -1]], expected: [[2, 12]]),
    Case(op: "Flatten", shapes: [[2, 3, 4]], attributes: [attribute("axis", -1)], expected: [[6, 4]]),
    Case(op: "Transpose", shapes: [[2, 3, 4]], expected: [[4, 3, 2]]),
    Case(op: "Squeeze", shapes: [[1, 3, 1]], vectors: [[-1]], expected: [[1, 3]]),
    Case(op: "Unsqueeze", shapes: [[3]], vectors: [[0, -1]], expected: [[1, 3, 1]]),
    Case(op: "Expand", shapes: [[3, 1]], vectors: [[2, 1, 6]], expected: [[2, 3, 6]]),
    Case(op: "Tile", shapes: [[2, 3]], vectors: [[2, 0]], expected: [[4, 0]]),
    Case(op: "Concat", shapes: [[2, 3], [2, 5]], attributes: [attribute("axis", -1)], expected: [[2, 8]]),
    Case(op: "Slice", shapes: [[10, 20]], vectors: [[-3, 0], [Int64.max, -1]], expected: [[3, 19]]),
    Case(op: "Slice", shapes: [[10]], vectors: [[-1], [Int64.min], [0], [-3]], expected: [[4]]),
    Case(op: "Slice", shapes: [[10]], vectors: [[8], [2]], expected: [[0]]),
    Case(op: "Split", shapes: [[7, 2]], vectors: [[3, 4]], expected: [[3, 2], [4, 2]]),
    Case(op: "Split", shapes: [[7, 2]], expected: [[3, 2], [3, 2], [1, 2]]),
    Case(
      op: "Gather", shapes: [[5, 6, 7]], vectors: [[0, 1]], attributes: [attribute("axis", 1)], expected: [[5, 2, 7]]),
    Case(op: "Pad", shapes: [[3, 4]], vectors: [[0, 1, 2, 3]], expected: [[5, 8]]),
    Case(op: "TopK", shapes: [[4, 10]], vectors: [[3]], expected: [[4, 3], [4, 3]]),
    Case(
      op: "DepthToSpace", shapes: [[1, 8, 2, 3]], attributes: [attribute("blocksize", 2)], expected: [[1, 2, 4, 6]]),
    Case(
      op: "Einsum", shapes: [[2, 3, 4], [2, 4, 5]], attributes: [attribute("equation", "bij, bjk -> bik")],
      expected: [[2, 3, 5]]),
    Case(op: "LayerNormalization", shapes: [[2, 3, 4], [4], [4]], expected: [[2, 3, 4]]),
    Case(
      op: "LSTM", shapes: [[9, 2, 5], [1, 32, 5], [1, 32, 8]], attributes: [attribute("hidden_size", 8)],
      expected: [[9, 1, 2, 8], [1, 2, 8], [1, 2, 8]]),
  ]

  @Test(arguments: cases) func shapesAreThoseOfTheSpecification(_ test: Case) throws {
    var model = TinyModel()
    var names: [String] = []
    for (index, shape) in test.shapes.enumerated() {
      model.input("x\(index)", shape)
      names.append("x\(index)")
    }
    for (index, vector) in test.vectors.enumerated() {
      guard let vector else {
        names.append("")
        continue
      }
      model.proto.graph.initializer.append(TinyModel.integers("v\(index)", vector))
      names.append("v\(index)")
    }
    let outputs = test.expected.indices.map { "y\($0)" }
    model.node(test.op, names, outputs, test.attributes)
    var d = Diagnostics()
    let graph = try model.read(&d)
    try d.throwIfErrors()
    let read = try #require(graph)
    #expect(read.nodes[0].outputs.map { read.values[$0].tensor.extents } == test.expected)
  }

  /// The way in which exporters compute a shape: y = reshape(x, [batch, seq, heads, -1]).
  private func shapeArithmetic() -> TinyModel {
    var model = TinyModel()
    model.input("x", ["batch", "seq", 64])
    model.proto.graph.initializer += [
      TinyModel.integers("0", [0], []), TinyModel.integers("1", [1], []), TinyModel.integers("axes", [0]),
      TinyModel.integers("tail", [4, -1]),
    ]
    model.node("Shape", ["x"], ["s"])
    model.node("Gather", ["s", "0"], ["b"])
    model.node("Gather", ["s", "1"], ["n"])
    model.node("Add", ["n", "0"], ["n2"])
    model.node("Unsqueeze", ["b", "axes"], ["b1"])
    model.node("Unsqueeze", ["n2", "axes"], ["n1"])
    model.node("Concat", ["b1", "n1", "tail"], ["target"], [attribute("axis", 0)])
    model.node("Reshape", ["x", "target"], ["y"])
    model.output("y")
    return model
  }

  @Test func shapeArithmeticIsComputed() throws {
    var d = Diagnostics()
    let graph = try shapeArithmetic().read(&d, ONNXDimensions(prompt: 10, batch: 3))
    try d.throwIfErrors()
    let read = try #require(graph)
    #expect(read.values[read.outputs[0]].tensor.extents == [3, 10, 4, 16])
    #expect(read.nodes.map(\.isFolded) == [true, true, true, true, true, true, true, false])
  }

  @Test func extentsAreBoundByTheirNames() throws {
    var model = TinyModel()
    model.input("x", ["batch_size", "sequence_length", "past_sequence_length", "total_sequence_length"])
    model.input("past", ["past_sequence_length + 1", "past_sequence_length + sequence_length"])
    model.input("odd", ["unk__7"])
    model.node("Relu", ["x"], ["y"])
    var d = Diagnostics()
    let graph = try model.read(&d, ONNXDimensions(prompt: 5, past: 7, batch: 2))
    let read = try #require(graph)
    #expect(read.inputs.map { read.values[$0].tensor.extents } == [[2, 5, 7, 12], [8, 12], [1]])
    #expect(d.warnings.count == 1)
    #expect(d.warnings.first?.description.contains("unk__7") == true)
  }

  @Test func productsAreCounted() throws {
    var model = TinyModel()
    model.input("x", [2, 3, 4])
    model.input("image", [1, 8, 10, 10])
    model.proto.graph.initializer += [TinyModel.floats("w", [4, 5]), TinyModel.floats("k", [16, 4, 3, 3])]
    model.node("MatMul", ["x", "w"], ["y"])
    model.node("Conv", ["image", "k"], ["z"], [attribute("group", 2)])
    var d = Diagnostics()
    let graph = try #require(try model.read(&d))
    #expect(graph.nodes.map(\.macs) == [120, 36_864])
    #expect(graph.macs == 36_984)
    #expect(graph.initializerElements == 596)
    #expect(graph.weightBytes == 2384)
    #expect(graph.bytes(of: graph.nodes[0]) == 296)
  }

  @Test func whatDataDecideIsNotCountedAndSaysWhy() throws {
    var model = TinyModel()
    model.input("x", [6, 4])
    model.proto.graph.initializer += [TinyModel.floats("w", [4, 5])]
    model.node("NonZero", ["x"], ["i"])
    model.node("Transpose", ["i"], ["t"])
    model.node("GatherND", ["x", "t"], ["g"])
    model.proto.graph.initializer.append(TinyModel.integers("four", [-1, 4]))
    model.node("Reshape", ["g", "four"], ["r"])
    model.node("MatMul", ["r", "w"], ["y"])
    model.node("MatMul", ["x", "w"], ["z"])
    var d = Diagnostics()
    let graph = try #require(try model.read(&d))
    #expect(graph.macs == nil)
    #expect(graph.knownMACs == 120)
    #expect(graph.macsDoubt?.contains("node \"make i\"") == true)
  }

  @Test func functionsAreInlined() throws {
    var model = TinyModel()
    model.input("x", [2, 4])
    model.proto.graph.initializer.append(TinyModel.floats("w", [4, 4]))
    var function = Onnx_FunctionProto()
    function.name = "Twice"
    function.domain = "own"
    function.input = ["a", "b"]
    function.output = ["c"]
    function.attribute = ["turn"]
    var reference = attribute("transB", 0)
    reference.clearI()
    reference.refAttrName = "turn"
    function.node = [
      TinyModel.node("Gemm", ["a", "b"], ["m"], [reference]), TinyModel.node("MatMul", ["m", "b"], ["c"]),
    ]
    model.proto.functions = [function]
    model.node("Twice", ["x", "w"], ["h"], [attribute("turn", 1)], domain: "own")
    model.node("Twice", ["h", "w"], ["y"], domain: "own")
    model.output("y")
    var d = Diagnostics()
    let graph = try model.read(&d)
    try d.throwIfErrors()
    let read = try #require(graph)
    #expect(read.origin.nodes == 2)
    #expect(read.nodes.map(\.op) == ["Gemm", "MatMul", "Gemm", "MatMul"])
    #expect(read.nodes.map(\.origin) == [0, 0, 1, 1])
    #expect(read.nodes[0].attributes["transB"] == .integer(1))
    #expect(read.nodes[2].attributes["transB"] == nil)
    #expect(read.macs == 128)
    #expect(read.values[read.outputs[0]].tensor.extents == [2, 4])
  }

  @Test(arguments: [Int64(0), 1]) func aKnownConditionTakesItsBranch(_ condition: Int64) throws {
    var model = TinyModel()
    model.input("x", [2, 4])
    model.proto.graph.initializer.append(TinyModel.integers("c", [condition], []))
    func body(_ op: String, _ result: String) -> Onnx_GraphProto {
      var body = Onnx_GraphProto()
      body.node = [TinyModel.node(op, ["x"], [result])]
      var info = Onnx_ValueInfoProto()
      info.name = result
      body.output = [info]
      return body
    }
    model.node("Cast", ["c"], ["is"], [attribute("to", 9)])
    model.node(
      "If", ["is"], ["y"],
      [attribute("then_branch", body("Relu", "t")), attribute("else_branch", body("Transpose", "e"))])
    model.output("y")
    var d = Diagnostics()
    let graph = try model.read(&d)
    try d.throwIfErrors()
    let read = try #require(graph)
    #expect(read.nodes.last?.op == (condition == 1 ? "Relu" : "Transpose"))
    #expect(read.values[read.outputs[0]].tensor.extents == (condition == 1 ? [2, 4] : [4, 2]))
  }

  @Test func weightsThatAreInputsAreToldFromData() throws {
    var model = TinyModel()
    model.input("input_ids", [1, 8], element: 7)
    model.input("past_key_values.0.key", [1, 2, 8, 4])
    model.input("model.layers.0.weight", [8, 8])
    model.input("onnx::MatMul_12", [8, 8])
    model.input("model.position_ids", [1, 512], element: 7)
    model.node("Relu", ["model.layers.0.weight"], ["y"])
    var d = Diagnostics()
    let graph = try #require(try model.read(&d))
    #expect(graph.inputs.map { graph.values[$0].role } == [.data, .data, .weight, .weight, .weight])
    #expect(graph.weightInputElements == 640)
  }
}
