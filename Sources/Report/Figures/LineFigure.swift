/// Lines over a common axis, both axes logarithmic, so that a power is a straight line.
public struct LineFigure: Sendable {
  /// One line, from point to point.
  public struct Series: Sendable {
    public let name: String
    public let points: [(x: Double, y: Double)]
    /// Drawn thin and dashed, without dots: a line to compare with.
    public let isGuide: Bool

    /// The line through `points`, all of positive numbers.
    public init(name: String, points: [(x: Double, y: Double)], isGuide: Bool = false) {
      self.name = name
      self.points = points
      self.isGuide = isGuide
    }
  }

  private let title: String
  private let xTitle: String
  private let yTitle: String
  private let series: [Series]
  private let marks: [(x: Double, label: String)]

  /// A figure of `series`.
  ///
  /// - Parameter marks: values of the horizontal axis with their labels.
  public init(title: String, xTitle: String, yTitle: String, marks: [(x: Double, label: String)], series: [Series]) {
    self.title = title
    self.xTitle = xTitle
    self.yTitle = yTitle
    self.marks = marks
    self.series = series
  }

  /// The figure as SVG.
  public var svg: String {
    let names = series.map { Palette.width(of: $0.name, size: 12) }.max() ?? 0
    let plot = (left: 70.0, top: 48.0, width: 430.0, height: max(280.0, Double(series.count) * 20 + 10))
    let floor = plot.top + plot.height
    let right = plot.left + plot.width
    var drawing = Drawing(width: right + 60 + names, height: floor + 58, title: title)
    let points = series.flatMap(\.points)
    let xs = marks.map(\.x) + points.map(\.x)
    let xAxis = LogAxis(from: xs.min() ?? 1, to: xs.max() ?? 10)
    let yAxis = LogAxis(holding: points.map(\.y))
    // Room for the dots at both ends.
    func x(_ value: Double) -> Double { plot.left + 16 + (plot.width - 32) * xAxis.position(value) }
    func y(_ value: Double) -> Double { floor - plot.height * yAxis.position(value) }

    drawing.text(title, x: plot.left, y: 24, size: 15, isBold: true)
    for tick in yAxis.ticks {
      drawing.line([(plot.left, y(tick)), (right, y(tick))], color: Palette.grid)
      drawing.text(LogAxis.label(tick), x: plot.left - 8, y: y(tick) + 4, size: 11, anchor: .end)
    }
    for mark in marks {
      drawing.line([(x(mark.x), floor), (x(mark.x), floor + 5)], color: Palette.axis)
      drawing.text(mark.label, x: x(mark.x), y: floor + 20, size: 11, anchor: .middle)
    }
    drawing.text(xTitle, x: plot.left + plot.width / 2, y: floor + 42, anchor: .middle)
    drawing.text(yTitle, x: 18, y: plot.top + plot.height / 2, anchor: .middle, isTurned: true)
    drawing.line([(plot.left, floor), (right, floor)], color: Palette.axis)
    for (index, one) in series.enumerated() {
      let color = one.isGuide ? Palette.axis : Palette.color(index)
      // Later lines are thinner, so that one that lies under them is still seen.
      let width = one.isGuide ? 1 : max(1.5, 4.5 - 0.4 * Double(index))
      let dash = one.isGuide ? "5 4" : nil
      let placed = one.points.map { (x: x($0.x), y: y($0.y)) }
      drawing.line(placed, color: color, width: width, dash: dash)
      if !one.isGuide { for point in placed { drawing.dot(x: point.x, y: point.y, radius: 3, fill: color) } }
      let line = plot.top + 10 + 20 * Double(index)
      drawing.line([(right + 20, line - 4), (right + 38, line - 4)], color: color, width: width, dash: dash)
      drawing.text(one.name, x: right + 44, y: line)
    }
    return drawing.svg
  }
}
