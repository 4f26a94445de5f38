import Dataflow
import Foundation
import OnnxProto

/// What a recorded input or output of a model is: a tensor, a list of them, or nothing.
enum RecordedValue {
  case tensor(Onnx_TensorProto)
  case sequence([Onnx_TensorProto])
  /// An optional that holds nothing.
  case none
  /// Maps, sparse tensors, sequences of sequences.
  case other

  /// The messages SequenceProto and OptionalProto of onnx-data.proto, which the importer has no use for, are read here.
  init(path: String, type: Onnx_TypeProto) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    switch type.value {
    case .sequenceType(let list)?: self = try Self.sequence(data, of: list.elemType)
    case .optionalType(let optional)?:
      let fields = Self.fields(data)
      if let tensor = fields.last(where: { $0.number == 3 }) {
        self = .tensor(try Onnx_TensorProto(serializedBytes: tensor.bytes))
      } else if let list = fields.last(where: { $0.number == 5 }) {
        self = try Self.sequence(list.bytes, of: optional.elemType.sequenceType.elemType)
      } else {
        self = fields.contains { $0.number > 3 } ? .other : .none
      }
    case .tensorType?: self = .tensor(try Onnx_TensorProto(serializedBytes: data))
    default: self = .other
    }
  }

  private static func sequence(_ data: Data, of type: Onnx_TypeProto) throws -> RecordedValue {
    guard case .tensorType? = type.value else { return .other }
    return .sequence(
      try fields(data).filter { $0.number == 3 }.map { try Onnx_TensorProto(serializedBytes: $0.bytes) })
  }

  /// The length-delimited fields of a message; numbers are passed over.
  private static func fields(_ data: Data) -> [(number: Int, bytes: Data)] {
    var rest = data[...]
    func varint() -> Int? {
      var value = 0
      for shift in stride(from: 0, to: 63, by: 7) {
        guard let byte = rest.popFirst() else { return nil }
        value |= Int(byte & 127) << shift
        if byte < 128 { return value }
      }
      return nil
    }
    var fields: [(number: Int, bytes: Data)] = []
    while let tag = varint() {
      switch tag & 7 {
      case 0: _ = varint()
      case 2:
        guard let length = varint(), length <= rest.count else { return fields }
        fields.append((tag >> 3, Data(rest.prefix(length))))
        rest = rest.dropFirst(length)
      default: return fields
      }
    }
    return fields
  }
}

extension Onnx_TensorProto {
  /// The elements as numbers, row-major; nil for types that need no comparing.
  var numbers: [Double]? {
    func raw<T>(_ type: T.Type, _ number: (T) -> Double) -> [Double] {
      rawData.withUnsafeBytes { bytes in
        (0..<(bytes.count / MemoryLayout<T>.size)).map {
          number(bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: type))
        }
      }
    }
    guard !rawData.isEmpty else {
      switch ONNXElement(rawValue: dataType) {
      case .float32: return floatData.map(Double.init)
      case .float64: return doubleData
      case .int64: return int64Data.map(Double.init)
      case .int32, .int16, .int8, .uint16, .uint8, .bool: return int32Data.map(Double.init)
      case .uint32, .uint64: return uint64Data.map(Double.init)
      default: return nil
      }
    }
    switch ONNXElement(rawValue: dataType) {
    case .float32: return raw(Float.self) { Double($0) }
    case .float64: return raw(Double.self) { $0 }
    case .int64: return raw(Int64.self) { Double($0) }
    case .int32: return raw(Int32.self) { Double($0) }
    case .int16: return raw(Int16.self) { Double($0) }
    case .int8: return raw(Int8.self) { Double($0) }
    case .uint64: return raw(UInt64.self) { Double($0) }
    case .uint32: return raw(UInt32.self) { Double($0) }
    case .uint16: return raw(UInt16.self) { Double($0) }
    case .uint8, .bool: return raw(UInt8.self) { Double($0) }
    default: return nil
    }
  }
}
