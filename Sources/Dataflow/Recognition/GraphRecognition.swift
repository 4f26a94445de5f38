import Files

/// Finds the operators of a model, as configurations describe them, in an ONNX graph.
///
/// Every value of the graph is given a meaning in one walk: a part of an operator's result looked at in some way, known
/// numbers, or a formula. Formulas are told apart by what they do to made-up values, not by how they are written, so
/// that an exporter's way of writing them does not matter.
public enum GraphRecognition {
  /// The model, or nil with errors that say what was not understood. Takes the graph's symbolic extents as they were
  /// bound when it was read.
  ///
  /// - Parameter file: the file as the user knows it, for messages; the graph's name when nil.
  public static func recognize(
    _ graph: ONNXGraph, file: String? = nil, into d: inout Diagnostics
  ) -> RecognizedModel? {
    var recognizer = Recognizer(graph, file: file ?? graph.name)
    recognizer.walk()
    return recognizer.finish(&d)
  }
}

extension Recognizer {
  func place(_ node: Int) -> Place {
    Place(file: file, detail: graph.nodes.indices.contains(node) ? "node \"\(graph.nodes[node].name)\"" : nil)
  }

  mutating func finish(_ d: inout Diagnostics) -> RecognizedModel? {
    guard let ends = ends(&d) else { return nil }
    var alive = Set<Int>()
    var rest = ends
    while let index = rest.popLast() {
      guard alive.insert(index).inserted else { continue }
      rest += drafts[index].inputs.map(\.producer) + (drafts[index].weightsOf.map { [$0] } ?? [])
    }
    for index in alive { drafts[index].after = drafts[index].after.filter { alive.contains($0) } }
    guard let order = OperatorOrder(drafts, alive: alive)?.order else {
      d.error("the operators that were found wait for each other", at: place(-1))
      return nil
    }
    return model(order, ends: ends, &d)
  }

  /// The operators that make the graph's outputs, caches left out.
  private mutating func ends(_ d: inout Diagnostics) -> [Int]? {
    var ends: [Int] = []
    for output in graph.outputs {
      node = graph.nodes.firstIndex { $0.outputs.contains(output) } ?? 0
      let name = graph.values[output].name
      switch viewed(meaning(output)) {
      case .expression(let expression):
        guard let view = expression.view else { continue }
        if case .cache = view.base { continue }
        guard let index = view.result else {
          d.error("an output is an input of the graph", at: place(node), value: name)
          return nil
        }
        if case .rotary = drafts[index].kind { continue }
        ends.append(index)
      case .unknown(let fault):
        d.error(
          fault.message, at: place(fault.node), value: fault.value, expected: fault.expected,
          suggestion: fault.node == node ? nil : "the output '\(clipped(name))' needs it")
      default:
        d.error("this output is no operator's result", at: place(node), value: name)
      }
    }
    guard !d.hasErrors else { return nil }
    if ends.isEmpty { d.error("no output of the graph is an operator's result", at: place(-1)) }
    return ends.isEmpty ? nil : ends
  }

  private mutating func model(_ order: [Int], ends: [Int], _ d: inout Diagnostics) -> RecognizedModel? {
    var place: [Int: Int] = [:]
    for (position, index) in order.enumerated() { place[index] = position }
    var causal: Bool?
    var window: Int64??
    for index in order {
      guard let sight = sights[index] else { continue }
      if let known = causal, let isCausal = sight.isCausal, known != isCausal {
        d.error("some layers are masked causally and others are not", at: self.place(drafts[index].node))
        return nil
      }
      causal = causal ?? sight.isCausal
      if let known = window, known != sight.window {
        d.error(
          "the layers have different windows", at: self.place(drafts[index].node),
          value: sight.window.map(String.init) ?? "none", expected: known.map(String.init) ?? "none")
        return nil
      }
      window = .some(sight.window)
    }
    let isCausal = causal ?? true
    let limit = contextLimit(order)
    for index in order {
      if case .embedding(_, let width, .rotary(let base)) = drafts[index].kind {
        drafts[index].kind = .embedding(entries: limit, width: width, row: .rotary(base: base))
      }
    }
    if isCausal { markHead(ends) }
    let names = OperatorNames(drafts, order: order, graph).names
    let operators = order.enumerated().map { position, index in
      let draft = drafts[index]
      return GraphOperator(
        name: names[position], kind: draft.kind,
        inputs: OperatorOrder.operands(of: draft, drafts, place: place).map {
          GraphEdge(place[$0.producer] ?? 0, offset: $0.offset)
        }, weightsOf: draft.weightsOf.flatMap { place[$0] }, positions: draft.positions)
    }
    let vocabulary = drafts.lazy.compactMap { draft -> Int64? in
      if case .embedding(let entries, _, .token) = draft.kind { entries } else { nil }
    }.first
    guard let vocabulary else {
      d.error("no table of tokens was found", at: self.place(-1), expected: "rows chosen by an input of integers")
      return nil
    }
    let found = OperatorGraph(
      name: graph.name, operators: operators, contextLimit: limit, vocabulary: vocabulary, isCausal: isCausal,
      window: window ?? nil)
    for reservation in Set(reservations).sorted() { d.warning(reservation, at: self.place(-1)) }
    let (weights, reason) = weights(order)
    return RecognizedModel(
      graph: found, weights: weights, weightsReason: reason, inputs: inputs.described(graph, place: place),
      tokensPerSequence: inputs.length, past: inputs.start.value, batch: inputs.batch,
      reconciliation: reconciliation(found, order))
  }

  /// Tables of positions bound it; else those of angles; else what was exported, or 4096 where the length is open.
  private func contextLimit(_ order: [Int]) -> Int64 {
    var limit: Int64?
    for index in order {
      if case .embedding(let entries, _, .position(let after)) = drafts[index].kind {
        limit = min(limit ?? .max, entries - after)
      }
    }
    let exported = inputs.start.value + inputs.length
    return limit ?? max(angleRows ?? (graph.symbols.isEmpty ? 0 : 4096), exported)
  }

  /// The last norm and the head run for the positions whose logits are wanted.
  private mutating func markHead(_ ends: [Int]) {
    guard let head = ends.first, case .linear = drafts[head].kind, drafts[head].positions == .each else { return }
    drafts[head].positions = .wanted
    guard let norm = drafts[head].inputs.first?.producer else { return }
    switch drafts[norm].kind {
    case .layerNorm, .rmsNorm: drafts[norm].positions = .wanted
    default: break
    }
  }
}
