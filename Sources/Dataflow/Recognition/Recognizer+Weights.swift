/// The numbers that the operators compute with.
extension Recognizer {
  /// The weights by position of the operator, or why there are none.
  func weights(_ order: [Int]) -> (weights: ModelWeights?, reason: String?) {
    if let reservation = reservations.first { return (nil, reservation) }
    var weights = ModelWeights()
    for (position, index) in order.enumerated() {
      let draft = drafts[index]
      var entry = ModelWeights.Entry()
      if draft.weightsOf == nil {
        for matrix in draft.matrices {
          guard let table = matrix.table, let source = graph.numbers(of: table.value) else {
            return (nil, "the file does not hold the weights, they are inputs")
          }
          entry.matrices.append(
            WeightMatrix(
              rows: matrix.shape[0], columns: matrix.shape[1], in: source, offset: table.offset,
              rowStride: table.strides[0], columnStride: table.strides[1]))
        }
      }
      for (vector, length) in zip(draft.vectors, draft.kind.parameterVectors) {
        guard length <= 1 << 24 else { return (nil, "a vector of parameters is too long") }
        switch vector {
        case .filled(let value): entry.vectors.append([Float](repeating: Float(value), count: Int(length)))
        case .numbers(let numbers):
          guard numbers.origin.isDisjoint(with: .absent) else {
            return (nil, "the file does not hold the weights, they are inputs")
          }
          entry.vectors.append((0..<length).map { Float(numbers.at($0)) })
        }
      }
      if !entry.matrices.isEmpty || !entry.vectors.isEmpty { weights.entries[position] = entry }
    }
    return (weights, nil)
  }
}
