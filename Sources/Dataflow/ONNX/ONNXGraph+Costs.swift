extension ONNXGraph {
  /// Operators that hand on what they read without touching it.
  public static let views: Set<String> = [
    "Constant", "Dropout", "Flatten", "Identity", "If", "Loop", "Optional", "OptionalGetElement", "OptionalHasElement",
    "Reshape", "Scan", "SequenceMap", "SequenceErase", "SequenceAt", "SequenceConstruct", "SequenceEmpty",
    "SequenceInsert", "SequenceLength", "Shape", "Size", "Squeeze", "Unsqueeze",
  ]
  /// Operators that read of their first input only what they write.
  private static let selections: Set<String> = [
    "Expand", "Gather", "GatherElements", "GatherND", "Slice", "Split", "SplitToSequence",
  ]

  /// Bytes that a node reads and writes when nothing stays on chip: each distinct input once, each output once,
  /// in every iteration of a body.
  /// 0 for nodes that are computed in advance and for views; nil when an extent is unknown.
  public func bytes(of node: Node) -> Int64? {
    if node.isFolded || (node.domain.isEmpty && Self.views.contains(node.op)) { return 0 }
    guard let times = node.times else { return nil }
    let isSelection = node.domain.isEmpty && Self.selections.contains(node.op)
    var read: [Int] = []
    for (index, input) in node.inputs.enumerated() {
      guard let input, !read.contains(input), !(isSelection && index == 0) else { continue }
      read.append(input)
      // Optional inputs can be many; a long list is not searched for duplicates.
      if read.count > 4096 { return nil }
    }
    var total: Int64 = 0
    for position in read + node.outputs + (isSelection ? node.outputs : []) {
      guard let bytes = bytes(values[position].tensor) else { return nil }
      let (sum, overflow) = total.addingReportingOverflow(bytes)
      guard !overflow else { return nil }
      total = sum
    }
    return total.product(times)
  }

  private func bytes(_ tensor: ONNXTensor) -> Int64? {
    guard let members = tensor.members else { return tensor.bytes }
    var total: Int64 = 0
    for member in members {
      guard let bytes = member.bytes else { return nil }
      let (sum, overflow) = total.addingReportingOverflow(bytes)
      guard !overflow else { return nil }
      total = sum
    }
    return total
  }
}
