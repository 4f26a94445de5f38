/// Numbers at positions of a stretch of bytes, each position checked.
struct LittleEndianBytes {
  let bytes: UnsafeRawBufferPointer

  /// The number at `offset`, or nil when it does not lie within the bytes.
  func load<Word: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as word: Word.Type) -> Word? {
    guard offset >= 0, offset <= bytes.count - MemoryLayout<Word>.size else { return nil }
    return Word(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: word))
  }

  /// The bytes of `offset ..< offset + count`, or nil when they do not all exist.
  func slice(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer? {
    guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else { return nil }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }
}

extension Array where Element == UInt8 {
  /// Appends the low `size` bytes of `value`, the lowest first.
  mutating func append(littleEndian value: UInt64, size: Int) {
    for index in 0..<size { append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
  }
}
