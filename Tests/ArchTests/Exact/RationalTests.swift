import Arch
import Testing

@Suite struct RationalTests {
  @Test func arithmeticIsExact() throws {
    let third = try #require(Rational(1, over: 3))
    #expect(third + third + third == .one)
    #expect((third - .one).description == "-2/3")
    #expect((third * Rational(6)).int64 == 2)
    #expect(third.int64 == nil)
    #expect(Rational(1, over: 0) == nil)
  }

  @Test func decimalsAreTakenAsWritten() throws {
    let value = try #require(Rational(decimalDigits: "45", exponent: -2))
    #expect(value.description == "9/20")
    #expect(Rational(decimalDigits: "1", exponent: 999_999_999) == nil)
    #expect(Rational(decimalDigits: "1x", exponent: 0) == nil)
    #expect(Rational(decimalDigits: "", exponent: 0) == nil)
    #expect(Rational(decimalDigits: "-", exponent: 0) == nil)
  }

  @Test func roundingUpIsTheCeiling() throws {
    #expect(try #require(Rational(7, over: 2)).roundedUp == 4)
    #expect(try #require(Rational(-7, over: 2)).roundedUp == -3)
    #expect(Rational(4).roundedUp == 4)
    #expect(try #require(Rational(decimalDigits: "1", exponent: 30)).roundedUp == nil)
  }

  /// The compiler rounds decimal literals correctly; the conversion must agree on each of them.
  @Test func conversionToDoubleRoundsToNearest() throws {
    let cases: [(String, Int, Double)] = [
      ("1", -1, 0.1), ("3", -1, 0.3), ("123456789123456789", 0, 123_456_789_123_456_784), ("-7", -3, -0.007),
      ("583164", -18, 5.83164e-13), ("9007199254740993", 0, 9_007_199_254_740_992), ("1", 40, 1e40), ("0", 0, 0),
    ]
    for (digits, exponent, expected) in cases {
      #expect(try #require(Rational(decimalDigits: digits, exponent: exponent)).double == expected)
    }
    #expect(try #require(Rational(2, over: 3)).double == 2.0 / 3.0)
  }

  @Test func greatestCommonMeasureDividesBoth() throws {
    let a = try #require(Rational(33, over: 50))
    let measure = Rational.greatestCommonMeasure(a, .one)
    #expect(measure.description == "1/50")
    #expect((a / measure).int64 == 33)
  }
}

@Suite struct TickGridTests {
  private func clock(_ name: String, _ n: Int64, _ d: Int64) throws -> ClockDomain {
    ClockDomain(name: name, period: try #require(Rational(n, over: d)))
  }

  @Test func commonTickIsTheGreatestCommonMeasure() throws {
    // 1 ns and 0.66 ns: a tick of 20 ps.
    let grid = try TickGrid([clock("a", 1, 1_000_000_000), clock("b", 66, 100_000_000_000)])
    #expect(grid.ticksPerCycle == [50, 33])
    // 2.4 GHz beside 1 GHz: periods of 5/12 ns and 1 ns.
    let other = try TickGrid([clock("a", 1, 2_400_000_000), clock("b", 1, 1_000_000_000)])
    #expect(other.ticksPerCycle == [5, 12])
  }

  @Test func clocksWithoutASimpleRatioAreRefused() throws {
    let clocks = [try clock("a", 1, 1_000_000_000), try clock("b", 1, 2_147_483_647)]
    #expect(throws: ClockGridOverflow.self) { try TickGrid(clocks) }
  }
}
