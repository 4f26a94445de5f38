/// Operators on elements: numbers are computed, formulas over one result grow, results of two operators are put together.
extension Recognizer {
  mutating func elementwise(_ node: ONNXGraph.Node) -> Meaning {
    var operands = node.inputs.compactMap { $0 }.map { meaning($0) }
    for case .unknown(let fault) in operands { return .unknown(fault) }
    for operand in operands {
      if case .routing = operand { return routed(node) ?? fault("work on single experts that is not understood") }
      if case .choice = operand { return chosen(node, operands) }
      if case .past = operand { return fault("work on cached rows before new ones join them") }
    }
    let function: ([Double]) -> Double
    if let unary = ElementFunction.unary(node), operands.count == 1 {
      function = { unary($0[0]) }
    } else {
      let isWhole = node.outputs.first.flatMap { graph.values[$0].tensor.element?.isFloat } == false
      guard let several = ElementFunction.several(node.op, isWhole: isWhole) else {
        return folded(node) ?? fault("the operator is not understood", value: node.op)
      }
      let count = ElementFunction.operands[node.op] ?? 2
      guard count == 0 ? !operands.isEmpty : operands.count == count else {
        return fault("the operator has another number of operands", value: "\(operands.count)")
      }
      if node.op == "Clip" {
        for bound in ["min", "max"] {
          if case .real(let value)? = node.attributes[bound], let number = Numbers([value], shape: []) {
            operands.append(.numbers(number))
          }
        }
      }
      function = several
    }
    guard let shape = broadcastShape(operands) else { return fault("the shapes do not broadcast") }
    var known: [Numbers] = []
    for case .numbers(let numbers) in operands { known.append(numbers) }
    if known.count == operands.count {
      if let folded = folded(node) { return folded }
      return Numbers.combined(known, shape: shape, function).map { .numbers($0.settled(work)) }
        ?? fault("too much work for one element")
    }
    if let sum = biased(node, operands) { return sum }
    let expressions = operands.map { operand in
      switch operand {
      case .numbers(let numbers): Expression(numbers)
      case .expression(let expression): expression
      default: nil as Expression?
      }
    }.compactMap { $0 }
    guard expressions.count == operands.count else { return fault("these values cannot be computed with") }
    if let pair = joinsOperators(node, expressions) { return pair }
    guard let result = Expression(.function(function), expressions, shape: shape) else {
      return fault("a long formula, or one over the results of different operators", value: node.op)
    }
    result.node = self.node
    return .expression(result)
  }

  private func broadcastShape(_ operands: [Meaning]) -> [Int64]? {
    var shape: [Int64] = []
    for operand in operands {
      guard let own = self.shape(of: operand), let both = Self.broadcast(shape, own) else { return nil }
      shape = both
    }
    return shape
  }

  /// What the importer has computed already.
  func folded(_ node: ONNXGraph.Node) -> Meaning? {
    guard node.outputs.count == 1, let output = node.outputs.first, let values = graph.values[output].tensor.values,
      let shape = graph.values[output].tensor.extents, values.allSatisfy({ $0 != nil })
    else { return nil }
    return Numbers(values.map { $0?.real ?? 0 }, shape: shape).map { .numbers($0) }
  }

  /// The matrix product with the vector that is added to it, nowhere else used.
  private mutating func biased(_ node: ONNXGraph.Node, _ operands: [Meaning]) -> Meaning? {
    guard node.op == "Add", operands.count == 2 else { return nil }
    for (first, second) in [(operands[0], operands[1]), (operands[1], operands[0])] {
      guard case .expression(let expression) = first, case .numbers(let bias) = second, let view = expression.view,
        let index = view.result, case .linear(let inputs, let outputs, false) = drafts[index].kind,
        drafts[index].router == nil, view.offset == 0, view.factor == 1, view.lastElements == outputs,
        bias.vectorLength == outputs, bias.lookup == nil, readers(of: expression, but: node) == 0
      else { continue }
      drafts[index].kind = .linear(inputs: inputs, outputs: outputs, bias: true)
      drafts[index].vectors = [.numbers(bias)]
      return .expression(expression)
    }
    return nil
  }

  /// How many other nodes read the value that has this meaning.
  private func readers(of expression: Expression, but node: ONNXGraph.Node) -> Int {
    var count = 0
    for input in node.inputs {
      guard let input, case .expression(let other)? = meanings[input], other === expression else { continue }
      count += max(0, (uses[input] ?? 1) - 1)
    }
    return count
  }

