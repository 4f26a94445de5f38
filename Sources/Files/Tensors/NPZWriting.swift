/// Writes npz archives: stored members, and times of 1 January 1980, so that the same tensors give the same bytes.
enum NPZWriting {
  /// The bytes of an archive that holds `tensors`, whose names have been checked; nil when it would need zip64.
  static func bytes(of tensors: [StoredTensor]) -> [UInt8]? {
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for tensor in tensors {
      let name = Array((tensor.name + ".npy").utf8)
      guard let header = NPYHeader.bytes(tensor.element, tensor.shape), let data = NPYFile.bytes(of: tensor),
        data.count < UInt32.max, archive.count < UInt32.max
      else { return nil }
      // The extra field of padding puts the elements at a multiple of 64 bytes; numpy ignores it.
      let unpadded = archive.count + 30 + name.count + 4 + header.count
      let padding = (64 - unpadded % 64) % 64
      let crc = data.withUnsafeBytes { RawInflater.checksum($0) }
      let offset = archive.count
      var common: [UInt8] = []
      common.append(littleEndian: 20, size: 2)
      // Names are UTF-8.
      common.append(littleEndian: 1 << 11, size: 2)
      common.append(littleEndian: 0, size: 2)
      common.append(littleEndian: 0, size: 2)
      common.append(littleEndian: 1 << 5 | 1, size: 2)
      common.append(littleEndian: UInt64(crc), size: 4)
      common.append(littleEndian: UInt64(data.count), size: 4)
      common.append(littleEndian: UInt64(data.count), size: 4)
      common.append(littleEndian: UInt64(name.count), size: 2)
      archive.append(littleEndian: 0x0403_4b50, size: 4)
      archive += common
      archive.append(littleEndian: UInt64(4 + padding), size: 2)
      archive += name
      archive.append(littleEndian: 0xD935, size: 2)
      archive.append(littleEndian: UInt64(padding), size: 2)
      archive += [UInt8](repeating: 0, count: padding)
      archive += data
      directory.append(littleEndian: 0x0201_4b50, size: 4)
      directory.append(littleEndian: 20, size: 2)
      directory += common
      directory.append(littleEndian: 0, size: 12)
      directory.append(littleEndian: UInt64(offset), size: 4)
      directory += name
    }
    guard archive.count + directory.count < UInt32.max, tensors.count < UInt16.max else { return nil }
    let start = archive.count
    archive += directory
    archive.append(littleEndian: 0x0605_4b50, size: 4)
    archive.append(littleEndian: 0, size: 4)
    archive.append(littleEndian: UInt64(tensors.count), size: 2)
    archive.append(littleEndian: UInt64(tensors.count), size: 2)
    archive.append(littleEndian: UInt64(directory.count), size: 4)
    archive.append(littleEndian: UInt64(start), size: 4)
    archive.append(littleEndian: 0, size: 2)
    return archive
  }
}
