import Dataflow
import Files
import Report

/// Where the numbers of a run come from, and where they go.
public struct RunValues: Sendable {
  /// A file of tensors: inputs by their names in the graph, or a checkpoint. The model's own numbers without it.
  public var file: String?
  public var arithmetic: ValueArithmetic
  /// A file for the results.
  public var output: String?

  public init(file: String? = nil, arithmetic: ValueArithmetic = .design, output: String? = nil) {
    self.file = file
    self.arithmetic = arithmetic
    self.output = output
  }

  /// What was found, and how a report names its origin.
  struct Found {
    var input: ValueInput
    var tokens: [[Int64]]?
    var provenance: RunRecord.ValueProvenance
  }

  /// Gathers what a run of `model` computes with.
  func find(
    for model: LoadedModel, _ workload: Workload, _ d: inout Diagnostics
  ) throws(Refusal) -> Found {
    var tensors: [StoredTensor] = []
    if let file { tensors = TensorFile.read(path: file, displayName: file, into: &d) ?? [] }
    try d.throwIfErrors()
    let tokens = Self.tokens(model, tensors, workload, file ?? "", &d)
    let (weights, origin) = try weights(model, tensors, workload, &d)
    var input = ValueInput(graph: model.graph, weights: weights, arithmetic: arithmetic)
    let caches = Self.caches(model, tensors, workload, file ?? "", &d)
    try d.throwIfErrors()
    input.caches = caches ?? Self.randomCaches(model.graph, workload)
    return Found(
      input: input, tokens: tokens,
      provenance: RunRecord.ValueProvenance(
        arithmetic: arithmetic.rawValue, weights: origin,
        tokens: tokens == nil ? "uniform over the vocabulary, from the seed" : "given",
        caches: workload.past == 0 ? nil : caches == nil ? "random, from the seed" : "given"))
  }

  private func weights(
    _ model: LoadedModel, _ tensors: [StoredTensor], _ workload: Workload, _ d: inout Diagnostics
  ) throws(Refusal) -> (ModelWeights, String) {
    if let weights = model.weights { return (weights, "the model's initializers") }
    // A file that holds numbers which cannot be computed with is not given others.
    if let reason = model.weightsReason, !model.lacksWeights {
      throw Refusal("the model's numbers cannot be computed with", at: Place(file: model.graph.name), value: reason)
    }
    let inputs = Set(model.inputs.flatMap { Self.names(of: $0.name) } + Self.tokenNames)
    // Whatever is no input is meant as a checkpoint.
    if let file,
      tensors.contains(where: { $0.element.isFloat && !inputs.contains($0.name) && !$0.name.hasPrefix("out:") })
    {
      guard let weights = CheckpointWeights.find(for: model.graph, in: tensors, file: file, into: &d) else {
        try d.throwIfErrors()
        throw Refusal("no weights", at: Place(file: file))
      }
      return (weights, "a checkpoint")
    }
    return (.random(for: model.graph, seed: workload.seed), "random, from the seed")
  }

  private static let tokenNames = ["input_ids", "in:input_ids"]

  /// Archives of recorded runs have inputs as `in:NAME`.
  private static func names(of input: String) -> [String] { [input, "in:" + input] }

  private static func tokens(
    _ model: LoadedModel, _ tensors: [StoredTensor], _ workload: Workload, _ file: String, _ d: inout Diagnostics
  ) -> [[Int64]]? {
    let named = model.inputs.first { $0.purpose == .tokens }.map { names(of: $0.name) } ?? []
    guard let tensor = tensors.first(where: { (named + tokenNames).contains($0.name) }) else { return nil }
    let place = Place(file: file)
    guard !tensor.element.isFloat, (1...2).contains(tensor.shape.count) else {
      d.error(
        "'\(clipped(tensor.name))' are no token numbers", at: place, value: "\(tensor.element) \(tensor.shape)",
        expected: "integers, [batch, positions]")
      return nil
    }
    let positions = tensor.shape.last ?? 0
    let batch = tensor.shape.count == 2 ? tensor.shape[0] : 1
    guard positions == workload.prompt + workload.generate || positions == workload.prompt, batch == workload.batch
    else {
      d.error(
        "'\(clipped(tensor.name))' has other positions than the run", at: place, value: "\(tensor.shape)",
        expected: "[\(workload.batch), \(workload.prompt)]", suggestion: "--prompt \(positions) --batch \(batch)")
      return nil
    }
    var tokens: [[Int64]] = []
    for sequence in 0..<batch {
      let row = (0..<positions).compactMap { tensor.integer(at: sequence * positions + $0) }
      guard row.count == positions, row.allSatisfy({ (0..<model.graph.vocabulary).contains($0) }) else {
        d.error(
          "'\(clipped(tensor.name))' has a token that the vocabulary has not", at: place,
          expected: "0 to \(model.graph.vocabulary - 1)")
        return nil
      }
      tokens.append(row)
    }
    return tokens
  }

