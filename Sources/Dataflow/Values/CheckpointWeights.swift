import Files

/// Finds the numbers of a configuration's operators in a checkpoint, by transformers' names.
///
/// Operators have the names of transformers' modules, so `h.0.ln_1` finds `h.0.ln_1.weight` and `h.0.ln_1.bias`, with
/// `transformer.`, `model.` or `bert.` in front or not. Matrices are [outputs, inputs], or the other way round as GPT-2's
/// are; those that are not square tell which.
public enum CheckpointWeights {
  /// The weights, or nil with an error that names what is missing or of another shape.
  public static func find(
    for graph: OperatorGraph, in tensors: [StoredTensor], file: String, into d: inout Diagnostics
  ) -> ModelWeights? {
    let before = d.errorCount
    let byName = Dictionary(tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let isTransposed = isTransposed(graph, byName)
    var weights = ModelWeights()
    for (index, op) in graph.operators.enumerated() where op.weightsOf == nil && op.kind.parameters > 0 {
      guard d.errorCount < before + 5 else { break }
      if op.name.hasSuffix("query_key_value") {
        d.error(
          "checkpoints whose fused projection interleaves heads are not read", at: Place(file: file), value: op.name)
        break
      }
      var entry = ModelWeights.Entry()
      for (name, shape, isTable) in matrices(op) {
        guard let tensor = tensor(name, byName, file, &d) else { continue }
        let turned = !isTable && isTransposed && tensor.shape == shape.reversed()
        guard tensor.element.isFloat, turned || tensor.shape == shape else {
          d.error(
            "the tensor '\(clipped(tensor.name))' has another shape", at: Place(file: file), value: "\(tensor.shape)",
            expected: "\(shape) for operator '\(clipped(op.name))'")
          continue
        }
        entry.matrices.append(
          WeightMatrix(
            rows: shape[0], columns: shape[1], in: tensor, rowStride: turned ? 1 : shape[1],
            columnStride: turned ? shape[0] : 1))
      }
      for (name, length) in vectors(op) {
        guard let tensor = tensor(name, byName, file, &d) else { continue }
        guard tensor.element.isFloat, tensor.shape == [length] else {
          d.error(
            "the tensor '\(clipped(tensor.name))' has another shape", at: Place(file: file), value: "\(tensor.shape)",
            expected: "[\(length)] for operator '\(clipped(op.name))'")
          continue
        }
        entry.vectors.append(tensor.floats())
      }
      weights.entries[index] = entry
    }
    return d.errorCount == before ? weights : nil
  }

  private static func matrices(_ op: GraphOperator) -> [(name: String, shape: [Int64], isTable: Bool)] {
    switch op.kind {
    case .embedding(let entries, let width, _): [(op.name + ".weight", [entries, width], true)]
    case .linear(let inputs, let outputs, _): [(op.name + ".weight", [outputs, inputs], false)]
    case .expertLinear(let experts, let slot, let inputs, let outputs):
      (0..<experts).map {
        (op.name.replacing(".experts.\(slot).", with: ".experts.\($0).") + ".weight", [outputs, inputs], false)
      }
    default: []
    }
  }

  private static func vectors(_ op: GraphOperator) -> [(name: String, length: Int64)] {
    switch op.kind {
    case .linear(_, let outputs, true): [(op.name + ".bias", outputs)]
    case .layerNorm(let width, _): [(op.name + ".weight", width), (op.name + ".bias", width)]
    case .rmsNorm(let width, _): [(op.name + ".weight", width)]
    default: []
    }
  }

  private static func tensor(
    _ name: String, _ byName: [String: StoredTensor], _ file: String, _ d: inout Diagnostics
  ) -> StoredTensor? {
    if let found = spellings(of: name).lazy.compactMap({ byName[$0] }).first { return found }
    d.error(
      "the file has no tensor '\(clipped(name))'", at: Place(file: file), expected: "the model's parameters",
      suggestion: nearest(to: name, byName).map { "did you mean '\($0)'?" })
    return nil
  }

  private static func nearest(to name: String, _ byName: [String: StoredTensor]) -> String? {
    let known = byName.keys.sorted()
    return spellings(of: name).lazy.compactMap { nearMiss(of: $0, among: known) }.first
  }

  private static func spellings(of name: String) -> [String] {
    let plain = name.hasPrefix("model.") ? [name, String(name.dropFirst(6))] : [name]
    let moe = plain.map { $0.replacing(".mlp.gate.", with: ".block_sparse_moe.gate.") }
      .map { $0.replacing(".mlp.experts.", with: ".block_sparse_moe.experts.") }
    return (plain + moe).flatMap { spelling in
      ["", "transformer.", "model.", "bert."].map { $0 + spelling }
    }
  }

  /// Whether more of the linear operators' matrices that are not square are [inputs, outputs].
  private static func isTransposed(_ graph: OperatorGraph, _ byName: [String: StoredTensor]) -> Bool {
    var balance = 0
    for op in graph.operators where op.weightsOf == nil {
      for (name, shape, isTable) in matrices(op) where !isTable && shape[0] != shape[1] {
        guard let found = spellings(of: name).lazy.compactMap({ byName[$0] }).first else { continue }
        balance += found.shape == shape ? -1 : found.shape == shape.reversed() ? 1 : 0
      }
    }
    return balance > 0
  }
}
