import Foundation

/// Gzip data made without a compressor: blocks that are stored as they are.
enum Gzip {
  static func stored(_ bytes: [UInt8], blockSize: Int = 65535) -> [UInt8] {
    var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    var rest = bytes[...]
    repeat {
      let block = rest.prefix(blockSize)
      rest = rest.dropFirst(blockSize)
      let count = UInt16(block.count)
      result += [rest.isEmpty ? 1 : 0]
      result += littleEndian(UInt32(count), 2) + littleEndian(UInt32(~count), 2) + block
    } while !rest.isEmpty
    return result + littleEndian(crc32(bytes), 4) + littleEndian(UInt32(truncatingIfNeeded: bytes.count), 4)
  }

  /// What zlib made of the line "repeat" written 5000 times.
  static let deflated = [UInt8](Data(base64Encoded: deflatedText) ?? Data())
  private static let deflatedText =
    "H4sIAAAAAAACA+3FoQ0AAAgAoO6XBrtz/j/fMEBhqis3RpIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIk"
    + "SZIkSZIkSZIk/e8AJsiUO7iIAAA="

  private static func littleEndian(_ value: UInt32, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
  }
}
