/// What each operator does to named extents, to indices and to values of zeros and ones. What is not listed says nothing.
extension ONNXNamedExtents {
  /// Operators that write the elements that they read, each once.
  private static let moves: Set<String> = [
    "Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze",
  ]

  mutating func follow(_ node: ONNXGraph.Node) {
    guard node.domain.isEmpty, let output = node.outputs.first else { return }
    followElements(node, output)
    switch node.op {
    case "NonZero":
      guard let input = node.inputs.first ?? nil, shape(output)?.count == 2 else { return }
      set(Term(factor: 1, name: counts[input] ?? .count(of: input)), output, 1)
    case "Transpose":
      guard let input = node.inputs.first ?? nil, let rank = shape(input)?.count else { return }
      let order = integers(node, "perm", 1)?.map(Int.init) ?? Array((0..<rank).reversed())
      guard order.count == rank else { return }
      for (axis, from) in order.enumerated() { copy(input, from, output, axis) }
    case "Unsqueeze", "Squeeze": changeAxes(node, output)
    case "Reshape", "Flatten": reshape(node, output)
    case "Split":
      guard let input = node.inputs.first ?? nil, let rank = shape(input)?.count,
        let along = place(node.attributes["axis"], 0, rank)
      else { return }
      for output in node.outputs { for axis in 0..<rank where axis != along { copy(input, axis, output, axis) } }
    case "Gather": gather(node, output)
    case "MatMul", "MatMulInteger", "QLinearMatMul": matMul(node, output)
    case "Gemm":
      let rows = node.attributes["transA"] == .integer(1) ? 1 : 0
      let columns = node.attributes["transB"] == .integer(1) ? 0 : 1
      if let a = node.inputs.first ?? nil { copy(a, rows, output, 0) }
      if node.inputs.count > 1, let b = node.inputs[1] { copy(b, columns, output, 1) }
    default:
      if ONNXCall.unary.contains(node.op) || ONNXCall.predicates.contains(node.op) || node.op == "Cast" {
        guard let input = node.inputs.first ?? nil, shape(input)?.count == shape(output)?.count else { return }
        for axis in (shape(input) ?? []).indices { copy(input, axis, output, axis) }
      } else if ONNXCall.binary.contains(node.op) || ONNXCall.comparisons.contains(node.op) || node.op == "Where" {
        broadcast(node, output)
      }
    }
  }

  // MARK: Elements

  private mutating func followElements(_ node: ONNXGraph.Node, _ output: Int) {
    guard let input = node.inputs.first ?? nil else { return }
    switch node.op {
    case "TopK":
      guard node.outputs.count > 1, let rank = shape(input)?.count else { return }
      bound(node.outputs[1], by: input, place(node.attributes["axis"], -1, rank))
    case "ArgMax", "ArgMin":
      guard let rank = shape(input)?.count else { return }
      bound(output, by: input, place(node.attributes["axis"], 0, rank))
    case "OneHot": oneHot(node, input, output)
    case "Equal": equal(node, output)
    case "Cast":
      guard let to = graph.values[output].tensor.element, to != .string else { return }
      // Zero and one are the same in every type of number; larger indices are not.
      ones[output] = ones[input]
      counts[output] = counts[input]
      if [.int64, .int32].contains(to), let known = indices[input], known.bound <= Int64(Int32.max) {
        indices[output] = known
      }
    case _ where Self.moves.contains(node.op):
      indices[output] = indices[input]
      ones[output] = ones[input]
      counts[output] = counts[input]
    default: break
    }
  }

  private mutating func bound(_ output: Int, by input: Int, _ axis: Int?) {
    guard let axis, let extent = shape(input)?[axis], graph.values[output].tensor.elements != nil else { return }
    indices[output] = Indices(root: output, bound: extent)
  }

  private mutating func oneHot(_ node: ONNXGraph.Node, _ input: Int, _ output: Int) {
    guard node.inputs.count == 3, let depth = node.inputs[1].flatMap({ graph.values[$0].tensor.singleInteger }),
      let values = node.inputs[2].flatMap({ graph.values[$0].tensor.values }), values.count == 2,
      values[0]?.real == 0, values[1]?.real == 1, let known = indices[input], known.bound <= depth,
      let elements = graph.values[input].tensor.elements
    else { return }
    ones[output] = elements
  }

  /// Where indices are a number: as often as that number stands there.
  private mutating func equal(_ node: ONNXGraph.Node, _ output: Int) {
    guard node.inputs.count == 2, let a = node.inputs[0], let b = node.inputs[1] else { return }
    for (list, number) in [(a, b), (b, a)] {
      // Broadcasting must not repeat the indices.
      guard let known = indices[list], let index = graph.values[number].tensor.singleInteger,
        (0..<known.bound).contains(index), graph.values[output].tensor.elements == graph.values[list].tensor.elements
      else { continue }
      counts[output] = .uses(of: known.root, index: index)
    }
  }

