import Files
import Foundation
import OnnxProto

/// The way from a value to its elements, for initializers and constants.
extension ONNXImporter {
  /// Keeps the place of the elements of `proto`, which `tensor` was read from, with the value `position`.
  mutating func keepStorage(of proto: Onnx_TensorProto, _ tensor: ONNXTensor, at position: Int?, _ at: Place) {
    guard let position, result.values.indices.contains(position), let element = tensor.element,
      let shape = tensor.extents, let count = tensor.elements
    else { return }
    let name = result.values[position].name
    guard let source = source(of: proto, name, element, shape, count, at) else { return }
    result.values[position].storage = ONNXStorage(
      name: name, element: element, shape: shape, source: source, place: at)
  }

  /// As `keepStorage`, for what a Constant node writes.
  mutating func keepStorage(ofConstant node: Onnx_NodeProto, _ depth: Int, at position: Int, _ who: String) {
    let tensor = result.values[position].tensor
    for attribute in node.attribute {
      guard let resolved = resolve(attribute, depth) else { continue }
      let proto: Onnx_TensorProto
      switch attribute.name {
      case "value" where resolved.hasT: proto = resolved.t
      case "value_float" where tensor.element == .float32: proto = floats([resolved.f])
      case "value_floats" where tensor.element == .float32: proto = floats(resolved.floats)
      case "value_int" where tensor.element == .int64: proto = integers([resolved.i])
      case "value_ints" where tensor.element == .int64: proto = integers(resolved.ints)
      default: continue
      }
      // Of several values the node has one; the value's type and shape say which.
      let isSingle = attribute.name == "value_float" || attribute.name == "value_int"
      guard proto.dataType == tensor.element?.rawValue, isSingle ? tensor.extents == [] : tensor.extents == proto.dims
      else { continue }
      return keepStorage(of: proto, tensor, at: position, place(who))
    }
  }

  private func floats(_ values: [Float]) -> Onnx_TensorProto {
    var proto = Onnx_TensorProto()
    proto.dataType = ONNXElement.float32.rawValue
    proto.dims = [Int64(values.count)]
    proto.floatData = values
    return proto
  }

  private func integers(_ values: [Int64]) -> Onnx_TensorProto {
    var proto = Onnx_TensorProto()
    proto.dataType = ONNXElement.int64.rawValue
    proto.dims = [Int64(values.count)]
    proto.int64Data = values
    return proto
  }

  private mutating func source(
    of proto: Onnx_TensorProto, _ name: String, _ element: ONNXElement, _ shape: [Int64], _ count: Int64, _ at: Place
  ) -> ONNXStorage.Source? {
    guard let stored = ONNXStorage.stored(element) else {
      return .refused(Refusal("the elements of this type cannot be read", at: at, value: element.name))
    }
    if ONNXTensorReading.isExternal(proto) { return external(proto, name, stored, shape, count, at) }
    func view(_ file: MappedFile, _ range: Range<Int>) -> ONNXStorage.Source? {
      StoredTensor(name: name, element: stored, shape: shape, file: file, range: range).map { .tensor($0) }
    }
    if let payload = ONNXPayload(marker: proto.docString) {
      switch payload.field {
      case ONNXPayload.raw: return view(weights.model, payload.range)
      case 4 where element == .float32: return view(weights.model, payload.range)
      case 10 where element == .float64: return view(weights.model, payload.range)
      case ONNXTensorReading.integerField(element): return .integers(weights.model, payload.range)
      default: return .refused(wrongField(at))
      }
    }
    guard let bytes = inline(proto, element, stored) else { return .refused(wrongField(at)) }
    return StoredTensor(name: name, element: stored, shape: shape, bytes: bytes).map { .tensor($0) }
      ?? .refused(wrongField(at))
  }

  private func wrongField(_ at: Place) -> Refusal {
    Refusal("the tensor's elements are in a field of another type", at: at, expected: "raw_data or its own field")
  }

  /// The bytes of elements that stand in the message.
  private func inline(_ proto: Onnx_TensorProto, _ element: ONNXElement, _ stored: TensorElement) -> [UInt8]? {
    if !proto.rawData.isEmpty { return Array(proto.rawData) }
    var bytes: [UInt8]? = []
    func append(_ values: [UInt64]) { for value in values where !ONNXStorage.append(value, as: stored, to: &bytes) {} }
    switch element {
    case .float32: bytes = proto.floatData.withUnsafeBytes { Array($0) }
    case .float64: bytes = proto.doubleData.withUnsafeBytes { Array($0) }
    case .int64: bytes = proto.int64Data.withUnsafeBytes { Array($0) }
    case .uint64: bytes = proto.uint64Data.withUnsafeBytes { Array($0) }
    case .uint32: append(proto.uint64Data)
    default: append(proto.int32Data.map { UInt64(bitPattern: Int64($0)) })
    }
    return bytes
  }

  /// A view of a file beside the model. That the file is missing is said to who asks for the elements; that it is there
  /// and wrong is an error of the model.
  private mutating func external(
    _ proto: Onnx_TensorProto, _ name: String, _ element: TensorElement, _ shape: [Int64], _ count: Int64, _ at: Place
  ) -> ONNXStorage.Source? {
    func entry(_ key: String) -> String? { proto.externalData.first { $0.key == key }?.value }
    guard let location = entry("location"), ONNXTensorReading.staysInside(location) else { return nil }
    let file: MappedFile
    switch weights.external(location, at) {
    case .success(let found): file = found
    case .failure(.missing(let refusal)): return .refused(refusal)
    case .failure(.refused(let refusal)):
      diagnostics.add(refusal)
      return .refused(refusal)
    }
    let bytes = count * Int64(element.size)
    guard let offset = entry("offset").map({ Int64($0) }) ?? 0, offset >= 0,
      let length = entry("length").map({ Int64($0) }) ?? bytes, length == bytes
    else {
      diagnostics.error(
        "the external data has the wrong length", at: at, value: entry("length"),
        expected: "\(bytes) bytes for \(element.rawValue) \(shape)")
      return nil
    }
    let (end, overflow) = offset.addingReportingOverflow(length)
    guard !overflow, end <= Int64(file.count) else {
      diagnostics.error(
        "the external data lies beyond the end of its file", at: at, value: "\(length) bytes at \(offset)",
        expected: "within the \(file.count) bytes of '\(clipped(location))'")
      return nil
    }
    return StoredTensor(name: name, element: element, shape: shape, file: file, range: Int(offset)..<Int(end))
      .map { .tensor($0) }
  }
}
