/// Queries, keys, values, and the softmax between them.
extension Recognizer {
  /// What a softmax lets each position see.
  struct Sight: Hashable {
    /// Whether positions after it are hidden; nil where one position is all there is.
    var isCausal: Bool?
    var window: Int64?
  }

  /// The product of two activations.
  mutating func attention(_ x: Expression, _ y: Expression) -> Meaning {
    let (a, b) = (viewed(.expression(x)), viewed(.expression(y)))
    guard case .expression(let left) = a, let q = left.view else { return a }
    guard case .expression(let right) = b, let k = right.view else { return b }
    guard q.axes.count >= 2, k.axes.count >= 2, let inner = q.axes.last else {
      return fault("a product of activations with one axis", expected: "queries and keys, or probabilities and values")
    }
    if let index = q.result, case .softmax = drafts[index].kind { return values(q, k, softmax: index) }
    guard inner.allSatisfy({ $0.role == .element }), inner == k.axes[k.axes.count - 2] else {
      return fault(
        "a product of activations that is no attention",
        value: "\(ONNXTensor.text(q.shape.map { $0 })) x \(ONNXTensor.text(k.shape.map { $0 }))",
        expected: "a sum over the elements of a head")
    }
    return scores(q, k)
  }

  /// Pairs of the left and the right operand's first elements for every matrix and row that a product goes through.
  private func pairs(_ left: ActivationView, _ right: ActivationView) -> [(left: Int64, right: Int64)]? {
    let rank = max(left.axes.count, right.axes.count)
    let l = [[AxisFactor]](repeating: [], count: rank - left.axes.count) + left.axes
    let r = [[AxisFactor]](repeating: [], count: rank - right.axes.count) + right.axes
    var found = [(left: left.offset, right: right.offset)]
    for axis in 0..<(rank - 1) {
      let isRow = axis == rank - 2
      let (one, other) = (l[axis], isRow ? [] : r[axis])
      let extents = [one, other].map { $0.reduce(1) { $0 * $1.extent } }
      let extent = max(extents[0], extents[1])
      guard extents.allSatisfy({ $0 == extent || $0 == 1 }) else { return nil }
      var next: [(left: Int64, right: Int64)] = []
      var seen = Set<[Int64]>()
      for index in 0..<extent {
        var (x, y): (Int64, Int64) = (0, 0)
        for step in ActivationView.steps(one, extents[0] == 1 ? 0 : index) {
          guard [.element, .batch, .position].contains(step.role) else { return nil }
          if step.role == .element { x += step.steps }
        }
        for step in ActivationView.steps(other, extents[1] == 1 ? 0 : index) {
          guard [.element, .batch, .copy].contains(step.role) else { return nil }
          if step.role == .element { y += step.steps }
        }
        if seen.insert([x, y]).inserted { next.append((x, y)) }
      }
      guard found.count * next.count <= 1 << 16 else { return nil }
      found = found.flatMap { pair in next.map { (pair.left + $0.left, pair.right + $0.right) } }
    }
    return found.sorted { $0.left < $1.left }
  }

  /// How many heads of keys there are, when head h of the queries meets head h / group of the keys.
  private func keyHeads(
    _ pairs: [(left: Int64, right: Int64)], from: (left: Int64, right: Int64), step: (left: Int64, right: Int64)
  ) -> Int64? {
    let heads = Int64(pairs.count)
    let distinct = Int64(Set(pairs.map(\.right)).count)
    guard distinct > 0, heads % distinct == 0 else { return nil }
    let group = heads / distinct
    for (index, pair) in pairs.enumerated() {
      let head = Int64(index)
      guard pair.left == from.left + head * step.left, pair.right == from.right + head / group * step.right else {
        return nil
      }
    }
    return distinct
  }

  /// The operator that makes keys or values, and the rows that are read of it.
  private func source(_ view: ActivationView) -> (edge: GraphEdge, cache: Int?)? {
    if case .cache(let cache) = view.base {
      return caches[cache].view.result.map { (GraphEdge($0, offset: view.offset), cache) }
    }
    return edge(view).map { ($0, nil) }
  }

