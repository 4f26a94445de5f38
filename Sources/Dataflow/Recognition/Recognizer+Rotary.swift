/// Rotary positions: formulas that turn pairs of a head's elements by angles that grow with the position.
extension Recognizer {
  mutating func rotary(_ expression: Expression, _ views: [ActivationView], _ numbers: [Numbers]) -> Meaning {
    let unknown = fault(
      "a formula of an operator's result and the position that is not understood",
      expected: "rotary positions of whole heads, in halves")
    let dimension = expression.shape.last ?? 0
    guard dimension >= 2, dimension % 2 == 0,
      let whole = views.first(where: { $0.lastElements == dimension }) ?? whole(of: views, dimension, expression.shape),
      let width = whole.span, width % dimension == 0, let edge = edge(whole), whole.factor == 1
    else { return unknown }
    let half = Int(dimension / 2)
    guard let base = angleBase(expression, whole, half) else { return unknown }
    let heads = width / dimension
    let factor = lengthening(expression, whole)
    let isExact = turnsAll(expression, whole, half, base, factor)
    if !isExact {
      // Angles that grow evenly with the position, though by no power of one base.
      guard turnsEvenly(expression, whole, half) else { return unknown }
      reservations.append("the rotary frequencies are no powers of one base (scaled rotary positions)")
    }
    if numbers.contains(where: { $0.origin.contains(.absent) }) {
      reservations.append("the rotary frequencies are not in the file; their base is taken as 10000")
    }
    for table in numbers where table.origin.isDisjoint(with: .positions) && table.lookup != nil {
      angleRows = max(angleRows ?? 0, table.lookup?.entries ?? 0)
    }
    let key = Angles(width: dimension, base: base)
    let table: Int
    if let known = angles[key] {
      table = known
    } else {
      var draft = Draft(.embedding(entries: 1, width: dimension, row: .rotary(base: base)), [], node: node)
      draft.node = drafts.first?.node ?? node
      table = append(draft)
      angles[key] = table
    }
    var draft = Draft(.rotary(heads: heads, dimension: dimension), [edge, GraphEdge(table)], node: node)
    draft.positions = positions(of: whole)
    var result = whole.rebased(on: append(draft))
    result.factor = factor
    if result.shape != expression.shape {
      guard let shaped = result.reshaped(expression.shape) else { return unknown }
      result = shaped
    }
    return .view(result)
  }

  /// The view of whole heads when the formula has only their halves.
  private func whole(of views: [ActivationView], _ dimension: Int64, _ shape: [Int64]) -> ActivationView? {
    guard var first = views.min(by: { $0.offset < $1.offset }), first.lastElements == dimension / 2 else { return nil }
    guard views.allSatisfy({ $0.offset == first.offset || $0.offset == first.offset + dimension / 2 }) else {
      return nil
    }
    first.axes[first.axes.count - 1] = [AxisFactor(role: .element, extent: dimension, stride: 1)]
    return first
  }

  /// Cosines and sines of a row: what becomes of the first half when only one half holds anything.
  private func angle(_ expression: Expression, _ whole: ActivationView, at place: [Int64], _ half: Int) -> [Double]? {
    let plain = Expression(whole)
    let own = Array(place.suffix(whole.axes.count - 1))
    // Two equations for each pair of elements, solved for the cosine and the sine.
    let probe = Probe(seed: 21, spread: 1)
    let (x, y) = (plain.row(at: own, probe), expression.row(at: place, probe))
    guard x.count == 2 * half, y.count == x.count else { return nil }
    return (0..<half).map { index in
      let (a, b) = (x[index], x[index + half])
      let (c, d) = (y[index], y[index + half])
      return ElementFunction.angle(sine: a * d - b * c, cosine: a * c + b * d)
    }
  }

  /// The position of a row, as the numbers of the formula count it.
  private func position(_ place: [Int64], _ expression: Expression, _ whole: ActivationView) -> Int64 {
    whole.place(Array(place.suffix(whole.axes.count - 1))).position
  }

