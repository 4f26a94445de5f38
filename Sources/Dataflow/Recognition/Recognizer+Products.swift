/// Matrix products: of an activation with weights, of queries with keys, of probabilities with values.
extension Recognizer {
  mutating func product(_ node: ONNXGraph.Node) -> Meaning {
    let (left, right) = (operand(0), operand(1))
    for case .unknown(let fault) in [left, right] { return .unknown(fault) }
    switch (left, right) {
    case (.numbers(let a), .numbers(let b)): return product(a, b)
    case (.routing(.matrices(let table, let places)), .expression(let x)):
      return slots(table, places, x, isLeft: true)
    case (.expression(let x), .routing(.matrices(let table, let places))):
      return slots(table, places, x, isLeft: false)
    case (.expression(let x), .numbers(let matrix)):
      if node.op == "Gemm" { return gemm(node, x, matrix) }
      return linear(x, matrix, isTransposed: false)
    case (.numbers(let matrix), .expression(let x)):
      guard node.op == "MatMul" else {
        return fault("a product with the weights on the left", expected: "on the right")
      }
      let turned = viewed(.expression(x))
      guard case .expression(let found) = turned, let view = found.view, view.axes.count >= 2 else { return turned }
      var order = Array(view.axes.indices)
      order.swapAt(order.count - 1, order.count - 2)
      let result = linear(Expression(view.transposed(order)), matrix, isTransposed: true)
      return move(result, { _ in nil }, { $0.transposed(order) })
    case (.expression(let x), .expression(let y)):
      guard node.op == "MatMul" else { return fault("Gemm of two activations is not understood") }
      return attention(x, y)
    default: return fault("a product of values that are not understood")
    }
  }

  private mutating func gemm(_ node: ONNXGraph.Node, _ x: Expression, _ matrix: Numbers) -> Meaning {
    for name in ["alpha", "beta"] {
      if case .real(let value)? = node.attributes[name], value != 1 {
        return fault("a scaled product is not understood", value: "\(name) = \(value)", expected: "1")
      }
    }
    guard attribute("transA") ?? 0 == 0 else { return fault("the activation is turned in a product") }
    let result = linear(x, matrix, isTransposed: attribute("transB") == 1)
    guard case .expression(let expression) = result, let index = expression.view?.result, input(2) != nil else {
      return result
    }
    guard let bias = numbers(2), case .linear(let inputs, let outputs, false) = drafts[index].kind,
      bias.vectorLength == outputs
    else { return fault("what is added to the product is no bias", expected: "a vector of the outputs") }
    drafts[index].kind = .linear(inputs: inputs, outputs: outputs, bias: true)
    drafts[index].vectors = [.numbers(bias)]
    return result
  }

  /// A product with weights.
  ///
  /// - Parameter isTransposed: whether the matrix is outputs by inputs.
  private mutating func linear(_ x: Expression, _ matrix: Numbers, isTransposed: Bool) -> Meaning {
    let found = viewed(.expression(x))
    guard case .expression(let expression) = found, let view = expression.view else { return found }
    var matrix = matrix
    while matrix.shape.count > 2, matrix.shape.first == 1 {
      guard let smaller = matrix.reshaped(Array(matrix.shape.dropFirst())) else { break }
      matrix = smaller
    }
    guard matrix.shape.count == 2, let table = matrix.table else {
      return fault(
        "a product with numbers that are no matrix of weights", value: ONNXTensor.text(matrix.shape.map { $0 }),
        expected: "an initializer or a weight input, turned at most")
    }
    guard let turned = isTransposed ? matrix : matrix.transposed([1, 0]) else { return fault("too many weights") }
    let (outputs, inputs) = (turned.shape[0], turned.shape[1])
    guard view.lastElements == inputs, let edge = edge(view), view.factor == 1,
      view.axes.dropLast().joined().allSatisfy({ [.position, .batch, .copy].contains($0.role) })
    else {
      return fault(
        "weights are multiplied with something else than the elements of a position",
        value: ONNXTensor.text(view.shape.map { $0 }), expected: "a last axis of \(inputs) neighbouring elements")
    }
    var draft = Draft(.linear(inputs: inputs, outputs: outputs, bias: false), [edge], node: node)
    draft.products = [node]
    draft.weightName = table.name
    draft.matrices = [turned]
    draft.positions = positions(of: view)
    draft.router = view.routed?.router
    draft.expert = view.routed?.expert
    let index = append(draft)
    drafts[index].weightsOf = owner(of: turned)
    return .view(Self.whole(index, width: outputs, like: view))
  }