  /// Keys and values of earlier positions, where the file gives any; then it gives all.
  private static func caches(
    _ model: LoadedModel, _ tensors: [StoredTensor], _ workload: Workload, _ file: String, _ d: inout Diagnostics
  ) -> [Int: [ValueInput.Cache]]? {
    guard workload.past > 0 else { return nil }
    var result: [Int: [ValueInput.Cache]] = [:]
    for input in model.inputs {
      guard let append = input.append, let axes = input.axes,
        let tensor = tensors.first(where: { names(of: input.name).contains($0.name) })
      else { continue }
      let rank = tensor.shape.count
      let batch = rank == 4 ? tensor.shape[0] : 1
      guard tensor.element.isFloat, (3...4).contains(rank), batch == workload.batch,
        tensor.shape[axes[1]] == workload.past,
        tensor.shape[axes[0]] * tensor.shape[axes[2]] == model.graph.operators[append].kind.resultElements(context: 0)
      else {
        d.error(
          "'\(clipped(tensor.name))' is no cache of this run", at: Place(file: file), value: "\(tensor.shape)",
          expected: "\(workload.past) positions of \(workload.batch) sequences")
        return nil
      }
      result[append] = (0..<batch).map { cache(tensor, axes, sequence: $0) }
    }
    guard !result.isEmpty else { return nil }
    for (index, op) in model.graph.operators.enumerated() where result[index] == nil {
      switch op.kind {
      case .appendKey, .appendValue:
        d.error("the file has no cache for operator '\(clipped(op.name))'", at: Place(file: file))
        return nil
      default: continue
      }
    }
    return result
  }

  private static func cache(_ tensor: StoredTensor, _ axes: [Int], sequence: Int64) -> ValueInput.Cache {
    let shape = tensor.shape
    func stride(_ axis: Int) -> Int64 { shape[(axis + 1)...].reduce(1, *) }
    let base = shape.count == 4 ? sequence * stride(0) : 0
    let (heads, elements) = (shape[axes[0]], shape[axes[2]])
    return (0..<shape[axes[1]]).map { position in
      (0..<heads * elements).map { index in
        tensor.float(
          at: base + index / elements * stride(axes[0]) + position * stride(axes[1]) + index % elements
            * stride(axes[2]))
      }
    }
  }

  private static func randomCaches(_ graph: OperatorGraph, _ workload: Workload) -> [Int: [ValueInput.Cache]] {
    guard workload.past > 0 else { return [:] }
    var result: [Int: [ValueInput.Cache]] = [:]
    for (index, op) in graph.operators.enumerated() {
      switch op.kind {
      case .appendKey, .appendValue:
        let width = op.kind.resultElements(context: 0)
        let numbers = ModelWeights.randomMatrix(
          rows: workload.batch * workload.past, columns: width, seed: workload.seed &+ UInt64(index))
        result[index] = (0..<workload.batch).map { sequence in
          (0..<workload.past).map { numbers.row(sequence * workload.past + $0) }
        }
      default: continue
      }
    }
    return result
  }

  /// The results of a run by operator, [batch, positions, elements]; results of other sizes by position.
  static func tensors(_ record: RunRecord) throws(Refusal) -> [StoredTensor] {
    var order: [String] = []
    var byName: [String: [(output: Program.Output, values: [Float])]] = [:]
    for (output, values) in record.outputs {
      if byName[output.operatorName] == nil { order.append(output.operatorName) }
      byName[output.operatorName, default: []].append((output, values))
    }
    var tensors: [StoredTensor] = []
    for name in order {
      let all = (byName[name] ?? []).sorted {
        ($0.output.sequence, $0.output.position) < ($1.output.sequence, $1.output.position)
      }
      let batch = Int64(Set(all.map(\.output.sequence)).count)
      let elements = Int64(all[0].values.count)
      let shape = [batch, Int64(all.count) / batch, elements]
      guard
        let tensor = StoredTensor(name: name, shape: shape, floats: all.flatMap(\.values))
      else { throw Refusal("the results of '\(name)' differ in size", at: Place(file: record.design)) }
      tensors.append(tensor)
    }
    return tensors
  }
}
