/// Routers, and the way from their choice to single experts and back.
extension Recognizer {
  // MARK: The choice

  /// A softmax that is not over scores of attention: over a router's.
  mutating func probabilities(_ expression: Expression) -> Meaning {
    let found = resolve(expression)
    guard case .expression(let resolved) = found, let view = resolved.view else { return found }
    return router(view).map { .choice(.probabilities, $0) }
      ?? fault("a softmax over something else than scores", expected: "scores of attention or of experts")
  }

  /// A new router over the scores that a view shows.
  private mutating func router(_ view: ActivationView) -> ActivationView? {
    guard let index = view.result, case .linear(_, let experts, false) = drafts[index].kind, view.factor == 1,
      view.offset == 0, view.lastElements == experts, experts <= 4096, let edge = edge(view)
    else { return nil }
    return view.rebased(on: append(Draft(.router(experts: experts, chosen: 0), [edge], node: node)))
  }

  /// TopK and OneHot.
  mutating func routing(_ node: ONNXGraph.Node) -> [Meaning]? {
    switch node.op {
    case "TopK": return largest(node)
    case "OneHot":
      guard case .choice(.numbers, var view) = operand(0), let router = view.result,
        case .router(let experts, _) = drafts[router].kind, integers(1)?.first == experts,
        attribute("axis") ?? -1 == -1,
        numbers(2).map({ [$0.at(0), $0.at(1)] }) == [0, 1]
      else { return [fault("ones at chosen places that are not understood", expected: "at the chosen experts")] }
      view.axes.append([AxisFactor(role: .element, extent: experts, stride: 1)])
      return [.choice(.oneHot, view)]
    default:
      guard let results = routed(node) else { return split(places: node) }
      return [results]
    }
  }

  private mutating func largest(_ node: ONNXGraph.Node) -> [Meaning] {
    var part = ChoicePart.largest
    var source: ActivationView?
    switch operand(0) {
    case .choice(.probabilities, let view): source = view
    case .expression(let expression):
      if case .expression(let resolved) = resolve(expression), let view = resolved.view { source = router(view) }
      part = .largestScores
    default: break
    }
    guard var view = source, let router = view.result, case .router(let experts, let before) = drafts[router].kind,
      let chosen = integers(1)?.first ?? attribute("k"), (1...experts).contains(chosen),
      before == 0 || before == chosen,
      let axis = axis(attribute("axis") ?? -1, rank: view.axes.count), axis == view.axes.count - 1,
      attribute("largest") != 0
    else { return [fault("the largest of something else than scores of experts")] }
    drafts[router].kind = .router(experts: experts, chosen: chosen)
    view.axes[axis] = chosen == 1 ? [] : [AxisFactor(role: .slot, extent: chosen, stride: 1)]
    return [.choice(part, view), .choice(.numbers, view)]
  }

  /// Work on a router's choice.
  mutating func chosen(_ node: ONNXGraph.Node, _ operands: [Meaning]) -> Meaning {
    for case .choice(.largest, _) in operands where node.op == "Mul" {
      return fault(
        "the chosen experts' weights do not sum to one", expected: "a softmax over the chosen experts' scores")
    }
    switch (node.op, operands.first, operands.dropFirst().first) {
    case ("Div", .choice(.largest, let view)?, .choice(.sum, let sum)?) where view.base == sum.base:
      return .choice(.weights, view)
    case ("Softmax", .choice(.largestScores, let view)?, nil)
    where view.axes.last?.allSatisfy { $0.role == .slot } == true:
      return .choice(.weights, view)
    case ("Max", .some(let only), nil), ("Min", .some(let only), nil): return only
    case ("Mul", .expression(let x)?, .choice(.weights, let weights)?),
      ("Mul", .choice(.weights, let weights)?, .expression(let x)?):
      let found = resolve(x)
      guard case .expression(let resolved) = found, let view = resolved.view else { return found }
      guard let index = view.result, drafts[index].router == weights.result, view.factor == 1, view.span != nil,
        Array(view.axes.dropLast()) == Array(weights.axes.dropLast()), weights.axes.last?.isEmpty == true
      else { return fault("weights of experts that meet something else than their results") }
      return .choice(.weightedResults, view)
    default: return fault("work on a router's choice that is not understood", value: node.op)
    }
  }

  // MARK: Single experts