  /// A base whose powers are the angles at position 1.
  private func angleBase(_ expression: Expression, _ whole: ActivationView, _ half: Int) -> Double? {
    let isMovable = expression.leaves.numbers.contains { $0.origin.contains(.positions) }
    let start = inputs.start.value
    defer { inputs.start.value = start }
    if isMovable { inputs.start.value = 1 }
    guard
      let place = allRows(expression, whole).first(where: {
        position($0, expression, whole) == (isMovable ? 0 : 1)
      }), let angles = angle(expression, whole, at: place, half)
    else { return nil }
    guard half > 1, let last = angles.last, last > 0 else { return half == 1 ? 10_000 : nil }
    let base = ElementFunction.power(last, -Double(half) / Double(half - 1))
    for digits in 1...5 {
      let rounded = ElementFunction.rounded(base, digits: digits)
      if abs(rounded - base) <= 2e-5 * base { return rounded }
    }
    return base.isFinite && base > 0 ? base : nil
  }

  /// Rows of different positions.
  private func allRows(_ expression: Expression, _ whole: ActivationView) -> [[Int64]] {
    let limit = max(64, inputs.length * 2)
    return expression.samples(min(4096, limit)).reduce(into: [[Int64]]()) { result, place in result.append(place) }
      + positionRows(expression, whole)
  }

  /// The rows of the first few positions in the first head.
  private func positionRows(_ expression: Expression, _ whole: ActivationView) -> [[Int64]] {
    let missing = expression.shape.count - whole.axes.count
    guard missing >= 0, let axis = whole.axes.dropLast().firstIndex(where: { $0.contains { $0.role == .position } })
    else { return [] }
    return (0..<min(4, whole.shape[axis])).map { index in
      var place = [Int64](repeating: 0, count: expression.shape.count - 1)
      place[axis + missing] = index
      return place
    }
  }

  /// By what the formula multiplies beside turning: exporters scale queries and keys in the same stretch.
  private func lengthening(_ expression: Expression, _ whole: ActivationView) -> Double {
    let probe = Probe(seed: 23, spread: 1)
    guard let place = expression.samples(1).first else { return 1 }
    let own = Array(place.suffix(whole.axes.count - 1))
    func square(_ row: [Double]) -> Double { row.reduce(0) { $0 + $1 * $1 } }
    let ratio = square(expression.row(at: place, probe)) / square(Expression(whole).row(at: own, probe))
    let factor = ratio.squareRoot()
    return factor.isFinite && factor > 0 && abs(factor - 1) > 1e-6 ? factor : 1
  }

  /// Whether every sampled row is turned by the angles of a base.
  private func turnsAll(
    _ expression: Expression, _ whole: ActivationView, _ half: Int, _ base: Double, _ factor: Double
  ) -> Bool {
    let plain = Expression(whole)
    let first = positionBase(expression)
    let probe = Probe(seed: 22, spread: 1)
    for place in expression.samples(24) + positionRows(expression, whole) {
      let own = Array(place.suffix(whole.axes.count - 1))
      let (x, y) = (plain.row(at: own, probe), expression.row(at: place, probe))
      guard x.count == 2 * half, y.count == x.count else { return false }
      let position = Double(first + self.position(place, expression, whole))
      for index in 0..<half {
        let angle = position * ElementFunction.power(base, -Double(index) / Double(half))
        let (cosine, sine) = ElementFunction.turn(angle)
        let (a, b) = (factor * x[index], factor * x[index + half])
        let bound = 1e-3 + 1e-6 * position
        guard abs(y[index] - (a * cosine - b * sine)) < bound, abs(y[index + half] - (b * cosine + a * sine)) < bound
        else { return false }
      }
    }
    return true
  }

  /// The position of the first row.
  private func positionBase(_ expression: Expression) -> Int64 {
    expression.leaves.numbers.contains { $0.origin.contains(.positions) } ? inputs.start.value : 0
  }

  /// Whether each pair of elements turns by an angle in proportion to the position.
  private func turnsEvenly(_ expression: Expression, _ whole: ActivationView, _ half: Int) -> Bool {
    let rows = positionRows(expression, whole)
    guard rows.count >= 3, let one = angle(expression, whole, at: rows[1], half),
      let two = angle(expression, whole, at: rows[2], half), let none = angle(expression, whole, at: rows[0], half)
    else { return false }
    return (0..<half).allSatisfy { index in
      let off = two[index] - 2 * one[index]
      return abs(none[index]) < 1e-3 && abs(off - (off / (2 * .pi)).rounded() * 2 * .pi) < 1e-3
    }
  }
}
