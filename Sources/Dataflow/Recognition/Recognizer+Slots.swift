/// One expert's operators become those of every slot.
extension Recognizer {
  /// The sum of the experts' results.
  ///
  /// - Parameter results: what each expert makes, or one view that stands for all.
  mutating func combined(_ router: Int, _ results: [ActivationView]) -> Meaning? {
    guard case .router(let experts, let chosen) = drafts[router].kind, chosen > 0, let first = results.first,
      let width = first.span
    else { return nil }
    let templates = results.map { template($0.result ?? -1, router) }
    guard let template = templates.first, let last = first.result, first.offset == 0, template.contains(last) else {
      return fault("the results of the experts are not their own")
    }
    for (expert, other) in templates.enumerated() {
      guard other.count == template.count, results[expert].axes == first.axes, isAlike(template, other) else {
        return fault("the experts are not built alike", value: "expert \(expert)", expected: "as expert 0")
      }
    }
    guard let pieces = pieces(template) else {
      return fault(
        "an expert's operators that are not understood", expected: "matrices without biases, functions, products")
    }
    var results: [Int] = []
    var firstSlot: [Int: Int] = [:]
    for slot in 0..<chosen {
      var made: [Int: Int] = [:]
      var previous = results.last
      for piece in pieces {
        var draft = drafts[piece.template]
        draft.router = nil
        draft.expert = nil
        draft.inputs = draft.inputs.map { edge in
          guard
            let source = pieces.firstIndex(where: {
              $0.template == edge.producer && $0.offset <= edge.offset && edge.offset < $0.offset + $0.width
            })
          else { return edge }
          return GraphEdge(made[source] ?? 0, offset: edge.offset - pieces[source].offset)
        }
        if case .linear(let inputs, _, _) = draft.kind {
          draft.kind = .expertLinear(experts: experts, slot: slot, inputs: inputs, outputs: piece.width)
          draft.inputs.append(GraphEdge(router))
          draft.weightsOf = firstSlot[piece.number]
          if slot > 0 {
            draft.products = []
            draft.matrices = []
          } else {
            let own = templates.map { drafts[$0[piece.place]] }
            draft.products = own.flatMap(\.products)
            draft.matrices = matrices(own, experts, piece)
          }
        }
        if !pieces.contains(where: { other in drafts[piece.template].inputs.contains { $0.producer == other.template } }
        ),
          let before = previous
        {
          draft.after = [before]
        }
        let index = append(draft)
        made[piece.number] = index
        if slot == 0 { firstSlot[piece.number] = index }
        if piece.template == last { previous = index }
      }
      guard let result = pieces.first(where: { $0.template == last }).flatMap({ made[$0.number] }) else { return nil }
      results.append(result)
    }
    let combine = append(
      Draft(
        .combine(chosen: chosen, width: width), results.map { GraphEdge($0) } + [GraphEdge(router)], node: node))
    var view = first.rebased(on: combine)
    view.routed = nil
    return .view(view)
  }

  /// An operator of an expert, or a part of it that is read on its own.
  private struct Piece {
    var number = 0
    let template: Int
    /// The operator's place among the expert's.
    let place: Int
    let offset: Int64
    let width: Int64
  }

  /// The operators between the router's input and an expert's result.
  private func template(_ result: Int, _ router: Int) -> [Int] {
    var members = Set<Int>()
    var rest = [result]
    while let index = rest.popLast() {
      guard drafts.indices.contains(index), drafts[index].router == router, members.insert(index).inserted else {
        continue
      }
      rest += drafts[index].inputs.map(\.producer)
    }
    return members.sorted()
  }

  /// Whether two experts have the same operators over the same operands.
  private func isAlike(_ one: [Int], _ other: [Int]) -> Bool {
    var names: [Int: Int] = [:]
    for (a, b) in zip(one, other) { names[b] = a }
    return zip(one, other).allSatisfy { a, b in
      drafts[a].kind == drafts[b].kind
        && drafts[a].inputs == drafts[b].inputs.map { GraphEdge(names[$0.producer] ?? $0.producer, offset: $0.offset) }
    }
  }

  /// The operators level by level, matrices in as many parts as are read of them.
  private func pieces(_ template: [Int]) -> [Piece]? {
    var level: [Int: Int] = [:]
    for index in template {
      level[index] = drafts[index].inputs.map { level[$0.producer].map { $0 + 1 } ?? 0 }.max() ?? 0
    }
    var pieces: [Piece] = []
    for index in template.sorted(by: { (level[$0] ?? 0, $0) < (level[$1] ?? 0, $1) }) {
      let place = template.firstIndex(of: index) ?? 0
      switch drafts[index].kind {
      case .linear(_, let outputs, false):
        let parts = reads(of: index, template)
        var next: Int64 = 0
        for part in parts {
          guard part.offset == next else { return nil }
          next += part.width
          pieces.append(Piece(template: index, place: place, offset: part.offset, width: part.width))
        }
        if parts.isEmpty { pieces.append(Piece(template: index, place: place, offset: 0, width: outputs)) }
        guard parts.isEmpty || next == outputs else { return nil }
      case .activation(_, let width), .multiply(let width), .add(let width):
        pieces.append(Piece(template: index, place: place, offset: 0, width: width))
      default: return nil
      }
    }
    for number in pieces.indices { pieces[number].number = number }
    return pieces
  }

  /// The parts of a result that the expert's operators read, by offset.
  private func reads(of index: Int, _ template: [Int]) -> [(offset: Int64, width: Int64)] {
    var parts: [Int64: Int64] = [:]
    for reader in template {
      for edge in drafts[reader].inputs where edge.producer == index {
        switch drafts[reader].kind {
        case .activation(_, let width), .multiply(let width), .add(let width): parts[edge.offset] = width
        case .linear(let inputs, _, _): parts[edge.offset] = inputs
        default: break
        }
      }
    }
    return parts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The matrices of a piece, one for each expert.
  private func matrices(_ own: [Draft], _ experts: Int64, _ piece: Piece) -> [Numbers] {
    let all =
      own.count > 1
      ? own.compactMap { $0.matrices.first }
      : (0..<experts).compactMap { expert in
        own.first?.matrices.first.flatMap { table in
          table.sliced(axis: 0, from: expert, count: 1, step: 1)?.reshaped(Array(table.shape.dropFirst()))
        }
      }
    return all.compactMap { $0.sliced(axis: 0, from: piece.offset, count: piece.width, step: 1) }
  }
}