  /// What a node makes of values of single experts; nil when it is none of those that are known.
  mutating func routed(_ node: ONNXGraph.Node) -> Meaning? {
    let operands = node.inputs.map { meaning($0) }
    switch (node.op, operands.first, operands.dropFirst().first) {
    case ("NonZero", .routing(.chosen(let routing, let axes))?, _): return .routing(.places(routing, axes))
    case ("Cast", .routing(.chosen)?, _), ("Identity", .routing(.chosen)?, _): return operands[0]
    case ("Squeeze", .routing(.chosen)?, _), ("Unsqueeze", .routing(.chosen)?, _): return operands[0]
    case ("Transpose", .routing(.chosen(let routing, let axes))?, _):
      guard let order = attributeList("perm"), order.count == axes.count,
        order.allSatisfy({ axes.indices.contains(Int($0)) })
      else { return nil }
      return .routing(.chosen(routing, axes: order.map { axes[Int($0)] }))
    case ("Gather", .routing(.places(let routing, let roles))?, .numbers(let index)?) where roles.count > 1:
      guard let place = index.integers?.first, index.count == 1, roles.indices.contains(Int(place)) else { return nil }
      return .routing(.places(routing, [roles[Int(place)]]))
    case ("Mul", .routing(.places(let routing, [.position]))?, .numbers(let slots)?),
      ("Mul", .numbers(let slots)?, .routing(.places(let routing, [.position]))?):
      guard case .router(_, let chosen) = drafts[routing.router].kind, slots.single == Double(chosen) else {
        return nil
      }
      return .routing(.scaledPosition(routing))
    case ("Add", .routing(.places(let one, [.slot]))?, .routing(.scaledPosition(let other))?) where one == other,
      ("Add", .routing(.scaledPosition(let one))?, .routing(.places(let other, [.slot]))?) where one == other:
      return .routing(.index(one))
    case ("Concat", .routing(.places(let one, let first))?, .routing(.places(let other, let second))?)
    where one == other && node.inputs.count == 2:
      return .routing(.places(one, first + second))
    case ("Gather", .choice(.weights, let view)?, .routing(.index(let routing))?):
      guard view.result == routing.router, attribute("axis") ?? 0 == 0,
        view.axes.joined().map(\.role) == [.position, .slot], view.axes[0].count == 2
      else { return nil }
      return .routing(.weight(routing))
    case ("GatherND", .choice(.weights, let view)?, .routing(.places(let routing, [.position, .slot]))?):
      guard view.result == routing.router, view.axes.map({ $0.map(\.role) }) == [[.position], [.slot]] else {
        return nil
      }
      return .routing(.weight(routing))
    case ("Mul", .expression(let x)?, .routing(.weight(let routing))?),
      ("Mul", .routing(.weight(let routing))?, .expression(let x)?):
      let found = resolve(x)
      guard case .expression(let resolved) = found, let view = resolved.view else { return found }
      guard view.routed == routing, view.factor == 1 else { return nil }
      return .routing(.weighted(routing, view))
    case ("ScatterElements", let base?, .routing(.places(let routing, [.position]))?),
      ("ScatterND", let base?, .routing(.places(let routing, [.position]))?):
      guard operands.count == 3, case .routing(.weighted(let other, let view)) = operands[2], other == routing else {
        return nil
      }
      return added(base, .routing(.sum(router: routing.router, results: [routing.expert: view])))
    case ("Add", let one?, let other?): return added(one, other)
    case ("GatherND", .numbers(let table)?, .choice(.numbers, var places)?):
      guard places.axes.last?.isEmpty == true, places.axes.count == 2 else { return nil }
      places.axes.removeLast()
      return matrices(table, places)
    case ("Gather", .numbers(let table)?, .choice(.numbers, let places)?):
      return attribute("axis") ?? 0 == 0 && places.axes.count == 1 ? matrices(table, places) : nil
    case ("Transpose", .routing(.matrices(let table, let places))?, _):
      guard let order = attributeList("perm"), order.first == 0, order.count == 3,
        let turned = table.transposed(order.map { Int($0) })
      else { return nil }
      return .routing(.matrices(turned, places: places))
    default: break
    }
    // What only widens, casts or cuts to the same extent keeps its meaning.
    guard
      ["Cast", "CastLike", "Expand", "Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Slice"]
        .contains(node.op), case .routing(let meaning)? = operands.first
    else { return nil }
    switch meaning {
    case .places, .scaledPosition, .index, .weight: return node.op == "Slice" ? nil : operands[0]
    case .weighted: return ["Transpose", "Slice"].contains(node.op) ? nil : operands[0]
    case .sum: return node.op == "Transpose" || node.op == "Unsqueeze" ? nil : operands[0]
    case .matrices: return ["Cast", "CastLike", "Identity"].contains(node.op) ? operands[0] : nil
    case .chosen: return nil
    }
  }

