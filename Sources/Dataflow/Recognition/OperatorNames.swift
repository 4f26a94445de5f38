/// Names of the operators: those of their weights or nodes where they have one, with the number of their layer.
struct OperatorNames {
  let names: [String]

  init(_ drafts: [Draft], order: [Int], _ graph: ONNXGraph) {
    let layers = Self.layers(drafts, order)
    var used = Set<String>()
    var names: [String] = []
    for (position, index) in order.enumerated() {
      let draft = drafts[index]
      var name = Self.own(draft, graph) ?? ""
      let layer = layers[position]
      if let number = Self.number(in: name), number != layer { name = "" }
      if name.isEmpty || used.contains(name) {
        let role = Self.role(draft.kind)
        let prefix = layer.map { "layers.\($0)." } ?? ""
        name = prefix + role
        var count = 2
        while used.contains(name) {
          name = "\(prefix)\(role)_\(count)"
          count += 1
        }
      }
      used.insert(name)
      names.append(name)
    }
    self.names = names
  }

  private static func role(_ kind: OperatorKind) -> String {
    switch kind {
    case .embedding(_, _, .rotary): "rotary_emb"
    case .expertLinear(_, let slot, _, _): "experts.\(slot).linear"
    default: kind.name.split(separator: ".").last.map(String.init) ?? "operator"
    }
  }

  /// The weight's name without its last part, or the node's path with dots.
  private static func own(_ draft: Draft, _ graph: ONNXGraph) -> String? {
    if case .expertLinear = draft.kind { return nil }
    // A tied table is the head's by name.
    if case .embedding = draft.kind, draft.weightName?.contains("head") == true { return nil }
    if let weight = draft.weightName, weight.contains("."), !weight.contains("::") {
      return weight.split(separator: ".").dropLast().joined(separator: ".")
    }
    guard graph.nodes.indices.contains(draft.node) else { return nil }
    let path = graph.nodes[draft.node].name
    guard path.hasPrefix("/") else { return nil }
    switch draft.kind {
    case .linear: return path.split(separator: "/").dropLast().joined(separator: ".")
    case .embedding: return nil
    default: return path.split(separator: "/").joined(separator: ".")
    }
  }

  /// The first part of a dotted name that is a number.
  private static func number(in name: String) -> Int? { name.split(separator: ".").lazy.compactMap { Int($0) }.first }

  /// The layer of each operator, nil for those before the first and after the last: a layer begins with the norm, or
  /// else the projection, that its attention's queries come from.
  private static func layers(_ drafts: [Draft], _ order: [Int]) -> [Int?] {
    var place: [Int: Int] = [:]
    for (position, index) in order.enumerated() { place[index] = position }
    var starts: [Int] = []
    for index in order {
      guard case .attentionScores = drafts[index].kind else { continue }
      var at = drafts[index].inputs.first?.producer
      while let here = at {
        if case .linear = drafts[here].kind { break }
        at = drafts[here].inputs.first?.producer
      }
      guard let projection = at else { continue }
      var start = place[projection] ?? 0
      if let before = drafts[projection].inputs.first?.producer {
        let readers = order.filter { drafts[$0].inputs.contains { $0.producer == before } }
        let isOwn = readers.allSatisfy { if case .linear = drafts[$0].kind { true } else { false } }
        switch drafts[before].kind {
        case .layerNorm where isOwn, .rmsNorm where isOwn: start = place[before] ?? start
        default: break
        }
      }
      starts.append(start)
    }
    starts.sort()
    var end = order.count
    if let last = starts.last {
      let sums = order.indices.filter { position in
        guard position > last else { return false }
        if case .add = drafts[order[position]].kind { return true }
        return false
      }
      if let sum = sums.last { end = sum + 1 }
    }
    var layer: Int?
    var next = 0
    return order.indices.map { position in
      if next < starts.count, position >= starts[next] {
        layer = next
        next += 1
      }
      return position < end ? layer : nil
    }
  }
}
