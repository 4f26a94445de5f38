/// Norms, as operators of their own or as formulas.
extension Recognizer {
  /// LayerNormalization and its relatives.
  mutating func normalisation(_ node: ONNXGraph.Node) -> Meaning {
    let found = viewed(operand(0))
    guard case .expression(let expression) = found, let view = expression.view else { return found }
    guard let place = axis(attribute("axis") ?? -1, rank: view.axes.count), place == view.axes.count - 1 else {
      return fault("a norm over several axes is not understood", expected: "over the last one")
    }
    guard node.outputs.count == 1 || node.outputs.dropFirst().allSatisfy({ uses[$0] ?? 0 == 0 }) else {
      return fault("the mean or the deviation of a norm is used elsewhere")
    }
    var epsilon = 1e-5
    if case .real(let value)? = node.attributes["epsilon"] { epsilon = value }
    let isLayer = node.op == "LayerNormalization"
    guard let scale = numbers(1) else { return fault("the norm has no scale") }
    var vectors: [Draft.Vector] = [.numbers(scale)]
    if isLayer { vectors.append(input(2) == nil ? .filled(0) : numbers(2).map { .numbers($0) } ?? .filled(0)) }
    if !isLayer, input(2) != nil { return fault("a norm without mean has a shift") }
    return norm(view, isLayer: isLayer, epsilon: Self.meant(epsilon), vectors)
  }

  private mutating func norm(
    _ view: ActivationView, isLayer: Bool, epsilon: Double, _ vectors: [Draft.Vector]
  ) -> Meaning {
    guard let width = view.lastElements, width == view.span, let edge = edge(view), view.factor == 1 else {
      return fault(
        "a norm over a part of a result's elements is not understood",
        value: ONNXTensor.text(view.shape.map { $0 }), expected: "over all of one position")
    }
    for case .numbers(let numbers) in vectors where numbers.vectorLength != width {
      return fault("the norm's scale or shift has another width", value: "\(numbers.count)", expected: "\(width)")
    }
    var draft = Draft(
      isLayer ? .layerNorm(width: width, epsilon: epsilon) : .rmsNorm(width: width, epsilon: epsilon), [edge],
      node: node)
    draft.positions = positions(of: view)
    draft.vectors = vectors
    if case .numbers(let scale)? = vectors.first { draft.weightName = scale.table?.name }
    return .view(view.rebased(on: append(draft)))
  }

  /// A formula with a mean in it.
  mutating func norm(_ expression: Expression, _ views: [ActivationView], _ numbers: [Numbers]) -> Meaning {
    guard views.count == 1, let view = views.first, let width = view.lastElements, width > 1 else {
      return fault("a formula with a mean over several parts of a result")
    }
    let vectors = numbers.filter { $0.vectorLength == width }
    let small = numbers.compactMap(\.single).filter { $0 > 0 && $0 < 0.1 }
    let shifts: [Numbers?] = vectors + [nil]
    // Values of two sizes: the small ones show the number that is added to the variance.
    let probes = [Probe(seed: 7, center: 0.3, spread: 2), Probe(seed: 8, center: 0.001, spread: 0.002)]
    let plain = Expression(view)
    let samples = expression.samples(2)
    let rows = probes.flatMap { probe in
      samples.map { (expression.row(at: $0, probe), plain.row(at: $0.suffix(view.axes.count - 1).map { $0 }, probe)) }
    }
    for isLayer in [false, true] {
      for epsilon in Set(small + [0]) {
        let normed = rows.map { Self.normed($0.1, isLayer: isLayer, epsilon) }
        for scale in shifts {
          for shift in shifts {
            guard Self.agree(rows.map(\.0), normed, scale, shift) else { continue }
            if !isLayer, shift != nil { continue }
            var found: [Draft.Vector] = [scale.map { .numbers($0) } ?? .filled(1)]
            if isLayer { found.append(shift.map { .numbers($0) } ?? .filled(0)) }
            return norm(view, isLayer: isLayer, epsilon: Self.meant(epsilon), found)
          }
        }
      }
    }
    return fault("a formula with a mean that is no norm", expected: "layer norm or RMS norm")
  }

  private static func normed(_ row: [Double], isLayer: Bool, _ epsilon: Double) -> [Double] {
    let count = Double(row.count)
    let mean = isLayer ? row.reduce(0, +) / count : 0
    let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    let scale = 1 / (variance + epsilon).squareRoot()
    return row.map { ($0 - mean) * scale }
  }

  private static func agree(_ rows: [[Double]], _ normed: [[Double]], _ scale: Numbers?, _ shift: Numbers?) -> Bool {
    for (row, values) in zip(rows, normed) {
      guard row.count == values.count else { return false }
      for index in row.indices {
        let expected = values[index] * (scale?.at(Int64(index)) ?? 1) + (shift?.at(Int64(index)) ?? 0)
        guard abs(row[index] - expected) <= 1e-6 * max(1, abs(expected)) else { return false }
      }
    }
    return true
  }
}
