/// The members of a zip archive (PKWARE's APPNOTE 6.3), zip64 included, as its central directory lists them.
struct ZipDirectory {
  /// Why an archive is refused, and the member concerned.
  struct Fault: Error {
    var message: String
    var member: String?
    var value: String?
    var expected: String?
  }

  /// One member: where its data lie and what they come to.
  struct Member {
    var name: String
    var isDeflated: Bool
    var checksum: UInt32
    /// Its data as stored, in the archive.
    var range: Range<Int>
    /// The size of its data once inflated.
    var size: Int
  }

  /// The largest directory that is read.
  static let maximumBytes = 1 << 26

  /// In the order of the directory.
  private(set) var members: [Member] = []
  private let archive: LittleEndianBytes

  init(_ bytes: UnsafeRawBufferPointer) throws(Fault) {
    archive = LittleEndianBytes(bytes: bytes)
    let (count, range) = try Self.locate(archive)
    guard range.count <= Self.maximumBytes else {
      throw Fault(
        message: "the directory of the archive is too large", value: "\(range.count) bytes",
        expected: "at most \(Self.maximumBytes)")
    }
    // Each entry is at least 46 bytes long.
    guard count <= UInt64(range.count / 46) else {
      throw Fault(message: "the directory of the archive is damaged", value: "\(count) members in \(range.count) bytes")
    }
    var at = range.lowerBound
    var names: Set<String> = []
    for _ in 0..<count {
      let member = try entry(&at, end: range.upperBound)
      guard names.insert(member.name).inserted else {
        throw Fault(message: "the archive has two members of one name", member: member.name)
      }
      members.append(member)
    }
    guard at == range.upperBound else { throw Fault(message: "the directory of the archive is damaged") }
    try refuseOverlaps()
  }

  /// How many members the archive has, and where its directory lies.
  private static func locate(_ archive: LittleEndianBytes) throws(Fault) -> (count: UInt64, range: Range<Int>) {
    let size = archive.bytes.count
    var end = size - 22
    // A comment of up to 65,535 bytes may follow the end record.
    let first = max(0, size - 22 - 65_535)
    while end >= first {
      if archive.load(end, as: UInt32.self) == 0x0605_4b50, let comment = archive.load(end + 20, as: UInt16.self),
        end + 22 + Int(comment) == size
      {
        break
      }
      end -= 1
    }
    guard end >= first, let disk = archive.load(end + 4, as: UInt16.self),
      let directoryDisk = archive.load(end + 6, as: UInt16.self), let here = archive.load(end + 8, as: UInt16.self),
      let total = archive.load(end + 10, as: UInt16.self), let length = archive.load(end + 12, as: UInt32.self),
      let offset = archive.load(end + 16, as: UInt32.self)
    else { throw Fault(message: "is no zip archive, or is truncated: it has no end record") }
    if total == .max || length == .max || offset == .max,
      archive.load(end - 20, as: UInt32.self) == 0x0706_4b50
    {
      return try locateLong(archive, end - 20)
    }
    guard disk == 0, directoryDisk == 0, here == total else { throw severalDisks }
    return (UInt64(total), try range(UInt64(offset), UInt64(length), end: end))
  }

  private static let severalDisks = Fault(message: "archives on several disks are not supported")

  /// As `locate`, from the zip64 end record that the locator at `locator` names.
  private static func locateLong(
    _ archive: LittleEndianBytes, _ locator: Int
  ) throws(Fault) -> (count: UInt64, range: Range<Int>) {
    guard let position = archive.load(locator + 8, as: UInt64.self), let record = Int(exactly: position),
      archive.load(record, as: UInt32.self) == 0x0606_4b50, record <= locator - 56,
      let disk = archive.load(record + 16, as: UInt32.self), let other = archive.load(record + 20, as: UInt32.self),
      let here = archive.load(record + 24, as: UInt64.self), let total = archive.load(record + 32, as: UInt64.self),
      let length = archive.load(record + 40, as: UInt64.self), let offset = archive.load(record + 48, as: UInt64.self)
    else { throw Fault(message: "the zip64 end record of the archive is damaged") }
    guard disk == 0, other == 0, here == total else { throw severalDisks }
    return (total, try range(offset, length, end: record))
  }

  private static func range(_ offset: UInt64, _ length: UInt64, end: Int) throws(Fault) -> Range<Int> {
    guard let start = Int(exactly: offset), let count = Int(exactly: length), start <= end, count == end - start else {
      throw Fault(
        message: "the directory of the archive does not lie where its end record says",
        value: "\(length) bytes at \(offset)", expected: "bytes that end at \(end)")
    }
    return start..<end
  }

