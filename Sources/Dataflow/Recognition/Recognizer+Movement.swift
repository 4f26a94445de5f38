/// Operators that move elements about and compute nothing.
extension Recognizer {
  /// The results of a node that moves; nil for other nodes and for what the experts' walk looks at.
  mutating func moved(_ node: ONNXGraph.Node) -> [Meaning]? {
    if case .routing? = node.inputs.isEmpty ? nil : operand(0) { return nil }
    switch node.op {
    case "Identity", "Cast", "CastLike", "Dropout": return [handedOn(node)]
    case "Reshape", "Flatten", "Squeeze", "Unsqueeze": return [reshaped(node)]
    case "Transpose": return [transposed()]
    case "Expand": return [expanded()]
    case "Slice": return [sliced()]
    case "Split": return split(node)
    case "SplitToSequence": return [.members(pieces(node))]
    case "SequenceConstruct": return [.members(node.inputs.indices.map { operand($0) })]
    case "SequenceAt":
      guard case .members(let members) = operand(0), let index = integers(1)?.first,
        let place = axis(index, rank: members.count)
      else { return [fault("the member of the sequence is not known")] }
      return [members[place]]
    case "Concat": return [joined(node)]
    case "Gather": return [gathered(node)]
    case "GatherElements", "GatherND": return looksAtChoice ? nil : [gatheredNumbers(node)]
    default: return nil
    }
  }

  private var looksAtChoice: Bool {
    if case .choice = operand(1) { return true }
    if case .choice = operand(0) { return true }
    return false
  }

  /// The operand moved, if it is something that can be.
  mutating func move(
    _ meaning: Meaning, _ numbers: (Numbers) -> Numbers?, _ view: (ActivationView) -> ActivationView?
  ) -> Meaning {
    switch meaning {
    case .numbers(let known):
      guard let result = numbers(known) else { return fault("these numbers cannot be moved so") }
      return .numbers(result.settledLookup(work))
    case .expression(let expression):
      let found = resolve(expression)
      guard case .expression(let resolved) = found, let old = resolved.view else { return found }
      guard let new = view(old) else {
        return fault(
          "this way to look at an operator's result is not understood",
          value: "from \(ONNXTensor.text(old.shape.map { $0 }))",
          expected: "heads, halves, positions or parts of a result")
      }
      return .view(new)
    case .choice(let part, let old):
      guard let new = view(old) else { return fault("this way to look at a router's choice is not understood") }
      return .choice(part, new)
    case .unknown: return meaning
    case .past: return fault("the cached rows are moved before new ones join them")
    default: return fault("these values cannot be moved")
    }
  }

  private mutating func handedOn(_ node: ONNXGraph.Node) -> Meaning {
    let meaning = operand(0)
    guard case .numbers(var numbers) = meaning, let output = node.outputs.first else { return meaning }
    let name = graph.values[output].name
    if node.op == "Identity", name.contains(".") { numbers.table?.name = name }
    if let element = graph.values[output].tensor.element, !element.isFloat {
      let isTruth = element == .bool
      let cast = numbers.mapped { isTruth ? ($0 == 0 ? 0 : 1) : $0.rounded(.towardZero) }
      guard let cast else { return fault("too much work for one element") }
      return .numbers(cast.settled(work))
    }
    return .numbers(numbers)
  }

  func shape(of meaning: Meaning) -> [Int64]? {
    switch meaning {
    case .numbers(let numbers): numbers.shape
    case .expression(let expression): expression.shape
    case .choice(_, let view): view.shape
    case .routing(.sum(_, let results)): results.values.first?.shape
    default: nil
    }
  }

  private mutating func reshaped(_ node: ONNXGraph.Node) -> Meaning {
    let meaning = operand(0)
    guard let old = shape(of: meaning) else { return move(meaning, { _ in nil }, { _ in nil }) }
    guard let new = newShape(node, old) else { return fault("the new shape is not known") }
    let isPadding = old.filter { $0 != 1 } == new.filter { $0 != 1 }
    return move(
      meaning,
      { numbers in
        var result = numbers.reshaped(new)
        if isPadding { result?.lookup = numbers.lookup }
        return result
      }, { $0.reshaped(new) })
  }

