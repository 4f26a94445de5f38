/// A table for a terminal: columns as wide as their widest cell, numbers to the right.
public struct TextTable: Sendable {
  public enum Alignment: Sendable { case left, right }

  private let columns: [(title: String, alignment: Alignment)]
  private var rows: [[String]] = []

  public init(_ columns: [(title: String, alignment: Alignment)]) { self.columns = columns }

  public mutating func add(_ cells: [String]) { rows.append(cells) }

  /// Each line indented by `indent` spaces, trailing blanks removed.
  public func text(indent: Int = 2) -> String {
    let all = [columns.map(\.title)] + rows
    let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    var result = ""
    for (number, row) in all.enumerated() {
      var line = String(repeating: " ", count: indent)
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        line += columns[column].alignment == .left ? cell + padding : padding + cell
        if column + 1 < row.count { line += "  " }
      }
      while line.last == " " { line.removeLast() }
      result += line + "\n"
      if number == 0 {
        let total = widths.reduce(0, +) + 2 * (widths.count - 1)
        result += String(repeating: " ", count: indent) + String(repeating: "-", count: total) + "\n"
      }
    }
    return result
  }
}
