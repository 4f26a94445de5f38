import Files
import Foundation
import OnnxProto

/// Nodes as they are added: attributes, shapes, and what they cost.
extension ONNXImporter {
  mutating func add(
    _ proto: Onnx_NodeProto, _ inputs: [Int?], _ name: String, _ origin: Int, _ depth: Int
  ) {
    let who = "node \"\(name)\""
    var attributes: [String: ONNXGraph.Attribute] = [:]
    for attribute in proto.attribute {
      guard let resolved = resolve(attribute, depth) else { continue }
      guard let value = read(resolved, who) else { continue }
      if attributes.updateValue(value, forKey: attribute.name) != nil {
        diagnostics.error("the attribute is given twice", at: place(who), value: attribute.name)
      }
    }
    let tensors = inputs.map { $0.map { result.values[$0].tensor } }
    var call = ONNXCall(
      op: proto.opType, opset: frames[depth].opset, attributes: attributes, inputs: tensors,
      outputCount: proto.output.count, who: who)
    let isKnown = Self.isStandard(proto.domain) || ONNXCall.unary.contains(proto.opType)
    var outputs: [ONNXTensor]
    if isKnown || ["SkipLayerNormalization", "SkipSimplifiedLayerNormalization"].contains(proto.opType) {
      outputs = call.results()
    } else {
      call.isUnsupported("the operator \(proto.domain).\(proto.opType) is not supported")
      outputs = proto.output.map { _ in ONNXTensor(nil, nil, doubt: call.ownDoubt) }
    }
    for fault in call.faults {
      let detail = fault.input.map { "\(who), input \($0)" } ?? who
      diagnostics.error(fault.message, at: place(detail), value: fault.value, expected: fault.expected)
    }
    var positions: [Int] = []
    for (index, output) in proto.output.enumerated() {
      if !output.isEmpty, let declared = frames[depth].declared[output] {
        outputs[index] = merged(outputs[index], declared)
      }
      hold(&outputs[index], who)
      let position = addResult(output, outputs[index])
      if !output.isEmpty { frames[depth].scope[output] = position }
      positions.append(position)
    }
    if proto.opType == "Constant", Self.isStandard(proto.domain), let position = positions.first {
      keepStorage(ofConstant: proto, depth, at: position, who)
    }
    var node = ONNXGraph.Node(
      name: name, op: proto.opType, domain: Self.isStandard(proto.domain) ? "" : proto.domain, inputs: inputs,
      outputs: positions, attributes: attributes, origin: origin)
    node.isFolded = outputs.allSatisfy { $0.values?.allSatisfy { $0 != nil } ?? false } || proto.opType == "Constant"
    node.times = frames[depth].times
    count(&node, &call, outputs, who)
    result.nodes.append(node)
  }

  /// Forgets large computed values once there are too many of them.
  mutating func hold(_ tensor: inout ONNXTensor, _ who: String) {
    let size = (tensor.values?.count ?? 0) + 16 * (tensor.members?.count ?? 0)
    guard size > 16 else { return }
    guard held + size <= Self.heldLimit else {
      tensor.values = nil
      tensor.members = nil
      tensor.doubt =
        tensor.doubt ?? ONNXDoubt(reason: "\(who): too many values are computed in advance", isUnsupported: true)
      return
    }
    held += size
  }

  /// Inference wins; what the file declares fills in what inference cannot say.
  func merged(_ tensor: ONNXTensor, _ declared: Onnx_TypeProto) -> ONNXTensor {
    guard case .tensorType(let type)? = declared.value, tensor.members == nil, !tensor.isFullyKnown else {
      return tensor
    }
    var tensor = tensor
    tensor.element = tensor.element ?? ONNXElement(rawValue: type.elemType)
    guard type.hasShape, type.shape.dim.count <= ONNXTensor.rankLimit else { return tensor }
    let shape: [Int64?] = type.shape.dim.map { dim in
      if case .dimValue(let extent)? = dim.value, (0...ONNXTensor.elementLimit).contains(extent) { extent } else { nil }
    }
    let merged: [Int64?]
    if let own = tensor.shape {
      guard own.count == shape.count else { return tensor }
      merged = zip(own, shape).map { $0 ?? $1 }
    } else {
      merged = shape
    }
    guard ONNXTensor.product(merged.map { max($0 ?? 1, 1) }) != nil else { return tensor }
    tensor.shape = merged
    if tensor.isFullyKnown { tensor.doubt = nil }
    return tensor
  }

