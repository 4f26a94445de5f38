/// Groups of bars side by side on a logarithmic axis, with a band for a published range.
public struct BarFigure: Sendable {
  /// Bars of one colour, one per group; a group without a value has a gap.
  public struct Series: Sendable {
    public let name: String
    public let values: [Double?]

    /// `values` in the order of the groups.
    public init(name: String, values: [Double?]) {
      self.name = name
      self.values = values
    }
  }

  private let title: String
  private let axisTitle: String
  private let groups: [String]
  private let series: [Series]
  private let band: (low: Double, high: Double, name: String)?

  /// A figure of one group of bars per name in `groups`.
  ///
  /// - Parameter band: what is published, drawn behind the bars.
  public init(
    title: String, axisTitle: String, groups: [String], series: [Series],
    band: (low: Double, high: Double, name: String)? = nil
  ) {
    self.title = title
    self.axisTitle = axisTitle
    self.groups = groups
    self.series = series
    self.band = band
  }

  /// The figure as SVG.
  public var svg: String {
    let room = max(96, Double(series.count) * 46)
    let plot = (left: 70.0, top: 92.0, width: max(420, Double(groups.count) * room), height: 260.0)
    var drawing = Drawing(
      width: plot.left + plot.width + 24, height: plot.top + plot.height + 36, title: title)
    let values = series.flatMap(\.values).compactMap(\.self) + [band?.low, band?.high, 1].compactMap(\.self)
    let axis = LogAxis(holding: values)
    let floor = plot.top + plot.height
    func y(_ value: Double) -> Double { floor - plot.height * axis.position(value) }

    drawing.text(title, x: plot.left, y: 24, size: 15, isBold: true)
    var x = plot.left
    for (index, one) in series.enumerated() {
      drawing.rectangle(x: x, y: 42, width: 12, height: 12, fill: Palette.color(index))
      drawing.text(one.name, x: x + 17, y: 52)
      x += 17 + Palette.width(of: one.name, size: 12) + 18
    }
    if let band {
      drawing.rectangle(x: plot.left, y: 62, width: 12, height: 12, fill: Palette.band)
      drawing.text(band.name, x: plot.left + 17, y: 72)
      drawing.rectangle(
        x: plot.left, y: y(band.high), width: plot.width, height: max(2, y(band.low) - y(band.high)),
        fill: Palette.band)
    }
    for tick in axis.ticks {
      drawing.line([(plot.left, y(tick)), (plot.left + plot.width, y(tick))], color: Palette.grid)
      drawing.text(LogAxis.label(tick), x: plot.left - 8, y: y(tick) + 4, size: 11, anchor: .end)
    }
    drawing.text(axisTitle, x: 18, y: plot.top + plot.height / 2, anchor: .middle, isTurned: true)
    let step = plot.width / Double(max(groups.count, 1))
    let bar = min(46, step * 0.84 / Double(max(series.count, 1)))
    for (group, name) in groups.enumerated() {
      let middle = plot.left + step * (Double(group) + 0.5)
      let start = middle - bar * Double(series.count) / 2
      for (index, one) in series.enumerated() where group < one.values.count {
        guard let value = one.values[group] else { continue }
        let left = start + bar * Double(index)
        drawing.rectangle(
          x: left + 1, y: y(value), width: bar - 2, height: floor - y(value), fill: Palette.color(index))
        drawing.text(Figures.significant(value), x: left + bar / 2, y: y(value) - 4, size: 10, anchor: .middle)
      }
      drawing.text(name, x: middle, y: floor + 18, size: 11, anchor: .middle)
    }
    drawing.line([(plot.left, floor), (plot.left + plot.width, floor)], color: Palette.axis)
    return drawing.svg
  }
}