  /// The sum or the product of two operators' results.
  private mutating func joinsOperators(_ node: ONNXGraph.Node, _ expressions: [Expression]) -> Meaning? {
    guard expressions.count == 2, ["Add", "Mul"].contains(node.op) else { return nil }
    var (first, second) = (expressions[0], expressions[1])
    if node.op == "Add" {
      if let row = lookedUp(first, beside: second) { first = row }
      if let row = lookedUp(second, beside: first) { second = row }
    }
    guard first.base != nil, second.base != nil else { return nil }
    let areParts = node.op == "Mul" && Set(first.leaves.views.map(\.offset)) != Set(second.leaves.views.map(\.offset))
    guard first.base != second.base || areParts else { return nil }
    let (a, b) = (resolve(first), resolve(second))
    guard case .expression(let left) = a, let x = left.view else { return a }
    guard case .expression(let right) = b, let y = right.view else { return b }
    return joined(node.op, x, y)
  }

  private mutating func joined(_ op: String, _ x: ActivationView, _ y: ActivationView) -> Meaning {
    guard let one = edge(x), let other = edge(y) else {
      return fault("tokens or cached rows are computed with")
    }
    let width = x.span
    guard x.factor == 1, y.factor == 1 else {
      return fault("a scaled result is added or multiplied", value: "times \(x.factor == 1 ? y.factor : x.factor)")
    }
    guard let width, width == y.span, x.selection == y.selection, x.routed == y.routed,
      Self.areAlike(x, y)
    else {
      return fault(
        "two results that do not lie alike are put together",
        value: "\(ONNXTensor.text(x.shape.map { $0 })) and \(ONNXTensor.text(y.shape.map { $0 }))",
        expected: "the same elements of the same positions")
    }
    var draft = Draft(op == "Add" ? .add(width: width) : .multiply(width: width), [one, other], node: node)
    draft.positions = positions(of: x)
    draft.router = x.routed?.router ?? drafts[one.producer].router
    draft.expert = x.routed?.expert
    let larger = x.shape.reduce(1, *) >= y.shape.reduce(1, *) ? x : y
    return .view(larger.rebased(on: append(draft)))
  }

  /// Whether two views walk over elements and positions in the same way, one perhaps without the batch.
  private static func areAlike(_ x: ActivationView, _ y: ActivationView) -> Bool {
    func axes(_ view: ActivationView) -> [[AxisFactor]] {
      let axes = view.axes.map { $0.filter { $0.role != .batch && !($0.role == .copy) } }
      return Array(axes.drop { $0.isEmpty })
    }
    return axes(x) == axes(y)
  }

  /// An expression that is rows of a table for each position, as the operator that looks them up.
  private mutating func lookedUp(_ expression: Expression, beside other: Expression) -> Expression? {
    guard case .numbers(let numbers) = expression.kind,
      let lookup = numbers.lookup ?? exportedRows(numbers, beside: other)
    else { return nil }
    if let known = expression.meaning, case .expression(let found) = known { return found }
    guard let index = positionEmbedding(lookup) else { return nil }
    let axes = [
      [AxisFactor(role: .position, extent: inputs.length, stride: 1)],
      [AxisFactor(role: .element, extent: lookup.width, stride: 1)],
    ]
    let result = Expression(ActivationView(base: .result(index), axes: axes))
    expression.meaning = .expression(result)
    return result
  }

  /// A stored tensor with a row for each of several positions: what an exporter that computes constants leaves of a
  /// table of positions.
  private func exportedRows(_ numbers: Numbers, beside other: Expression) -> Numbers.Lookup? {
    let shape = numbers.shape
    // A mask has such a shape too; it joins scores, which are no elements of a position.
    guard let view = other.leaves.views.first, view.axes.count >= 2, view.axes.count <= 3,
      view.axes[view.axes.count - 1].allSatisfy({ $0.role == .element }),
      view.axes[view.axes.count - 2].contains(where: { $0.role == .position })
    else { return nil }
    guard let table = numbers.table, shape.count >= 2, shape.dropLast(2).allSatisfy({ $0 == 1 }), inputs.length > 1,
      shape[shape.count - 2] == inputs.length, table.strides.count == shape.count, inputs.start.value == 0,
      let rows = Numbers((0..<inputs.length).map(Double.init), shape: [inputs.length])
    else { return nil }
    return Numbers.Lookup(
      table: table.value, name: table.name, entries: inputs.length, width: shape[shape.count - 1],
      strides: Array(table.strides.suffix(2)), offset: table.offset, rows: Numbers.Rows(rows))
  }

  // MARK: Reductions

