import Arch
import Files

/// Texts that are well formed but state wrong values.
enum BadValues {
  private static func quantity(
    _ text: String, _ dimension: Dimension, _ fragment: String, in range: QuantityRange = .any
  ) -> BadText {
    BadText(.quantity(dimension, range), "v: \(text)\n", text.isEmpty ? "1:3" : "1:4", fragment)
  }

  static let quantities: [BadText] = [
    quantity("1e999999999 s", .time, "too large an exponent"),
    quantity("1e-31 s", .time, "too large an exponent"),
    quantity("1e00000000000000000000031 s", .time, "too large an exponent"),
    quantity(String(repeating: "9", count: 41) + " s", .time, "too many digits"),
    quantity("0." + String(repeating: "9", count: 40), .number, "too many digits"),
    quantity(String(repeating: "9", count: 100_000) + " s", .time, "is too long"),
    quantity("nan", .number, "does not begin with a decimal number"),
    quantity(".inf", .number, "does not begin with a decimal number"),
    quantity("inf s", .time, "expected a time such as 10 ns"),
    quantity("0x10 B", .size, "unknown unit 'x10 B'"),
    quantity("10", .time, "has no unit (got 10; expected a time such as 10 ns)"),
    quantity("0", .energy, "has no unit"),
    quantity("10 Ms", .time, "did you mean 'ms'?"),
    quantity("1.2 Ghz", .frequency, "did you mean 'GHz'?"),
    quantity("64 KB", .size, "did you mean 'KiB' (1024 bytes) or 'kB' (1000 bytes)?"),
    quantity("64 Kb", .size, "is written in bits ('Kb')"),
    quantity("8 bits", .size, "is written in bits"),
    quantity("5 GHz", .time, "is a frequency, not a time"),
    quantity("5 pJ", .area, "is an energy, not an area"),
    quantity("5 parsec", .area, "write one of the units mm2, um2"),
    quantity("1_000 s", .time, "unknown unit '_000 s'"),
    quantity("1,5 s", .time, "unknown unit ',5 s'"),
    quantity("--5 s", .time, "does not begin with a decimal number"),
    quantity(".5 s", .time, "write a digit before the decimal point"),
    quantity("5. s", .time, "does not begin with a decimal number"),
    quantity("1  s", .time, "more than one space"),
    quantity("\"1 s \"", .time, "unknown unit 's '"),
    quantity("1/0", .number, "a denominator of zero"),
    quantity("1/2/3", .number, "not a fraction of two integers"),
    quantity("1/-2", .number, "not a fraction of two integers"),
    quantity("3/4 s", .time, "unknown unit '/4 s'"),
    quantity("5 %", .number, "a unit or text after the number"),
    quantity("25 C", .temperature, "298.15 K"),
    quantity("12:30", .size, "unknown unit ':30'"),
    quantity("-1 V", .voltage, "out of range (got -1 V; expected greater than 0)", in: .positive),
    quantity("0 V", .voltage, "expected greater than 0, at most 5 V", in: .positiveUpTo(Rational(5))),
    quantity("6 V", .voltage, "expected greater than 0, at most 5 V", in: .positiveUpTo(Rational(5))),
    quantity("-1", .number, "expected at least 0", in: .nonNegative),
    quantity("1.1", .number, "expected from 0 to 1", in: .upTo(.one)),
    quantity("2 s", .time, "expected from 3 s to 4 s", in: .between(Rational(3), Rational(4))),
    quantity("[1]", .number, "'v' of the test is a list"),
    quantity("", .number, "has no value"),
    quantity("~", .time, "has no value"),
  ]

  private static func lanes(_ text: String, _ fragment: String) -> BadText {
    BadText(.unit, "array: {rows: 4}\nlanes: \(text)\n", "2:8", fragment)
  }

  private static func unit(_ rest: String, _ mark: String, _ fragment: String) -> BadText {
    BadText(.unit, "lanes: 16\narray: {rows: 4}\n\(rest)\n", mark, fragment)
  }

  static let units: [BadText] = [
    lanes("12:30", "not a decimal integer (got 12:30; expected an integer from 1 to 1024; times of day"),
    lanes("0o17", "octal, hexadecimal and leading zeros are not accepted"),
    lanes("017", "octal, hexadecimal and leading zeros are not accepted"),
    lanes("0x10", "octal, hexadecimal and leading zeros are not accepted"),
    lanes("1e3", "without point or exponent"),
    lanes("16.0", "without point or exponent"),
    lanes("1_000", "write 1000"),
    lanes("+5", "write 5"),
    lanes("\"16\"", "remove the quotes"),
    lanes("sixteen", "not a decimal integer"),
    lanes("0", "out of range"),
    lanes("1025", "out of range (got 1025; expected an integer from 1 to 1024)"),
    lanes("-9223372036854775809", "out of range"),
    lanes("99999999999999999999999999", "out of range"),
    lanes("[16]", "'lanes' of unit 'm' is a list"),
    lanes("null", "has no value"),
    lanes("٣", "not a decimal integer"),
    BadText(.unit, "lanes: 16\n", "1:1", "missing key 'array' in unit 'm'"),
    BadText(.unit, "array: {rows: 4}\nlanse: 16\n", "1:1", "is 'lanse' meant to be 'lanes'?"),
    BadText(.unit, "- 1\n", "1:1", "unit 'm' is not a mapping (got a list"),
    BadText(.unit, "lanes: 1\narray: 5\n", "2:8", "'array' of unit 'm' is not a mapping (got a scalar"),
    BadText(.unit, "lanes: 1\narray: {}\n", "2:8", "missing key 'rows' in 'array' of unit 'm'"),
    BadText(.unit, "lanes: 1\narray: {rows: 4, column: 8}\n", "2:18", "did you mean 'columns'?"),
    unit("energie: 1 pJ", "3:1", "unknown key 'energie' in unit 'm' (did you mean 'energy'?)"),
    unit("zzz: 1", "3:1", "expected one of lanes, rate, policy"),
    unit("gated: yes", "3:8", "write true"),
    unit("gated: True", "3:8", "write true"),
    unit("gated: off", "3:8", "write false"),
    unit("gated: 1", "3:8", "expected true or false"),
    unit("gated: \"true\"", "3:8", "not a truth value"),
    unit("policy: lur", "3:9", "did you mean 'lru'?"),
    unit("policy: LRU", "3:9", "did you mean 'lru'?"),
    unit("policy: [lru]", "3:9", "is a list"),
    unit("label:", "3:7", "has no value"),
    unit("rate: 0 GHz", "3:7", "out of range"),
    unit("rate: {value: 1 GHz}", "3:7", "missing key 'source'"),
    unit("rate: {source: \"derived: x\"}", "3:7", "missing key 'value'"),
    unit("rate: {value: 1 GHz, source: \"derived: x\", note: y}", "3:44", "unknown key 'note'"),
    unit("rate: {value: 1 GHz, source: \"publicaton: x\"}", "3:30", "did you mean 'publication'?"),
    unit("rate: {value: 1 GHz, source: a book}", "3:30", "no mark before a colon"),
    unit("rate: {value: 1 GHz, source: \"standard: \"}", "3:30", "says nothing after its mark"),
    unit("rate: {value: {value: 1 GHz}, source: \"derived: x\"}", "3:15", "is a mapping"),
  ]
}
