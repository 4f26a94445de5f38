import Files
import Foundation
import OnnxProto

/// Local functions and branches, walked as if they stood in the graph.
extension ONNXImporter {
  mutating func enter(
    _ function: Onnx_FunctionProto, _ proto: Onnx_NodeProto, _ inputs: [Int?], _ name: String, _ origin: Int,
    _ depth: Int
  ) {
    let key = Self.key(proto.domain, proto.opType, proto.overload)
    let at = place("node \"\(name)\"")
    work += (function.input.count + function.valueInfo.count + function.attributeProto.count + function.node.count) / 8
    guard frames.count < Self.frameLimit, !frames.contains(where: { $0.function == key }) else {
      diagnostics.error(
        frames.count < Self.frameLimit ? "the function calls itself" : "functions are nested too deeply", at: at,
        value: proto.opType, expected: "at most \(Self.frameLimit) calls in each other, none of itself")
      return standIn(for: proto, depth)
    }
    guard inputs.count <= function.input.count, proto.output.count <= function.output.count else {
      diagnostics.error(
        "the call does not fit the function", at: at, value: "\(inputs.count) inputs, \(proto.output.count) outputs",
        expected: "at most \(function.input.count) and \(function.output.count)")
      return standIn(for: proto, depth)
    }
    var frame = Frame(
      nodes: function.node, outer: nil, writers: writers(of: function.node), prefix: name + "/", origin: origin,
      function: key)
    frame.opset =
      function.opsetImport.first { Self.isStandard($0.domain) }?.version ?? frames[depth].opset
    frame.times = frames[depth].times
    for (index, inside) in function.input.enumerated() {
      frame.scope[inside] = .some(index < inputs.count ? inputs[index] : nil)
    }
    for attribute in function.attributeProto { frame.arguments[attribute.name] = attribute }
    for attribute in proto.attribute {
      frame.arguments[attribute.name] = resolve(attribute, depth) ?? frame.arguments[attribute.name]
    }
    frame.results = zip(function.output, proto.output).map { ($0, $1) }
    for info in function.valueInfo { frame.declared[info.name] = info.type }
    frames.append(frame)
  }

  mutating func standIn(for proto: Onnx_NodeProto, _ depth: Int) {
    for output in proto.output where !output.isEmpty { frames[depth].scope[output] = addResult(output, .unknown) }
  }

  /// What a reference of a function's body to an argument of the call stands for.
  func resolve(_ attribute: Onnx_AttributeProto, _ depth: Int) -> Onnx_AttributeProto? {
    guard !attribute.refAttrName.isEmpty else { return attribute }
    var at: Int? = depth
    while let depth = at {
      if var found = frames[depth].arguments[attribute.refAttrName] {
        found.name = attribute.name
        return found
      }
      at = frames[depth].outer
    }
    return nil
  }

  /// Takes the branch of an If whose condition is known; false when it is not.
  mutating func enterBranch(
    _ proto: Onnx_NodeProto, _ inputs: [Int?], _ name: String, _ origin: Int, _ depth: Int
  ) -> Bool {
    guard let condition = inputs.first ?? nil, let chosen = result.values[condition].tensor.values?.first ?? nil,
      let body = proto.attribute.first(where: { $0.name == (chosen.isTrue ? "then_branch" : "else_branch") })?.g
    else { return false }
    let at = place("node \"\(name)\"")
    guard frames.count < Self.frameLimit else {
      diagnostics.error("bodies are nested too deeply", at: at, expected: "at most \(Self.frameLimit) in each other")
      standIn(for: proto, depth)
      return true
    }
    guard body.output.count >= proto.output.count else {
      diagnostics.error(
        "the branch has too few results", at: at, value: "\(body.output.count)", expected: "\(proto.output.count)")
      standIn(for: proto, depth)
      return true
    }
    work += (body.initializer.count + body.valueInfo.count + body.output.count + body.node.count) / 8
    var frame = Frame(
      nodes: body.node, outer: depth, writers: writers(of: body.node), prefix: name + "/", origin: origin)
    frame.opset = frames[depth].opset
    frame.times = frames[depth].times
    addInputs(of: body, to: &frame, isMain: false)
    frame.results = zip(body.output, proto.output).map { ($0.name, $1) }
    for info in body.valueInfo + body.output { frame.declared[info.name] = info.type }
    frames.append(frame)
    return true
  }
}
