import Foundation

/// A drawing as SVG text. Lengths are pixels, measured from the upper left corner; equal calls give equal bytes.
public struct Drawing: Sendable {
  /// Where a text stands, seen from its point.
  public enum Anchor: String, Sendable { case start, middle, end }

  public let width: Double
  public let height: Double
  private var elements: [String] = []

  /// An empty white sheet.
  ///
  /// - Parameter title: for readers who do not see it.
  public init(width: Double, height: Double, title: String) {
    self.width = width
    self.height = height
    elements.append("<title>\(Self.escaped(title))</title>")
    elements.append("<rect width=\"\(Self.number(width))\" height=\"\(Self.number(height))\" fill=\"#ffffff\"/>")
  }

  /// A filled rectangle; `opacity` from 0 to 1.
  public mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, fill: String, opacity: Double = 1
  ) {
    let opacity = opacity < 1 ? " fill-opacity=\"\(Self.number(opacity))\"" : ""
    elements.append(
      "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(max(width, 0)))\" "
        + "height=\"\(Self.number(max(height, 0)))\" fill=\"\(fill)\"\(opacity)/>")
  }

  /// A line through `points`; `dash` as SVG writes it, such as "4 3".
  public mutating func line(_ points: [(x: Double, y: Double)], color: String, width: Double = 1, dash: String? = nil) {
    guard points.count > 1 else { return }
    let text = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " ")
    let dash = dash.map { " stroke-dasharray=\"\($0)\"" } ?? ""
    elements.append(
      "<polyline points=\"\(text)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"\(Self.number(width))\"\(dash)/>")
  }

  /// A filled circle.
  public mutating func dot(x: Double, y: Double, radius: Double, fill: String) {
    elements.append(
      "<circle cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" r=\"\(Self.number(radius))\" fill=\"\(fill)\"/>")
  }

  /// A line of text whose base line begins, is centred or ends at the point; `isTurned` reads upwards.
  public mutating func text(
    _ text: String, x: Double, y: Double, size: Double = 12, anchor: Anchor = .start, color: String = "#222222",
    isBold: Bool = false, isTurned: Bool = false
  ) {
    let turn = isTurned ? " transform=\"rotate(-90 \(Self.number(x)) \(Self.number(y)))\"" : ""
    let weight = isBold ? " font-weight=\"600\"" : ""
    elements.append(
      "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" font-size=\"\(Self.number(size))\" "
        + "text-anchor=\"\(anchor.rawValue)\" fill=\"\(color)\"\(weight)\(turn)>\(Self.escaped(text))</text>")
  }

  /// The whole text of the file.
  public var svg: String {
    let size = "width=\"\(Self.number(width))\" height=\"\(Self.number(height))\""
    let box = "viewBox=\"0 0 \(Self.number(width)) \(Self.number(height))\""
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size) \(box) font-family=\"Helvetica, Arial, sans-serif\">\n"
      + elements.joined(separator: "\n") + "\n</svg>\n"
  }

  /// At most two decimals, without trailing zeros.
  private static func number(_ value: Double) -> String {
    var text = String(format: "%.2f", value.isFinite ? value : 0)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text == "-0" ? "0" : text
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      // Control characters are no XML, escaped or not.
      case _ where scalar.value < 0x20: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
