import Dataflow
import Files
import OnnxProto
import Testing

/// Loop, Scan, SequenceMap and If: shapes and counts worked out by hand from the operators' specifications.
@Suite struct ONNXBodyTests {
  static func body(_ inputs: [String], _ outputs: [String], _ nodes: [Onnx_NodeProto]) -> Onnx_GraphProto {
    func info(_ name: String) -> Onnx_ValueInfoProto {
      var info = Onnx_ValueInfoProto()
      info.name = name
      return info
    }
    var body = Onnx_GraphProto()
    body.name = "body"
    body.node = nodes
    body.input = inputs.map(info)
    body.output = outputs.map(info)
    return body
  }

  /// x: [2, 4], w: [4, 4]; `trips` nil leaves the trip count to the run.
  private func loop(_ trips: Int64?, _ nodes: [Onnx_NodeProto], condition: String = "more") -> TinyModel {
    var model = TinyModel()
    model.input("x", [2, 4])
    model.proto.graph.initializer = [TinyModel.floats("w", [4, 4])]
    if let trips { model.proto.graph.initializer.append(TinyModel.integers("trips", [trips], [])) }
    if trips == nil { model.input("trips", [], element: 7) }
    let body = Self.body(["i", "more", "v"], [condition, "next", "out"], nodes)
    model.node("Loop", ["trips", "", "x"], ["last", "all"], [attribute("body", body)])
    model.output("last")
    model.output("all")
    return model
  }

  private let product = [TinyModel.node("MatMul", ["v", "w"], ["next"]), TinyModel.node("Relu", ["next"], ["out"])]

  private func read(_ model: TinyModel) throws -> ONNXGraph {
    var d = Diagnostics()
    let graph = try model.read(&d)
    try d.throwIfErrors()
    return try #require(graph)
  }

  private func shapes(_ graph: ONNXGraph) -> [[Int64?]?] { graph.outputs.map { graph.values[$0].tensor.shape } }

  /// One iteration multiplies [2, 4] by [4, 4]: 32 MACs.
  @Test(arguments: [0, 1, 3, 64, 65, 1000] as [Int64]) func aLoopRunsAsOftenAsItsCountSays(_ trips: Int64) throws {
    let graph = try read(loop(trips, product))
    #expect(graph.macs == 32 * trips)
    #expect(shapes(graph) == [[2, 4], [trips, 2, 4]])
  }

  @Test func aLoopThatDataEndIsNotCounted() throws {
    let graph = try read(loop(nil, product))
    #expect(graph.macs == nil)
    #expect(graph.macsDoubt?.contains("Loop") == false)
    #expect(graph.macsDoubt?.contains("node \"make last/make next\": its body runs as often as data decide") == true)
    #expect(shapes(graph) == [[2, 4], [nil, 2, 4]])
    #expect(graph.values[graph.outputs[1]].tensor.doubt?.isUnsupported == false)
  }

  @Test func aConditionThatIsFalseEndsALoop() throws {
    let stop = TinyModel.node("Less", ["i", "two"], ["again"])
    let two = TinyModel.node("Constant", [], ["two"], [attribute("value_int", 2)])
    // It holds for the iterations 0 and 1, so that 2 is the last.
    let graph = try read(loop(50, product + [two, stop], condition: "again"))
    #expect(graph.macs == 96)
    #expect(shapes(graph) == [[2, 4], [3, 2, 4]])
    // A thousand iterations are not walked one by one: then the condition is unknown.
    let long = try read(loop(1000, product + [two, stop], condition: "again"))
    #expect(long.macs == nil)
    #expect(shapes(long) == [[2, 4], [nil, 2, 4]])
  }

  @Test func statesThatGrow() throws {
    let nodes = [
      TinyModel.node("Concat", ["v", "v"], ["next"], [attribute("axis", 0)]), TinyModel.node("Relu", ["w"], ["out"]),
    ]
    #expect(shapes(try read(loop(3, nodes))) == [[16, 4], [3, 4, 4]])
    for trips in [nil, 100] as [Int64?] {
      let graph = try read(loop(trips, nodes))
      #expect(shapes(graph) == [[nil, 4], [trips, 4, 4]])
      let doubt = graph.values[graph.outputs[0]].tensor.doubt
      #expect(doubt?.reason == "node \"make last\": the shape changes from one iteration to the next")
      #expect(doubt?.isUnsupported == false)
    }
  }

