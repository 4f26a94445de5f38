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

  /// 0.1234 → "12.3 %".
  public static func percent(_ part: Double, of whole: Double) -> String {
    guard whole != 0, (part / whole).isFinite else { return "-" }
    return String(format: "%.1f %%", part / whole * 100)
  }

  /// 0.02134 → "0.0213", 46.94 → "46.9", 1234.5 → "1,234".
  public static func significant(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "-" }
    if abs(value) >= 99.95, let whole = Int64(exactly: value.rounded()) { return grouped(whole) }
    return abs(value) >= 9.995
      ? String(format: "%.1f", value)
      : abs(value) >= 0.9995 ? String(format: "%.2f", value) : String(format: "%.3g", value)
  }
}
