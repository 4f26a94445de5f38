import Files
import Foundation
import OnnxProto

/// Bodies that run as often as a count or data say, or not at all.
extension ONNXImporter {
  static let bodied: Set<String> = ["If", "Loop", "Scan", "SequenceMap"]
  /// The most iterations that are walked one by one, and the most nodes that this may make.
  private static let unrollLimit: Int64 = 64
  private static let unrolledNodes = 8192

  /// Starts the walk of a node's bodies.
  mutating func enterBodies(_ proto: Onnx_NodeProto, _ inputs: [Int?], _ name: String, _ origin: Int, _ depth: Int) {
    let at = place("node \"\(name)\"")
    let wanted = proto.opType == "If" ? ["then_branch", "else_branch"] : ["body"]
    let graphs = wanted.compactMap { wanted in proto.attribute.first { $0.name == wanted && $0.hasG }?.g }
    guard graphs.count == wanted.count else {
      diagnostics.error("the operator \(proto.opType) lacks its body", at: at, expected: wanted.joined(separator: ", "))
      return standIn(for: proto, depth)
    }
    let kind: ONNXBody.Kind =
      switch proto.opType {
      case "If": .branches
      case "Loop": .loop
      case "Scan": .scan
      default: .map
      }
    var body = ONNXBody(
      kind: kind, proto: proto, graphs: graphs, name: name, origin: origin, inputs: inputs,
      mark: ONNXBody.Mark(
        nodes: result.nodes.count, values: result.values.count, diagnostics: diagnostics, warned: warned,
        macsDoubt: result.macsDoubt, held: held), isSummary: kind == .scan)
    guard fits(&body, depth, at) else { return standIn(for: proto, depth) }
    let isSmall =
      body.count.map { $0 <= Self.unrollLimit && Int($0) * graphs[0].node.count <= Self.unrolledNodes } ?? false
    switch kind {
    case .branches: break
    case .loop: body.isSummary = !isSmall || body.count == 0
    case .scan: break
    case .map: body.isSummary = !isSmall || body.count == 0
    }
    if !body.isSummary { body.positions = inputs.dropFirst(2).map { $0 ?? -1 } }
    walk(body, depth)
  }

  /// Whether the numbers of inputs and results agree; sets how often the body runs and what it starts from.
  private mutating func fits(_ body: inout ONNXBody, _ depth: Int, _ at: Place) -> Bool {
    let (proto, graph) = (body.proto, body.graphs[0])
    func tensor(_ index: Int) -> ONNXTensor? {
      guard index < body.inputs.count, let position = body.inputs[index] else { return nil }
      return result.values[position].tensor
    }
    func refuse(_ message: String, _ value: String, _ expected: String) -> Bool {
      diagnostics.error(message, at: at, value: value, expected: expected)
      return false
    }
    let shape = "\(graph.input.count) inputs, \(graph.output.count) results"
    switch body.kind {
    case .branches:
      for graph in body.graphs where graph.output.count < proto.output.count {
        return refuse("the branch has too few results", "\(graph.output.count)", "\(proto.output.count)")
      }
    case .loop:
      let states = max(body.inputs.count - 2, 0)
      guard graph.input.count == states + 2, graph.output.count == proto.output.count + 1, proto.output.count >= states
      else {
        return refuse(
          "the body does not fit the Loop", shape, "\(states + 2) inputs, \(proto.output.count + 1) results")
      }
      if let most = tensor(0) { body.count = most.singleInteger.map { max($0, 0) } }
      if let condition = tensor(1) {
        guard let first = condition.values?.first ?? nil else {
          body.count = body.count == 0 ? 0 : nil
          break
        }
        if !first.isTrue { body.count = 0 }
      }
    case .scan:
      let scanned = max(proto.attribute.first { $0.name == "num_scan_inputs" }?.i ?? 0, 0)
      let skipped = frames[depth].opset < 9 ? 1 : 0
      let states = body.inputs.count - skipped - Int(clamping: scanned)
      guard scanned > 0, states >= 0, graph.input.count == body.inputs.count - skipped,
        graph.output.count == proto.output.count, proto.output.count >= states
      else {
        return refuse(
          "the body does not fit the Scan", shape,
          "\(body.inputs.count - skipped) inputs, \(proto.output.count) results, of \(scanned) scanned inputs")
      }
      return fitsScan(&body, depth, states, skipped, at)
    case .map:
      guard !body.inputs.isEmpty, graph.input.count == body.inputs.count, graph.output.count == proto.output.count
      else {
        return refuse(
          "the body does not fit the SequenceMap", shape, "\(body.inputs.count) inputs, \(proto.output.count) results")
      }
      body.count = tensor(0)?.members.map { Int64($0.count) }
      for index in 1..<max(body.inputs.count, 1) {
        guard let more = tensor(index)?.members?.count, let count = body.count, more != Int(count) else { continue }
        return refuse("the sequences of SequenceMap differ in length", "\(more)", "\(count)")
      }
    }
    if body.kind == .loop { body.states = (2..<max(body.inputs.count, 2)).map { tensor($0) ?? .unknown } }
    return true
  }

