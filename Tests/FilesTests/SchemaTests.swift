import Arch
import Files
import Testing

@Suite struct SchemaTests {
  private static let text = """
    kind: mac
    clock: core
    source: "publication: a paper"
    array:
      rows: {value: 4, source: "assumption: guessed"}
    lanes: 16
    energy: 0.2 pJ
    """

  @Test func readsValuesAndDefaults() throws {
    var d = Diagnostics()
    let source = Source(mark: .publication, text: "a paper")
    let values = try #require(MacUnit.read(Self.text, source: source, into: &d))
    #expect(d.items.isEmpty)
    #expect(values.integer("lanes") == 16)
    #expect(values.quantity("rate").value == Rational(1_000_000_000))
    #expect(values.text("policy") == "lru")
    #expect(values.boolean("gated") == false)
    #expect(values.integer("array.rows") == 4)
    #expect(values.integer("array.columns") == 8)
    #expect(values.optionalQuantity("energy")?.text == "0.2 pJ")
    #expect(values.optionalText("label") == nil && !values.contains("label"))
    #expect(values.optionalInteger("policy") == nil && values.optionalBoolean("lanes") == nil)
  }

  @Test func statesProvenanceInSchemaOrder() throws {
    var d = Diagnostics()
    let source = Source(mark: .publication, text: "a paper")
    let stated = try #require(MacUnit.read(Self.text, source: source, into: &d)).stated
    #expect(
      stated.map(\.path) == ["lanes", "rate", "policy", "gated", "energy", "array.rows", "array.columns"])
    #expect(stated.map(\.text) == ["16", "1 GHz", "lru", "false", "0.2 pJ", "4", "8"])
    #expect(stated.filter(\.isDefault).map(\.path) == ["rate", "policy", "gated", "array.columns"])
    #expect(stated.filter { !$0.isAssumption }.map(\.path) == ["lanes", "energy"])
    #expect(stated[5].source == Source(mark: .assumption, text: "guessed"))
    #expect(stated[5].place.description == "bad:5:17")
    #expect(stated[0].place.description == "bad:6:8")
  }

  @Test func withoutASourceAllIsAssumed() throws {
    var d = Diagnostics()
    let stated = try #require(MacUnit.read("lanes: 1\narray: {rows: 1}\n", into: &d)).stated
    #expect(stated.map(\.isAssumption) == Array(repeating: true, count: 6))
  }

  @Test func optionalGroups() throws {
    let member = ParameterSchema("k", .integer(0...9), .optional(default: "3"), "A digit.")
    let schema = UnitKindSchema(
      kind: "u", summary: "A unit.",
      parameters: [
        ParameterSchema("absent", .group([member]), .optional(default: nil), "Left out."),
        ParameterSchema("present", .group([member]), .optional(default: ""), "Filled."),
      ])
    var d = Diagnostics()
    let document = try #require(DocumentReader.yaml("kind: u", file: "f", into: &d))
    var fields = try #require(Fields(document, of: "unit 'u'", &d))
    let values = try #require(schema.read(&fields, unitSource: nil, &d))
    #expect(values.stated.map(\.path) == ["present.k"])
    #expect(values.integer("present.k") == 3)
  }

  @Test func aWrongDefaultIsAnErrorAndNoTrap() throws {
    let schema = UnitKindSchema(
      kind: "u", summary: "A unit.",
      parameters: [ParameterSchema("k", .integer(0...9), .optional(default: "x"), "A digit.")])
    var d = Diagnostics()
    let document = try #require(DocumentReader.yaml("kind: u", file: "f", into: &d))
    var fields = try #require(Fields(document, of: "unit 'u'", &d))
    #expect(schema.read(&fields, unitSource: nil, &d) == nil)
    #expect(d.items.first?.message == "the default of 'k' of unit 'u' is not a decimal integer")
  }

  @Test func jsonSchemaIsJSONAndNamesEveryParameter() throws {
    let text = MacUnit.schema.jsonSchema()
    var d = Diagnostics()
    let document = try #require(DocumentReader.json(text, file: "schema", into: &d))
    #expect(d.items.isEmpty)
    var root = try #require(Fields(document, of: "the schema", &d))
    let properties = try #require(root.fields("properties", of: "properties", &d))
    #expect(properties.keys == UnitKindSchema.commonKeys + MacUnit.schema.parameters.map(\.key))
    #expect(root.texts("required", &d) == ["kind", "lanes", "array"])
    #expect(text == MacUnit.schema.jsonSchema())
    #expect(text.contains(#""minimum": 1"#) && text.contains(#""enum": ["fifo", "lru", "random"]"#))
  }
}
