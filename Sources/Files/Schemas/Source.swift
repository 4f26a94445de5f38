/// Where a number comes from, in one word.
public enum SourceMark: String, Sendable, CaseIterable {
  /// A paper, book or thesis.
  case publication
  /// A standard.
  case standard
  /// A manufacturer's data sheet.
  case dataSheet = "data-sheet"
  /// A measurement of the thing itself.
  case measurement
  /// Computed from evidence that the text names.
  case derived
  /// Evidence about a similar thing, put in place of the right one.
  case substitute
  /// Remembered without a reference at hand.
  case recalled
  /// Assumed.
  case assumption

  /// Whether a reader can check the number against something.
  public var isEvidence: Bool {
    switch self {
    case .publication, .standard, .dataSheet, .measurement, .derived: true
    case .substitute, .recalled, .assumption: false
    }
  }
}

/// The source of a number, written `mark: text`: "publication: arXiv 2310.09385, section III".
public struct Source: Sendable, Hashable, CustomStringConvertible {
  public let mark: SourceMark
  public let text: String

  /// The source `mark`: `text`.
  public init(mark: SourceMark, text: String) {
    self.mark = mark
    self.text = text
  }

  /// As written: `mark: text`.
  public var description: String { "\(mark.rawValue): \(text)" }

  /// Reads a source from a node; nil after recording an error.
  ///
  /// - Parameter what: names the value in messages.
  public static func read(
    _ node: DocumentNode, _ what: String, file: String, _ d: inout Diagnostics
  ) -> Source? {
    guard let written = Scalars.text(of: node, what, file: file, &d) else { return nil }
    let marks = SourceMark.allCases.map(\.rawValue)
    let expected = "'MARK: TEXT' with MARK one of \(marks.joined(separator: ", "))"
    let place = Place(file: file, mark: node.mark)
    guard let colon = written.firstIndex(of: ":") else {
      d.error("\(what) has no mark before a colon", at: place, value: written, expected: expected)
      return nil
    }
    let word = String(written[..<colon])
    guard let mark = SourceMark(rawValue: word) else {
      d.error(
        "\(what) begins with an unknown mark", at: place, value: word, expected: expected,
        suggestion: meant(word, among: marks))
      return nil
    }
    let text = written[written.index(after: colon)...].drop { $0 == " " }
    guard !text.isEmpty else {
      d.error("\(what) says nothing after its mark", at: place, value: written, expected: expected)
      return nil
    }
    return Source(mark: mark, text: String(text))
  }
}

extension Fields {
  /// The source under `key`, if written.
  public mutating func source(_ key: String = "source", _ d: inout Diagnostics) -> Source? {
    node(key).flatMap { Source.read($0, name(key), file: file, &d) }
  }
}
