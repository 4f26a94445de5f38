import Foundation

/// Zip archives and npy data made byte by byte, so that each field can be wrong.
struct ZipText {
  struct Member {
    var name: String
    var data: [UInt8]
    /// What the directory says beside it; the truth when nil.
    var checksum: UInt32?
    var method: UInt16 = 0
    var flags: UInt16 = 0
    var packed: UInt64?
    var size: UInt64?
    var offset: UInt64?
    var localName: String?
    /// Writes sizes and offset into a zip64 field.
    var isLong = false
  }

  var members: [Member]
  /// Writes the zip64 end records as well.
  var isLong = false
  var count: UInt64?

  init(_ members: [Member]) { self.members = members }

  var bytes: [UInt8] {
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for member in members {
      let offset = member.offset ?? UInt64(archive.count)
      let local = Array((member.localName ?? member.name).utf8)
      let name = Array(member.name.utf8)
      let size = member.size ?? UInt64(member.data.count)
      let packed = member.packed ?? UInt64(member.data.count)
      let crc = member.checksum ?? Self.crc32(member.data)
      func sizes(_ long: Bool) -> [UInt8] {
        Self.little(UInt64(crc), 4) + Self.little(long ? 0xFFFF_FFFF : packed, 4)
          + Self.little(long ? 0xFFFF_FFFF : size, 4)
      }
      let start = Self.little(20, 2) + Self.little(UInt64(member.flags), 2) + Self.little(UInt64(member.method), 2)
      let extra: [UInt8] =
        member.isLong
        ? Self.little(1, 2) + Self.little(24, 2) + Self.little(size, 8) + Self.little(packed, 8)
          + Self.little(offset, 8) : []
      archive += Self.little(0x0403_4b50, 4) + start + Self.little(0x21_0000, 4) + sizes(false)
      archive += Self.little(UInt64(local.count), 2) + Self.little(0, 2) + local + member.data
      directory += Self.little(0x0201_4b50, 4) + Self.little(20, 2) + start + Self.little(0x21_0000, 4)
      directory += sizes(member.isLong) + Self.little(UInt64(name.count), 2) + Self.little(UInt64(extra.count), 2)
      directory += Self.little(0, 10) + Self.little(member.isLong ? 0xFFFF_FFFF : offset, 4) + name + extra
    }
    let start = UInt64(archive.count)
    let total = count ?? UInt64(members.count)
    archive += directory
    if isLong {
      let record = UInt64(archive.count)
      archive += Self.little(0x0606_4b50, 4) + Self.little(44, 8) + Self.little(45, 2) + Self.little(45, 2)
      archive += Self.little(0, 8) + Self.little(total, 8) + Self.little(total, 8)
      archive += Self.little(UInt64(directory.count), 8) + Self.little(start, 8)
      archive += Self.little(0x0706_4b50, 4) + Self.little(0, 4) + Self.little(record, 8) + Self.little(1, 4)
    }
    archive += Self.little(0x0605_4b50, 4) + Self.little(0, 4)
    archive += Self.little(isLong ? 0xFFFF : total, 2) + Self.little(isLong ? 0xFFFF : total, 2)
    archive += Self.little(isLong ? 0xFFFF_FFFF : UInt64(directory.count), 4)
    return archive + Self.little(isLong ? 0xFFFF_FFFF : start, 4) + Self.little(0, 2)
  }

  /// npy data with this header text.
  static func npy(_ header: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
    let length = Self.little(UInt64(header.utf8.count), version == 1 ? 2 : 4)
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + header.utf8 + data
  }

  static func npy(_ descr: String, shape: String, _ data: [UInt8]) -> [UInt8] {
    npy("{'descr': '\(descr)', 'fortran_order': False, 'shape': \(shape), }\n", data)
  }

  static func little(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  static func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
  }

  /// A safetensors file with this header.
  static func safetensors(_ header: String, _ data: [UInt8]) -> [UInt8] {
    little(UInt64(header.utf8.count), 8) + header.utf8 + data
  }
}
