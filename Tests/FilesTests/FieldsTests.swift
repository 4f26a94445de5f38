import Files
import Testing

@Suite struct FieldsTests {
  private func fields(_ text: String, _ d: inout Diagnostics) throws -> Fields {
    let document = DocumentReader.yaml(text, file: "f", into: &d)
    let fields = Fields(try #require(document), of: "the test", &d)
    return try #require(fields)
  }

  @Test func readsEveryType() throws {
    var d = Diagnostics()
    var fields = try fields(
      "i: -9223372036854775808\nt: 16\nb: true\nc: lru\nq: 1.5 ns\none: x\n"
        + "many: [x, \"y\"]\nin: {k: 1}\nl: [1, 2]\nn: ~\n",
      &d)
    #expect(fields.keys == ["i", "t", "b", "c", "q", "one", "many", "in", "l", "n"])
    #expect(fields.requiredInteger("i", in: .min ... .max, &d) == .min)
    #expect(fields.requiredText("t", &d) == "16")
    #expect(fields.requiredBoolean("b", &d) == true)
    #expect(fields.requiredChoice("c", of: ["fifo", "lru"], &d) == "lru")
    #expect(fields.requiredQuantity("q", .time, in: .positive, &d)?.text == "1.5 ns")
    #expect(fields.texts("one", &d) == ["x"])
    #expect(fields.texts("many", &d) == ["x", "y"])
    var inner = try #require(fields.requiredFields("in", of: "the inner one", &d))
    #expect(inner.integer("k", in: 0...5, &d) == 1)
    #expect(fields.requiredList("l", &d)?.count == 2)
    #expect(fields.isNull("n") && fields.contains("n") && !fields.isNull("i") && !fields.contains("zz"))
    fields.ignore(["n"])
    fields.finish(&d, knownKeys: [])
    inner.finish(&d, knownKeys: [])
    #expect(d.items.isEmpty)
    #expect(fields.place("q").description == "f:5:4")
    #expect(fields.place("zz").description == "f:1:1")
  }

  @Test func absentOptionalKeysAreNoErrors() throws {
    var d = Diagnostics()
    var fields = try fields("a: 1", &d)
    #expect(fields.text("x", &d) == nil)
    #expect(fields.integer("x", in: 0...1, &d) == nil)
    #expect(fields.boolean("x", &d) == nil)
    #expect(fields.choice("x", of: ["y"], &d) == nil)
    #expect(fields.quantity("x", .time, in: .any, &d) == nil)
    #expect(fields.texts("x", &d) == nil)
    #expect(fields.fields("x", of: "x", &d) == nil)
    #expect(fields.list("x", &d) == nil)
    #expect(fields.source("x", &d) == nil)
    #expect(fields.statedInteger("x", in: 0...1, inheriting: nil, &d) == nil)
    #expect(d.items.isEmpty)
  }

  @Test func absentRequiredKeysAreErrors() throws {
    var d = Diagnostics()
    var fields = try fields("a: 1", &d)
    _ = fields.requiredText("x", &d)
    _ = fields.requiredInteger("x", in: 0...1, &d)
    _ = fields.requiredBoolean("x", &d)
    _ = fields.requiredChoice("x", of: ["y"], &d)
    _ = fields.requiredQuantity("x", .time, in: .any, &d)
    _ = fields.requiredFields("x", of: "x", &d)
    _ = fields.requiredList("x", &d)
    _ = fields.requiredStatedInteger("x", in: 0...1, inheriting: nil, &d)
    _ = fields.requiredStatedQuantity("x", .time, in: .any, inheriting: nil, &d)
    _ = fields.requiredStatedText("x", inheriting: nil, &d)
    #expect(d.items.map(\.message) == Array(repeating: "missing key 'x' in the test", count: 10))
  }

  @Test func wrongShapes() throws {
    var d = Diagnostics()
    var fields = try fields("l: {}\nt: [a, [b], ~]\nf: [1]\n", &d)
    #expect(fields.list("l", &d) == nil)
    #expect(fields.texts("t", &d) == nil)
    #expect(fields.fields("f", of: "the inner one", &d) == nil)
    #expect(
      d.items.map(\.description) == [
        "f:1:4: error: 'l' of the test is not a list (got a mapping; expected a list)",
        "f:2:8: error: item 2 of 't' of the test is a list (expected a text)",
        "f:2:13: error: item 3 of 't' of the test has no value (got ~; expected a text)",
        "f:3:4: error: the inner one is not a mapping (got a list; expected a mapping of keys to values)",
      ])
  }

  @Test func foreignKeysAreWarnings() throws {
    var d = Diagnostics()
    var fields = try fields("hidden_size: 1\nhiden_layers: 2\ntorch_dtype: x\nother: 1\n", &d)
    _ = fields.node("hidden_size")
    fields.warnUnknown(&d, knownKeys: ["hidden_size", "hidden_layers"], silent: ["torch_dtype"])
    #expect(
      d.items.map(\.description) == [
        "f:2:1: warning: key 'hiden_layers' in the test is not read (did you mean 'hidden_layers'?)",
        "f:4:1: warning: key 'other' in the test is not read",
      ])
  }

  @Test func statedValues() throws {
    var d = Diagnostics()
    var fields = try fields(
      "source: \"recalled: some talk\"\na: 5\nb: {value: 6 ns, source: 'data-sheet: MT40A, p. 3'}\n"
        + "c: {value: x, source: 'assumption: y'}",
      &d)
    let own = fields.source("source", &d)
    #expect(own == Source(mark: .recalled, text: "some talk"))
    let a = try #require(fields.statedInteger("a", in: 0...9, inheriting: own, &d))
    #expect((a.value, a.source, a.text, a.isAssumption) == (5, own, "5", true))
    let b = try #require(fields.statedQuantity("b", .time, in: .positive, inheriting: own, &d))
    #expect((b.source?.description, b.text, b.isAssumption) == ("data-sheet: MT40A, p. 3", "6 ns", false))
    #expect(b.place.description == "f:3:12")
    let c = try #require(fields.statedText("c", inheriting: nil, &d))
    #expect(c.value == "x" && c.isAssumption)
    fields.finish(&d, knownKeys: [])
    #expect(d.items.isEmpty)
  }

  @Test func evidence() {
    let evidence = SourceMark.allCases.filter(\.isEvidence).map(\.rawValue)
    #expect(evidence == ["publication", "standard", "data-sheet", "measurement", "derived"])
  }
}