  /// The positions that an axis of keys or values counts; nil for other axes.
  private func context(_ factors: [AxisFactor]) -> Int64? {
    guard factors.count <= 1 else { return nil }
    guard let factor = factors.first else { return 1 }
    return factor.role == .position || factor.role == .context ? factor.extent : nil
  }

  private mutating func scores(_ q: ActivationView, _ k: ActivationView) -> Meaning {
    let dimension = q.axes.last?.reduce(1) { $0 * $1.extent } ?? 1
    guard let length = context(k.axes[k.axes.count - 1]), q.lastElements == dimension, let query = edge(q),
      let key = source(k), q.selection == .all, let pairs = pairs(q, k),
      let keyHeads = keyHeads(pairs, from: (q.offset, k.offset), step: (dimension, dimension))
    else {
      return fault(
        "the heads of queries and keys do not lie in order",
        value: "\(ONNXTensor.text(q.shape.map { $0 })) x \(ONNXTensor.text(k.shape.map { $0 }))",
        expected: "heads one after the other, the same number of query heads for each key head")
    }
    let heads = Int64(pairs.count)
    let keys = append(Draft(.appendKey(heads: keyHeads, dimension: dimension), [key.edge], node: node))
    if let cache = key.cache { inputs.found(caches[cache].input, .pastKeys, append: keys, caches[cache].view) }
    var draft = Draft(
      .attentionScores(heads: heads, keyValueHeads: keyHeads, dimension: dimension), [query, GraphEdge(keys)],
      node: node)
    draft.products = [node]
    let index = append(draft)
    scoreFactors[index] = q.factor * k.factor
    var axes = q.axes.map { axis in
      axis.map { factor in
        var factor = factor
        if factor.role == .element { factor.stride /= dimension }
        return factor
      }
    }
    axes[axes.count - 1] = length == 1 ? [] : [AxisFactor(role: .context, extent: length, stride: 1)]
    if k.axes.count > axes.count { axes = [[AxisFactor]](repeating: [], count: k.axes.count - axes.count) + axes }
    return .view(ActivationView(base: .result(index), axes: axes))
  }

  private mutating func values(_ p: ActivationView, _ v: ActivationView, softmax: Int) -> Meaning {
    guard let dimension = v.lastElements, let length = context(v.axes[v.axes.count - 2]),
      p.axes.last?.reduce(1, { $0 * $1.extent }) == length, p.factor == 1, v.factor == 1, let value = source(v),
      case .softmax(let heads, _) = drafts[softmax].kind, let pairs = pairs(p, v), Int64(pairs.count) == heads,
      let valueHeads = keyHeads(pairs, from: (0, v.offset), step: (1, dimension)),
      let scores = scoresBefore(softmax),
      case .attentionScores(_, let keyHeads, let keyDimension) = drafts[scores].kind,
      keyHeads == valueHeads, keyDimension == dimension
    else {
      return fault(
        "the heads of probabilities and values do not lie in order",
        value: "\(ONNXTensor.text(p.shape.map { $0 })) x \(ONNXTensor.text(v.shape.map { $0 }))",
        expected: "as many heads of values as of keys, one after the other")
    }
    var append = Draft(.appendValue(heads: valueHeads, dimension: dimension), [value.edge], node: drafts[scores].node)
    append.after = [drafts[scores].inputs[1].producer]
    let values = self.append(append)
    drafts[scores].after.append(values)
    if let cache = value.cache { inputs.found(caches[cache].input, .pastValues, append: values, caches[cache].view) }
    var draft = Draft(
      .attentionValues(heads: heads, keyValueHeads: valueHeads, dimension: dimension),
      [GraphEdge(softmax), GraphEdge(values)], node: node)
    draft.products = [node]
    var axes = p.axes.map { axis in
      axis.map { factor in
        var factor = factor
        if factor.role == .element { factor.stride *= dimension }
        return factor
      }
    }
    axes[axes.count - 1] = [AxisFactor(role: .element, extent: dimension, stride: 1)]
    return .view(ActivationView(base: .result(self.append(draft)), axes: axes))
  }

  private func scoresBefore(_ softmax: Int) -> Int? {
    var index = drafts[softmax].inputs.first?.producer
    while let here = index, case .alibi = drafts[here].kind { index = drafts[here].inputs.first?.producer }
    guard let index, case .attentionScores = drafts[index].kind else { return nil }
    return index
  }

