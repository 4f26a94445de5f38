import Report

/// Numbers of a study in words.
enum StudyNumbers {
  /// A stated number with all its digits: 137.0 → "137", 304.59 → "304.59", 1024.0 → "1,024".
  static func stated(_ value: Double) -> String {
    Int64(exactly: value).map(Figures.grouped) ?? String(describing: value)
  }

  /// `4.1–5.6`, or one number when both look alike.
  static func range(_ low: Double, _ high: Double) -> String { joined(low, high, by: "–") }

  /// `4.1 to 5.6`, or one number when both look alike.
  static func span(_ low: Double, _ high: Double) -> String { joined(low, high, by: " to ") }

  /// `1,024`, or `512 to 1,024` when they differ.
  static func span(_ values: [Int64]) -> String {
    guard let low = values.min(), let high = values.max() else { return "–" }
    return low == high ? Figures.grouped(low) : "\(Figures.grouped(low)) to \(Figures.grouped(high))"
  }

  private static func joined(_ low: Double, _ high: Double, by word: String) -> String {
    let (a, b) = (Figures.significant(low), Figures.significant(high))
    return a == b ? a : a + word + b
  }
}
