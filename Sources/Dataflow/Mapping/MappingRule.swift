import Arch
import Files

/// Which unit executes which operators, and how their matrices lie in it: one rule of a design's `mapping:`.
public struct MappingRule: Sendable {
  /// Operator names of `OperatorKind.names`.
  public let operators: [String]
  public let unit: UnitIndex
  public let layout: Layout?
  public let place: Place

  /// A declared assignment of tensor dimensions to levels of a memory.
  public struct Layout: Sendable {
    /// Dimension names with the levels each is spread over, the first varying fastest, in the order of the file.
    public let dimensions: [(name: String, levels: [String])]
    /// Where a long reduction is cut.
    public let chunk: String?
    /// Whether every index starts a row of its own.
    public let padding: String?
    public let place: Place

    static let optionKeys = ["chunk", "padding"]
    /// What a dimension can be spread over, and the dimensions that the operators' matrices have.
    public static let levelNames = ["channel", "bank", "row", "column"]
    public static let dimensionNames = ["out", "in", "token", "dim"]

    init?(_ input: Fields, _ d: inout Diagnostics) {
      var fields = input
      let before = d.errorCount
      chunk = fields.choice("chunk", of: ["row", "buffer"], &d)
      padding = fields.choice("padding", of: ["none", "row"], &d)
      var dimensions: [(name: String, levels: [String])] = []
      for key in fields.keys where !Self.optionKeys.contains(key) {
        if !Self.dimensionNames.contains(key) {
          d.error(
            "no operator has a dimension '\(key)'", at: fields.place(key), value: key,
            expected: "one of \(Self.dimensionNames.joined(separator: ", "))",
            suggestion: nearMiss(of: key, among: Self.dimensionNames).map { "did you mean '\($0)'?" })
        }
        let levels = fields.texts(key, &d) ?? []
        for level in levels where !Self.levelNames.contains(level) {
          d.error(
            "dimension '\(key)' is spread over an unknown level", at: fields.place(key), value: level,
            expected: "one of \(Self.levelNames.joined(separator: ", "))",
            suggestion: nearMiss(of: level, among: Self.levelNames).map { "did you mean '\($0)'?" })
        }
        dimensions.append((key, levels))
      }
      self.dimensions = dimensions
      place = fields.place()
      guard d.errorCount == before else { return nil }
    }

    /// The levels of one dimension.
    public func levels(of dimension: String) -> [String]? { dimensions.first { $0.name == dimension }?.levels }
  }

  /// Reads the list under `mapping:`. First match wins, so order is kept.
  public static func read(
    _ list: [DocumentNode], units: [String], file: String, _ d: inout Diagnostics
  ) -> [MappingRule] {
    var rules: [MappingRule] = []
    for (index, node) in list.enumerated() {
      guard var fields = Fields(node, of: "mapping rule \(index + 1)", in: file, &d) else { continue }
      let before = d.errorCount
      _ = fields.requiredNode("operator", &d)
      let operators = fields.texts("operator", &d) ?? []
      for name in operators where !OperatorKind.names.contains(name) {
        d.error(
          "unknown operator in mapping rule \(index + 1)", at: fields.place("operator"), value: name,
          expected: "one of \(OperatorKind.names.joined(separator: ", "))",
          suggestion: nearMiss(of: name, among: OperatorKind.names).map { "did you mean '\($0)'?" })
      }
      let unit = fields.requiredChoice("unit", of: units, &d)
      let layout = fields.fields("layout", of: "the layout of rule \(index + 1)", &d).flatMap { Layout($0, &d) }
      fields.finish(&d, knownKeys: ["operator", "unit", "layout"])
      guard d.errorCount == before, let unit, let position = units.firstIndex(of: unit) else { continue }
      rules.append(
        MappingRule(operators: operators, unit: UnitIndex(position), layout: layout, place: fields.place()))
    }
    return rules
  }
}
