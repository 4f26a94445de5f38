/// A position in a text: line and column, both counted from 1; the column counts Unicode scalars.
public struct Mark: Hashable, Sendable, CustomStringConvertible {
  public let line: Int
  public let column: Int

  /// The position `line`:`column`, both from 1.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// `line:column`.
  public var description: String { "\(line):\(column)" }
}

/// Where a diagnostic points: a file and, when known, a position in it or a name of the part concerned.
public struct Place: Hashable, Sendable, CustomStringConvertible {
  /// The file as the user knows it.
  public var file: String
  /// The position, for texts that have one.
  public var mark: Mark?
  /// The part concerned, for inputs without lines (a node of a graph, a field of a report).
  public var detail: String?

  /// The place `mark` or `detail` in `file`.
  public init(file: String, mark: Mark? = nil, detail: String? = nil) {
    self.file = file
    self.mark = mark
    self.detail = detail
  }

  /// `file:line:column`, `file: detail` or `file`; an empty name as `''`.
  public var description: String {
    var text = file.isEmpty ? "''" : clipped(file, to: 400)
    if let mark { text += ":\(mark)" }
    if let detail { text += ": \(clipped(detail, to: 120))" }
    return text
  }
}