  /// Slots and positions, taken apart.
  private func split(places node: ONNXGraph.Node) -> [Meaning]? {
    guard node.op == "Split", case .routing(.places(let routing, let roles)) = operand(0),
      roles.count == node.outputs.count
    else {
      if node.op == "Split", case .routing = operand(0) { return [fault("a split of values of single experts")] }
      return nil
    }
    return roles.map { .routing(.places(routing, [$0])) }
  }

  /// The tokens of one expert.
  mutating func tokens(of routing: ActivationView.Routing, _ source: Meaning, _ axis: Int) -> Meaning {
    let found = viewed(source)
    guard case .expression(let expression) = found, var view = expression.view else { return found }
    guard view.axes[axis].allSatisfy({ $0.role == .position }), view.selection == .all, view.routed == nil else {
      return fault("an expert's choice of something else than positions")
    }
    view.routed = routing
    return .view(view)
  }

  /// The sum of two parts of a sum over experts; the whole once no expert is left.
  private mutating func added(_ one: Meaning, _ other: Meaning) -> Meaning? {
    switch (one, other) {
    case (.numbers(let zeros), .routing(.sum)), (.routing(.sum), .numbers(let zeros)):
      guard (0..<min(zeros.count, 4096)).allSatisfy({ zeros.at($0) == 0 }) else { return nil }
      if case .numbers = one { return other }
      return one
    case (.routing(.sum(let router, let first)), .routing(.sum(let second, let more))):
      guard router == second, Set(first.keys).isDisjoint(with: more.keys) else { return nil }
      let results = first.merging(more) { $1 }
      guard case .router(let experts, _) = drafts[router].kind else { return nil }
      guard Int64(results.count) == experts else { return .routing(.sum(router: router, results: results)) }
      let sorted = (0..<experts).compactMap { results[$0] }
      return sorted.count == results.count ? combined(router, sorted) : nil
    default: return nil
    }
  }

  // MARK: All slots at once

  private func matrices(_ table: Numbers, _ places: ActivationView) -> Meaning? {
    guard table.shape.count == 3, table.table != nil, let router = places.result,
      case .router(let experts, _) = drafts[router].kind, table.shape[0] == experts
    else { return nil }
    return .routing(.matrices(table, places: places))
  }

  /// The product of each slot's matrix with the elements of its position.
  mutating func slots(_ table: Numbers, _ places: ActivationView, _ x: Expression, isLeft: Bool) -> Meaning {
    let found = viewed(.expression(x))
    guard case .expression(let resolved) = found, let view = resolved.view else { return found }
    let misfit = fault(
      "the matrices of the chosen experts meet something else than the elements of a position",
      value: ONNXTensor.text(view.shape.map { $0 }))
    guard view.axes.count == 3, let router = places.result, let edge = edge(view), view.factor == 1,
      view.axes[isLeft ? 2 : 1].isEmpty, let matrix = isLeft ? table : table.transposed([0, 2, 1])
    else { return misfit }
    let (outputs, inputs) = (matrix.shape[1], matrix.shape[2])
    let elements = view.axes[isLeft ? 1 : 2]
    guard elements == [AxisFactor(role: .element, extent: inputs, stride: 1)] else { return misfit }
    // A position's elements come once for each slot, or are those of the slot already.
    let walked = view.axes[0].map { factor in
      factor.role == .copy ? AxisFactor(role: .slot, extent: factor.extent, stride: 1) : factor
    }
    guard walked == places.axes[0] else { return misfit }
    var draft = Draft(.linear(inputs: inputs, outputs: outputs, bias: false), [edge], node: node)
    draft.products = [node]
    draft.matrices = [matrix]
    draft.weightName = matrix.table?.name
    draft.router = router
    var axes = view.axes
    axes[0] = walked
    axes[isLeft ? 1 : 2] = [AxisFactor(role: .element, extent: outputs, stride: 1)]
    return .view(ActivationView(base: .result(append(draft)), axes: axes))
  }

  /// The sum of the slots' weighted results.
  mutating func summedSlots(
    _ node: ONNXGraph.Node, _ view: ActivationView, _ places: [Int], keeps: Bool
  ) -> Meaning {
    guard node.op == "ReduceSum", places.count == 1, view.axes[places[0]].map(\.role) == [.slot],
      let index = view.result,
      let router = drafts[index].router
    else { return fault("a sum over a router's choice that is not understood", expected: "over the slots") }
    var rest = view
    rest.axes[places[0]] = []
    if !keeps { rest.axes.remove(at: places[0]) }
    return combined(router, [rest]) ?? fault("the experts' results cannot be put together")
  }
}