  private func newShape(_ node: ONNXGraph.Node, _ old: [Int64]) -> [Int64]? {
    switch node.op {
    case "Flatten":
      let place = attribute("axis") ?? 1
      let split = Int(place < 0 ? place + Int64(old.count) : place)
      guard (0...old.count).contains(split), let rows = ONNXTensor.product(old[..<split]) else { return nil }
      return ONNXTensor.product(old[split...]).map { [rows, $0] }
    case "Unsqueeze":
      guard let axes = attributeList("axes") ?? integers(1) else { return nil }
      let rank = old.count + axes.count
      let places = Set(axes.compactMap { axis($0, rank: rank) })
      guard places.count == axes.count else { return nil }
      var rest = old[...]
      return (0..<rank).map { places.contains($0) ? 1 : rest.popFirst() ?? 1 }
    case "Squeeze":
      guard let axes = attributeList("axes") ?? (input(1) == nil ? [] : integers(1)) else { return nil }
      if axes.isEmpty { return old.filter { $0 != 1 } }
      let places = Set(axes.compactMap { axis($0, rank: old.count) })
      guard places.allSatisfy({ old[$0] == 1 }) else { return nil }
      return old.indices.filter { !places.contains($0) }.map { old[$0] }
    default:
      guard let wanted = integers(1) ?? attributeList("shape"), let count = ONNXTensor.product(old) else { return nil }
      var shape: [Int64] = []
      for (place, extent) in wanted.enumerated() {
        guard extent >= -1 else { return nil }
        if extent == 0, attribute("allowzero") != 1 {
          guard place < old.count else { return nil }
          shape.append(old[place])
        } else {
          shape.append(extent)
        }
      }
      if let open = shape.firstIndex(of: -1) {
        shape[open] = 1
        guard let rest = ONNXTensor.product(shape), rest > 0, count % rest == 0 else { return nil }
        shape[open] = count / rest
      }
      return shape
    }
  }

  private mutating func transposed() -> Meaning {
    let meaning = operand(0)
    guard let old = shape(of: meaning) else { return move(meaning, { _ in nil }, { _ in nil }) }
    let order = attributeList("perm")?.map { Int($0) } ?? Array(old.indices.reversed())
    guard order.sorted() == Array(old.indices) else { return fault("the order of the axes is none") }
    return move(meaning, { $0.transposed(order) }, { $0.transposed(order) })
  }

  private mutating func expanded() -> Meaning {
    let meaning = operand(0)
    guard let old = shape(of: meaning) else { return move(meaning, { _ in nil }, { _ in nil }) }
    guard let wanted = integers(1) else { return fault("the shape to expand to is not known") }
    guard let shape = Self.broadcast(old, wanted) else { return fault("the shapes do not broadcast") }
    return move(
      meaning,
      { numbers in
        var result = numbers.expanded(shape)
        result?.lookup = numbers.lookup
        return result
      }, { $0.expanded(shape) })
  }

  /// The shape of elementwise work.
  static func broadcast(_ a: [Int64], _ b: [Int64]) -> [Int64]? {
    let rank = max(a.count, b.count)
    var result: [Int64] = []
    for place in 0..<rank {
      let x = place < rank - a.count ? 1 : a[place - (rank - a.count)]
      let y = place < rank - b.count ? 1 : b[place - (rank - b.count)]
      guard x == y || x == 1 || y == 1 else { return nil }
      result.append(x == 1 ? y : x)
    }
    return result
  }

  /// A part of one axis.
  mutating func part(_ meaning: Meaning, axis: Int, from start: Int64, count: Int64, step: Int64 = 1) -> Meaning {
    move(
      meaning, { $0.sliced(axis: axis, from: start, count: count, step: step) },
      { $0.sliced(axis: axis, from: start, count: count, step: step) })
  }

  private mutating func sliced() -> Meaning {
    var meaning = operand(0)
    guard let old = shape(of: meaning) else { return move(meaning, { _ in nil }, { _ in nil }) }
    guard let starts = attributeList("starts") ?? integers(1), let ends = attributeList("ends") ?? integers(2),
      starts.count == ends.count
    else { return fault("the part that is cut out is not known") }
    let axes =
      attributeList("axes") ?? (input(3) == nil ? nil : integers(3)) ?? starts.indices.map { Int64($0) }
    let steps = input(4) == nil ? [] : integers(4) ?? []
    guard axes.count == starts.count else { return fault("the part that is cut out is not known") }
    for (index, place) in axes.enumerated() {
      let step = index < steps.count ? steps[index] : 1
      guard let axis = axis(place, rank: old.count), step > 0 else {
        return fault("only steps forward are understood", value: "\(step)")
      }
      let extent = old[axis]
      func clamp(_ bound: Int64) -> Int64 { min(max(bound < 0 ? bound &+ extent : bound, 0), extent) }
      let (start, end) = (clamp(starts[index]), clamp(ends[index]))
      guard end > start else { return fault("nothing is cut out") }
      meaning = part(meaning, axis: axis, from: start, count: (end - start + step - 1) / step, step: step)
    }
    return meaning
  }

