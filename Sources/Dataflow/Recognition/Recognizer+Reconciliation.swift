/// The books: what the file counts and what the operators count.
extension Recognizer {
  func reconciliation(_ found: OperatorGraph, _ order: [Int]) -> Reconciliation {
    let operatorMACs = found.exportedMACs(positions: inputs.length, past: inputs.start.value) * inputs.batch
    return Reconciliation(
      operatorMACs: operatorMACs, otherMACs: otherMACs(order), graphMACs: graph.macs,
      operatorParameters: found.parameters, otherElements: otherElements(order),
      fileElements: graph.initializerElements + graph.weightInputElements)
  }

  private func otherMACs(_ order: [Int]) -> [Reconciliation.Item] {
    let counted = Set(order.flatMap { drafts[$0].products })
    var items: [String: Int64] = [:]
    for (index, node) in graph.nodes.enumerated() where !counted.contains(index) {
      guard let macs = node.macs, macs != 0 else { continue }
      items[remainders[index] ?? "node \"\(node.name)\", which no output needs", default: 0] += macs
    }
    return items.sorted { $0.key < $1.key }.map { Reconciliation.Item(what: $0.key, count: $0.value) }
  }

  private func otherElements(_ order: [Int]) -> [Reconciliation.Item] {
    var owners: [Int: Int] = [:]
    var items: [Reconciliation.Item] = []
    var shared: [Int: Int64] = [:]
    for (position, index) in order.enumerated() {
      let draft = drafts[index]
      for matrix in draft.matrices {
        guard let table = matrix.table else { continue }
        if draft.weightsOf != nil {
          guard owners[table.value] == nil else { continue }
          items.append(.init(what: "a copy of the table of operator \(draft.weightsOf ?? 0)", count: matrix.count))
        } else if owners[table.value] != nil, !isPart(matrix) {
          shared[table.value, default: 0] += matrix.count
        }
        owners[table.value] = owners[table.value] ?? position
      }
      for (vector, length) in zip(draft.vectors, draft.kind.parameterVectors) {
        switch vector {
        case .filled: items.append(.init(what: "a norm's vector that the file leaves out", count: -length))
        case .numbers(let numbers):
          guard let table = numbers.table else { continue }
          if owners[table.value] != nil { shared[table.value, default: 0] += length }
          owners[table.value] = owners[table.value] ?? position
        }
      }
    }
    for (value, count) in shared.sorted(by: { $0.key < $1.key }) {
      items.append(.init(what: "\(graph.values[value].name), which several operators share", count: -count))
    }
    for (index, value) in graph.values.enumerated() where owners[index] == nil {
      let isCounted =
        value.role == .weight || (value.role == .initializer && value.tensor.element?.isFloat == true)
      guard isCounted, let count = value.tensor.elements, count > 0 else { continue }
      items.append(.init(what: "\(value.name), which is no parameter of an operator", count: count))
    }
    return items
  }

  /// Whether a matrix is one of several parts of its tensor.
  private func isPart(_ matrix: Numbers) -> Bool {
    guard let table = matrix.table else { return false }
    return graph.values[table.value].tensor.elements != matrix.count
  }
}
