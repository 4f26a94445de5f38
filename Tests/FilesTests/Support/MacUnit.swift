import Files

/// A unit kind with every kind of parameter.
enum MacUnit {
  static let schema = UnitKindSchema(
    kind: "mac", summary: "Multiplies and adds.",
    parameters: [
      ParameterSchema("lanes", .integer(1...1024), .required, "Products per cycle."),
      ParameterSchema("rate", .quantity(.frequency, .positive), .optional(default: "1 GHz"), "Its clock."),
      ParameterSchema("policy", .choice(["fifo", "lru", "random"]), .optional(default: "lru"), "What it evicts."),
      ParameterSchema("label", .text, .optional(default: nil), "A name for reports."),
      ParameterSchema("gated", .boolean, .optional(default: "false"), "Whether idle lanes are off."),
      ParameterSchema("energy", .quantity(.energy, .nonNegative), .optional(default: nil), "Energy per product."),
      ParameterSchema(
        "array",
        .group([
          ParameterSchema("rows", .integer(1...64), .required, "Rows."),
          ParameterSchema("columns", .integer(1...64), .optional(default: "8"), "Columns."),
        ]), .required, "Its shape."),
    ])

  static func read(_ text: String, source: Source? = nil, into d: inout Diagnostics) -> ParameterValues? {
    guard let document = DocumentReader.yaml(text, file: "bad", into: &d),
      var fields = Fields(document, of: "unit 'm'", &d)
    else { return nil }
    return schema.read(&fields, unitSource: source, &d)
  }
}