  private mutating func split(_ node: ONNXGraph.Node) -> [Meaning] {
    let parts = pieces(node)
    return parts.count == node.outputs.count
      ? parts : node.outputs.map { _ in parts.first ?? fault("the parts are not known") }
  }

  /// The parts that a split makes; one fault where they are not known.
  private mutating func pieces(_ node: ONNXGraph.Node) -> [Meaning] {
    let meaning = operand(0)
    guard let old = shape(of: meaning), let axis = axis(attribute("axis") ?? 0, rank: old.count) else {
      return [move(meaning, { _ in nil }, { _ in nil })]
    }
    var sizes = attributeList("split") ?? (input(1) == nil ? nil : integers(1))
    let isSequence = node.op == "SplitToSequence"
    if sizes == nil || isSequence && numbers(1)?.shape.isEmpty == true {
      let each =
        isSequence
        ? sizes?.first ?? 1
        : (old[axis] + Int64(node.outputs.count) - 1) / Int64(max(1, node.outputs.count))
      guard each > 0, old[axis] / each <= 4096 else { return [fault("a part is empty, or there are too many")] }
      sizes = stride(from: 0, to: old[axis], by: Int64.Stride(each)).map { min(each, old[axis] - $0) }
    }
    guard let sizes, sizes.allSatisfy({ $0 > 0 }), sizes.reduce(0, { $0 &+ $1 }) == old[axis], sizes.count <= 4096
    else {
      return [fault("the sizes of the parts are not known")]
    }
    var start: Int64 = 0
    return sizes.map { size in
      start += size
      return part(meaning, axis: axis, from: start - size, count: size)
    }
  }

  private mutating func gatheredNumbers(_ node: ONNXGraph.Node) -> Meaning {
    guard let source = numbers(0), let choice = numbers(1) else {
      return fault("only numbers can be chosen element by element")
    }
    let result =
      if node.op == "GatherND" {
        (attribute("batch_dims") ?? 0) == 0 ? source.gatheredAtPoints(choice) : nil
      } else {
        axis(attribute("axis") ?? 0, rank: source.shape.count).flatMap { source.gatheredElements(axis: $0, choice) }
      }
    return result.map { .numbers($0.settled(work)) } ?? fault("this choice of elements is not understood")
  }

  private mutating func gathered(_ node: ONNXGraph.Node) -> Meaning {
    let (source, choice) = (operand(0), operand(1))
    guard let old = shape(of: source), let place = axis(attribute("axis") ?? 0, rank: old.count) else {
      return move(source, { _ in nil }, { _ in nil })
    }
    switch (source, choice) {
    case (.numbers(let table), .expression(let tokens)):
      return embedding(table, place, tokens)
    case (.numbers(let table), .numbers(let rows)):
      guard var result = table.gathered(axis: place, rows) else { return fault("too much work for one element") }
      if let stored = table.table, table.shape.count == 2, place == 0, !rows.shape.isEmpty {
        result.lookup = Numbers.Lookup(
          table: stored.value, name: stored.name, entries: old[0], width: old[1], strides: stored.strides,
          offset: stored.offset, rows: Numbers.Rows(rows))
      }
      return .numbers(result.settledLookup(work))
    case (.choice(.oneHot, let view), .numbers(let rows)):
      guard let expert = rows.integers?.first, rows.count == 1, case .result(let router) = view.base,
        view.axes[place].first?.role == .element
      else { return fault("this part of the choice is not understood", expected: "one expert's") }
      let rest = view.axes.indices.filter { $0 != place }.map { view.axes[$0].first?.role ?? .copy }
      return .routing(.chosen(.init(router: router, expert: expert), axes: rest))
    case (_, .numbers(let rows)):
      guard let chosen = rows.integers, let first = chosen.first else {
        return fault("the chosen indices are not known")
      }
      let start = first < 0 ? first + old[place] : first
      let step = chosen.count > 1 ? chosen[1] - chosen[0] : 1
      guard (0..<old[place]).contains(start), step > 0,
        chosen.indices.allSatisfy({ chosen[$0] == first + Int64($0) * step }),
        start + Int64(chosen.count - 1) * step < old[place]
      else { return fault("the chosen indices are no regular row", value: "\(chosen.prefix(8))") }
      let cut = part(source, axis: place, from: start, count: Int64(chosen.count), step: step)
      let shape = Array(old[..<place]) + rows.shape + Array(old[(place + 1)...])
      return move(cut, { $0.reshaped(shape) }, { $0.reshaped(shape) })
    case (_, .routing(.places(let routing, [.position]))): return tokens(of: routing, source, place)
    default: return routed(node) ?? fault("what chooses here is not understood")
    }
  }

