import Arch
import Files
import Testing

@Suite struct QuantityTests {
  @Test(
    arguments: [
      ("10 ns", .time, "1/100000000"), ("10ns", .time, "1/100000000"), ("1.5 µs", .time, "3/2000000"),
      ("1.5 μs", .time, "3/2000000"), ("1.5e0 us", .time, "3/2000000"), ("+2 ms", .time, "1/500"),
      ("1 fs", .time, "1/1000000000000000"), ("7 ps", .time, "7/1000000000000"), ("3 s", .time, "3"),
      ("1.2 GHz", .frequency, "1200000000"), ("1 THz", .frequency, "1000000000000"), ("5 kHz", .frequency, "5000"),
      ("64 KiB", .size, "65536"), ("0.5 KiB", .size, "512"), ("2 TiB", .size, "2199023255552"),
      ("1 kB", .size, "1000"), ("3 GB", .size, "3000000000"), ("7 B", .size, "7"), ("1 MiB", .size, "1048576"),
      ("2.5 pJ", .energy, "1/400000000000"), ("-1 nJ", .energy, "-1/1000000000"), ("2 kW", .power, "2000"),
      ("250 mW", .power, "1/4"), ("1.1 V", .voltage, "11/10"), ("40 uA", .current, "1/25000"),
      ("2.5 mm2", .area, "1/400000"), ("4 µm2", .area, "1/250000000000"), ("298.15 K", .temperature, "5963/20"),
      ("3/4", .number, "3/4"), ("-6/8", .number, "-3/4"), ("1e30", .number, "1" + String(repeating: "0", count: 30)),
      ("1E-2", .number, "1/100"), ("007.50", .number, "15/2"), ("0e00", .number, "0"),
    ] as [(String, Dimension, String)])
  func exact(_ text: String, _ dimension: Dimension, _ value: String) throws {
    let quantity = try QuantityParser.parse(text, as: dimension).get()
    #expect(quantity.value.description == value)
    #expect(quantity.dimension == dimension)
    #expect(quantity.text == text)
  }

  @Test func decimalsAreExact() throws {
    var random = Seeded("decimals")
    for _ in 0..<500 {
      let whole = Int64.random(in: 0...999_999, using: &random)
      let fraction = Int64.random(in: 1000...1999, using: &random)
      let exponent = Int.random(in: -30...30, using: &random)
      let text = "\(whole).\(String(fraction).dropFirst())e\(exponent)"
      let power = try #require(Rational(decimalDigits: "1", exponent: exponent))
      let expected = (Rational(whole) + Rational(fraction - 1000) / Rational(1000)) * power
      #expect(try QuantityParser.parse(text, as: .number).get().value == expected)
      #expect(try QuantityParser.parse(text + " GHz", as: .frequency).get().value == expected * Rational(1_000_000_000))
      #expect(try QuantityParser.parse("-" + text, as: .number).get().value == -expected)
    }
  }

  @Test func everyExampleOfAMessageIsAccepted() throws {
    for dimension in Dimension.allCases {
      for example in try #require(dimension.phrase.split(separator: "such as ").last).split(separator: " or ") {
        #expect(try QuantityParser.parse(String(example), as: dimension).get().dimension == dimension)
      }
    }
  }

  @Test func baseUnitsAreWrittenAndRead() throws {
    for dimension in Dimension.allCases where dimension != .area {
      let quantity = Quantity(value: Rational(42), dimension: dimension)
      #expect(try QuantityParser.parse(quantity.text, as: dimension).get() == quantity)
    }
  }

  @Test func rangesHoldTheirBounds() {
    let five = Rational(5)
    let values = [Rational(-1), .zero, .one, five, Rational(6)]
    func accepted(_ range: QuantityRange) -> [Bool] { values.map(range.contains) }
    #expect(accepted(.any) == [true, true, true, true, true])
    #expect(accepted(.nonNegative) == [false, true, true, true, true])
    #expect(accepted(.positive) == [false, false, true, true, true])
    #expect(accepted(.upTo(five)) == [false, true, true, true, false])
    #expect(accepted(.positiveUpTo(five)) == [false, false, true, true, false])
    #expect(accepted(.between(.one, five)) == [false, false, true, true, false])
  }
}