  // MARK: The softmax

  mutating func softmax() -> Meaning {
    let meaning = operand(0)
    if case .choice = meaning { return chosen(graph.nodes[node], [meaning]) }
    guard case .expression(let expression) = meaning else { return viewed(meaning) }
    guard let place = axis(attribute("axis") ?? -1, rank: expression.shape.count), place == expression.shape.count - 1
    else { return fault("a softmax over another axis than the last") }
    let views = expression.leaves.views
    guard let view = views.first, let index = view.result,
      case .attentionScores(let heads, _, let dimension) = drafts[index].kind
    else { return probabilities(expression) }
    guard views.count == 1 else { return fault("a softmax over scores that are put together") }
    guard isTriable(expression, expression.leaves.numbers) else { return fault("the scores are too many to be tried") }
    guard let (scale, sight) = sight(expression, view) else {
      return fault(
        "what is done to the scores before the softmax is not understood",
        expected: "a scale, and a mask that hides later positions or those outside a window")
    }
    var full = scale * (scoreFactors[index] ?? 1)
    let usual = 1 / Double(dimension).squareRoot()
    // Constants in the file are rounded, those in binary16 by up to 1/2048.
    if abs(full - usual) <= 1e-3 * usual { full = usual }
    let softmax = append(Draft(.softmax(heads: heads, scale: full), [GraphEdge(index)], node: node))
    sights[softmax] = sight
    guard let result = view.rebased(on: softmax).reshaped(expression.shape) else {
      return fault("the mask changes the shape of the scores")
    }
    return .view(result)
  }

  /// The scale of the scores and what is left of them; nil when that is no mask.
  private func sight(_ expression: Expression, _ view: ActivationView) -> (scale: Double, sight: Sight)? {
    let plain = Expression(view)
    var scale: Double?
    var hidden: [(position: Int64, first: Int64, last: Int64, isAll: Bool)] = []
    let context = expression.shape.last ?? 1
    for place in expression.samples(64) {
      let own = Array(place.suffix(view.axes.count - 1))
      let (one, other) = (Probe(seed: 11, spread: 3), Probe(seed: 12, spread: 3))
      let (y1, y2) = (expression.row(at: place, one), expression.row(at: place, other))
      let (x1, x2) = (plain.row(at: own, one), plain.row(at: own, other))
      guard y1.count == x1.count, y2.count == x2.count, y1.count == y2.count else { return nil }
      var seen: [Int64] = []
      for index in y1.indices where !(y1[index] < -9000 && y2[index] < -9000) {
        let slope = (y1[index] - y2[index]) / (x1[index] - x2[index])
        guard slope.isFinite, abs(y1[index] - slope * x1[index]) < 1e-5 * max(1, abs(slope)) else { return nil }
        guard abs(slope - (scale ?? slope)) <= 1e-5 * abs(slope) else { return nil }
        scale = scale ?? slope
        seen.append(Int64(index))
      }
      guard let first = seen.first, let last = seen.last, last - first + 1 == Int64(seen.count) else { return nil }
      let position = view.place(own).position
      hidden.append((position, first, last, first == 0 && last == context - 1))
    }
    guard let scale, scale > 0 else { return nil }
    let start = context - inputs.length
    guard inputs.length > 1 else {
      let window = hidden.map { start - $0.first + 1 }.min() ?? context
      guard hidden.allSatisfy({ $0.last == context - 1 }) else { return nil }
      return (scale, Sight(isCausal: start > 0 ? true : nil, window: window < context ? window : nil))
    }
    if hidden.allSatisfy(\.isAll) { return (scale, Sight(isCausal: false, window: nil)) }
    guard hidden.allSatisfy({ $0.last == start + $0.position }) else { return nil }
    let cut = hidden.filter { $0.first > 0 }.map { start + $0.position - $0.first + 1 }
    guard let window = cut.first else { return (scale, Sight(isCausal: true, window: nil)) }
    let isEven = hidden.allSatisfy { start + $0.position - $0.first + 1 == min(window, start + $0.position + 1) }
    return isEven ? (scale, Sight(isCausal: true, window: window)) : nil
  }
}
