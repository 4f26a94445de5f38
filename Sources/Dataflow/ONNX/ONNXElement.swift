/// The element types of ONNX tensors, by their number in `TensorProto.DataType`.
public enum ONNXElement: Int32, Hashable, Sendable, CaseIterable {
  case float32 = 1, uint8, int8, uint16, int16, int32, int64, string, bool, float16, float64, uint32, uint64
  case complex64, complex128, bfloat16, float8e4m3fn, float8e4m3fnuz, float8e5m2, float8e5m2fnuz, uint4, int4
  case float4e2m1

  /// The name as users write it.
  public var name: String { "\(self)" }

  /// Bits of one element; 0 for strings.
  public var bits: Int64 {
    switch self {
    case .string: 0
    case .uint4, .int4, .float4e2m1: 4
    case .uint8, .int8, .bool, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz: 8
    case .uint16, .int16, .float16, .bfloat16: 16
    case .float32, .int32, .uint32: 32
    case .float64, .int64, .uint64, .complex64: 64
    case .complex128: 128
    }
  }

  /// Bytes that `elements` of them fill, sub-byte types packed. `elements` is at most `ONNXTensor.elementLimit`.
  public func bytes(_ elements: Int64) -> Int64 { (elements * bits + 7) / 8 }

  public var isFloat: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
      .float4e2m1:
      true
    default: false
    }
  }
}
