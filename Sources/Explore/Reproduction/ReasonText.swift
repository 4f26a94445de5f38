import Files

/// A reason as a study words it, with placeholders for the numbers that only a run can say: `{low} to {high}`.
enum ReasonText {
  /// What stands for what. `with` and `without` are of the same claim with and without the baseline's framework
  /// overhead.
  static let placeholders = [
    "low", "high", "lowest", "highest", "ratio.low", "ratio.high", "with.low", "with.high", "without.low",
    "without.high", "published.low", "published.high",
  ]

  /// Records an error for every placeholder that stands for nothing.
  static func check(_ text: String, at place: Place, _ d: inout Diagnostics) {
    for part in parts(of: text) {
      guard case .placeholder(let name) = part, !placeholders.contains(name) else { continue }
      let near = nearMiss(of: name, among: placeholders)
      d.error(
        "a reason has an unknown placeholder", at: place, value: "{\(name)}",
        expected: near == nil ? "one of \(placeholders.map { "{\($0)}" }.joined(separator: ", "))" : nil,
        suggestion: near.map { "did you mean '{\($0)}'?" })
    }
  }

  /// The text with `values` in it; a value that there is none of becomes a dash.
  static func filled(_ text: String, _ values: (String) -> String?) -> String {
    parts(of: text).map { part in
      switch part {
      case .plain(let text): text
      case .placeholder(let name): values(name) ?? "–"
      }
    }.joined()
  }

  private enum Part {
    case plain(String)
    case placeholder(String)
  }

  private static func parts(of text: String) -> [Part] {
    var parts: [Part] = []
    var rest = text[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      parts.append(.plain(String(rest[..<open])))
      parts.append(.placeholder(String(rest[rest.index(after: open)..<close])))
      rest = rest[rest.index(after: close)...]
    }
    return parts + [.plain(String(rest))]
  }
}