  private mutating func joined(_ node: ONNXGraph.Node) -> Meaning {
    let parts = node.inputs.map { meaning($0) }
    if parts.count == 1, let only = parts.first { return only }
    for case .unknown(let fault) in parts { return .unknown(fault) }
    if case .past(let input)? = parts.first { return joinedCache(node, input, parts) }
    guard let shape = parts.compactMap({ shape(of: $0) }).first,
      let axis = axis(attribute("axis") ?? 0, rank: shape.count)
    else { return routed(node) ?? fault("what is joined here is not understood") }
    var known: [Numbers] = []
    for case .numbers(let numbers) in parts { known.append(numbers) }
    if known.count == parts.count {
      return Numbers.joined(known, axis: axis).map { .numbers($0.settled(work)) }
        ?? fault("these numbers cannot be joined")
    }
    var expressions: [Expression] = []
    for case .expression(let expression) in parts { expressions.append(expression) }
    guard expressions.count == parts.count else { return fault("numbers and activations are joined") }
    // Neighbouring parts of one result are one part.
    if let whole = rejoined(expressions.compactMap(\.view), axis: axis), expressions.allSatisfy({ $0.view != nil }) {
      return .view(whole)
    }
    guard axis == shape.count - 1 else {
      return fault("activations are joined along another axis than the last", value: "axis \(axis)")
    }
    var total = shape
    total[axis] = expressions.reduce(0) { $0 + ($1.shape.last ?? 0) }
    guard expressions.allSatisfy({ $0.shape.count == shape.count && $0.shape.dropLast() == total.dropLast() }),
      let result = Expression(.joined, expressions, shape: total)
    else { return fault("results of different operators are joined") }
    return .expression(result)
  }

  private func rejoined(_ views: [ActivationView], axis: Int) -> ActivationView? {
    guard var result = views.first, result.axes[axis].count <= 1 else { return nil }
    let stride = result.axes[axis].first?.stride ?? 1
    for view in views.dropFirst() {
      var shifted = view
      let extent = result.shape[axis]
      shifted.offset = result.offset
      shifted.axes[axis] = result.axes[axis]
      guard shifted == result, view.offset == result.offset + extent * stride,
        view.axes[axis].allSatisfy({ $0.role == .element && $0.stride == stride })
      else { return nil }
      result.axes[axis] = [
        AxisFactor(role: .element, extent: extent + view.shape[axis], stride: stride)
      ]
    }
    return result
  }

  /// Cached rows in front of new ones.
  private mutating func joinedCache(_ node: ONNXGraph.Node, _ input: Int, _ parts: [Meaning]) -> Meaning {
    guard parts.count == 2, let extents = graph.values[input].tensor.extents,
      let axis = axis(attribute("axis") ?? 0, rank: extents.count)
    else { return fault("how the cache grows is not understood", expected: "cached rows, then new ones") }
    let found = viewed(parts[1])
    guard case .expression(let expression) = found, let view = expression.view else { return found }
    var shape = view.shape
    guard shape.count == extents.count, view.axes[axis].allSatisfy({ $0.role == .position }), view.factor == 1,
      shape[axis] == inputs.length
    else {
      return fault("the rows that join the cache are not understood", expected: "new positions along axis \(axis)")
    }
    shape[axis] = extents[axis]
    guard shape == extents else { return fault("the cache has another shape than the rows that join it") }
    if inputs.start.value == 0 {
      inputs.start.value = extents[axis]
    } else if inputs.start.value != extents[axis] {
      return fault("the caches have different lengths", value: "\(extents[axis])", expected: "\(inputs.start.value)")
    }
    caches.append(Cache(input: input, view: view, extent: extents[axis] + inputs.length))
    var axes = view.axes
    axes[axis] = [AxisFactor(role: .context, extent: extents[axis] + inputs.length, stride: 1)]
    return .view(ActivationView(base: .cache(caches.count - 1), axes: axes, offset: view.offset))
  }
}

extension Numbers {
  /// `settled`, which keeps the lookup.
  func settledLookup(_ work: Work) -> Numbers {
    var result = settled(work)
    result.lookup = lookup
    return result
  }
}
