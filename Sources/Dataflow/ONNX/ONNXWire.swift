import Files

/// The fields of a protocol buffer (https://protobuf.dev/programming-guides/encoding/), one after the other.
struct ONNXWire {
  struct Field {
    var number: UInt64
    /// 0: a number of variable length, 1: eight bytes, 2: counted bytes, 5: four bytes.
    var type: UInt64
    /// Where its tag begins.
    var start: Int
    /// Where its length, or what follows its tag, begins.
    var afterTag: Int
    /// The bytes of its value.
    var content: Range<Int>
  }

  let bytes: UnsafeRawBufferPointer
  var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The next field, which must lie in front of `end`; nil for bytes that are none. Groups count as none.
  mutating func next(before end: Int) -> Field? {
    let start = position
    guard let tag = varint(before: end), tag >> 3 > 0 else { return nil }
    var field = Field(number: tag >> 3, type: tag & 7, start: start, afterTag: position, content: position..<position)
    var count = 0
    switch field.type {
    case 0: guard varint(before: end) != nil else { return nil }
    case 1: count = 8
    case 5: count = 4
    case 2:
      guard let length = varint(before: end), length <= UInt64(end) else { return nil }
      field.content = position..<position
      count = Int(length)
    default: return nil
    }
    guard count <= end - position else { return nil }
    field.content = field.content.lowerBound..<position + count
    position += count
    return field
  }

  private mutating func varint(before end: Int) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < end else { return nil }
      let byte = bytes[position]
      position += 1
      value |= shift < 64 ? UInt64(byte & 127) << shift : 0
      if byte < 128 { return value }
    }
    return nil
  }

  /// How many numbers of variable length fill `range`; nil when they do not, or one is longer than ten bytes.
  static func varints(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
    var count = 0
    var length = 0
    for index in range {
      length += 1
      guard length <= 10 else { return nil }
      if bytes[index] < 128 {
        count += 1
        length = 0
      }
    }
    return length == 0 ? count : nil
  }

  static func varint(_ value: UInt64) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    while rest > 127 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}
