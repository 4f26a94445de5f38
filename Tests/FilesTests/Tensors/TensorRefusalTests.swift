import Files
import Foundation
import Testing

/// Bad files of tensors: each is refused with the place and the reason.
@Suite struct TensorRefusalTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let name: String
    /// The beginning of the error, behind the file's name.
    let start: String
    let bytes: [UInt8]

    init(_ name: String, _ what: String, _ start: String, _ bytes: [UInt8]) {
      testDescription = what
      self.name = name
      self.start = start
      self.bytes = bytes
    }
  }

  private typealias Member = ZipText.Member
  private static let four = ZipText.npy("<f4", shape: "(1,)", [0, 0, 128, 63])

  private static func npy(_ what: String, _ start: String, _ header: String, _ data: [UInt8] = [0, 0, 0, 0]) -> Case {
    Case("f.npy", what, ": error: " + start, ZipText.npy(header, data))
  }

  private static func npz(_ what: String, _ start: String, _ members: [Member], long: Bool = false) -> Case {
    var zip = ZipText(members)
    zip.isLong = long
    return Case("f.npz", what, start, zip.bytes)
  }

  private static func safe(
    _ what: String, _ start: String, _ header: String, _ data: [UInt8] = [UInt8](repeating: 0, count: 8)
  ) -> Case {
    Case("f.safetensors", what, start, ZipText.safetensors(header, data))
  }

  private static func float(_ name: String, _ from: Int, _ to: Int, shape: String = "[1]") -> String {
    "\"\(name)\": {\"dtype\": \"F32\", \"shape\": \(shape), \"data_offsets\": [\(from), \(to)]}"
  }

  static let npyCases: [Case] = [
    Case("f.npy", "wrong magic", ": error: is no npy data", Array("NUMPY is this not".utf8)),
    Case("f.npy", "an npy file that ends early", ": error: the npy header ends early", Array(four.prefix(30))),
    Case("f.npy", "version 4", ": error: unknown version of npy (got 4.0", ZipText.npy("{}", [], version: 4)),
    Case(
      "f.npy", "a header of 4 GB", ": error: the npy header is too long",
      [0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255, 255, 255]),
    npy(
      "a lying shape", "the data do not fit the header's shape (got 4 bytes; expected 8 bytes for float32 [2])",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"),
    npy(
      "2^62 elements", "too many elements",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904,), }"),
    npy(
      "2^62 times 0", "too many elements",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4611686018427387904), }", []),
    npy(
      "a number of 80 bits", "too many elements (got 999999999999999999999999",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999999999999999,), }"),
    npy(
      "a product that overflows", "too many elements",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4294967296), }"),
    npy(
      "a negative extent", "an extent is negative (got -1", "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }"
    ),
    npy(
      "objects", "Python objects are not supported (got |O", "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"),
    npy(
      "big-endian", "big-endian elements are not supported (got >f4",
      "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }"),
    npy(
      "texts", "the element type is not supported (got <U1", "{'descr': '<U1', 'fortran_order': False, 'shape': (1,), }"
    ),
    npy(
      "structures", "structured elements are not supported",
      "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }"),
    npy(
      "a call", "the npy header is no dict of the three keys",
      "{'descr': str('<f4'), 'fortran_order': False, 'shape': (1,), }"),
    npy(
      "no tuple", "the npy header is no dict of the three keys (got , }; expected a tuple",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1), }"),
    npy(
      "a key twice", "a key of the npy header is given twice",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"),
    npy("a missing key", "a key of the npy header is missing", "{'descr': '<f4', 'shape': (1,), }"),
    npy(
      "an unknown key", "unknown key in the npy header (got name",
      "{'name': 'x', 'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"),
    npy(
      "text behind the dict", "the npy header is no dict", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x"
    ),
    npy(
      "100 axes", "too many axes",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (\(String(repeating: "1, ", count: 100))), }"),
  ]

  static let npzCases: [Case] = [
    Case("f.npz", "an empty file", ": error: the file is empty", []),
    Case(
      "f.npz", "another format under this name",
      ": error: is no file of tensors (got npy; expected a file of the format npz)", four),
    Case(
      "f.npz", "a truncated archive", ": error: is no zip archive, or is truncated",
      Array(ZipText([Member(name: "a.npy", data: four)]).bytes.dropLast(5))),
    Case(
      "f.npz", "an archive without its middle", ": error: the directory of the archive does not lie where",
      {
        let all = ZipText([Member(name: "a.npy", data: four)]).bytes; return Array(all[..<40] + all[60...])
      }()),
    Case(
      "f.npz", "more members than the directory holds", ": error: the directory of the archive is damaged",
      {
        var zip = ZipText([Member(name: "a.npy", data: four)]); zip.count = 3; return zip.bytes
      }()),
    Case(
      "f.npz", "2^62 members", ": error: the directory of the archive is damaged",
      {
        var zip = ZipText([Member(name: "a.npy", data: four)]); zip.isLong = true; zip.count = 1 << 62; return zip.bytes
      }()),
    npz(
      "a wrong checksum", ": member \"a.npy\": error: the member's checksum (CRC-32) is wrong",
      [Member(name: "a.npy", data: four, checksum: 7)]),
    npz(
      "a name with ..", ": member \"x/../../a.npy\": error: the name of a member leaves",
      [Member(name: "x/../../a.npy", data: four)]),
    npz(
      "a name with .. and \\", ": member \"..\\a.npy\": error: the name of a member leaves",
      [Member(name: "..\\a.npy", data: four)]),
    npz(
      "a name twice", ": member \"a.npy\": error: the archive has two members of one name",
      [Member(name: "a.npy", data: four), Member(name: "a.npy", data: four)]),
    npz(
      "a member that is no npy file", ": member \"a.txt\": error: the member is no npy file",
      [Member(name: "a.txt", data: four)]),
    npz(
      "npy in name only", ": member \"a.npy\": error: is no npy data",
      [Member(name: "a.npy", data: Array("hello".utf8))]),
    npz(
      "an encrypted member", ": member \"a.npy\": error: the member is encrypted",
      [Member(name: "a.npy", data: four, flags: 1)]),
    npz(
      "an unknown method", ": member \"a.npy\": error: unknown compression method (got 12",
      [Member(name: "a.npy", data: four, method: 12)]),
    npz(
      "no deflate data", ": member \"a.npy\": error: the compressed data are corrupt",
      [Member(name: "a.npy", data: [7, 7, 7, 7], method: 8, size: 4)]),
    npz(
      "deflate data that end early", ": member \"a.npy\": error: the compressed data end early",
      [Member(name: "a.npy", data: [1], method: 8, size: 4)]),
    // One stored block of four bytes.
    npz(
      "more than declared", ": member \"a.npy\": error: the compressed data are longer",
      [Member(name: "a.npy", data: [1, 4, 0, 251, 255, 1, 2, 3, 4], method: 8, size: 3)]),
    npz(
      "less than declared", ": member \"a.npy\": error: the compressed data are shorter",
      [Member(name: "a.npy", data: [1, 4, 0, 251, 255, 1, 2, 3, 4], method: 8, size: 5)]),
    npz(
      "something behind the data", ": member \"a.npy\": error: something follows the compressed data",
      [Member(name: "a.npy", data: [1, 4, 0, 251, 255, 1, 2, 3, 4, 9], method: 8, size: 4)]),
    npz(
      "a bomb", ": member \"a.npy\": error: the member cannot inflate to its size",
      [Member(name: "a.npy", data: four, method: 8, size: 1 << 31)]),
    npz(
      "a bomb of 2^62 bytes", ": member \"a.npy\": error: the member cannot inflate to its size",
      [Member(name: "a.npy", data: four, method: 8, size: 1 << 62, isLong: true)]),
    npz(
      "sizes that differ", ": member \"a.npy\": error: the sizes of a stored member differ",
      [Member(name: "a.npy", data: four, size: 5)]),
    npz(
      "data outside", ": member \"a.npy\": error: the data of the member lie outside",
      [Member(name: "a.npy", data: four, packed: 1 << 40, size: 1 << 40, isLong: true)]),
    npz(
      "an offset outside", ": member \"a.npy\": error: the header of the member does not agree",
      [Member(name: "a.npy", data: four, offset: 1 << 63, isLong: true)]),
    npz(
      "another name in the member", ": member \"a.npy\": error: the header of the member does not agree",
      [Member(name: "a.npy", data: four, localName: "b.npy")]),
    npz(
      "members that overlap", ": member \"a.npy\": error: the member overlaps another",
      [
        Member(name: "b.npy", data: ZipText.little(0, 5) + ZipText([Member(name: "a.npy", data: four)]).bytes),
        Member(name: "a.npy", data: four, offset: 40),
      ]),
  ]

  static let safetensorsCases: [Case] = [
    Case("f.safetensors", "a file of three bytes", ": error: is no safetensors file: it ends early", [1, 2, 3]),
    Case(
      "f.safetensors", "a header beyond the limit", ": error: is no safetensors file: the header is too long",
      ZipText.little(100_000_001, 8) + [123]),
    Case(
      "f.safetensors", "a header beyond the file", ": error: is no safetensors file: it ends within the header",
      ZipText.little(100, 8) + [123]),
    Case(
      "f.safetensors", "a header of 2^63 bytes", ": error: is no safetensors file: the header is too long",
      ZipText.little(1 << 63, 8) + [123]),
    safe("no JSON", ":1:2: error: not valid JSON", "{oops}"),
    safe("a key twice", ":1:63: error: duplicate key 'a'", "{\(float("a", 0, 4)), \(float("a", 4, 8))}"),
    safe(
      "overlapping tensors", ": tensor \"b\": error: the tensor overlaps another (got offset 2",
      "{\(float("a", 0, 4)), \(float("b", 2, 6))}"),
    safe(
      "the same bytes twice", ": tensor \"b\": error: the tensor overlaps another",
      "{\(float("a", 0, 4)), \(float("b", 0, 4))}"),
    safe("a hole", ": tensor \"a\": error: there is a hole in front of the tensor", "{\(float("a", 4, 8))}"),
    safe("bytes that belong to none", ":1:1: error: the tensors do not fill the file", "{\(float("a", 0, 4))}"),
    safe(
      "an end behind the data", ":1:54: error: the tensor's bytes lie outside the data (got [4, 16]",
      "{\(float("a", 4, 16, shape: "[3]"))}"),
    safe("an end before the begin", ":1:54: error: the tensor's bytes lie outside", "{\(float("a", 4, 0))}"),
    safe(
      "a length that does not fit", ":1:54: error: the tensor has the wrong number of bytes (got 8; expected 4",
      "{\(float("a", 0, 8))}"),
    safe(
      "a negative extent", ":1:34: error: 'shape' of tensor 'a' is out of range (got -1",
      "{\(float("a", 0, 8, shape: "[-1]"))}"),
    safe("2^62 elements", ":1:33: error: too many elements", "{\(float("a", 0, 8, shape: "[4611686018427387904]"))}"),
    safe(
      "a product that overflows", ":1:33: error: too many elements",
      "{\(float("a", 0, 8, shape: "[4294967296, 4294967296]"))}"),
    safe(
      "an unknown type", ":1:17: error: 'dtype' of tensor 'a' is unknown (got F8_E4M3",
      "{\"a\": {\"dtype\": \"F8_E4M3\", \"shape\": [8], \"data_offsets\": [0, 8]}}"),
    safe(
      "a missing key", ":1:7: error: missing key 'shape'", "{\"a\": {\"dtype\": \"F32\", \"data_offsets\": [0, 8]}}"),
    safe("a tensor that is a number", ":1:7: error: tensor 'a' is not a mapping", "{\"a\": 7}"),
    safe(
      "metadata that are no texts", ":1:24: error: 'k' of '__metadata__' is no text", "{\"__metadata__\": {\"k\": 1}}",
      []),
    safe("metadata that are a list", ":1:18: error: '__metadata__' is a list", "{\"__metadata__\": []}", []),
  ]

  @Test(arguments: npyCases + npzCases + safetensorsCases) func badFilesAreRefused(_ test: Case) throws {
    var d = Diagnostics()
    let file = MappedFile(copying: test.bytes, displayName: test.name)
    #expect(TensorFile.read(file, named: test.name, into: &d) == nil)
    let first = d.items.first { $0.severity == .error }?.description ?? "nothing"
    #expect(first.hasPrefix(test.name + test.start), "\(first)")
  }

  @Test func filesThatAreNone() throws {
    let folder = try TemporaryFolder()
    func first(_ path: String) -> String? {
      var d = Diagnostics()
      #expect(TensorFile.read(path: path, displayName: "f", into: &d) == nil)
      return d.items.first?.description
    }
    #expect(first(folder.path + "/none.npz") == "f: error: no such file")
    #expect(first(folder.path) == "f: error: is a folder (expected a file)")
    #expect(first("/dev/zero") == "f: error: is not a regular file (expected a file)")
    let text = try folder.file("f.txt", "hello, world")
    #expect(first(text) == "f: error: is no file of tensors (expected a file of the format npz, npy or safetensors)")
    let large = try folder.file("large", [1, 2, 3])
    #expect(throws: Refusal.self) { try MappedFile(path: large, maximumBytes: 2) }
  }

  @Test func aLimitOnWhatIsInflated() throws {
    // Two stored blocks of 100 bytes in all.
    let data = ZipText.npy("|u1", shape: "(9,)", Array(0..<9))
    let block = [1] + ZipText.little(UInt64(data.count), 2) + ZipText.little(UInt64(~UInt16(data.count)), 2) + data
    let crc = ZipText.crc32(data)
    let member = Member(name: "a.npy", data: block, checksum: crc, method: 8, size: UInt64(data.count))
    var other = member
    other.name = "b.npy"
    let file = MappedFile(copying: ZipText([member, other]).bytes, displayName: "f")
    var d = Diagnostics()
    #expect(NPZFile.read(file, inflatedLimit: 2 * data.count, into: &d)?.map(\.name) == ["a", "b"])
    #expect(d.items.isEmpty)
    #expect(NPZFile.read(file, inflatedLimit: 2 * data.count - 1, into: &d) == nil)
    #expect(d.items.first?.description.hasPrefix("f: error: the archive inflates to too much") == true)
  }

  @Test func longArchives() throws {
    var zip = ZipText([Member(name: "a.npy", data: Self.four, isLong: true), Member(name: "b.npy", data: Self.four)])
    zip.isLong = true
    var d = Diagnostics()
    let file = MappedFile(copying: zip.bytes, displayName: "f")
    let tensors = try #require(NPZFile.read(file, into: &d))
    #expect(tensors.map(\.name) == ["a", "b"] && tensors.map { $0.floats() } == [[1], [1]])
  }

  /// Damaged bytes of good files: refused or read, with nothing worse.
  @Test(arguments: ["numpy-types.npz", "types.safetensors", "version2.npy"]) func damageNeverTraps(_ name: String)
    throws
  {
    let good = try FileBytes.read(path: TensorFixtureTests.path(name))
    var random = Seeded("damaged \(name)")
    for _ in 0..<2000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if Int.random(in: 0..<8, using: &random) == 0 {
        bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
      }
      var d = Diagnostics()
      let tensors = TensorFile.read(MappedFile(copying: bytes, displayName: name), named: "f", into: &d)
      #expect((tensors == nil) == d.hasErrors)
      for tensor in tensors ?? [] { #expect(tensor.floats().count == Int(tensor.count)) }
    }
  }
}
