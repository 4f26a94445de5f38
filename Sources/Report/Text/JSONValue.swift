/// A JSON document that keeps the order of its keys, so that equal results are equal bytes.
public indirect enum JSONValue: Sendable {
  case null
  case boolean(Bool)
  case integer(Int64)
  /// Written as its shortest round trip; not-a-number and infinities become null.
  case number(Double)
  case text(String)
  case array([JSONValue])
  case object([(key: String, value: JSONValue)])

  public static func optional(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
  public static func optional(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
}

extension JSONValue: CustomStringConvertible {
  /// Indented by two spaces, arrays of plain values on one line, ending in a line break.
  public var description: String {
    var text = ""
    write(to: &text, indent: 0)
    text += "\n"
    return text
  }

  private var isPlain: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  private func write(to text: inout String, indent: Int) {
    switch self {
    case .null: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value): text += value.isFinite ? String(describing: value) : "null"
    case .text(let value): Self.write(value, to: &text)
    case .array(let items):
      guard !items.isEmpty else { return text += "[]" }
      let isFlat = items.allSatisfy(\.isPlain)
      text += "["
      for (index, item) in items.enumerated() {
        if index > 0 { text += isFlat ? ", " : "," }
        if !isFlat { Self.newLine(&text, indent + 1) }
        item.write(to: &text, indent: indent + 1)
      }
      if !isFlat { Self.newLine(&text, indent) }
      text += "]"
    case .object(let members):
      guard !members.isEmpty else { return text += "{}" }
      text += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { text += "," }
        Self.newLine(&text, indent + 1)
        Self.write(member.key, to: &text)
        text += ": "
        member.value.write(to: &text, indent: indent + 1)
      }
      Self.newLine(&text, indent)
      text += "}"
    }
  }

  private static func newLine(_ text: inout String, _ indent: Int) {
    text += "\n"
    for _ in 0..<indent { text += "  " }
  }

  private static func write(_ value: String, to text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
