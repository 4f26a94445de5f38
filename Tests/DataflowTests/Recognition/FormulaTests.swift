import Dataflow
import Testing

/// Formulas are told by what they compute, however they are written.
@Suite struct FormulaTests {
  private typealias Model = RecognitionModel

  /// Ways to write a function of "x".
  static let functions: [(ActivationFunction, [(op: String, inputs: [String], output: String)])] = [
    (.silu, [("Sigmoid", ["x"], "s"), ("Mul", ["s", "x"], "out")]),
    (.silu, [("Neg", ["x"], "n"), ("Exp", ["n"], "e"), ("Add", ["e", "one"], "d"), ("Div", ["x", "d"], "out")]),
    (.relu, [("Max", ["x", "zero"], "out")]),
    (.relu, [("Abs", ["x"], "a"), ("Add", ["a", "x"], "b"), ("Mul", ["b", "half"], "out")]),
    (
      .sigmoid,
      [("Mul", ["x", "half"], "h"), ("Tanh", ["h"], "t"), ("Add", ["t", "one"], "a"), ("Mul", ["a", "half"], "out")]
    ),
    (
      .geluErf,
      [
        ("Div", ["x", "root2"], "d"), ("Erf", ["d"], "e"), ("Add", ["e", "one"], "a"), ("Mul", ["x", "a"], "m"),
        ("Mul", ["m", "half"], "out"),
      ]
    ),
    (
      .gelu,
      [
        ("Mul", ["x", "x"], "q"), ("Mul", ["q", "x"], "c"), ("Mul", ["c", "k"], "ck"), ("Add", ["x", "ck"], "i"),
        ("Mul", ["i", "r"], "j"), ("Tanh", ["j"], "t"), ("Add", ["t", "one"], "a"), ("Mul", ["x", "half"], "h"),
        ("Mul", ["h", "a"], "out"),
      ]
    ),
  ]

  private func model(_ steps: [(op: String, inputs: [String], output: String)]) -> RecognitionModel {
    var model = RecognitionModel()
    for (name, value) in [
      ("zero", 0), ("one", 1), ("half", 0.5), ("root2", 1.4142135), ("k", 0.044715), ("r", 0.7978846), ("odd", 0.3),
    ] as [(String, Float)] { model.number(name, value) }
    for step in steps { model.node(step.op, step.inputs, step.output) }
    return model
  }

  @Test(arguments: functions.indices)
  func aFunctionIsKnownByItsValues(_ index: Int) throws {
    let (function, steps) = Self.functions[index]
    #expect(try model(steps).kinds() == [.activation(function, width: RecognitionModel.width)])
  }

  @Test func anUnknownFunctionIsRefused() throws {
    try model([("Sin", ["x"], "s"), ("Mul", ["s", "x"], "out")]).expectRefusal(at: "out", "not known")
    // A slip in a constant is another function.
    try model([
      ("Mul", ["x", "odd"], "d"), ("Erf", ["d"], "e"), ("Add", ["e", "one"], "a"), ("Mul", ["x", "a"], "m"),
      ("Mul", ["m", "half"], "out"),
    ]).expectRefusal(at: "out", "not known")
  }

  @Test func aNormIsKnownByItsValues() throws {
    for isLayer in [true, false] {
      var norm = model([])
      norm.weight("norm.weight", [RecognitionModel.width])
      norm.weight("norm.bias", [RecognitionModel.width])
      norm.number("epsilon", 1e-5)
      norm.number("two", 2)
      if isLayer {
        norm.node("ReduceMean", ["x"], "mean", attribute("axes", [-1]))
        norm.node("Sub", ["x", "mean"], "d")
      } else {
        norm.node("Identity", ["x"], "d")
      }
      norm.node("Pow", ["d", "two"], "square")
      norm.node("ReduceMean", ["square"], "variance", attribute("axes", [-1]))
      norm.node("Add", ["variance", "epsilon"], "v")
      norm.node("Sqrt", ["v"], "s")
      norm.node("Div", ["d", "s"], "n")
      norm.node("Mul", ["n", "norm.weight"], isLayer ? "w" : "out")
      if isLayer { norm.node("Add", ["norm.bias", "w"], "out") }
      let width = RecognitionModel.width
      #expect(
        try norm.kinds() == [isLayer ? .layerNorm(width: width, epsilon: 1e-5) : .rmsNorm(width: width, epsilon: 1e-5)])
      let (found, _) = try norm.recognize()
      #expect(found?.weights?.entries[1]?.vectors.count == (isLayer ? 2 : 1))
      #expect(found?.reconciliation.isComplete == true)
    }
  }

  @Test func aMeanThatIsNoNormIsRefused() throws {
    var norm = model([])
    norm.node("ReduceMean", ["x"], "mean", attribute("axes", [-1]))
    norm.node("Sub", ["x", "mean"], "out")
    try norm.expectRefusal(at: "out", "no norm")
  }
}