  /// The entry at `at`, which is moved behind it.
  private func entry(_ at: inout Int, end: Int) throws(Fault) -> Member {
    let damaged = Fault(message: "the directory of the archive is damaged", value: "at byte \(at)")
    guard at <= end - 46, archive.load(at, as: UInt32.self) == 0x0201_4b50,
      let flags = archive.load(at + 8, as: UInt16.self), let method = archive.load(at + 10, as: UInt16.self),
      let checksum = archive.load(at + 16, as: UInt32.self), let packed = archive.load(at + 20, as: UInt32.self),
      let size = archive.load(at + 24, as: UInt32.self), let nameCount = archive.load(at + 28, as: UInt16.self),
      let extraCount = archive.load(at + 30, as: UInt16.self), let noteCount = archive.load(at + 32, as: UInt16.self),
      let disk = archive.load(at + 34, as: UInt16.self), let offset = archive.load(at + 42, as: UInt32.self),
      let nameBytes = archive.slice(at + 46, Int(nameCount)),
      let extra = archive.slice(at + 46 + Int(nameCount), Int(extraCount))
    else { throw damaged }
    let next = at + 46 + Int(nameCount) + Int(extraCount) + Int(noteCount)
    guard next <= end else { throw damaged }
    at = next
    guard let name = String(validating: nameBytes, as: UTF8.self), !name.isEmpty, !name.utf8.contains(0) else {
      throw Fault(message: "the name of a member is no text in UTF-8")
    }
    guard !name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).contains("..") else {
      throw Fault(message: "the name of a member leaves the archive's folder", member: name, expected: "no '..'")
    }
    guard disk == 0 || disk == .max else { throw Self.severalDisks }
    guard flags & 0x2041 == 0 else { throw Fault(message: "the member is encrypted", member: name) }
    guard method == 0 || method == 8 else {
      throw Fault(
        message: "unknown compression method", member: name, value: "\(method)", expected: "0 (stored) or 8 (deflated)")
    }
    let long = try Self.long(extra, name, size: size, packed: packed, offset: offset)
    let range = try data(of: name, nameBytes, method, packed: long.packed, at: long.offset)
    guard let full = Int(exactly: long.size), method == 8 || full == range.count else {
      throw Fault(message: "the sizes of a stored member differ", member: name)
    }
    return Member(name: name, isDeflated: method == 8, checksum: checksum, range: range, size: full)
  }

  /// The sizes and the offset of an entry; those of all ones stand in the zip64 field, in this order.
  private static func long(
    _ extra: UnsafeRawBufferPointer, _ name: String, size: UInt32, packed: UInt32, offset: UInt32
  ) throws(Fault) -> (size: UInt64, packed: UInt64, offset: UInt64) {
    guard size == .max || packed == .max || offset == .max else {
      return (UInt64(size), UInt64(packed), UInt64(offset))
    }
    let fields = LittleEndianBytes(bytes: extra)
    var at = 0
    while let id = fields.load(at, as: UInt16.self), let count = fields.load(at + 2, as: UInt16.self) {
      guard id == 1, let slice = fields.slice(at + 4, Int(count)) else {
        at += 4 + Int(count)
        continue
      }
      let field = LittleEndianBytes(bytes: slice)
      var next = 0
      func value(_ short: UInt32) throws(Fault) -> UInt64 {
        guard short == .max else { return UInt64(short) }
        guard let long = field.load(next, as: UInt64.self) else {
          throw Fault(message: "the zip64 field of a member is damaged", member: name)
        }
        next += 8
        return long
      }
      return (try value(size), try value(packed), try value(offset))
    }
    // Without the field the largest numbers mean themselves.
    return (UInt64(size), UInt64(packed), UInt64(offset))
  }

  /// Where the data of a member lie: behind its local header, which must say the same name and method.
  private func data(
    of name: String, _ nameBytes: UnsafeRawBufferPointer, _ method: UInt16, packed: UInt64, at offset: UInt64
  ) throws(Fault) -> Range<Int> {
    guard let start = Int(exactly: offset), let count = Int(exactly: packed),
      archive.load(start, as: UInt32.self) == 0x0403_4b50,
      archive.load(start + 8, as: UInt16.self) == method, let nameCount = archive.load(start + 26, as: UInt16.self),
      let extraCount = archive.load(start + 28, as: UInt16.self),
      let localName = archive.slice(start + 30, Int(nameCount)), localName.elementsEqual(nameBytes)
    else { throw Fault(message: "the header of the member does not agree with the directory", member: name) }
    let first = start + 30 + Int(nameCount) + Int(extraCount)
    guard archive.slice(first, count) != nil else {
      throw Fault(message: "the data of the member lie outside the archive", member: name)
    }
    return first..<first + count
  }

  /// Members that share bytes are how a small archive inflates to more than it could hold.
  private func refuseOverlaps() throws(Fault) {
    let sorted = members.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    for (first, second) in zip(sorted, sorted.dropFirst()) where first.range.upperBound > second.range.lowerBound {
      throw Fault(message: "the member overlaps another", member: second.name)
    }
  }
}
