/// A value to be put in the place of one that a file states: `100 MHz` at `clocks.asic`.
public struct Replacement: Hashable, Sendable {
  /// Keys from the root of the file on, with dots between; an item of a list is named by its position from 1.
  public let path: String
  /// The value as a user would write it in the file.
  public let value: String
  /// Who asks for it, in words: "--set".
  public let origin: String
  /// Where it is asked for; faults of the value are reported there.
  public let place: Place

  /// `value` at `path`, asked for by `origin` at `place`.
  public init(path: String, value: String, origin: String, place: Place) {
    self.path = path
    self.value = value
    self.origin = origin
    self.place = place
  }

  /// Reads `PATH=VALUE` as it stands behind the option `option`; nil after recording an error.
  public static func read(_ text: String, option: String, into d: inout Diagnostics) -> Replacement? {
    let place = Place(file: option, detail: text)
    guard let sign = text.firstIndex(of: "=") else {
      d.error("no '=' stands between path and value", at: place, expected: "PATH=VALUE, such as clocks.core=1GHz")
      return nil
    }
    let path = text[..<sign].trimmed
    let value = text[text.index(after: sign)...].trimmed
    guard !path.isEmpty, !value.isEmpty else {
      d.error(
        path.isEmpty ? "no path stands before '='" : "no value stands behind '='", at: place,
        expected: "PATH=VALUE, such as clocks.core=1GHz")
      return nil
    }
    return Replacement(path: path, value: value, origin: option, place: place)
  }
}

/// A replacement that was carried out.
public struct ReplacedValue: Hashable, Sendable {
  public let replacement: Replacement
  /// The value that the file states.
  public let was: String
  /// Where it stands in the file.
  public let place: Place

  /// `replacement` in place of `was`, which stands at `place`.
  public init(replacement: Replacement, was: String, place: Place) {
    self.replacement = replacement
    self.was = was
    self.place = place
  }

  /// The value as an assumption of whoever replaced it, which no source of the file supports.
  public var assumption: Assumption {
    Assumption(
      parameter: replacement.path, value: replacement.value,
      source: Source(mark: .assumption, text: "set by \(replacement.origin); the file has \(was)"))
  }
}

extension Substring {
  fileprivate var trimmed: String {
    var text = self
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
