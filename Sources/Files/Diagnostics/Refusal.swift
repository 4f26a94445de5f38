/// An input that is not accepted, with every reason that was found.
public struct Refusal: Error, Sendable, CustomStringConvertible {
  public let diagnostics: [Diagnostic]

  /// A refusal for these reasons.
  public init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

  /// A refusal for one reason.
  public init(
    _ message: String, at place: Place, value: String? = nil, expected: String? = nil, suggestion: String? = nil
  ) {
    diagnostics = [
      Diagnostic(.error, message, at: place, value: value, expected: expected, suggestion: suggestion)
    ]
  }

  /// One line per reason.
  public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