  /// The embedding whose table the matrix is.
  private func owner(of matrix: Numbers) -> Int? {
    guard let table = matrix.table else { return nil }
    if let owner = tableOwners[table.value] {
      let other = drafts[owner].matrices.first
      return other?.shape == matrix.shape && other?.table?.strides == table.strides ? owner : nil
    }
    // Exporters that turn the table for the product write it a second time.
    for owner in tableOwners.values.sorted() {
      guard let other = drafts[owner].matrices.first, other.shape == matrix.shape,
        other.origin.isDisjoint(with: .absent), matrix.origin.isDisjoint(with: .absent)
      else { continue }
      let step = max(1, matrix.count / 4093)
      if stride(from: 0, to: matrix.count, by: Int64.Stride(step)).allSatisfy({ other.at($0) == matrix.at($0) }) {
        return owner
      }
    }
    return nil
  }

  /// Small products of numbers: the angles of rotary positions.
  private mutating func product(_ a: Numbers, _ b: Numbers) -> Meaning {
    guard a.shape.count >= 2, b.shape.count >= 2, let inner = a.shape.last, inner == b.shape[b.shape.count - 2],
      inner <= 64, let leading = Self.broadcast(Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
    else { return folded(graph.nodes[node]) ?? fault("a product of numbers that is not understood") }
    let (rows, columns) = (a.shape[a.shape.count - 2], b.shape[b.shape.count - 1])
    let inA = Numbers.lookup(a.shape, in: leading + [rows, inner])
    let inB = Numbers.lookup(b.shape, in: leading + [inner, columns])
    remainders[node] = "a product of constants: \(rows) x \(inner) x \(columns)"
    let cost = Int(inner) * (a.cost + b.cost)
    let result = Numbers(shape: leading + [rows, columns], origin: a.origin.union(b.origin), cost: cost) { index in
      let column = index % columns
      let row = index / columns % rows
      let block = index / columns / rows
      return (0..<inner).reduce(0.0) { sum, k in
        sum + a.at(inA((block * rows + row) * inner + k)) * b.at(inB((block * inner + k) * columns + column))
      }
    }
    return result.map { .numbers($0.settled(work)) } ?? fault("too much work for one element")
  }

  // MARK: Embeddings

  /// Rows of a table chosen by the tokens.
  mutating func embedding(_ table: Numbers, _ axis: Int, _ tokens: Expression) -> Meaning {
    guard let view = tokens.view, case .tokens = view.base, axis == 0, table.shape.count == 2, let stored = table.table
    else { return fault("rows are chosen by activations", expected: "a table's rows by tokens") }
    let (entries, width) = (table.shape[0], table.shape[1])
    let index = embedding(table, .embedding(entries: entries, width: width, row: .token), stored)
    let axes = view.axes + [[AxisFactor(role: .element, extent: width, stride: 1)]]
    return .view(ActivationView(base: .result(index), axes: axes))
  }

  private mutating func embedding(_ table: Numbers, _ kind: OperatorKind, _ stored: Numbers.Table) -> Int {
    var draft = Draft(kind, [], node: node)
    draft.weightName = stored.name
    draft.matrices = [table]
    let index = append(draft)
    if let owner = tableOwners[stored.value] {
      drafts[index].weightsOf = owner
    } else {
      tableOwners[stored.value] = index
    }
    return index
  }

  /// Rows of a table chosen by the position, or always the same one; nil for other rows.
  mutating func positionEmbedding(_ lookup: Numbers.Lookup) -> Int? {
    let rows = lookup.rows.numbers
    let length = inputs.length
    guard rows.count == length || rows.count == length * inputs.batch else { return nil }
    let first = rows.at(0)
    let count = min(length, 4096)
    let isSame = (0..<count).allSatisfy { rows.at($0) == first }
    let counts = (0..<count).allSatisfy { rows.at($0) == first + Double($0) }
    let start = rows.origin.contains(.positions) ? inputs.start.value : 0
    let row: OperatorKind.TableRow
    if isSame, length > 1 || lookup.entries <= 4 || rows.origin.contains(.segments) {
      guard first == 0 else { return nil }
      row = .segment
    } else if counts, let after = Int64(exactly: first - Double(start)), after >= 0, after < lookup.entries {
      row = .position(after: after)
    } else {
      return nil
    }
    guard case .numbers(let source) = stored(lookup.table) else { return nil }
    let table = Numbers(
      shape: [lookup.entries, lookup.width],
      table: Numbers.Table(value: lookup.table, name: lookup.name, offset: lookup.offset, strides: lookup.strides),
      origin: source.origin
    ) { index in
      source.at(lookup.offset + index / lookup.width * lookup.strides[0] + index % lookup.width * lookup.strides[1])
    }
    guard let table, let stored = table.table else { return nil }
    return embedding(table, .embedding(entries: lookup.entries, width: lookup.width, row: row), stored)
  }
}
