import Dataflow
import Foundation
import Testing

/// Attention in the forms that exporters give it.
@Suite struct AttentionRecognitionTests {
  private static let (heads, keyHeads, dimension) = (Int64(4), Int64(2), Int64(2))

  enum Mask: CaseIterable { case none, later, window, earlier, bias }
  enum Groups: CaseIterable { case repeated, broadcast, twisted }
  enum Scale: CaseIterable { case after, before, split }

  /// Grouped attention over "x".
  private func model(_ mask: Mask, _ groups: Groups = .repeated, _ scale: Scale = .after) -> RecognitionModel {
    let (s, d) = (RecognitionModel.positions, Self.dimension)
    var model = RecognitionModel()
    for (name, heads) in [("q", Self.heads), ("k", Self.keyHeads), ("v", Self.keyHeads)] {
      model.weight("\(name)_proj.weight", [RecognitionModel.width, heads * d])
      model.node("MatMul", ["x", "\(name)_proj.weight"], name)
      model.shape("\(name) shape", [1, s, heads, d])
      model.node("Reshape", [name, "\(name) shape"], "\(name) heads")
      model.node("Transpose", ["\(name) heads"], "\(name) rows", attribute("perm", [0, 2, 1, 3]))
    }
    let root = Float(1 / Double(d).squareRoot())
    model.number("scale", scale == .split ? root.squareRoot() : root)
    model.shape("axis", [2])
    model.shape("repeated", [1, Self.keyHeads, Self.heads / Self.keyHeads, s, d])
    model.shape("flat", [1, Self.heads, s, d])
    model.shape("grouped", [1, Self.keyHeads, Self.heads / Self.keyHeads, s, d])
    for name in ["k", "v"] {
      model.node("Unsqueeze", ["\(name) rows", "axis"], "\(name) one")
      model.node("Expand", ["\(name) one", "repeated"], "\(name) groups")
      if groups == .twisted {
        // Query head h meets key head h mod 2: no operator does that.
        model.node("Transpose", ["\(name) groups"], "\(name) twisted", attribute("perm", [0, 2, 1, 3, 4]))
        model.node("Reshape", ["\(name) twisted", "flat"], "\(name) all")
      } else {
        model.node("Reshape", ["\(name) groups", "flat"], "\(name) all")
      }
    }
    let isGrouped = groups == .broadcast
    if isGrouped { model.node("Reshape", ["q rows", "grouped"], "q grouped") }
    var (q, k) = (isGrouped ? "q grouped" : "q rows", isGrouped ? "k one" : "k all")
    if scale != .after {
      model.node("Mul", [q, "scale"], "q scaled")
      q = "q scaled"
    }
    model.node("Transpose", [k], "k turned", attribute("perm", isGrouped ? [0, 1, 2, 4, 3] : [0, 1, 3, 2]))
    k = "k turned"
    if scale == .split {
      model.node("Mul", [k, "scale"], "k scaled")
      k = "k scaled"
    }
    model.node("MatMul", [q, k], "scores")
    model.node(scale == .after ? "Mul" : "Identity", scale == .after ? ["scores", "scale"] : ["scores"], "scaled")
    masked(&model, mask)
    model.node("Softmax", [mask == .none ? "scaled" : "masked"], "p", attribute("axis", -1))
    model.node("MatMul", ["p", isGrouped ? "v one" : "v all"], "mixed grouped")
    if isGrouped {
      model.node("Reshape", ["mixed grouped", "flat"], "mixed")
    } else {
      model.node("Identity", ["mixed grouped"], "mixed")
    }
    model.node("Transpose", ["mixed"], "mixed rows", attribute("perm", [0, 2, 1, 3]))
    model.shape("out shape", [1, s, Self.heads * d])
    model.node("Reshape", ["mixed rows", "out shape"], "out")
    return model
  }

  private func masked(_ model: inout RecognitionModel, _ mask: Mask) {
    let s = RecognitionModel.positions
    var tensor = TinyModel.floats("mask", [s, s])
    tensor.rawData = Data()
    tensor.floatData = (0..<(s * s)).map { index in
      let (q, k) = (index / s, index % s)
      let isHidden =
        switch mask {
        case .none, .bias: false
        case .later: k > q
        case .window: k > q || k + 3 <= q
        case .earlier: k < q
        }
      return mask == .bias ? 0.1 * Float(k) : isHidden ? -1e9 : 0
    }
    model.model.proto.graph.initializer.append(tensor)
    if mask != .none { model.node("Add", ["mask", "scaled"], "masked") }
  }

  private var expected: [OperatorKind] {
    let (h, g, d) = (Self.heads, Self.keyHeads, Self.dimension)
    return [
      .linear(inputs: 8, outputs: h * d, bias: false), .linear(inputs: 8, outputs: g * d, bias: false),
      .linear(inputs: 8, outputs: g * d, bias: false), .appendKey(heads: g, dimension: d),
      .appendValue(heads: g, dimension: d), .attentionScores(heads: h, keyValueHeads: g, dimension: d),
      .softmax(heads: h, scale: 1 / Double(d).squareRoot()),
      .attentionValues(heads: h, keyValueHeads: g, dimension: d),
    ]
  }

  @Test(arguments: [Groups.repeated, .broadcast], Scale.allCases)
  func groupsAndScalesAreFound(_ groups: Groups, _ scale: Scale) throws {
    let model = model(.later, groups, scale)
    #expect(try model.kinds() == expected)
    let (found, _) = try model.recognize()
    #expect(found?.graph.isCausal == true)
    #expect(found?.reconciliation.isComplete == true)
  }

  @Test func masksAreLookedThrough() throws {
    #expect(try model(.none).recognize().model?.graph.isCausal == false)
    #expect(try model(.later).recognize().model?.graph.window == nil)
    let window = try model(.window).recognize().model?.graph
    #expect(window?.isCausal == true)
    #expect(window?.window == 3)
  }

  @Test func otherMasksAreRefused() throws {
    try model(.earlier).expectRefusal(at: "p", "before the softmax")
    try model(.bias).expectRefusal(at: "p", "before the softmax")
  }

  @Test func otherGroupsAreRefused() throws {
    try model(.later, .twisted).expectRefusal(at: "scores", "do not lie in order")
  }
}
