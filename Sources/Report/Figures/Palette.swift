/// Colours that stay apart for readers who see fewer of them (Okabe and Ito 2008), and room for texts.
enum Palette {
  static let band = "#f7f0a8"
  static let grid = "#dddddd"
  static let axis = "#555555"

  private static let colors = [
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#888888", "#a6761d",
  ]

  static func color(_ index: Int) -> String { colors[index % colors.count] }

  /// An upper bound of the width of a text, for there is no font to measure with.
  static func width(of text: String, size: Double) -> Double { Double(text.count) * size * 0.58 }
}
