import Files
import Foundation
import Testing

@Suite struct LineReaderTests {
  private let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func lines(_ path: String, maximumBytes: Int64 = 64 << 30, maximumLineBytes: Int = 1 << 20) throws -> [String]
  {
    let reader = try LineReader(
      path: path, displayName: "t", maximumBytes: maximumBytes, maximumLineBytes: maximumLineBytes)
    var lines: [String] = []
    while let line = try reader.nextLine() {
      lines.append(line)
      #expect(reader.lineNumber == lines.count)
    }
    #expect(try reader.nextLine() == nil)
    return lines
  }

  private func refusal(_ path: String, maximumBytes: Int64 = 64 << 30, maximumLineBytes: Int = 1 << 20) throws -> String
  {
    try #require(throws: Refusal.self) {
      _ = try lines(path, maximumBytes: maximumBytes, maximumLineBytes: maximumLineBytes)
    }.description
  }

  @Test func truncatedGzipAtEveryLength() throws {
    let whole = Gzip.stored(Array("one\ntwo\n".utf8))
    for count in 2..<whole.count {
      let path = try folder.file("t.gz", Array(whole.prefix(count)))
      #expect(try refusal(path) == "t: error: the gzip data is truncated", "\(count) bytes")
    }
    let deflated = try folder.file("d.gz", Gzip.deflated.dropLast(9))
    #expect(try refusal(deflated) == "t: error: the gzip data is truncated")
  }

  @Test func corruptGzip() throws {
    var checksum = Gzip.stored(Array("one\n".utf8))
    checksum[checksum.count - 8] ^= 1
    #expect(try refusal(try folder.file("a.gz", checksum)).contains("corrupt: incorrect data check"))
    var method = Gzip.stored(Array("one\n".utf8))
    method[2] = 7
    #expect(try refusal(try folder.file("b.gz", method)).contains("corrupt: unknown compression method"))
    var block = Gzip.stored(Array("one\n".utf8))
    block[10] = 7
    #expect(try refusal(try folder.file("c.gz", block)).contains("corrupt: invalid block type"))
    #expect(try refusal(try folder.file("d.gz", Gzip.stored([10]) + [0])).contains("something follows the end"))
    #expect(try refusal(try folder.file("e.gz", "plain\n")).contains("is not gzip data although its name"))
    #expect(try refusal(try folder.file("f.gz", "")).contains("is not gzip data"))
  }

  @Test func limits() throws {
    let bomb = try folder.file("bomb.gz", Gzip.deflated)
    #expect(
      try refusal(bomb, maximumBytes: 34_999).contains("too large when decompressed (expected at most 34999 bytes)"))
    #expect(try lines(bomb, maximumBytes: 35_000).count == 5000)
    let plain = try folder.file("plain", "12345\n")
    #expect(try refusal(plain, maximumBytes: 5) == "t: error: the file is too large (expected at most 5 bytes)")
    #expect(try lines(plain, maximumBytes: 6) == ["12345"])
    let long = try folder.file("long", "ab\n" + String(repeating: "x", count: 1 << 20) + "\r\nend")
    #expect(try lines(long).map(\.utf8.count) == [2, 1 << 20, 3])
    let longer = try folder.file("longer", "ab\n" + String(repeating: "x", count: 3 << 20) + "\n")
    #expect(try refusal(longer) == "t:2:1: error: the line is too long (expected at most 1048576 bytes)")
    let five = try folder.file("five", "1234\n12345")
    #expect(try refusal(five, maximumLineBytes: 4) == "t:2:1: error: the line is too long (expected at most 4 bytes)")
    #expect(try lines(five, maximumLineBytes: 5) == ["1234", "12345"])
  }

  @Test func whatIsNoFile() throws {
    #expect(try refusal(folder.path + "/none") == "t: error: no such file")
    #expect(try refusal(folder.path) == "t: error: is a folder (expected a file)")
    #expect(try refusal("/dev/zero").contains("is not a regular file or pipe"))
    #expect(try refusal("").contains("is not a path"))
    #expect(try refusal("a\0b").contains("is not a path"))
    let pipe = folder.path + "/pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    #expect(try lines(pipe) == [])
  }

  @Test func aLineThatIsNotUTF8() throws {
    let path = try folder.file("t", [97, 10, 0xFF, 10, 98, 10])
    #expect(try refusal(path) == "t:2:1: error: the line is not UTF-8")
    let reader = try LineReader(path: path)
    var bytes: [[UInt8]] = []
    while let line = try reader.withNextLine({ Array($0) }) { bytes.append(line) }
    #expect(bytes == [[97], [0xFF], [98]])
  }

  @Test(
    arguments: [
      ("", []), ("\n", [""]), ("a", ["a"]), ("a\n", ["a"]), ("a\r\nb", ["a", "b"]), ("\n\n", ["", ""]),
      ("a\rb\n\r\n", ["a\rb", ""]), ("a\r", ["a"]),
    ] as [(String, [String])])
  func ends(_ text: String, _ expected: [String]) throws {
    #expect(try lines(try folder.file("t", text)) == expected)
    #expect(try lines(try folder.file("t.gz", Gzip.stored(Array(text.utf8)))) == expected)
  }

  @Test func deflatedData() throws {
    let all = try lines(try folder.file("named-otherwise", Gzip.deflated))
    #expect(all.count == 5000 && all.allSatisfy { $0 == "repeat" })
  }

  @Test func randomLinesPlainAndInMembers() throws {
    var random = Seeded("lines")
    for _ in 0..<5 {
      let count = Int.random(in: 1...20_000, using: &random)
      let expected = (0..<count).map {
        "\($0) R 0x\(String(UInt64.random(in: 0...1 << 40, using: &random), radix: 16))"
      }
      let bytes = Array(expected.joined(separator: "\n").utf8)
      let cut = Int.random(in: 0...bytes.count, using: &random)
      let blockSize = Int.random(in: 100...65535, using: &random)
      let members =
        Gzip.stored(Array(bytes[..<cut]), blockSize: blockSize) + Gzip.stored([])
        + Gzip.stored(Array(bytes[cut...]), blockSize: blockSize)
      #expect(try lines(try folder.file("t", bytes)) == expected)
      #expect(try lines(try folder.file("t.gz", members)) == expected)
    }
  }
}
