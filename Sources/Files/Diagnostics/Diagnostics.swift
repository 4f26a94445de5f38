/// The findings of a check, in the order they were made. Checkers take it `inout` and carry on after an error.
///
/// At most 1000 errors and 1000 warnings are kept; the others are only counted, so that no input can fill memory.
public struct Diagnostics: Sendable {
  private static let kept = 1000
  private static let shown = 100

  /// The findings kept, in order.
  public private(set) var items: [Diagnostic] = []
  /// The errors found, kept or not.
  public private(set) var errorCount = 0
  /// The warnings found, kept or not.
  public private(set) var warningCount = 0

  /// No findings.
  public init() {}

  /// Records an error: the input will be refused.
  public mutating func error(
    _ message: String, at place: Place, value: String? = nil, expected: String? = nil, suggestion: String? = nil
  ) {
    errorCount += 1
    guard errorCount <= Self.kept else { return }
    items.append(
      Diagnostic(.error, message, at: place, value: value, expected: expected, suggestion: suggestion))
  }

  /// Records a warning: the input is still accepted.
  public mutating func warning(
    _ message: String, at place: Place, value: String? = nil, expected: String? = nil, suggestion: String? = nil
  ) {
    warningCount += 1
    guard warningCount <= Self.kept else { return }
    items.append(
      Diagnostic(.warning, message, at: place, value: value, expected: expected, suggestion: suggestion))
  }

  /// Adds the errors that a refusal carries.
  public mutating func add(_ refusal: Refusal) {
    for item in refusal.diagnostics {
      error(
        item.message, at: item.place, value: item.value, expected: item.expected, suggestion: item.suggestion)
    }
  }

  /// Adds the findings of another check, each at the place that `place` gives for its own.
  public mutating func add(_ other: Diagnostics, at place: (Place) -> Place) {
    for item in other.items {
      let moved = Diagnostic(
        item.severity, item.message, at: place(item.place), value: item.value, expected: item.expected,
        suggestion: item.suggestion)
      if item.severity == .error { errorCount += 1 } else { warningCount += 1 }
      if (item.severity == .error ? errorCount : warningCount) <= Self.kept { items.append(moved) }
    }
    errorCount += other.errorCount - other.items.count { $0.severity == .error }
    warningCount += other.warningCount - other.items.count { $0.severity == .warning }
  }

  /// Whether any error was recorded.
  public var hasErrors: Bool { errorCount > 0 }

  /// The warnings kept, in order.
  public var warnings: [Diagnostic] { items.filter { $0.severity == .warning } }

  /// Whether further errors are only counted: then a costly suggestion is not worth computing.
  var keepsNoMoreErrors: Bool { errorCount >= Self.kept }
  var keepsNoMoreWarnings: Bool { warningCount >= Self.kept }

  /// Throws the errors recorded, if any: the first 100, then one line that counts the others.
  public func throwIfErrors() throws(Refusal) {
    guard hasErrors else { return }
    var errors = Array(items.lazy.filter { $0.severity == .error }.prefix(Self.shown))
    let left = errorCount - errors.count
    if left > 0, let last = errors.last {
      let noun = left == 1 ? "error" : "errors"
      errors.append(Diagnostic(.error, "… and \(left) more \(noun)", at: Place(file: last.place.file)))
    }
    throw Refusal(errors)
  }
}
