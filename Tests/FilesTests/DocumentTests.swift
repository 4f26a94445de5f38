import Files
import Testing

@Suite struct DocumentTests {
  private func read(yaml text: String) throws -> DocumentNode {
    var d = Diagnostics()
    let document = DocumentReader.yaml(text, file: "f", into: &d)
    try d.throwIfErrors()
    return try #require(document).root
  }

  private func read(json text: String) throws -> DocumentNode {
    var d = Diagnostics()
    let document = DocumentReader.json(text, file: "f", into: &d)
    try d.throwIfErrors()
    return try #require(document).root
  }

  @Test func scalarsStayText() throws {
    let root = try read(yaml: "[no, 0o17, 12:30, 1_0, \"a\\n\", 'it''s', ~, null, Null, 2001-01-01]")
    let texts = try #require(root.items).compactMap { $0.scalar?.text }
    #expect(texts == ["no", "0o17", "12:30", "1_0", "a\n", "it's", "~", "null", "Null", "2001-01-01"])
    #expect(
      try #require(root.items).map(\.isNull) == [false, false, false, false, false, false, true, true, false, false])
  }

  @Test func marksCountFromOne() throws {
    let root = try read(yaml: "\u{FEFF}é: 1\r\nlist:\r\n  - {b: 2}\r\n")
    let entries = try #require(root.entries)
    #expect(entries.map(\.key) == ["é", "list"])
    #expect(entries.map(\.keyMark.description) == ["1:1", "2:1"])
    #expect(entries[0].value.mark == Mark(line: 1, column: 4))
    let item = try #require(entries[1].value.items?.first)
    #expect(item.mark == Mark(line: 3, column: 5))
    #expect(item.entries?.first?.value.mark == Mark(line: 3, column: 9))
    #expect([root, item, entries[1].value].map(\.kindName) == ["a mapping", "a mapping", "a list"])
  }

  @Test func aliasesStandForTheirNodes() throws {
    let root = try read(yaml: "a: &x {k: [1, 2]}\nb: *x\nc: &y 5\nd: *y\n\"<<\": 1\n")
    let entries = try #require(root.entries)
    #expect(text(entries[1].value) == text(entries[0].value))
    #expect(text(entries[3].value) == "5")
    #expect(entries[4].key == "<<")
  }

  @Test func aLaterAnchorOfTheSameNameWins() throws {
    #expect(text(try read(yaml: "[&a 1, *a, &a 2, *a]")) == "[1,1,2,2]")
  }

  @Test func oneDocumentMayHaveMarkers() throws {
    #expect(text(try read(yaml: "---\na: 1\n...\n")) == #"{"a":1}"#)
  }

  @Test func jsonEscapes() throws {
    let root = try read(json: #"{"\u0041\n\"\\\/\b\f\r\t": "\ud83d\ude00é", "n": [-0.5e+10, 0, true, null]}"#)
    let entries = try #require(root.entries)
    #expect(entries[0].key == "A\n\"\\/\u{8}\u{C}\r\t")
    #expect(entries[0].value.scalar == .init(text: "😀é", isQuoted: true))
    let items = try #require(entries[1].value.items)
    #expect(items.compactMap { $0.scalar?.text } == ["-0.5e+10", "0", "true", "null"])
    #expect(items.map(\.isNull) == [false, false, false, true])
  }

  @Test func theDeepestAcceptedNesting() throws {
    #expect(text(try read(json: BadDocuments.nested(128))) == BadDocuments.nested(128))
    #expect(text(try read(yaml: BadDocuments.nested(128))) == BadDocuments.nested(128))
    let chained = "[&d " + BadDocuments.nested(100) + "," + BadDocuments.opened(27) + "*d"
    #expect(try read(yaml: chained + String(repeating: "]", count: 28)).items?.count == 2)
  }

  @Test func aDuplicateKeyKeepsTheFirst() throws {
    var d = Diagnostics()
    let document = DocumentReader.json("{\"a\": 1, \"a\": [2], \"b\": 3}", file: "f", into: &d)
    #expect(text(try #require(document).root) == #"{"a":1,"b":3}"#)
    #expect(d.errorCount == 1)
  }

  @Test func aTreeSurvivesJSONAndYAML() throws {
    var random = Seeded("trees")
    for _ in 0..<200 {
      let written = tree(depth: 4, &random)
      #expect(text(try read(json: written)) == written)
      #expect(text(try read(yaml: written)) == written)
    }
  }

  @Test func mutatedTextsAreReadOrRefused() throws {
    var random = Seeded("mutations")
    let seeds = [
      "a: &x {k: [1, 'two', \"three\\u0041\"]}\nb: *x\nc: |\n  text\n  more\n- ? d\n", tree(depth: 4, &random),
      "{\"a\": [1, 2.5e3, true, null, \"\\ud83d\\ude00\"], \"b\": {\"c\": {}}}",
    ]
    let inserts = Array("{}[]:,-?&*!|>'\"%@`#\n\t \\u~<e0".utf8) + [0, 0xC3, 0xFF]
    for round in 0..<3000 {
      var bytes = Array(seeds[round % seeds.count].utf8)
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        if Bool.random(using: &random) { bytes.remove(at: place) }
        bytes.insert(inserts.randomElement(using: &random) ?? 0, at: place)
      }
      let text = String(decoding: bytes, as: UTF8.self)
      var forYAML = Diagnostics()
      var forJSON = Diagnostics()
      let yaml = DocumentReader.yaml(text, file: "f", into: &forYAML)
      let json = DocumentReader.json(text, file: "f", into: &forJSON)
      #expect(yaml != nil || forYAML.hasErrors, "\(text)")
      #expect(json != nil || forJSON.hasErrors, "\(text)")
    }
  }

  /// A random JSON text in the form that `text` writes. Mappings and lists do not repeat keys.
  private func tree(depth: Int, _ random: inout Seeded) -> String {
    let count = Int.random(in: 0...4, using: &random)
    switch Int.random(in: 0...(depth == 0 ? 2 : 5), using: &random) {
    case 0: return "\(Int.random(in: -1000...1000, using: &random))"
    case 1: return ["true", "false", "null", "1.5e3"].randomElement(using: &random) ?? "0"
    case 2: return "\"\(["", "x y", "é", "no", "a: b", "# c", "[", "~"].randomElement(using: &random) ?? "")\""
    case 3, 4:
      return "{" + (0..<count).map { "\"k\($0)\":\(tree(depth: depth - 1, &random))" }.joined(separator: ",") + "}"
    default: return "[" + (0..<count).map { _ in tree(depth: depth - 1, &random) }.joined(separator: ",") + "]"
    }
  }

  private func text(_ node: DocumentNode) -> String {
    switch node.content {
    case .scalar(let scalar): scalar.isQuoted ? "\"\(scalar.text)\"" : scalar.text
    case .sequence(let items): "[" + items.map(text).joined(separator: ",") + "]"
    case .mapping(let entries):
      "{" + entries.map { "\"\($0.key)\":\(text($0.value))" }.joined(separator: ",") + "}"
    }
  }
}
