extension UnitKindSchema {
  /// The kind as a JSON Schema (draft 2020-12), for editors. Equal schemas give equal texts.
  ///
  /// Ranges of quantities are not expressible there and are left to the reader.
  public func jsonSchema() -> String {
    var properties: [(String, JSONText)] = [
      ("kind", .object([("const", .string(kind))])),
      ("clock", .object([("type", .string("string"))])),
      ("source", .object([("type", .string("string"))])),
    ]
    properties += parameters.map { ($0.key, $0.jsonSchema()) }
    let schema = JSONText.object([
      ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
      ("title", .string(kind)),
      ("description", .string(summary)),
      ("type", .string("object")),
      ("properties", .object(properties)),
      ("required", .list([.string("kind")] + parameters.required)),
      ("additionalProperties", .boolean(false)),
    ])
    return schema.text(indent: 0) + "\n"
  }
}

extension [ParameterSchema] {
  fileprivate var required: [JSONText] { filter { $0.requirement == .required }.map { .string($0.key) } }
}

extension ParameterSchema {
  fileprivate func jsonSchema() -> JSONText {
    var members: [(String, JSONText)] = [("description", .string(summary))]
    if case .optional(let text?) = requirement, !kind.isGroup { members.append(("default", kind.json(of: text))) }
    if case .group(let parameters) = kind {
      members += [
        ("type", .string("object")),
        ("properties", .object(parameters.map { ($0.key, $0.jsonSchema()) })),
        ("required", .list(parameters.required)),
        ("additionalProperties", .boolean(false)),
      ]
      return .object(members)
    }
    let annotated = JSONText.object([
      ("type", .string("object")),
      ("properties", .object([("value", kind.plain), ("source", .object([("type", .string("string"))]))])),
      ("required", .list([.string("value"), .string("source")])),
      ("additionalProperties", .boolean(false)),
    ])
    return .object(members + [("anyOf", .list([kind.plain, annotated]))])
  }
}

extension ParameterKind {
  fileprivate var isGroup: Bool { if case .group = self { true } else { false } }

  fileprivate var plain: JSONText {
    switch self {
    case .integer(let range):
      .object([
        ("type", .string("integer")), ("minimum", .number(range.lowerBound)), ("maximum", .number(range.upperBound)),
      ])
    case .quantity(.number, _): .object([("type", .list([.string("number"), .string("string")]))])
    case .quantity(let dimension, _):
      .object([("type", .string("string")), ("description", .string(dimension.phrase))])
    case .choice(let known): .object([("enum", .list(known.map(JSONText.string)))])
    case .text: .object([("type", .list([.string("string"), .string("number"), .string("boolean")]))])
    case .boolean: .object([("type", .string("boolean"))])
    case .group: .object([])
    }
  }

  fileprivate func json(of text: String) -> JSONText {
    switch self {
    case .integer: Int64(text).map(JSONText.number) ?? .string(text)
    case .boolean: .boolean(text == "true")
    default: .string(text)
    }
  }
}
