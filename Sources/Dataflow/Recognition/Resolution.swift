/// Formulas told apart by what they do to made-up values.
extension Recognizer {
  /// The meaning as a view, operators being made where it needs them.
  mutating func viewed(_ meaning: Meaning) -> Meaning {
    guard case .expression(let expression) = meaning else {
      return move(meaning, { _ in nil }, { _ in nil })
    }
    return resolve(expression)
  }

  /// What a formula is: a view of a new operator's result, or a fault.
  mutating func resolve(_ expression: Expression) -> Meaning {
    if expression.view != nil { return .expression(expression) }
    if let known = expression.meaning { return known }
    let reader = node
    node = expression.node ?? reader
    let found = identify(expression)
    node = reader
    expression.meaning = found
    return found
  }

  private mutating func identify(_ expression: Expression) -> Meaning {
    let (views, numbers, hasReduction) = expression.leaves
    guard let view = views.first else { return fault("numbers where an activation is expected") }
    guard isTriable(expression, numbers) else { return fault("the formula is too large to be tried") }
    if hasReduction { return norm(expression, views, numbers) }
    if views.count == 1,
      view.shape == expression.shape || view.shape.filter({ $0 != 1 }) == expression.shape.filter({ $0 != 1 })
    {
      if let factor = Self.factor(expression, view) {
        var scaled = view
        scaled.factor *= factor
        // The formula may have more axes of extent 1.
        guard let result = scaled.shape == expression.shape ? scaled : scaled.reshaped(expression.shape) else {
          return fault("this way to look at an operator's result is not understood")
        }
        return .view(result)
      }
      if let function = Self.activation(expression, view) { return activation(function, expression, view) }
    }
    if numbers.contains(where: { $0.count > 1 }) { return rotary(expression, views, numbers) }
    return fault(
      "this function of an operator's result is not known",
      expected:
        "one of \(ActivationFunction.allCases.map(\.rawValue).joined(separator: ", ")), a norm, rotary positions")
  }

  /// Whether some dozens of rows can be computed.
  func isTriable(_ expression: Expression, _ numbers: [Numbers]) -> Bool {
    let last = max(expression.shape.last ?? 1, expression.leaves.views.compactMap { $0.shape.last }.max() ?? 1)
    guard last <= Expression.rowLimit else { return false }
    let each = numbers.reduce(Int64(expression.size)) { $0 + Int64($1.cost) }
    return work.spend(last * each)
  }

  /// Rows of a formula and of the view in it, for some values.
  private static func rows(_ expression: Expression, _ view: ActivationView, _ probe: Probe, limit: Int64 = 3)
    -> [(value: Double, argument: Double)]
  {
    let plain = Expression(view)
    var pairs: [(Double, Double)] = []
    // Where only single numbers take part, all elements are treated alike.
    let isEven = expression.leaves.numbers.allSatisfy { $0.count == 1 }
    let enough: Int64 = isEven ? 320 : .max
    for place in expression.samples(limit) {
      let values = expression.row(at: place, probe, limit: enough)
      let arguments = plain.row(at: place.suffix(max(0, view.axes.count - 1)).map { $0 }, probe, limit: enough)
      guard values.count == arguments.count else { return [] }
      pairs += zip(values, arguments).map { ($0, $1) }
    }
    return pairs
  }

  /// The number that a formula multiplies with, when that is all it does.
  private static func factor(_ expression: Expression, _ view: ActivationView) -> Double? {
    let pairs =
      rows(expression, view, Probe(seed: 3, spread: 4))
      + rows(expression, view, Probe(seed: 4, center: 0.5, spread: 0.01))
    guard let widest = pairs.max(by: { abs($0.argument) < abs($1.argument) }), widest.argument != 0 else { return nil }
    let factor = widest.value / widest.argument
    guard factor.isFinite, factor != 0 else { return nil }
    guard pairs.allSatisfy({ abs($0.value - factor * $0.argument) <= 1e-6 * abs(factor) * max(1e-3, abs($0.argument)) })
    else { return nil }
    return abs(factor - 1) < 1e-9 ? 1 : factor
  }

  /// The function that a formula is on −8…8 and near 0.
  private static func activation(_ expression: Expression, _ view: ActivationView) -> ActivationFunction? {
    let pairs = rows(expression, view, Probe(seed: 5, spread: 8)) + rows(expression, view, Probe(seed: 6, spread: 1.5))
    guard pairs.count >= 8 else { return nil }
    // Constants in binary16 are off by up to 1/2048; the two forms of GELU are farther apart than that makes them.
    let errors = ActivationFunction.allCases.map { function in
      pairs.reduce(0) { max($0, abs($1.value - function($1.argument)) / max(1, abs($1.argument))) }
    }
    guard let best = errors.indices.min(by: { errors[$0] < errors[$1] }), errors[best] <= 1e-4 else { return nil }
    return ActivationFunction.allCases[best]
  }

  private mutating func activation(
    _ function: ActivationFunction, _ expression: Expression, _ view: ActivationView
  ) -> Meaning {
    guard let width = view.span, let edge = edge(view), view.factor == 1 else {
      return fault(
        "a function of scattered elements", value: function.rawValue, expected: "neighbouring elements of one result")
    }
    var draft = Draft(.activation(function, width: width), [edge], node: node)
    draft.positions = positions(of: view)
    draft.router = view.routed?.router ?? drafts[edge.producer].router
    draft.expert = view.routed?.expert
    let result = view.rebased(on: append(draft))
    guard let shaped = result.reshaped(expression.shape) else { return fault("the function changes the shape") }
    return .view(shaped)
  }

  /// The number as its writer meant it: the shortest decimal that gives the same binary32.
  static func meant(_ value: Double) -> Double {
    Double(Float(value)) == value ? Double("\(Float(value))") ?? value : value
  }
}
