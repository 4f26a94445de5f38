/// What the inputs of a graph are for.
struct ModelInputs {
  /// The first position that is computed; found when cached rows are joined.
  final class Start { var value: Int64 = 0 }

  private(set) var tokens: Int?
  private(set) var batch: Int64 = 1
  private(set) var length: Int64 = 1
  let start = Start()
  private(set) var purposes: [Int: RecognizedModel.Input.Purpose] = [:]
  var cacheUses: [Int: Use] = [:]

  mutating func read(_ graph: ONNXGraph) {
    for index in graph.inputs where graph.values[index].role == .data {
      let value = graph.values[index]
      let name = value.name.lowercased()
      let isWhole = value.tensor.element.map { !$0.isFloat } ?? false
      if name.contains("mask") {
        purposes[index] = .mask
      } else if name.contains("position") {
        purposes[index] = .positions
      } else if name.contains("token_type") || name.contains("segment") {
        purposes[index] = .segments
      } else if isWhole, tokens == nil, let extents = value.tensor.extents, (1...2).contains(extents.count) {
        tokens = index
        purposes[index] = .tokens
        batch = extents.count == 2 ? extents[0] : 1
        length = extents.last ?? 1
      } else if !isWhole, (value.tensor.rank ?? 0) >= 3 {
        purposes[index] = .past
      }
    }
  }

  /// What an input means before anything is done with it; nil for values that are no such input.
  func meaning(of index: Int, in graph: ONNXGraph) -> Meaning? {
    guard let purpose = purposes[index], let extents = graph.values[index].tensor.extents else { return nil }
    switch purpose {
    case .tokens:
      let axes = [
        [AxisFactor(role: .batch, extent: batch, stride: 1)], [AxisFactor(role: .position, extent: length, stride: 1)],
      ]
      return .view(ActivationView(base: .tokens(index), axes: Array(axes.suffix(extents.count))))
    case .positions:
      let (start, last) = (start, max(1, extents.last ?? 1))
      return Numbers(shape: extents, origin: .positions) { Double(start.value + $0 % last) }.map { .numbers($0) }
    case .mask: return Numbers(shape: extents, origin: .mask) { _ in 1 }.map { .numbers($0) }
    case .segments: return Numbers(shape: extents, origin: .segments) { _ in 0 }.map { .numbers($0) }
    case .pastKeys, .pastValues, .past: return .past(index)
    }
  }

  /// What buffers of well-known names hold when the file leaves them out.
  static func assumed(_ value: ONNXGraph.Value) -> ((Int64) -> Double)? {
    let name = value.name.lowercased()
    let last = max(1, value.tensor.extents?.last ?? 1)
    if name.hasSuffix("inv_freq") {
      return { 1 / ElementFunction.power(10_000, Double($0) / Double(last)) }
    }
    if name.hasSuffix("position_ids") { return { Double($0 % last) } }
    if name.hasSuffix("token_type_ids") { return { _ in 0 } }
    return nil
  }
}

extension ModelInputs {
  /// Where an input of cached rows went.
  struct Use {
    let purpose: RecognizedModel.Input.Purpose
    let append: Int
    /// Which axis counts heads, positions, elements.
    let axes: [Int]?
  }

  mutating func found(
    _ input: Int, _ purpose: RecognizedModel.Input.Purpose, append: Int, _ view: ActivationView
  ) {

    let rank = view.axes.count
    var axes: [Int]?
    if rank == 4, view.axes[3].first?.stride ?? 1 == 1 {
      // Of the two axes between, the longer stride or the only element axis counts heads.
      let isFirst = view.axes[1].contains { $0.role == .element } || view.axes[2].contains { $0.role == .position }
      axes = isFirst ? [1, 2, 3] : [2, 1, 3]
    } else if rank == 3 {
      axes = view.axes[0].contains { $0.role == .position } ? [1, 0, 2] : [0, 1, 2]
    }

    cacheUses[input] = Use(purpose: purpose, append: append, axes: axes)
  }
}

extension ModelInputs {
  func described(_ graph: ONNXGraph, place: [Int: Int]) -> [RecognizedModel.Input] {
    graph.inputs.compactMap { index in
      guard let purpose = purposes[index] else { return nil }
      let use = cacheUses[index]
      return RecognizedModel.Input(
        name: graph.values[index].name, purpose: use?.purpose ?? purpose,
        shape: graph.values[index].tensor.extents ?? [], append: use.flatMap { place[$0.append] }, axes: use?.axes)
    }
  }
}