  private mutating func fitsScan(_ body: inout ONNXBody, _ depth: Int, _ states: Int, _ skipped: Int, _ at: Place)
    -> Bool
  {
    let axes = body.proto.attribute.first { $0.name == "scan_input_axes" }?.ints
    var count: Int64?
    for (index, position) in body.inputs.enumerated().dropFirst(skipped) {
      var tensor = position.map { result.values[$0].tensor.withoutValues } ?? .unknown
      if skipped == 1, tensor.shape?.isEmpty == false { tensor.shape?.removeFirst() }
      if index - skipped >= states {
        let number = index - skipped - states
        if var shape = tensor.shape {
          guard let axis = ONNXBody.axis(axes, number, rank: shape.count) else {
            diagnostics.error(
              "the scanned axis is out of range", at: at, value: ONNXTensor.text(shape),
              expected: "an axis of scanned input \(number)")
            return false
          }
          let extent = shape.remove(at: axis)
          if let extent, let count, extent != count {
            diagnostics.error("the scanned inputs differ in length", at: at, value: "\(extent)", expected: "\(count)")
            return false
          }
          count = count ?? extent
          tensor.shape = shape
        }
      }
      body.states.append(tensor)
    }
    body.count = count
    return true
  }

  /// Puts the next walk of the body on the stack.
  mutating func walk(_ body: ONNXBody, _ depth: Int) {
    let graph = body.graphs[body.kind == .branches ? body.iteration : 0]
    guard frames.count < Self.frameLimit else {
      diagnostics.error(
        "bodies are nested too deeply", at: place("node \"\(body.name)\""),
        expected: "at most \(Self.frameLimit) in each other")
      return standIn(for: body.proto, depth)
    }
    work += 1 + (graph.initializer.count + graph.valueInfo.count + graph.output.count + graph.node.count) / 8
    var frame = Frame(
      nodes: graph.node, outer: depth, writers: writers(of: graph.node), prefix: prefix(body), origin: body.origin)
    frame.opset = frames[depth].opset
    let times: Int64? =
      switch body.kind {
      case .branches: nil
      case .scan: body.count.flatMap { count in batch(of: body, depth).flatMap { count.product($0) } }
      default: body.isSummary ? body.count : 1
      }
    frame.times = frames[depth].times.flatMap { outer in times.flatMap { outer.product($0) } }
    addInputs(of: graph, to: &frame, isMain: false)
    for (input, position) in zip(graph.input, given(to: body)) { frame.scope[input.name] = .some(position) }
    for info in graph.valueInfo + graph.output where info.type.value != nil { frame.declared[info.name] = info.type }
    frame.body = body
    frames.append(frame)
  }

  private func prefix(_ body: ONNXBody) -> String {
    if body.kind == .branches { return "\(body.name)/\(body.iteration == 0 ? "then" : "else")/" }
    return body.isSummary ? "\(body.name)/" : "\(body.name)/\(body.iteration)/"
  }

  /// Before version 9 a Scan works on a batch.
  private func batch(of body: ONNXBody, _ depth: Int) -> Int64? {
    guard frames[depth].opset < 9, let last = body.inputs.last ?? nil else { return 1 }
    return result.values[last].tensor.shape?.first ?? nil
  }

  /// The inputs of the next walk, as positions of values.
  private mutating func given(to body: ONNXBody) -> [Int?] {
    let names = body.graphs[0].input.map(\.name)
    switch body.kind {
    case .branches: return []
    case .loop:
      var number = ONNXTensor(.int64, [])
      if !body.isSummary { number.values = [.integer(Int64(body.iteration))] }
      // The body only runs while the condition holds.
      var given: [Int?] = [addResult(names[0], number)]
      given.append(addResult(names[1], ONNXTensor(.bool, [], values: [.integer(1)])))
      if !body.isSummary { return given + body.positions.map { $0 < 0 ? nil : $0 } }
      for (name, state) in zip(names[2...], body.states) { given.append(addResult(name, state.withoutValues)) }
      return given
    case .scan:
      return zip(names, body.states).map { addResult($0, $1) }
    case .map:
      return zip(names, body.inputs).enumerated().map { index, input in
        guard let position = input.1 else { return nil }
        let tensor = result.values[position].tensor
        guard let members = tensor.members else {
          if index > 0 && tensor.shape != nil { return position }
          return addResult(input.0, ONNXTensor(tensor.element, index > 0 ? tensor.shape : nil, doubt: tensor.doubt))
        }
        if !body.isSummary { return addResult(input.0, members[body.iteration]) }
        guard let first = members.first else { return addResult(input.0, ONNXTensor(tensor.element, nil)) }
        let reason = ONNXDoubt(reason: "\(body.name): the members differ", isUnsupported: false)
        return addResult(
          input.0, members.dropFirst().reduce(first.withoutValues) { $0.joined($1.withoutValues, doubt: reason) })
      }
    }
  }

  /// Takes back what was walked since the body was entered.
  mutating func restore(_ mark: ONNXBody.Mark) {
    result.nodes.removeLast(result.nodes.count - mark.nodes)
    result.values.removeLast(result.values.count - mark.values)
    diagnostics = mark.diagnostics
    warned = mark.warned
    result.macsDoubt = mark.macsDoubt
    held = mark.held
  }
}

extension Int64 {
  /// The product, unless it overflows.
  func product(_ other: Int64) -> Int64? {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? nil : product
  }
}
