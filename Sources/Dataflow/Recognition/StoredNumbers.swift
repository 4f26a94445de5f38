import Foundation
import OnnxProto

/// The elements of one initializer as the file holds them.
struct StoredNumbers: WeightSource {
  private let bytes: Data
  private let element: ONNXElement
  private let floats: [Float]

  /// nil when the proto holds none, or none of a floating-point type.
  init?(_ proto: Onnx_TensorProto) {
    guard let element = ONNXElement(rawValue: proto.dataType) else { return nil }
    guard [.float32, .float16, .bfloat16, .float64].contains(element) else { return nil }
    self.element = element
    bytes = proto.rawData
    floats = element == .float32 ? proto.floatData : proto.doubleData.map { Float($0) }
    if bytes.isEmpty && floats.isEmpty { return nil }
  }

  func float(at index: Int64) -> Float {
    guard bytes.isEmpty else {
      return bytes.withUnsafeBytes { bytes in
        let at = Int(index) * Int(element.bits / 8)
        switch element {
        case .float64:
          return Float(
            Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))))
        case .float16:
          return Float(
            ONNXTensorReading.float16(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt16.self))))
        case .bfloat16:
          let bits = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt16.self))
          return Float(bitPattern: UInt32(bits) << 16)
        default:
          return Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
        }
      }
    }
    return floats[Int(index)]
  }
}

/// The elements of a tensor that the importer read already.
private struct KnownNumbers: WeightSource {
  let values: [Float]
  func float(at index: Int64) -> Float { values[Int(index)] }
}

extension ONNXGraph {
  /// The numbers of a value that the file holds; nil for weights that are inputs and for results.
  ///
  /// The one place that knows where a file's numbers are kept.
  func numbers(of value: Int) -> (any WeightSource)? {
    if let stored = stored[value] { return stored }
    guard let known = values[value].tensor.values else { return nil }
    var numbers: [Float] = []
    for scalar in known {
      guard let scalar else { return nil }
      numbers.append(Float(scalar.real))
    }
    return KnownNumbers(values: numbers)
  }
}