  // MARK: Axes

  private mutating func set(_ term: Term, _ position: Int, _ axis: Int) {
    guard let shape = shape(position), axis < shape.count, shape[axis] == nil else { return }
    extents[position, default: [:]][axis] = term
  }

  private mutating func copy(_ from: Int, _ axis: Int, _ to: Int, _ target: Int) {
    if let term = term(from, axis) { set(term, to, target) }
  }

  private func integers(_ node: ONNXGraph.Node, _ name: String, _ index: Int) -> [Int64]? {
    if case .integers(let values)? = node.attributes[name] { return values }
    guard index < node.inputs.count, let input = node.inputs[index] else { return nil }
    let values = graph.values[input].tensor.integers
    return values.flatMap { $0.contains(nil) ? nil : $0.compactMap(\.self) }
  }

  private func place(_ attribute: ONNXGraph.Attribute?, _ otherwise: Int64, _ rank: Int) -> Int? {
    var axis = otherwise
    if case .integer(let value)? = attribute { axis = value }
    axis = axis < 0 ? axis &+ Int64(rank) : axis
    return (0..<Int64(rank)).contains(axis) ? Int(axis) : nil
  }

  private mutating func changeAxes(_ node: ONNXGraph.Node, _ output: Int) {
    guard let input = node.inputs.first ?? nil, let few = shape(input)?.count, let many = shape(output)?.count,
      let given = integers(node, "axes", 1)
    else { return }
    let rank = max(few, many)
    let named = Set(given.map { Int($0 < 0 ? $0 &+ Int64(rank) : $0) })
    let kept = (0..<rank).filter { !named.contains($0) }
    guard kept.count == min(few, many) else { return }
    for (short, long) in kept.enumerated() {
      node.op == "Unsqueeze" ? copy(input, short, output, long) : copy(input, long, output, short)
    }
  }

  /// All elements are kept: what one unknown extent of the result is follows from the others.
  private mutating func reshape(_ node: ONNXGraph.Node, _ output: Int) {
    guard let input = node.inputs.first ?? nil, let before = factors(input), let (factor, name) = product(before),
      let name, let after = shape(output), after.count(where: { $0 == nil }) == 1,
      let axis = after.firstIndex(of: nil)
    else { return }
    var known: Int64 = 1
    for extent in after.compactMap(\.self) {
      guard let next = known.product(extent) else { return }
      known = next
    }
    guard known > 0, factor % known == 0 else { return }
    set(Term(factor: factor / known, name: name), output, axis)
  }

  private mutating func gather(_ node: ONNXGraph.Node, _ output: Int) {
    guard node.inputs.count == 2, let data = node.inputs[0], let chosen = node.inputs[1], let rank = shape(data)?.count,
      let along = place(node.attributes["axis"], 0, rank), let depth = shape(chosen)?.count
    else { return }
    for axis in 0..<along { copy(data, axis, output, axis) }
    for axis in 0..<depth { copy(chosen, axis, output, along + axis) }
    for axis in (along + 1)..<max(rank, along + 1) { copy(data, axis, output, axis + depth - 1) }
    // One slice of zeros and ones.
    guard ones[data] != nil, let extent = shape(data)?[along], let index = graph.values[chosen].tensor.singleInteger,
      (-extent..<extent).contains(index)
    else { return }
    counts[output] = .slice(of: data, axis: along, index: index < 0 ? index + extent : index)
  }

  private mutating func matMul(_ node: ONNXGraph.Node, _ output: Int) {
    guard let positions = ONNXCall.operands(node.op), node.inputs.count > max(positions.0, positions.1),
      let a = node.inputs[positions.0], let b = node.inputs[positions.1], let left = shape(a)?.count,
      let right = shape(b)?.count, let rank = shape(output)?.count, left > 1, right > 1
    else { return }
    copy(a, left - 2, output, rank - 2)
    copy(b, right - 1, output, rank - 1)
    for axis in 0..<(rank - 2) {
      merge([(a, axis - (rank - left), left - 2), (b, axis - (rank - right), right - 2)], output, axis)
    }
  }

  private mutating func broadcast(_ node: ONNXGraph.Node, _ output: Int) {
    guard let rank = shape(output)?.count else { return }
    for axis in 0..<rank {
      var operands: [(Int, Int, Int)] = []
      for input in node.inputs {
        guard let input, let own = shape(input)?.count else { return }
        operands.append((input, axis - (rank - own), own))
      }
      merge(operands, output, axis)
    }
  }

  /// An extent that every operand either has or is stretched to.
  private mutating func merge(_ operands: [(position: Int, axis: Int, rank: Int)], _ output: Int, _ target: Int) {
    var found: Term?
    for (position, axis, rank) in operands where axis >= 0 && axis < rank {
      if shape(position)?[axis] == 1 { continue }
      guard let term = term(position, axis), found == nil || found == term else { return }
      found = term
    }
    if let found { set(found, output, target) }
  }
}
