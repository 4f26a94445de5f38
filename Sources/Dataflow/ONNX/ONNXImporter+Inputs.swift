import Files
import Foundation
import OnnxProto

/// What comes into a graph: inputs, weights and initializers.
extension ONNXImporter {
  mutating func addInputs(of graph: Onnx_GraphProto, to frame: inout Frame, isMain: Bool) {
    var hasFloats = false
    for (index, proto) in graph.initializer.enumerated() {
      let at = place("initializer \"\(proto.name.isEmpty ? "#\(index)" : proto.name)\"")
      guard let tensor = ONNXTensorReading.read(proto, at: at, into: &diagnostics) else {
        // Defined all the same: one fault is one message.
        define(proto.name, .initializer, .unknown, in: &frame, at)
        continue
      }
      hasFloats = hasFloats || tensor.element?.isFloat == true
      if define(proto.name, .initializer, tensor, in: &frame, at) {
        keepStorage(of: proto, tensor, at: result.values.count - 1, at)
      }
    }
    for proto in graph.sparseInitializer {
      let at = place("initializer \"\(proto.values.name)\"")
      guard ONNXTensorReading.elements(proto.dims, at: at, into: &diagnostics) != nil else { continue }
      define(
        proto.values.name, .initializer,
        ONNXTensor(ONNXElement(rawValue: proto.values.dataType), proto.dims.map { $0 }), in: &frame, at)
    }
    guard isMain else { return }
    let initializers = Set(graph.initializer.lazy.map(\.name))
    for (index, info) in graph.input.enumerated() {
      // Old files list their initializers among the inputs.
      if frame.scope[info.name] != nil && initializers.contains(info.name) { continue }
      let at = place("input \"\(info.name.isEmpty ? "#\(index)" : info.name)\"")
      guard let (tensor, isStatic) = bind(info.type, at: at) else { continue }
      let role = Self.role(of: info.name, tensor, isStatic: isStatic, hasFloats: hasFloats, index: index)
      define(info.name, role, tensor, in: &frame, at)
      if let position = frame.scope[info.name] ?? nil { result.inputs.append(position) }
    }
  }

  /// The tensor that a declared type says, its symbolic extents bound.
  mutating func bind(_ type: Onnx_TypeProto, at: Place) -> (tensor: ONNXTensor, isStatic: Bool)? {
    guard case .tensorType(let declared)? = type.value else {
      return (untensored(type, at), false)
    }
    guard let element = ONNXElement(rawValue: declared.elemType) else {
      diagnostics.error("the input has an unknown element type", at: at, value: "\(declared.elemType)")
      return nil
    }
    guard declared.hasShape else {
      return (
        ONNXTensor(
          element, nil, doubt: ONNXDoubt(reason: "\(at.detail ?? "an input") has no shape", isUnsupported: true)), false
      )
    }
    var shape: [Int64] = []
    var isStatic = true
    for dim in declared.shape.dim {
      if case .dimValue(let extent)? = dim.value {
        shape.append(extent)
        continue
      }
      isStatic = false
      let name = dim.dimParam
      let (extent, isKnown) = dimensions.bind(name)
      if !name.isEmpty, warned.insert("symbol " + name).inserted { result.symbols.append((name, extent)) }
      if !isKnown, warned.insert("dimension " + name).inserted {
        diagnostics.warning(
          name.isEmpty ? "an extent without a name is taken as 1" : "the symbolic extent is taken as 1", at: at,
          value: name.isEmpty ? nil : name, expected: "a name with batch, seq, past or total in it")
      }
      shape.append(extent)
    }
    guard ONNXTensorReading.elements(shape, at: at, into: &diagnostics) != nil else { return nil }
    return (ONNXTensor(element, shape.map { $0 }), isStatic)
  }

  /// What is known of an input that is a sequence, an optional or a map.
  private func untensored(_ type: Onnx_TypeProto, _ at: Place) -> ONNXTensor {
    func decided(_ what: String) -> ONNXDoubt {
      ONNXDoubt(reason: "\(at.detail ?? "an input") \(what)", isUnsupported: false)
    }
    switch type.value {
    case nil: return .unknown
    case .sequenceType(let list)?:
      let element = ONNXElement(rawValue: list.elemType.tensorType.elemType)
      return ONNXTensor(element, nil, doubt: decided("is a sequence, whose members are data"))
    case .optionalType(let optional)?:
      let element = ONNXElement(rawValue: optional.elemType.tensorType.elemType)
      var tensor = ONNXTensor(element, nil, doubt: decided("is optional, and whether it is there depends on the data"))
      tensor.presence = .undecided
      return tensor
    default:
      return ONNXTensor(
        nil, nil, doubt: ONNXDoubt(reason: "\(at.detail ?? "an input") is no tensor", isUnsupported: true))
    }
  }

  /// Whether an input is data or a weight: exporters that leave the weights out make each an input.
  ///
  /// Weights have static shapes and the dotted name of a module's parameter or buffer (or the exporter's `onnx::` name);
  /// caches, masks and tokens are data whatever their names look like.
  static func role(
    of name: String, _ tensor: ONNXTensor, isStatic: Bool, hasFloats: Bool, index: Int
  ) -> ONNXGraph.Value.Role {
    let lowered = name.lowercased()
    let dataPrefixes = [
      "past", "present", "cache", "input", "pixel", "attention_mask", "encoder_hidden", "hidden_states",
    ]
    guard isStatic, !dataPrefixes.contains(where: lowered.hasPrefix) else { return .data }
    if name.contains(".") || name.contains("::") { return .weight }
    let endings = [
      "weight", "weights", "bias", "gamma", "beta", "kernel", "scale", "running_mean", "running_var", "_w", "_b",
    ]
    guard tensor.element?.isFloat == true, !hasFloats, index > 0 else { return .data }
    return endings.contains(where: lowered.hasSuffix) ? .weight : .data
  }

  /// Adds a value; false with an error when its name is no new one.
  @discardableResult
  mutating func define(
    _ name: String, _ role: ONNXGraph.Value.Role, _ tensor: ONNXTensor, in frame: inout Frame, _ at: Place
  ) -> Bool {
    guard !name.isEmpty else {
      diagnostics.error("a value without a name", at: at)
      return false
    }
    guard frame.scope[name] == nil else {
      diagnostics.error("two values have the same name", at: at, value: name, expected: "one definition of each name")
      return false
    }
    result.values.append(ONNXGraph.Value(name: name, role: role, tensor: tensor))
    frame.scope[name] = result.values.count - 1
    return true
  }
}
