import Files
import Foundation
import OnnxProto

/// What a walk of a body came to: another walk, or the results of its node.
extension ONNXImporter {
  mutating func finish(_ body: ONNXBody, _ frame: Frame) {
    let depth = frames.count - 1
    if isExhausted() { return }
    var written: [Int] = []
    for output in body.graphs[body.kind == .branches ? body.iteration : 0].output {
      if let position = position(of: output.name, in: frame) {
        written.append(position)
      } else {
        diagnostics.error(
          "a body does not define its result", at: place("node \"\(body.name)\""), value: output.name)
        written.append(addResult(output.name, .unknown))
      }
    }
    var body = body
    switch body.kind {
    case .branches:
      body.collected.append(written)
      body.iteration += 1
      if body.iteration < 2 { return walk(body, depth) }
      finishBranches(body, depth)
    case .loop: body.isSummary ? finishSummary(body, written, depth) : finishIteration(body, written, depth)
    case .scan: finishSummary(body, written, depth)
    case .map:
      body.collected.append(written)
      body.iteration += 1
      if !body.isSummary, Int64(body.iteration) < body.count ?? 0 { return walk(body, depth) }
      finishMap(body, depth)
    }
  }

  private func tensor(_ position: Int) -> ONNXTensor { result.values[position].tensor }

  private func doubt(_ body: ONNXBody, _ what: String) -> ONNXDoubt {
    ONNXDoubt(reason: "node \"\(body.name)\": \(what)", isUnsupported: false)
  }

  private mutating func finishBranches(_ body: ONNXBody, _ depth: Int) {
    let condition = (body.inputs.first ?? nil).flatMap { tensor($0).doubt }
    let reason = condition ?? doubt(body, "which branch of If is taken depends on the data")
    let tensors = body.proto.output.indices.map { index in
      tensor(body.collected[0][index]).joined(tensor(body.collected[1][index]), doubt: reason)
    }
    write(tensors, of: body, from: body.collected.flatMap(\.self), depth)
  }

  /// One iteration of a Loop that is walked one by one.
  private mutating func finishIteration(_ body: ONNXBody, _ written: [Int], _ depth: Int) {
    var body = body
    let states = body.states.count
    body.iteration += 1
    body.positions = Array(written[1..<(1 + states)])
    body.collected.append(Array(written.dropFirst(1 + states)))
    let condition = tensor(written[0]).values?.first ?? nil
    if Int64(body.iteration) < body.count ?? 0, condition?.isTrue != false {
      guard condition != nil else {
        // Only the data say whether another follows: one walk has to stand for all.
        restore(body.mark)
        body.isSummary = true
        body.count = nil
        body.collected = []
        return walk(body, depth)
      }
      return walk(body, depth)
    }
    var tensors = body.positions.map { tensor($0) }
    for index in 0..<(written.count - 1 - states) {
      tensors.append(stacked(body.collected.map { tensor($0[index]) }, body))
    }
    write(tensors, of: body, from: body.positions + body.collected.flatMap(\.self), depth)
  }

  /// The results of all iterations along a new first axis.
  private func stacked(_ parts: [ONNXTensor], _ body: ONNXBody) -> ONNXTensor {
    guard let first = parts.first else { return .unknown }
    let common = parts.dropFirst().reduce(first.withoutValues) {
      $0.joined($1.withoutValues, doubt: doubt(body, "the iterations write different shapes"))
    }
    var whole = ONNXTensor(common.element, common.shape.map { [Int64(parts.count)] + $0 }, doubt: common.doubt)
    guard let count = whole.elements, count <= ONNXTensor.foldLimit else { return whole }
    var values: [ONNXScalar?] = []
    for part in parts {
      guard let more = part.values else { return whole }
      values += more
    }
    whole.values = values
    return whole
  }

