import Dataflow
import Files
import OnnxProto
import Testing

/// Experts that get as many tokens as data say: their sum is known where the graph shows that it is.
@Suite struct ONNXSharedTokensTests {
  /// A router over 6 tokens of width 8 that gives each 2 of 4 experts; an expert multiplies its tokens by [8, 5].
  struct Router: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var experts: [Int64] = [0, 1, 2, 3]
    var widths: [Int64] = [5, 5, 5, 5]
    var depth: Int64 = 4
    var values: [Int64] = [0, 1]
    /// What the one-hot vectors are made of.
    var source = "chosen"
    /// How an expert's tokens are found.
    var usesEqual = false
    /// An operator between the one-hot vectors and their slices.
    var between = "Identity"

    init(_ description: String, _ change: (inout Router) -> Void = { _ in }) {
      testDescription = description
      change(&self)
    }

    func model() -> TinyModel {
      var model = TinyModel()
      model.input("x", [6, 8])
      model.input("scores", [6, 4])
      model.input("given", [6, 2], element: 7)
      model.proto.graph.initializer = [
        TinyModel.integers("two", [2]), TinyModel.integers("depth", [depth], []), TinyModel.integers("values", values),
        TinyModel.integers("ones", [1, 1]), TinyModel.integers("axis", [0]),
        TinyModel.integers("rows", [-1, 8]),
      ]
      model.node("TopK", ["scores", "two"], ["top", "chosen"])
      model.node("OneHot", [source, "depth", "values"], ["hot"])
      model.node(between, ["hot"], ["same"])
      model.node("Transpose", ["same"], ["byExpert"], [attribute("perm", [2, 1, 0])])
      for (place, expert) in experts.enumerated() {
        let width = widths[place]
        model.proto.graph.initializer += [
          TinyModel.integers("e\(place)", [expert], []), TinyModel.floats("w\(place)", [8, width]),
        ]
        if usesEqual {
          model.node("Equal", [source, "e\(place)"], ["mine\(place)"])
          model.node("Transpose", ["mine\(place)"], ["turned\(place)"])
          model.node("NonZero", ["turned\(place)"], ["where\(place)"])
        } else {
          model.node("Gather", ["byExpert", "e\(place)"], ["mine\(place)"], [attribute("axis", 0)])
          model.node("Cast", ["mine\(place)"], ["is\(place)"], [attribute("to", 9)])
          model.node("NonZero", ["is\(place)"], ["where\(place)"])
        }
        model.node("Split", ["where\(place)", "ones"], ["slot\(place)", "line\(place)"], [attribute("axis", 0)])
        model.node("Squeeze", ["line\(place)", "axis"], ["token\(place)"])
        model.node("Unsqueeze", ["x", "axis"], ["one x\(place)"])
        model.node("Gather", ["one x\(place)", "token\(place)"], ["own\(place)"], [attribute("axis", 1)])
        model.node("Reshape", ["own\(place)", "rows"], ["flat\(place)"])
        model.node("MatMul", ["flat\(place)", "w\(place)"], ["up\(place)"])
        model.node("Relu", ["up\(place)"], ["gated\(place)"])
        model.node("Add", ["gated\(place)", "up\(place)"], ["sum\(place)"])
        model.node("Gemm", ["sum\(place)", "w\(place)"], ["down\(place)"], [attribute("transB", 1)])
      }
      return model
    }
  }

  private func read(_ router: Router) throws -> ONNXGraph {
    var d = Diagnostics()
    let graph = try router.model().read(&d)
    try d.throwIfErrors()
    return try #require(graph)
  }

  static let known: [Router] = [
    Router("one-hot slices"),
    Router("slices counted from the end") { $0.experts = [0, -3, 2, -1] },
    Router("experts in another order") { $0.experts = [3, 1, 0, 2] },
    Router("a comparison for each expert") { $0.usesEqual = true },
    Router("slices in a longer one-hot") {
      $0.depth = 5
      $0.experts = [0, 1, 2, 3, 4]
      $0.widths = [5, 5, 5, 5, 5]
    },
  ]

  /// 6 tokens × 2 experts × (8 × 5 up + 5 × 8 down).
  @Test(arguments: known) func whatAllExpertsShareIsCounted(_ router: Router) throws {
    let graph = try read(router)
    #expect(graph.macsDoubt == nil)
    #expect(graph.macs == 960)
    #expect(graph.sharedMACs == 960)
    let products = graph.nodes.filter { ["MatMul", "Gemm"].contains($0.op) }
    #expect(products.count == 2 * router.experts.count)
    #expect(products.allSatisfy { $0.macs == nil })
    #expect(products.allSatisfy { $0.macsDoubt?.contains("elements that are not zero depends on the data") == true })
  }

  static let unknown: [Router] = [
    Router("an expert is missing") { $0.experts = [0, 1, 2] },
    Router("an expert works twice and another never") { $0.experts = [0, 1, 2, 2] },
    Router("the experts have different widths") { $0.widths = [5, 5, 6, 5] },
    Router("the one-hot vectors are too short for all indices") {
      $0.depth = 3
      $0.experts = [0, 1, 2]
    },
    Router("zeros are marked") { $0.values = [1, 0] },
    Router("nothing is marked") { $0.values = [0, 0] },
    Router("a mark that vanishes") { $0.values = [0, 256] },
    Router("the indices are data") { $0.source = "given" },
    Router("the indices are data, and compared") {
      $0.source = "given"
      $0.usesEqual = true
    },
    Router("the one-hot vectors are changed") { $0.between = "CumSum" },
    Router("an expert is missing from the comparisons") {
      $0.usesEqual = true
      $0.experts = [0, 1, 3]
    },
  ]

  @Test(arguments: unknown) func elseTheTotalIsNotKnown(_ router: Router) throws {
    let graph = try read(router)
    #expect(graph.macs == nil)
    #expect(graph.macsDoubt?.hasPrefix("node \"make where0\": the number of elements that are not zero") == true)
    #expect(graph.sharedMACs == 0)
  }
}
