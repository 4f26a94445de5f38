import Arch

/// Elements one by one and in stretches. An index is the position in row-major order.
extension StoredTensor {
  /// The element at `index` as fp32, rounded to nearest even where it is wider; truth values are 0 and 1.
  ///
  /// - Precondition: `index` is in 0 ..< count.
  public func float(at index: Int64) -> Float {
    precondition((0..<count).contains(index), "the index is outside the tensor")
    return withBytes { bytes in
      let at = Int(index)
      switch element {
      case .float32: return Float(bitPattern: Self.load(bytes, at))
      case .bfloat16: return BF16.widen(Self.load(bytes, at))
      case .float16: return Self.widenHalf(Self.load(bytes, at))
      case .float64: return Float(Double(bitPattern: Self.load(bytes, at)))
      case .int8: return Float(Self.load(bytes, at) as Int8)
      case .int16: return Float(Self.load(bytes, at) as Int16)
      case .int32: return Float(Self.load(bytes, at) as Int32)
      case .int64: return Float(Self.load(bytes, at) as Int64)
      case .uint8: return Float(Self.load(bytes, at) as UInt8)
      case .uint16: return Float(Self.load(bytes, at) as UInt16)
      case .uint32: return Float(Self.load(bytes, at) as UInt32)
      case .uint64: return Float(Self.load(bytes, at) as UInt64)
      case .bool: return bytes[at] == 0 ? 0 : 1
      }
    }
  }

  /// The elements of `range` as `float(at:)` gives them.
  ///
  /// - Precondition: `range` lies in 0 ..< count.
  public func floats(_ range: Range<Int64>) -> [Float] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "the range is outside the tensor")
    let part = Int(range.lowerBound)..<Int(range.upperBound)
    return withBytes { bytes in
      switch element {
      case .float32: Self.each(bytes, part) { Float(bitPattern: $0) }
      case .bfloat16: Self.each(bytes, part) { BF16.widen($0) }
      case .float16: Self.each(bytes, part) { Self.widenHalf($0) }
      case .float64: Self.each(bytes, part) { Float(Double(bitPattern: $0)) }
      case .int8: Self.each(bytes, part) { Float($0 as Int8) }
      case .int16: Self.each(bytes, part) { Float($0 as Int16) }
      case .int32: Self.each(bytes, part) { Float($0 as Int32) }
      case .int64: Self.each(bytes, part) { Float($0 as Int64) }
      case .uint8: Self.each(bytes, part) { Float($0 as UInt8) }
      case .uint16: Self.each(bytes, part) { Float($0 as UInt16) }
      case .uint32: Self.each(bytes, part) { Float($0 as UInt32) }
      case .uint64: Self.each(bytes, part) { Float($0 as UInt64) }
      case .bool: Self.each(bytes, part) { ($0 as UInt8) == 0 ? 0 : 1 }
      }
    }
  }

  /// All elements as fp32.
  public func floats() -> [Float] { floats(0..<count) }

  /// The element at `index` as fp64, which holds all but 64-bit integers beyond 2^53 exactly.
  ///
  /// - Precondition: `index` is in 0 ..< count.
  public func double(at index: Int64) -> Double {
    precondition((0..<count).contains(index), "the index is outside the tensor")
    if element == .float64 { return withBytes { Double(bitPattern: Self.load($0, Int(index))) } }
    if element == .uint64 { return withBytes { Double(Self.load($0, Int(index)) as UInt64) } }
    return integer(at: index).flatMap { element.isFloat ? nil : Double($0) } ?? Double(float(at: index))
  }

  /// The element at `index` when it is a whole number that Int64 holds; truth values are 0 and 1.
  ///
  /// - Precondition: `index` is in 0 ..< count.
  public func integer(at index: Int64) -> Int64? {
    precondition((0..<count).contains(index), "the index is outside the tensor")
    return withBytes { bytes in
      let at = Int(index)
      switch element {
      case .float64: return Int64(exactly: Double(bitPattern: Self.load(bytes, at)))
      case .float32, .float16, .bfloat16: return Int64(exactly: float(at: index))
      case .int8: return Int64(Self.load(bytes, at) as Int8)
      case .int16: return Int64(Self.load(bytes, at) as Int16)
      case .int32: return Int64(Self.load(bytes, at) as Int32)
      case .int64: return Self.load(bytes, at)
      case .uint8: return Int64(Self.load(bytes, at) as UInt8)
      case .uint16: return Int64(Self.load(bytes, at) as UInt16)
      case .uint32: return Int64(Self.load(bytes, at) as UInt32)
      case .uint64: return Int64(exactly: Self.load(bytes, at) as UInt64)
      case .bool: return bytes[at] == 0 ? 0 : 1
      }
    }
  }

  @inline(__always)
  private static func load<Word: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ index: Int
  ) -> Word {
    Word(littleEndian: bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Word>.size, as: Word.self))
  }

  @inline(__always)
  private static func each<Word: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ part: Range<Int>, _ make: (Word) -> Float
  ) -> [Float] {
    [Float](unsafeUninitializedCapacity: part.count) { result, initialized in
      for index in part { result.initializeElement(at: index - part.lowerBound, to: make(load(bytes, index))) }
      initialized = part.count
    }
  }

  /// fp16 widened exactly; equals `FloatFormat.fp16.decode`.
  @inline(__always)
  static func widenHalf(_ bits: UInt16) -> Float {
    let magnitude = UInt32(bits & 0x7fff)
    guard magnitude < 0x7c00 else { return FloatFormat.fp16.decode(UInt32(bits)) }
    // The same digits under the wider format's bias stand for 2^-112 times the value, subnormal numbers included.
    let value = Float(bitPattern: magnitude << 13) * 0x1p112
    return bits & 0x8000 == 0 ? value : -value
  }
}