  /// A mean, sum or largest element.
  mutating func reduction(_ node: ONNXGraph.Node) -> Meaning {
    let meaning = operand(0)
    guard let shape = shape(of: meaning) else {
      if case .routing = meaning { return routed(node) ?? fault("a sum over experts that is not understood") }
      return move(meaning, { _ in nil }, { _ in nil })
    }
    let given = attributeList("axes") ?? (input(1) == nil ? [] : integers(1) ?? [])
    let places = given.isEmpty ? Array(shape.indices) : given.compactMap { axis($0, rank: shape.count) }
    guard places.count == max(given.count, given.isEmpty ? shape.count : 0) else {
      return fault("the axes are not known")
    }
    let keeps = attribute("keepdims") != 0
    let function: ([Double]) -> Double =
      switch node.op {
      case "ReduceMean": { $0.reduce(0, +) / Double(max(1, $0.count)) }
      case "ReduceMax": { $0.max() ?? 0 }
      case "ReduceMin": { $0.min() ?? 0 }
      case "ReduceSumSquare": { $0.reduce(0) { $0 + $1 * $1 } }
      case "ReduceL2": { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
      default: { $0.reduce(0, +) }
      }
    var reduced = shape
    for place in places { reduced[place] = 1 }
    let kept = keeps ? reduced : shape.indices.filter { !places.contains($0) }.map { shape[$0] }
    switch meaning {
    case .numbers(let numbers):
      if let folded = folded(node) { return folded }
      guard let result = numbers.reduced(axes: places, function)?.reshaped(kept) else {
        return fault("too much work for one element")
      }
      return .numbers(result.settled(work))
    case .choice(.largest, var view):
      guard node.op == "ReduceSum", places.count == 1, keeps, view.axes[places[0]].map(\.role) == [.slot] else {
        return fault("a sum over a router's choice that is not understood", expected: "over the chosen experts")
      }
      view.axes[places[0]] = []
      return .choice(.sum, view)
    case .choice(.weightedResults, let view):
      return summedSlots(node, view, places, keeps: keeps)
    case .expression(let expression):
      guard keeps, places == [shape.count - 1] else {
        return fault("a sum or mean over other axes than the last is not understood", value: "axes \(given)")
      }
      return Expression(.reduction(function), [expression], shape: reduced).map { .expression($0) }
        ?? fault("the formula is too long")
    default: return fault("a sum or mean that is not understood")
    }
  }

  // MARK: Numbers made from numbers

  /// Operators that make numbers only.
  mutating func computed(_ node: ONNXGraph.Node) -> Meaning {
    if let folded = folded(node) { return folded }
    if let routed = routed(node) { return routed }
    switch node.op {
    case "CumSum":
      guard let source = numbers(0), let place = integers(1)?.first.flatMap({ axis($0, rank: source.shape.count) })
      else {
        return fault("a running sum of activations")
      }
      return source.accumulated(
        axis: place, isExclusive: attribute("exclusive") == 1, isReverse: attribute("reverse") == 1
      ).map { .numbers($0.settled(work)) } ?? fault("too much work for one element")
    case "Trilu":
      guard let source = numbers(0), source.shape.count >= 2 else { return fault("a triangle of activations") }
      let diagonal = (input(1) == nil ? 0 : integers(1)?.first) ?? 0
      let isUpper = attribute("upper") != 0
      let shape = source.shape
      let result = Numbers(shape: shape, origin: source.origin, cost: source.cost + 1) { index in
        let indices = Numbers.indices(of: index, in: shape)
        let over = indices[shape.count - 1] - indices[shape.count - 2] - diagonal
        return (isUpper ? over >= 0 : over <= 0) ? source.at(index) : 0
      }
      return result.map { .numbers($0.settled(work)) } ?? fault("too much work for one element")
    case "Range":
      guard let start = numbers(0)?.single, let limit = numbers(1)?.single, let delta = numbers(2)?.single, delta != 0,
        let count = Int64(exactly: max(0, ((limit - start) / delta).rounded(.up))), count <= 1 << 31
      else { return fault("the ends of the range are not known") }
      return Numbers(shape: [count], at: { start + Double($0) * delta }).map { .numbers($0.settled(work)) }
        ?? fault("too many elements")
    case "ConstantOfShape":
      guard let shape = integers(0), shape.allSatisfy({ $0 >= 0 }) else { return fault("the shape is not known") }
      var value = 0.0
      if case .tensor(let tensor)? = node.attributes["value"], let first = tensor.values?.first {
        value = first?.real ?? 0
      }
      let constant = value
      return Numbers(shape: shape, at: { _ in constant }).map { .numbers($0.settled(work)) }
        ?? fault("too many elements")
    case "Shape":
      guard let shape = shape(of: operand(0)) else { return fault("the shape depends on the data") }
      func bound(_ name: String, _ usual: Int) -> Int {
        let value = attribute(name) ?? Int64(usual)
        return Int(min(max(value < 0 ? value + Int64(shape.count) : value, 0), Int64(shape.count)))
      }
      let (start, end) = (bound("start", 0), bound("end", shape.count))
      let part = start < end ? shape[start..<end] : []
      return Numbers(part.map(Double.init), shape: [Int64(part.count)]).map { .numbers($0) } ?? fault("no shape")
    default: return fault("the operator is not understood", value: node.op)
    }
  }
}
