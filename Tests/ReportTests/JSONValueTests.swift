import Foundation
import Report
import Testing

@Suite struct JSONValueTests {
  @Test func foundationReadsWhatIsWritten() throws {
    let value = JSONValue.object([
      ("text", .text("a \"quote\", a \\ and\na line\u{1}é")), ("n", .integer(-42)), ("x", .number(1e-12)),
      ("third", .number(1.0 / 3.0)), ("none", .null), ("nan", .number(.nan)),
      ("list", .array([.boolean(true), .array([]), .object([])])),
    ])
    let read = try #require(
      try JSONSerialization.jsonObject(with: Data(value.description.utf8)) as? [String: Any])
    #expect(read["text"] as? String == "a \"quote\", a \\ and\na line\u{1}é")
    #expect(read["n"] as? Int == -42)
    #expect(read["x"] as? Double == 1e-12)
    #expect(read["third"] as? Double == 1.0 / 3.0)
    #expect(read["none"] is NSNull && read["nan"] is NSNull)
    #expect((read["list"] as? [Any])?.count == 3)
  }

  @Test func keysKeepTheirOrder() {
    let text = JSONValue.object([("b", .integer(1)), ("a", .integer(2))]).description
    #expect(text == "{\n  \"b\": 1,\n  \"a\": 2\n}\n")
  }
}

@Suite struct TextTableTests {
  @Test func columnsAreAsWideAsTheirCells() {
    var table = TextTable([("name", .left), ("n", .right)])
    table.add(["x", "1"])
    table.add(["longer", "1,000"])
    #expect(
      table.text() == """
          name        n
          -------------
          x           1
          longer  1,000

        """)
  }
}