  /// A walk that stands for all iterations: done when the states are alike before and after.
  private mutating func finishSummary(_ body: ONNXBody, _ written: [Int], _ depth: Int) {
    var body = body
    let lead = body.kind == .loop ? 1 : 0
    let states = body.kind == .loop ? body.states.count : body.proto.output.count - scannedResults(body)
    if body.kind == .loop, body.count.map({ $0 > 1 }) ?? false,
      tensor(written[0]).values?.first.flatMap(\.self)?.isTrue != true
    {
      restore(body.mark)
      body.count = nil
      return walk(body, depth)
    }
    let reason = doubt(body, "the shape changes from one iteration to the next")
    let isOnce = body.count.map { $0 <= 1 } ?? false
    var isSettled = true
    for index in 0..<states where !isOnce {
      let after = tensor(written[lead + index]).withoutValues
      let before = body.states[index].withoutValues
      var joined = before.joined(after, doubt: reason)
      guard !joined.isLike(before) else { continue }
      if body.rounds > 3 {
        joined.shape = nil
        joined.members = nil
        joined.doubt = joined.doubt ?? reason
      }
      isSettled = isSettled && joined.isLike(before)
      body.states[index] = joined
    }
    if !isSettled {
      restore(body.mark)
      body.rounds += 1
      return walk(body, depth)
    }
    var tensors: [ONNXTensor] = []
    for index in 0..<states {
      let after = tensor(written[lead + index])
      let initial = body.inputs.count > index + 2 && body.kind == .loop ? body.inputs[index + 2] : nil
      switch body.count {
      case 0: tensors.append(initial.map { tensor($0) } ?? body.states[index])
      case 1?: tensors.append(after)
      case nil: tensors.append(body.states[index].withoutValues.joined(after.withoutValues, doubt: reason))
      default: tensors.append(after.withoutValues)
      }
    }
    let axes = body.proto.attribute.first { $0.name == "scan_output_axes" }?.ints
    for index in 0..<(body.proto.output.count - states) {
      var part = tensor(written[lead + states + index]).withoutValues
      part.members = nil
      if var shape = part.shape {
        if let axis = ONNXBody.axis(axes, index, rank: shape.count + 1) {
          shape.insert(body.count, at: axis)
          part.shape = shape
        } else {
          diagnostics.error("the stacked axis is out of range", at: place("node \"\(body.name)\""))
          part.shape = nil
        }
      }
      if body.count == nil {
        part.doubt = part.doubt ?? doubt(body, "how often the body of \(body.proto.opType) runs depends on the data")
      }
      tensors.append(part)
    }
    if body.kind == .scan, frames[depth].opset < 9 { addBatch(&tensors, body) }
    write(tensors, of: body, from: written, depth)
  }

  private func scannedResults(_ body: ONNXBody) -> Int {
    let scanned = body.proto.attribute.first { $0.name == "num_scan_inputs" }?.i ?? 0
    return body.proto.output.count - (body.states.count - Int(clamping: scanned))
  }

  private func addBatch(_ tensors: inout [ONNXTensor], _ body: ONNXBody) {
    let batch = (body.inputs.last ?? nil).flatMap { tensor($0).shape?.first ?? nil }
    for index in tensors.indices {
      tensors[index].values = nil
      tensors[index].shape = tensors[index].shape.map { [batch] + $0 }
    }
  }

  private mutating func finishMap(_ body: ONNXBody, _ depth: Int) {
    let tensors = body.proto.output.indices.map { index in
      let parts = body.collected.map { tensor($0[index]) }
      if !body.isSummary { return ONNXTensor(parts.first?.element, nil, members: parts) }
      let part = parts[0].withoutValues
      if let count = body.count, count <= 4096, part.shape != nil {
        return ONNXTensor(part.element, nil, members: [ONNXTensor](repeating: part, count: Int(count)))
      }
      return ONNXTensor(
        part.element, nil, doubt: part.doubt ?? doubt(body, "the length of the sequence depends on the data"))
    }
    write(tensors, of: body, from: body.collected.flatMap(\.self), depth)
  }

  /// The node itself, reading what its bodies wrote.
  private mutating func write(_ tensors: [ONNXTensor], of body: ONNXBody, from sources: [Int], _ depth: Int) {
    var positions: [Int] = []
    for (output, known) in zip(body.proto.output, tensors) {
      var tensor = known
      if let shape = tensor.shape, ONNXTensor.product(shape.map { max($0 ?? 1, 1) }) == nil || shape.count > 64 {
        diagnostics.error(
          "a result has too many elements", at: place("node \"\(body.name)\""), value: ONNXTensor.text(shape),
          expected: "at most 2^56")
        tensor.shape = nil
        tensor.values = nil
      }
      if !output.isEmpty, let declared = frames[depth].declared[output] { tensor = merged(tensor, declared) }
      hold(&tensor, "node \"\(body.name)\"")
      let position = addResult(output, tensor)
      if !output.isEmpty { frames[depth].scope[output] = position }
      positions.append(position)
    }
    var node = ONNXGraph.Node(
      name: body.name, op: body.proto.opType, domain: "", inputs: body.inputs + sources.map { $0 }, outputs: positions,
      attributes: [:], origin: body.origin)
    node.isFolded = tensors.allSatisfy { $0.values?.allSatisfy { $0 != nil } ?? false }
    result.nodes.append(node)
  }
}
