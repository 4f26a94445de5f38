import Files

/// Where the elements of an initializer or a constant lie, and the way to them.
public struct ONNXStorage: Sendable {
  enum Source: Sendable {
    case tensor(StoredTensor)
    /// Integers of variable length, which have to be decoded.
    case integers(MappedFile, Range<Int>)
    /// Why there are no elements to be had.
    case refused(Refusal)
  }

  /// The most bytes of a tensor that has to be decoded.
  static let decodedBytes: Int64 = 1 << 31

  public let name: String
  public let element: ONNXElement
  public let shape: [Int64]
  let source: Source
  let place: Place

  /// Whether the elements lie in a file as they are, so that nothing is copied.
  public var isMapped: Bool {
    if case .tensor(let tensor) = source { tensor.isMapped } else { false }
  }

  /// The elements.
  ///
  /// - Throws: when the file with the external data is missing or too short, when the element type has no counterpart
  ///   (complex, 8-bit and 4-bit numbers), and for integers that do not fit their type.
  public func tensor() throws(Refusal) -> StoredTensor {
    switch source {
    case .tensor(let tensor): return tensor
    case .refused(let refusal): throw refusal
    case .integers(let file, let range):
      guard let stored = ONNXStorage.stored(element), let count = ONNXTensor.product(shape),
        count <= Self.decodedBytes / 8
      else {
        throw Refusal("the tensor is too large to be decoded", at: place, expected: "its elements as raw_data")
      }
      var bytes: [UInt8]? = []
      file.withBytes { all in
        var value: UInt64 = 0
        var shift: UInt64 = 0
        bytes?.reserveCapacity(Int(count) * stored.size)
        for byte in all[range] {
          value |= shift < 64 ? UInt64(byte & 127) << shift : 0
          shift += 7
          guard byte < 128 else { continue }
          if !Self.append(value, as: stored, to: &bytes) { break }
          value = 0
          shift = 0
        }
      }
      file.release(range)
      guard let bytes, let tensor = StoredTensor(name: name, element: stored, shape: shape, bytes: bytes) else {
        throw Refusal(
          "an element does not fit the tensor's type", at: place, expected: "numbers that \(element.name) holds")
      }
      return tensor
    }
  }

  /// Appends an integer as `int32_data`, `int64_data` and `uint64_data` hold it; false, and nothing is kept, when it does
  /// not fit.
  static func append(_ value: UInt64, as element: TensorElement, to bytes: inout [UInt8]?) -> Bool {
    let signed = Int64(bitPattern: value)
    let fits =
      switch element {
      case .int64, .uint64: true
      case .uint32: value <= UInt32.max
      case .int32: Int32(exactly: signed) != nil
      case .int16: Int16(exactly: signed) != nil
      case .int8: Int8(exactly: signed) != nil
      case .uint16, .float16, .bfloat16: value <= UInt16.max
      case .uint8: value <= UInt8.max
      case .bool: value <= 1
      case .float32, .float64: false
      }
    guard fits else {
      bytes = nil
      return false
    }
    for index in 0..<element.size { bytes?.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    return true
  }

  /// The element type of stored tensors that is `element`; nil where there is none.
  static func stored(_ element: ONNXElement) -> TensorElement? {
    switch element {
    case .float64: .float64
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    case .uint8: .uint8
    case .uint16: .uint16
    case .uint32: .uint32
    case .uint64: .uint64
    case .bool: .bool
    default: nil
    }
  }
}
