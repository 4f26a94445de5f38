import Foundation
import Report
import Testing

/// Figures: where values lie, and that the text is XML whatever it names.
@Suite struct FigureTests {
  @Test func anAxisHoldsItsValuesBetweenRoundEnds() {
    let axis = LogAxis(holding: [3, 137, 41])
    #expect(axis.low == 2 && axis.high == 200)
    #expect(axis.position(2) == 0 && axis.position(200) == 1)
    // The geometric mean of the ends lies in the middle.
    #expect(abs(axis.position(20) - 0.5) < 1e-12)
    #expect(axis.position(1) == 0 && axis.position(1e9) == 1)
    #expect(axis.ticks == [2, 5, 10, 20, 50, 100, 200])
  }

  @Test(
    arguments: [[], [0], [-1, .nan, .infinity], [5], [.leastNonzeroMagnitude], [1e300], [1e-12, 1e12]] as [[Double]])
  func anAxisOfAnythingHasEnds(_ values: [Double]) {
    let axis = LogAxis(holding: values)
    #expect(axis.low > 0 && axis.high > axis.low && axis.high.isFinite)
    #expect(axis.ticks.count < 3000)
    for value in values where value.isFinite && value > 0 { #expect((0...1).contains(axis.position(value))) }
  }

  @Test func figuresAreXMLWhateverTheyName() throws {
    let odd = "a <b> & \"c\" \u{1} 100 %"
    let bars = BarFigure(
      title: odd, axisTitle: odd, groups: [odd, "two"],
      series: [.init(name: odd, values: [1, nil]), .init(name: "x", values: [.infinity, 0])], band: (2, 1e6, odd))
    let lines = LineFigure(
      title: odd, xTitle: odd, yTitle: odd, marks: [(1, odd), (10, "ten")],
      series: [.init(name: odd, points: [(1, 1), (10, .nan)]), .init(name: "guide", points: [(1, 1)], isGuide: true)])
    for text in [bars.svg, lines.svg] {
      #expect(!text.contains("<b>") && !text.contains("nan") && !text.contains("inf"))
      #expect(text.contains("a &lt;b&gt; &amp; &quot;c&quot;   100 %"))
      #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
      // As many elements open as close.
      let opened = text.matches(of: #/<(text|title|svg)[ >]/#).count
      #expect(opened == text.matches(of: #/<\/(text|title|svg)>/#).count)
    }
  }

  @Test func aTallerBarIsALargerValue() throws {
    let figure = BarFigure(
      title: "t", axisTitle: "a", groups: ["g"],
      series: [.init(name: "s", values: [10]), .init(name: "r", values: [100])])
    let heights = figure.svg.matches(of: #/width="44" height="([0-9.]+)"/#).compactMap { Double($0.output.1) }
    // From 1 to 100 on 260 pixels.
    #expect(heights == [130, 260])
  }
}
