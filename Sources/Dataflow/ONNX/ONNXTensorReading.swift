import Files
import Foundation
import OnnxProto

/// Reads the tensors of a file: shapes always, elements when they are few.
enum ONNXTensorReading {
  /// The tensor, or nil with errors.
  static func read(_ proto: Onnx_TensorProto, at place: Place, into d: inout Diagnostics) -> ONNXTensor? {
    guard let element = ONNXElement(rawValue: proto.dataType) else {
      d.error(
        "the tensor has an unknown element type", at: place, value: "\(proto.dataType)",
        expected: "a number from 1 to \(ONNXElement.allCases.count)")
      return nil
    }
    guard element != .string else {
      d.error("tensors of strings are not supported", at: place, expected: "numbers or truth values")
      return nil
    }
    guard let count = elements(proto.dims, at: place, into: &d) else { return nil }
    var tensor = ONNXTensor(element, proto.dims.map { $0 })
    if proto.hasSegment {
      d.error("tensors in segments are not supported", at: place)
      return nil
    }
    if isExternal(proto) {
      checkExternal(proto, at: place, into: &d)
      return tensor
    }
    let payload = ONNXPayload(marker: proto.docString)
    var typed = [
      proto.floatData.count, proto.int32Data.count, proto.int64Data.count, proto.doubleData.count,
      proto.uint64Data.count, proto.stringData.count,
    ].filter { $0 > 0 }
    var rawCount = proto.rawData.count
    if let payload, typed.isEmpty, rawCount == 0 {
      if payload.field == ONNXPayload.raw { rawCount = payload.entries } else { typed = [payload.entries] }
    } else if payload != nil || rawCount > 0 && !typed.isEmpty || typed.count > 1 {
      d.error("the tensor has its elements twice", at: place, expected: "raw_data or one typed field")
      return nil
    }
    if typed.isEmpty {
      let expected = element.bytes(count)
      guard Int64(rawCount) == expected else {
        d.error(
          "raw_data has the wrong length", at: place, value: "\(rawCount) bytes",
          expected: "\(expected) bytes for \(element.name) \(ONNXTensor.text(tensor.shape ?? []))")
        return nil
      }
      if count <= ONNXTensor.foldLimit, payload == nil { tensor.values = raw(proto.rawData, element, Int(count)) }
      return tensor
    }
    let entries = typedEntries(element, count)
    guard Int64(typed[0]) == entries else {
      d.error(
        "the tensor has the wrong number of elements", at: place, value: "\(typed[0])",
        expected: "\(entries) for \(element.name) \(ONNXTensor.text(tensor.shape ?? []))")
      return nil
    }
    if count <= ONNXTensor.foldLimit, payload == nil { tensor.values = typedValues(proto, element, Int(count)) }
    return tensor
  }

  /// The number of elements of `dims`, or nil with an error.
  static func elements(_ dims: [Int64], at place: Place, into d: inout Diagnostics) -> Int64? {
    guard dims.count <= ONNXTensor.rankLimit else {
      d.error("too many axes", at: place, value: "\(dims.count)", expected: "at most \(ONNXTensor.rankLimit)")
      return nil
    }
    if let extent = dims.first(where: { $0 < 0 }) {
      d.error("an extent is negative", at: place, value: "\(extent)", expected: "0 or more")
      return nil
    }
    guard let count = ONNXTensor.product(dims) else {
      d.error("too many elements", at: place, value: ONNXTensor.text(dims.map { $0 }), expected: "at most 2^56")
      return nil
    }
    return count
  }

  static func isExternal(_ proto: Onnx_TensorProto) -> Bool {
    proto.dataLocation == .external || !proto.externalData.isEmpty
  }

  /// Whether a location of external data is a plain relative path.
  static func staysInside(_ location: String) -> Bool {
    let parts = location.split(whereSeparator: { $0 == "/" || $0 == "\\" })
    let isDrive = location.dropFirst().first == ":"
    return !location.isEmpty && !location.hasPrefix("/") && !location.hasPrefix("\\") && !isDrive
      && !parts.contains("..") && !location.utf8.contains(0)
  }

  /// The typed field that holds integers of `element`, or the bits of short floats; nil for other elements.
  static func integerField(_ element: ONNXElement) -> UInt64? {
    switch element {
    case .int64: 7
    case .uint32, .uint64: 11
    case .int32, .int16, .int8, .uint16, .uint8, .bool, .float16, .bfloat16: 5
    default: nil
    }
  }

