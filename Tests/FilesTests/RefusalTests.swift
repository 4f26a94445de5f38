import Files
import Testing

@Suite struct RefusalTests {
  @Test(arguments: BadDocuments.yaml + BadDocuments.json + BadValues.quantities + BadValues.units)
  func refuses(_ bad: BadText) throws {
    let first = try #require(bad.diagnostics().items.first)
    #expect(first.severity == .error)
    #expect(first.place.mark.map(\.description) ?? "" == bad.mark, "\(first)")
    #expect(first.description.contains(bad.fragment), "\(first)")
    #expect(first.description.utf8.count < 1500)
  }

  @Test func collectsEveryErrorOfAUnit() {
    var d = Diagnostics()
    let text = "lanes: 0\ngated: no\narray: {rows: x}\nrate: 1\nfoo: 1\n"
    #expect(MacUnit.read(text, into: &d) == nil)
    #expect(d.errorCount == 5)
  }

  @Test func keepsAThousandErrorsAndThrowsAHundred() throws {
    var d = Diagnostics()
    for i in 1...1500 { d.error("wrong \(i)", at: Place(file: "f")) }
    for i in 1...1500 { d.warning("odd \(i)", at: Place(file: "f")) }
    #expect(d.items.count == 2000)
    #expect((d.errorCount, d.warningCount) == (1500, 1500))
    let refusal = try #require(throws: Refusal.self) { try d.throwIfErrors() }
    #expect(refusal.diagnostics.count == 101)
    #expect(refusal.diagnostics.last?.description == "f: error: … and 1400 more errors")
  }

  @Test func throwsExactlyAHundredWithoutATail() throws {
    var d = Diagnostics()
    for i in 1...100 { d.error("wrong \(i)", at: Place(file: "f")) }
    let refusal = try #require(throws: Refusal.self) { try d.throwIfErrors() }
    #expect(refusal.diagnostics.count == 100)
    #expect(refusal.diagnostics.last?.message == "wrong 100")
  }

  @Test func warningsDoNotRefuse() throws {
    var d = Diagnostics()
    d.warning("odd", at: Place(file: "f"))
    try d.throwIfErrors()
    #expect(!d.hasErrors)
    #expect(d.warnings.map(\.message) == ["odd"])
  }

  @Test func oneLineWithAllItsParts() {
    let place = Place(file: "d.yaml", mark: Mark(line: 3, column: 7))
    let full = Diagnostic(.error, "M", at: place, value: "V", expected: "E", suggestion: "S")
    #expect(full.description == "d.yaml:3:7: error: M (got V; expected E; S)")
    let detailed = Diagnostic(.warning, "M", at: Place(file: "g.json", detail: "node 'x'"))
    #expect(detailed.description == "g.json: node 'x': warning: M")
    #expect(Diagnostic(.error, "M", at: Place(file: "f"), value: "").description == "f: error: M (got nothing)")
  }

  @Test func hostileTextsStayOnOneLine() {
    let value = "a\nb\u{1B}[31m\u{202E}\u{2028}" + String(repeating: "x", count: 1000)
    let line = Diagnostic(.error, value, at: Place(file: value), value: value).description
    #expect(!line.contains { $0.isNewline || $0 == "\u{1B}" || $0 == "\u{202E}" })
    #expect(clipped(value).hasPrefix(#"a\nb\u{1b}[31m\u{202e}\u{2028}xxx"#))
    #expect(clipped(String(repeating: "x", count: 60)).count == 60)
    #expect(clipped(String(repeating: "x", count: 61)) == String(repeating: "x", count: 60) + "…")
    #expect(clipped("e" + String(repeating: "\u{301}", count: 100_000)).unicodeScalars.count == 61)
  }

  @Test(
    arguments: [
      ("lanse", "lanes"), ("Ms", "ms"), ("ghz", "GHz"), ("lane", "lanes"), ("memmory_size", "memory_size"),
      ("ns", nil), ("lan", nil), ("", nil), ("lanes", nil), ("bandwith", "bandwidth"), ("zzzzzz", nil),
    ] as [(String, String?)])
  func resembles(_ word: String, _ known: String?) {
    #expect(nearMiss(of: word, among: ["lanes", "ms", "GHz", "memory_size", "bandwidth"]) == known)
  }

  @Test func tiesGoToTheFirst() {
    #expect(nearMiss(of: "cat", among: ["bat", "hat"]) == "bat")
    #expect(nearMiss(of: "cat", among: ["hat", "bat"]) == "hat")
    #expect(nearMiss(of: "hats", among: ["bats", "hat", "HATS"]) == "HATS")
    #expect(nearMiss(of: String(repeating: "a", count: 1 << 20), among: [String(repeating: "a", count: 60)]) == nil)
  }
}