  @Test func loopsInLoopsMultiply() throws {
    var model = TinyModel()
    model.input("x", [2, 4])
    model.proto.graph.initializer = [
      TinyModel.floats("w", [4, 4]), TinyModel.integers("many", [100], []), TinyModel.integers("few", [3], []),
    ]
    let inner = Self.body(["j", "c", "u"], ["c", "u2"], [TinyModel.node("MatMul", ["u", "w"], ["u2"])])
    let outer = Self.body(
      ["i", "b", "v"], ["b", "v2"], [TinyModel.node("Loop", ["few", "", "v"], ["v2"], [attribute("body", inner)])])
    model.node("Loop", ["many", "", "x"], ["y"], [attribute("body", outer)])
    model.output("y")
    #expect(try read(model).macs == 9600)
    model.proto.graph.initializer[2].int64Data = [700]
    #expect(try read(model).macs == 2_240_000)
  }

  /// x: [5, 2, 4] scanned along axis 0 from the back with a state [2, 4]; the results lie along axis 1.
  @Test func aScanRunsOncePerElement() throws {
    var model = TinyModel()
    model.input("x", [5, 2, 4])
    model.input("s", [2, 4])
    model.proto.graph.initializer = [TinyModel.floats("w", [4, 4])]
    let body = Self.body(
      ["s0", "x0"], ["s1", "y0"],
      [TinyModel.node("Add", ["s0", "x0"], ["s1"]), TinyModel.node("MatMul", ["s1", "w"], ["y0"])])
    model.node(
      "Scan", ["s", "x"], ["end", "all"],
      [attribute("body", body), attribute("num_scan_inputs", 1), attribute("scan_output_axes", [1])])
    model.output("end")
    model.output("all")
    let graph = try read(model)
    #expect(shapes(graph) == [[2, 4], [2, 5, 4]])
    #expect(graph.macs == 160)
    #expect(graph.nodes.map(\.times) == [5, 5, 1])
    // 2 × 4 × 4 bytes of each operand and the result, five times.
    #expect(graph.bytes(of: graph.nodes[0]) == 480)
  }

  @Test func aMapRunsOncePerMember() throws {
    var model = TinyModel()
    model.input("a", [2, 4])
    model.input("b", [7, 4])
    model.proto.graph.initializer = [TinyModel.floats("w", [4, 4]), TinyModel.integers("one", [1], [])]
    model.node("SequenceConstruct", ["a", "b"], ["list"])
    let body = Self.body(["m"], ["n"], [TinyModel.node("MatMul", ["m", "w"], ["n"])])
    model.node("SequenceMap", ["list"], ["mapped"], [attribute("body", body)])
    model.node("SequenceAt", ["mapped", "one"], ["y"])
    model.output("y")
    let graph = try read(model)
    #expect(shapes(graph) == [[7, 4]])
    #expect(graph.macs == 144)
  }

  @Test func branchesThatDataDecide() throws {
    func model(_ op: String, _ inputs: [String]) -> TinyModel {
      var model = TinyModel()
      model.input("x", [2, 4])
      model.input("c", [], element: 9)
      model.proto.graph.initializer = [TinyModel.floats("w", [4, 4])]
      let first = Self.body([], ["t"], [TinyModel.node(op, inputs, ["t"])])
      let second = Self.body([], ["e"], [TinyModel.node("Relu", ["x"], ["e"])])
      model.node("If", ["c"], ["y"], [attribute("then_branch", first), attribute("else_branch", second)])
      model.output("y")
      return model
    }
    let product = try read(model("MatMul", ["x", "w"]))
    #expect(shapes(product) == [[2, 4]])
    #expect(product.macs == nil)
    #expect(product.macsDoubt == "node \"make y/then/make t\": its body runs as often as data decide")
    let turned = try read(model("Transpose", ["x"]))
    #expect(shapes(turned) == [[nil, nil]])
    #expect(turned.macs == 0)
    #expect(
      turned.values[turned.outputs[0]].tensor.doubt?.reason
        == "node \"make y\": which branch of If is taken depends on the data")
  }

  @Test func optionalsAreWhatTheyHold() throws {
    var model = TinyModel()
    model.input("x", [2, 4])
    model.node("Optional", ["x"], ["o"])
    model.node("OptionalHasElement", ["o"], ["has"])
    model.node("OptionalHasElement", [""], ["hasNot"])
    model.node("OptionalGetElement", ["o"], ["y"])
    model.output("y")
    model.output("has")
    model.output("hasNot")
    let graph = try read(model)
    #expect(shapes(graph) == [[2, 4], [], []])
    #expect(graph.outputs.dropFirst().map { graph.values[$0].tensor.values } == [[.integer(1)], [.integer(0)]])
  }
}
