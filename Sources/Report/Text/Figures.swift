import Foundation

/// How numbers look to a person: grouped digits, three significant figures with a prefix, percentages.
public enum Figures {
  /// 1234567 → "1,234,567".
  public static func grouped(_ value: Int64) -> String {
    let digits = String(value.magnitude)
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { result += "," }
      result.append(digit)
    }
    return value < 0 ? "-" + result : result
  }

  /// 0.00123 with unit "s" → "1.23 ms".
  public static func scaled(_ value: Double?, _ unit: String) -> String {
    guard let value, value.isFinite else { return "-" }
    guard value != 0 else { return "0 \(unit)" }
    let prefixes = [
      (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"),
      (1e-12, "p"),
    ]
    let (scale, prefix) = prefixes.first { abs(value) >= $0.0 * 0.9995 } ?? (1e-15, "f")
    let scaled = value / scale
    let digits = abs(scaled) >= 99.95 ? 0 : abs(scaled) >= 9.995 ? 1 : 2
    return String(format: "%.\(digits)f", scaled) + " " + prefix + unit
  }

  /// Three significant figures without a prefix, digits grouped: 0.01163 → "0.0116", 1074.2 → "1,074".
  public static func plain(_ value: Double) -> String {
    guard value.isFinite else { return "-" }
    guard value != 0 else { return "0" }
    if abs(value) >= 99.95, abs(value) < 1e15 { return grouped(Int64(value.rounded())) }
    guard abs(value) >= 1e-4, abs(value) < 1e15 else { return String(format: "%.2e", value) }
    var digits = 1
    var bound = 9.995
    while abs(value) < bound, digits < 8 {
      digits += 1
      bound /= 10
    }
    return String(format: "%.\(digits)f", value)
  }

  /// 0.1234 → "12.3 %".
  public static func percent(_ part: Double, of whole: Double) -> String {
    guard whole != 0, (part / whole).isFinite else { return "-" }
    return String(format: "%.1f %%", part / whole * 100)
  }
}
