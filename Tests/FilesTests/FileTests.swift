import Files
import Foundation
import Testing

@Suite struct FileTests {
  private let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func refusal(_ path: String, maximumBytes: Int = 16 << 20) -> String? {
    var d = Diagnostics()
    let document = DocumentReader.read(path: path, displayName: "shown", maximumBytes: maximumBytes, into: &d)
    #expect(document == nil)
    return d.items.first?.description
  }

  @Test func filesThatCannotBeRead() throws {
    #expect(refusal(folder.path + "/none.yaml") == "shown: error: no such file")
    #expect(refusal(folder.path) == "shown: error: is a folder (expected a file)")
    let file = try folder.file("f.yaml", "a: 1\n")
    #expect(refusal(file + "/x.yaml") == "shown: error: no such file: a part of its path is not a folder")
    #expect(refusal(file, maximumBytes: 4) == "shown: error: the file is too large (expected at most 4 bytes)")
    #expect(refusal("/dev/zero") == "shown: error: is not a regular file (expected a file)")
    #expect(refusal(String(repeating: "x", count: 5000))?.contains("File name too long") == true)
    let pipe = folder.path + "/pipe.yaml"
    try #require(mkfifo(pipe, 0o600) == 0)
    #expect(refusal(pipe) == "shown: error: is not a regular file (expected a file)")
  }

  @Test func bytesThatAreNotUTF8() throws {
    let yaml = try folder.file("f.yaml", Array("é: 1\nb: é".utf8) + [0xC3])
    #expect(refusal(yaml) == "shown:2:5: error: the bytes here are not UTF-8 (expected a text encoded in UTF-8)")
    let json = try folder.file("f.json", [0x22, 0xED, 0xA0, 0x80, 0x22])
    #expect(refusal(json)?.hasPrefix("shown:1:2: error: the bytes here are not UTF-8") == true)
  }

  @Test func theNameDecidesTheFormat() throws {
    var d = Diagnostics()
    let yaml = DocumentReader.read(path: try folder.file("f.yaml", "a: 1 # c\n"), into: &d)
    #expect(yaml?.root.entries?.map(\.key) == ["a"])
    let json = DocumentReader.read(path: try folder.file("g.JSON", "\u{FEFF}{\"a\": 1}"), into: &d)
    #expect(json?.root.entries?.map(\.key) == ["a"])
    #expect(d.items.isEmpty)
    #expect(DocumentReader.read(path: try folder.file("h.json", "a: 1\n"), into: &d) == nil)
  }

  private func writeRefusal(_ path: String) throws -> String {
    let refusal = try #require(throws: Refusal.self) { try AtomicFile.write("new", to: path) }
    return String(refusal.description.dropFirst(path.utf8.count))
  }

  @Test func writingLeavesNothingBehindOnFailure() throws {
    try FileManager.default.createDirectory(atPath: folder.path + "/sub", withIntermediateDirectories: true)
    #expect(try writeRefusal(folder.path + "/none/f") == ": error: cannot be written: its folder does not exist")
    #expect(try writeRefusal(folder.path + "/sub") == ": error: is a folder (expected a file to write)")
    #expect(try writeRefusal(folder.path + "/sub/") == ": error: is a folder (expected a file to write)")
    #expect(try writeRefusal(folder.path + "/new/") == ": error: is not a path of a file")
    #expect(try writeRefusal("/dev/null") == ": error: is not a regular file (expected a file to write)")
    #expect(try writeRefusal("") == "'': error: is not a path of a file")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/dangling", withDestinationPath: folder.path + "/none/x")
    #expect(try writeRefusal(folder.path + "/dangling") == ": error: is a link to a file that does not exist")
    let long = folder.path + "/" + String(repeating: "n", count: 300)
    #expect(throws: Refusal.self) { try AtomicFile.write("new", to: long) }
    #expect(folder.contents == ["dangling", "sub"])
  }

  @Test func writingReplacesAndKeepsPermissions() throws {
    let path = try folder.file("f", "old")
    try #require(chmod(path, 0o640) == 0)
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: path)
    try AtomicFile.write([1, 2, 3], to: folder.path + "/link")
    #expect(try FileBytes.read(path: path) == [1, 2, 3])
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o640)
    try AtomicFile.write("", to: folder.path + "/empty")
    #expect(try FileBytes.read(path: folder.path + "/empty") == [])
    #expect(folder.contents == ["empty", "f", "link"])
  }

  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
  ])
  func digests(_ text: String, _ digest: String) throws {
    #expect(SHA256.hex(of: text) == digest)
    #expect(try SHA256.hex(ofFile: try folder.file("f", text)) == digest)
  }

  @Test func digestOfWhatIsNoFile() {
    #expect(throws: Refusal.self) { try SHA256.hex(ofFile: folder.path) }
    #expect(throws: Refusal.self) { try SHA256.hex(ofFile: "/dev/zero") }
    #expect(throws: Refusal.self) { try SHA256.hex(ofFile: folder.path + "/none") }
  }
}