  /// What the file says of external data, before any file is opened: shapes say all that counting needs.
  private static func checkExternal(_ proto: Onnx_TensorProto, at place: Place, into d: inout Diagnostics) {
    guard let location = proto.externalData.first(where: { $0.key == "location" })?.value, !location.isEmpty else {
      d.error("external data without a location", at: place, expected: "a file beside the model")
      return
    }
    if !staysInside(location) {
      d.error(
        "the external data lies outside the model's folder", at: place, value: location,
        expected: "a relative path without '..'")
    }
    for key in ["offset", "length"] {
      guard let text = proto.externalData.first(where: { $0.key == key })?.value else { continue }
      if Int64(text).map({ $0 < 0 }) ?? true {
        d.error("the \(key) of the external data is no count", at: place, value: text, expected: "0 or more")
      }
    }
  }

  /// How many entries of its typed field hold `count` elements.
  private static func typedEntries(_ element: ONNXElement, _ count: Int64) -> Int64 {
    switch element {
    case .complex64, .complex128: 2 * count
    case .int4, .uint4, .float4e2m1: (count + 1) / 2
    default: count
    }
  }

  private static func raw(_ data: Data, _ element: ONNXElement, _ count: Int) -> [ONNXScalar?]? {
    func each<T>(_ type: T.Type, _ make: (T) -> ONNXScalar?) -> [ONNXScalar?] {
      data.withUnsafeBytes { bytes in
        (0..<count).map { make(bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: type)) }
      }
    }
    switch element {
    case .float32: return each(UInt32.self) { .real(Double(Float(bitPattern: UInt32(littleEndian: $0)))) }
    case .float64: return each(UInt64.self) { .real(Double(bitPattern: UInt64(littleEndian: $0))) }
    case .bfloat16: return each(UInt16.self) { .real(bfloat16(UInt16(littleEndian: $0))) }
    case .float16: return each(UInt16.self) { .real(float16(UInt16(littleEndian: $0))) }
    case .int64: return each(Int64.self) { .integer(Int64(littleEndian: $0)) }
    case .int32: return each(Int32.self) { .integer(Int64(Int32(littleEndian: $0))) }
    case .int16: return each(Int16.self) { .integer(Int64(Int16(littleEndian: $0))) }
    case .int8: return each(Int8.self) { .integer(Int64($0)) }
    case .uint64: return each(UInt64.self) { Int64(exactly: UInt64(littleEndian: $0)).map { .integer($0) } }
    case .uint32: return each(UInt32.self) { .integer(Int64(UInt32(littleEndian: $0))) }
    case .uint16: return each(UInt16.self) { .integer(Int64(UInt16(littleEndian: $0))) }
    case .uint8: return each(UInt8.self) { .integer(Int64($0)) }
    case .bool: return each(UInt8.self) { .truth($0 != 0) }
    default: return nil
    }
  }

  private static func typedValues(_ proto: Onnx_TensorProto, _ element: ONNXElement, _ count: Int) -> [ONNXScalar?]? {
    let values: [ONNXScalar?]
    switch element {
    case .float32: values = proto.floatData.map { .real(Double($0)) }
    case .float64: values = proto.doubleData.map { .real($0) }
    case .int64: values = proto.int64Data.map { .integer($0) }
    case .uint32, .uint64: values = proto.uint64Data.map { Int64(exactly: $0).map { .integer($0) } }
    case .int32, .int16, .int8, .uint16, .uint8: values = proto.int32Data.map { .integer(Int64($0)) }
    case .bool: values = proto.int32Data.map { .truth($0 != 0) }
    case .float16: values = proto.int32Data.map { .real(float16(UInt16(truncatingIfNeeded: $0))) }
    case .bfloat16: values = proto.int32Data.map { .real(bfloat16(UInt16(truncatingIfNeeded: $0))) }
    default: return nil
    }
    // A field of another type than the tensor's leaves none here.
    return values.count == count ? values : nil
  }

  private static func bfloat16(_ bits: UInt16) -> Double { Double(Float(bitPattern: UInt32(bits) << 16)) }

  private static func float16(_ bits: UInt16) -> Double {
    let sign: Double = bits >> 15 == 1 ? -1 : 1
    let exponent = Int(bits >> 10 & 31)
    let fraction = Double(bits & 1023)
    switch exponent {
    case 0: return sign * fraction * 0x1p-24
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default: return sign * (1 + fraction / 1024) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
    }
  }
}
