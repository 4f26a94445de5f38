/// The order in which configurations put a model's operators: level by level, an embedding where it is needed.
struct OperatorOrder {
  /// Drafts in the order of the graph.
  let order: [Int]

  init?(_ drafts: [Draft], alive: Set<Int>) {
    let members = drafts.indices.filter { alive.contains($0) }
    var waits: [Int: Int] = [:]
    var readers: [Int: [Int]] = [:]
    for index in members {
      let before = Set((drafts[index].inputs.map(\.producer) + drafts[index].after).filter { alive.contains($0) })
      waits[index] = before.count
      for other in before { readers[other, default: []].append(index) }
    }
    // Levels: one more than the highest that is waited for.
    var level: [Int: Int] = [:]
    var ready = members.filter { waits[$0] == 0 }
    for index in ready { level[index] = 0 }
    var done: [Int] = []
    while let index = ready.popLast() {
      done.append(index)
      for reader in readers[index] ?? [] {
        level[reader] = max(level[reader] ?? 0, (level[index] ?? 0) + 1)
        waits[reader, default: 0] -= 1
        if waits[reader] == 0 { ready.append(reader) }
      }
    }
    guard done.count == members.count else { return nil }
    for index in members {
      guard case .embedding(_, _, let row) = drafts[index].kind else { continue }
      if case .rotary = row { continue }
      level[index] = (readers[index] ?? []).map { (level[$0] ?? 1) - 1 }.min() ?? 0
    }
    func isAngles(_ index: Int) -> Int {
      if case .embedding(_, _, .rotary) = drafts[index].kind { 1 } else { 0 }
    }
    order = members.sorted {
      (level[$0] ?? 0, isAngles($0), drafts[$0].node, $0) < (level[$1] ?? 0, isAngles($1), drafts[$1].node, $1)
    }
  }

  /// The operands of operators that do not mind their order as configurations write them: a sum's earlier one first, a
  /// product's function first.
  static func operands(of draft: Draft, _ drafts: [Draft], place: [Int: Int]) -> [GraphEdge] {
    switch draft.kind {
    case .add: draft.inputs.sorted { (place[$0.producer] ?? 0, $0.offset) < (place[$1.producer] ?? 0, $1.offset) }
    case .multiply:
      draft.inputs.enumerated().sorted { one, other in
        func rank(_ edge: GraphEdge) -> Int { if case .activation = drafts[edge.producer].kind { 0 } else { 1 } }
        return (rank(one.element), one.offset) < (rank(other.element), other.offset)
      }.map(\.element)
    default: draft.inputs
    }
  }
}
