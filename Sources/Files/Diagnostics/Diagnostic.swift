/// One finding about an input: what is wrong, where, with which value, what was expected and what may help.
///
/// Every text is clipped and its control characters are escaped on the way in, so a hostile input cannot forge lines.
public struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
  /// How grave a finding is: an error refuses the input, a warning does not.
  public enum Severity: String, Sendable { case error, warning }

  public let severity: Severity
  public let place: Place
  public let message: String
  /// The offending value as written, at most 60 characters of it.
  public let value: String?
  /// What would have been accepted.
  public let expected: String?
  /// What may have been meant.
  public let suggestion: String?

  /// A finding about `place`; `message` is one clause without a full stop.
  public init(
    _ severity: Severity, _ message: String, at place: Place, value: String? = nil, expected: String? = nil,
    suggestion: String? = nil
  ) {
    self.severity = severity
    self.place = place
    self.message = clipped(message, to: 500)
    self.value = value.map { $0.isEmpty ? "nothing" : clipped($0) }
    self.expected = expected.map { clipped($0, to: 500) }
    self.suggestion = suggestion.map { clipped($0, to: 500) }
  }

  /// One line: `path:line:column: error: MESSAGE (got VALUE; expected EXPECTED; SUGGESTION)`.
  public var description: String {
    var parts: [String] = []
    if let value { parts.append("got \(value)") }
    if let expected { parts.append("expected \(expected)") }
    if let suggestion { parts.append(suggestion) }
    let tail = parts.isEmpty ? "" : " (\(parts.joined(separator: "; ")))"
    return "\(place): \(severity.rawValue): \(message)\(tail)"
  }
}