  mutating func read(_ proto: Onnx_AttributeProto, _ who: String) -> ONNXGraph.Attribute? {
    switch proto.type {
    case .int: return .integer(proto.i)
    case .float: return .real(Double(proto.f))
    case .string: return .text(String(decoding: proto.s, as: UTF8.self))
    case .ints: return .integers(proto.ints)
    case .floats: return .reals(proto.floats.map(Double.init))
    case .strings: return .texts(proto.strings.map { String(decoding: $0, as: UTF8.self) })
    case .sparseTensor:
      let at = place("\(who), attribute \"\(proto.name)\"")
      guard ONNXTensorReading.elements(proto.sparseTensor.dims, at: at, into: &diagnostics) != nil else { return nil }
      return .tensor(
        ONNXTensor(ONNXElement(rawValue: proto.sparseTensor.values.dataType), proto.sparseTensor.dims.map { $0 }))
    case .tensor:
      if proto.t.dataType == ONNXElement.string.rawValue {
        // No shape is made of strings.
        let at = place("\(who), attribute \"\(proto.name)\"")
        guard ONNXTensorReading.elements(proto.t.dims, at: at, into: &diagnostics) != nil else { return nil }
        return .tensor(ONNXTensor(.string, proto.t.dims.map { $0 }))
      }
      return ONNXTensorReading.read(proto.t, at: place("\(who), attribute \"\(proto.name)\""), into: &diagnostics)
        .map { .tensor($0) }
    case .undefined:
      // Files before version 2 of the format leave the type out.
      if proto.hasI { return .integer(proto.i) }
      if proto.hasF { return .real(Double(proto.f)) }
      if proto.hasS { return .text(String(decoding: proto.s, as: UTF8.self)) }
      if !proto.ints.isEmpty { return .integers(proto.ints) }
      if !proto.floats.isEmpty { return .reals(proto.floats.map(Double.init)) }
      return .other
    default: return .other
    }
  }

  /// The MACs of a product: elements of the result × what each sums over.
  mutating func count(
    _ node: inout ONNXGraph.Node, _ call: inout ONNXCall, _ outputs: [ONNXTensor], _ who: String
  ) {
    let uncounted = [
      "Einsum", "ConvTranspose", "LSTM", "GRU", "RNN", "Attention", "MultiHeadAttention", "GroupQueryAttention",
      "FusedMatMul", "FusedGemm", "FusedConv", "DeformConv", "MatMulNBits",
    ]
    if uncounted.contains(node.op), warned.insert("uncounted " + node.op).inserted {
      diagnostics.warning(
        "its multiply-accumulates are not counted", at: place(who), value: node.op,
        expected: "MatMul, Gemm, Conv or their integer forms")
    }
    if node.domain == "ai.onnx.preview.training" {
      diagnostics.error("training is not supported", at: place(who), value: node.op, expected: "a model for inference")
    }
    guard node.domain.isEmpty, let positions = ONNXCall.operands(node.op), let output = outputs.first else { return }
    let before = call.faults.count
    let inner = call.contraction()
    for fault in call.faults[before...] {
      diagnostics.error(fault.message, at: place(who), value: fault.value, expected: fault.expected)
    }
    if let elements = output.elements, let inner {
      let (macs, overflow) = elements.multipliedReportingOverflow(by: inner)
      if overflow || macs > 1 << 62 {
        diagnostics.error("the multiply-accumulates are too many to count", at: place(who))
        return
      }
      guard macs > 0, node.times != 1 else {
        node.macs = macs
        return
      }
      guard let times = node.times else {
        node.macs = nil
        node.macsDoubt = "\(who): its body runs as often as data decide"
        result.macsDoubt = result.macsDoubt ?? node.macsDoubt
        return
      }
      guard let all = macs.product(times), all <= 1 << 62 else {
        diagnostics.error("the multiply-accumulates are too many to count", at: place(who))
        return
      }
      node.macs = all
      return
    }
    node.macs = nil
    for position in [positions.0, positions.1] {
      guard let operand = call.input(position), !operand.isFullyKnown || operand.extents == nil else { continue }
      guard let doubt = operand.doubt else { continue }
      if doubt.isUnsupported {
        diagnostics.error(
          "the multiply-accumulates cannot be counted: the shape of this input is unknown",
          at: place("\(who), input \(position)"), value: operand.shapeText, suggestion: doubt.reason)
      } else {
        node.macsDoubt = doubt.reason
        result.macsDoubt = result.macsDoubt ?? doubt.reason
      }
      return
    }
    if !diagnostics.hasErrors {
      diagnostics.error("the multiply-accumulates cannot be counted: a shape is unknown", at: place(who))
    }
  }
}
