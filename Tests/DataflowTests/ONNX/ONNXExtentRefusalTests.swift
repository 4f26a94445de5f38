import Foundation
import OnnxProto
import Testing

/// Extents, axes and counts that are huge, negative or do not fit.
@Suite struct ONNXExtentRefusalTests {
  private static let huge: Int64 = 1 << 62
  private static let tooMany = "node \"make y\": error: a result has too many elements (got ["

  static let cases: [ONNXBadCase] = [
    ONNXBadCase("Expand to 2^62", "node \"make y\", input 1: error: the shapes do not broadcast (got [2, 4] and [46") {
      $0.call("Expand", [[huge, 4]])
    },
    ONNXBadCase("Expand by 2^62", tooMany + "4611686018427387904, 2, 4]; expected at most 2^56)") {
      $0.call("Expand", [[huge, 1, 1]])
    },
    ONNXBadCase("a constant of 2^62", "node \"make y\": error: the extents multiply to too much (got [46116860") {
      $0.fill("ConstantOfShape", [huge])
    },
    ONNXBadCase("a constant of -1", "node \"make y\": error: an extent is negative (got -1; expected 0 or more)") {
      $0.fill("ConstantOfShape", [3, -1])
    },
    ONNXBadCase("Tile by 2^62", "node \"make y\": error: the extents multiply to too much (got 2 × 46116") {
      $0.call("Tile", [[huge, 1]])
    },
    ONNXBadCase("Tile by -1", "node \"make y\", input 1: error: Tile needs one repeat per axis (got [-1, 1]") {
      $0.call("Tile", [[-1, 1]])
    },
    ONNXBadCase("Pad by 2^62", "node \"make y\", input 1: error: the padding is out of range (got 46116860") {
      $0.call("Pad", [[huge, 0, 0, 0]])
    },
    ONNXBadCase("Pad by -3", "node \"make y\": error: a result has a negative extent (got -1)") {
      $0.call("Pad", [[-3, 0, 0, 0]])
    },
    ONNXBadCase("TopK of 2^62", "node \"make y\", input 1: error: TopK asks for more than there are (got 46116860") {
      $0.call("TopK", [[huge]])
    },
    ONNXBadCase(
      "TopK of -1", "node \"make y\", input 1: error: TopK asks for more than there are (got -1; expected 0 to 4)"
    ) { $0.call("TopK", [[-1]]) },
    ONNXBadCase("Slice by 0", "node \"make y\", input 4: error: Slice does not move (got 0)") {
      $0.call("Slice", [[0], [1], [0], [0]])
    },
    ONNXBadCase("Slice by -2^63", "node \"make y\", input 4: error: Slice does not move (got -9223372036854775808)") {
      $0.call("Slice", [[0], [1], [0], [.min]])
    },
    ONNXBadCase("Slice along axis 2^62", "node \"make y\", input 3: error: the axis is out of range (got 46116860184") {
      $0.call("Slice", [[0], [1], [huge]])
    },
    ONNXBadCase("Split into 2^62", "node \"make y\": error: the extents add up to too much (got ") {
      $0.call("Split", [[huge, huge]])
      $0.proto.graph.node[0].output = ["y", "z"]
    },
    ONNXBadCase(
      "Concat of 2^56 twice", "node \"make y\": error: the extents add up to too much (got 72057594037927936 +"
    ) {
      $0.input("a", [Int64(1) << 56])
      $0.node("Concat", ["a", "a"], ["y"], [attribute("axis", 0)])
    },
    ONNXBadCase(
      "Gather along axis 2^62", "node \"make y\": error: the axis is out of range (got 4611686018427387904; exp"
    ) {
      $0.call("Gather", [[0]], [attribute("axis", huge)])
    },
    ONNXBadCase("Reshape to -2", "node \"make y\", input 1: error: an extent of the new shape is negative (got -2;") {
      $0.call("Reshape", [[-2, 4]])
    },
    ONNXBadCase(
      "Reshape to two -1", "node \"make y\", input 1: error: two extents of the new shape are -1 (got [-1, -1])"
    ) {
      $0.call("Reshape", [[-1, -1]])
    },
    ONNXBadCase("an axis added twice", "node \"make y\", input 1: error: Unsqueeze names an axis twice (got 0)") {
      $0.call("Unsqueeze", [[0, 0]])
    },
    ONNXBadCase("a hundred axes", "node \"make y\", input 1: error: too many axes (got 100; expected at most 64)") {
      $0.call("Unsqueeze", [Array(0..<100)])
    },
    ONNXBadCase(
      "no order of axes", "node \"make y\": error: perm is no order of the axes (got [0, 4611686018427387904];"
    ) {
      $0.call("Transpose", [], [attribute("perm", [0, huge])])
    },
    ONNXBadCase("Range without a step", "node \"make y\", input 2: error: Range does not move (got 0)") {
      $0.proto.graph.initializer.append(TinyModel.integers("0", [0], []))
      $0.node("Range", ["0", "0", "0"], ["y"])
    },
    ONNXBadCase("Range to 2^62", tooMany + "4611686018427387904]; expected at most 2^56)") {
      $0.proto.graph.initializer += [
        TinyModel.integers("0", [0], []), TinyModel.integers("1", [1], []), TinyModel.integers("n", [huge], []),
      ]
      $0.node("Range", ["0", "n", "1"], ["y"])
    },
    ONNXBadCase("random numbers of 2^62", tooMany + "4611686018427387904]; expected at most 2^56)") {
      $0.node("RandomNormal", [], ["y"], [attribute("shape", [huge])])
    },
    ONNXBadCase("random numbers of -1", "node \"make y\": error: a result has a negative extent (got -1)") {
      $0.node("RandomNormal", [], ["y"], [attribute("shape", [-1])])
    },
    ONNXBadCase(
      "a window of -1", "node \"make y\", input 0: error: the length is out of range (got -1; expected 0 to 2^40)"
    ) {
      $0.fill("HannWindow", [-1], isScalar: true)
    },
    ONNXBadCase(
      "a window of 2^62", "node \"make y\", input 0: error: the length is out of range (got 4611686018427387904;"
    ) {
      $0.fill("HannWindow", [huge], isScalar: true)
    },
    ONNXBadCase("DFT of the complex parts", "node \"make y\": error: DFT along the axis of the complex parts (got 1;") {
      $0.call("DFT", [], [attribute("axis", 1)])
    },
    ONNXBadCase(
      "blocks of 2^62", "node \"make y\": error: blocksize is out of range (got 4611686018427387904; expected 1"
    ) {
      $0.call("DepthToSpace", [], [attribute("blocksize", huge)])
    },
    ONNXBadCase(
      "blocks of a matrix", "node \"make y\", input 0: error: SpaceToDepth moves blocks of images (got [2, 4];"
    ) {
      $0.call("SpaceToDepth", [], [attribute("blocksize", 2)])
    },
    ONNXBadCase(
      "a group of 2^62", "node \"make y\": error: the group is out of range (got 4611686018427387904; expected"
    ) {
      $0.input("image", [1, 4, 8])
      $0.input("kernel", [4, 4, 3])
      $0.node("Conv", ["image", "kernel"], ["y"], [attribute("group", huge)])
    },
    ONNXBadCase(
      "padding of 2^62", "node \"make y\": error: pads is out of range (got [4611686018427387904, 0]; expected 0"
    ) {
      $0.input("image", [1, 4, 8])
      $0.input("kernel", [4, 4, 3])
      $0.node("Conv", ["image", "kernel"], ["y"], [attribute("pads", [huge, 0])])
    },
    ONNXBadCase("a stride of 0", "node \"make y\": error: strides is out of range (got [0]; expected 1 to 2^31)") {
      $0.input("image", [1, 4, 8])
      $0.node("MaxPool", ["image"], ["y"], [attribute("kernel_shape", [2]), attribute("strides", [0])])
    },
    ONNXBadCase(
      "a kernel beyond the image", "node \"make y\": error: the kernel is larger than the padded image (got 9"
    ) {
      $0.input("image", [1, 4, 8])
      $0.node("MaxPool", ["image"], ["y"], [attribute("kernel_shape", [9])])
    },
    ONNXBadCase(
      "Resize to 2^62", "node \"make y\", input 3: error: a size is out of range (got [2, 4611686018427387904];"
    ) {
      $0.call("Resize", [nil, nil, [2, huge]])
    },
    ONNXBadCase("a crop to -1", "node \"make y\": error: a result has a negative extent (got -1)") {
      $0.call("CenterCropPad", [[-1, 2]])
    },
    ONNXBadCase("a product of Einsum", "node \"make y\", input 1: error: Einsum's axis j has two extents (got 4 and 2)")
    {
      $0.node("Einsum", ["x", "x"], ["y"], [attribute("equation", "ij,jk->ik")])
    },
    ONNXBadCase("dots that are no ellipsis", "node \"make y\", input 0: error: Einsum's term does not fit (got [2, 4];")
    {
      $0.node("Einsum", ["x"], ["y"], [attribute("equation", "..ij->ij")])
    },
    ONNXBadCase(
      "a member that is not there", "node \"make y\", input 1: error: the position is out of range (got 7; exp"
    ) {
      $0.proto.graph.initializer.append(TinyModel.integers("seven", [7], []))
      $0.node("SequenceConstruct", ["x", "x"], ["list"])
      $0.node("SequenceAt", ["list", "seven"], ["y"])
    },
    ONNXBadCase("nothing to erase", "node \"make y\", input 0: error: SequenceErase of an empty sequence") {
      $0.node("SequenceEmpty", [], ["list"])
      $0.node("SequenceErase", ["list"], ["y"])
    },
    ONNXBadCase("parts of none", "node \"make y\", input 1: error: a part of the split is out of range (got [0])") {
      $0.proto.graph.initializer.append(TinyModel.integers("zero", [0], []))
      $0.node("SplitToSequence", ["x", "zero"], ["y"])
    },
    ONNXBadCase("an optional of nothing", "node \"make y\", input 0: error: OptionalGetElement of nothing") {
      $0.node("Optional", [], ["o"])
      $0.node("OptionalGetElement", ["o"], ["y"])
    },
  ]

  @Test(arguments: cases) func isRefused(_ test: ONNXBadCase) throws { try test.expectRefusal() }
}
