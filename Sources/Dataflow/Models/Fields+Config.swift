import Files

// What the families of `config.json` have in common.
extension Fields {
  /// An integer of a key for which transformers writes `null` where it is left out.
  mutating func integerOrNull(_ key: String, in range: ClosedRange<Int64>, _ d: inout Diagnostics) -> Int64? {
    if isNull(key) {
      ignore([key])
      return nil
    }
    return integer(key, in: range, &d)
  }

  /// An integer that must be there, under `key` or else under its `other` name; with the key that is written.
  mutating func requiredInteger(
    _ key: String, or other: String, in range: ClosedRange<Int64>, _ d: inout Diagnostics
  ) -> (key: String, value: Int64?) {
    let written = !contains(key) && contains(other) ? other : key
    return (written, requiredInteger(written, in: range, &d))
  }

  /// Refuses a value of `key` other than the word `supported`; an absent key is fine.
  mutating func expect(_ key: String, _ supported: String, _ d: inout Diagnostics) {
    guard let value = text(key, &d), value != supported else { return }
    d.error("unsupported \(key)", at: place(key), value: value, expected: supported)
  }

  /// Refuses a truth value of `key` other than `supported`; an absent key is fine.
  mutating func expect(_ key: String, _ supported: Bool, _ d: inout Diagnostics) {
    guard let value = boolean(key, &d), value != supported else { return }
    d.error("unsupported \(key)", at: place(key), value: "\(value)", expected: "\(supported)")
  }

  /// Refuses a `whole` that `part` does not divide.
  func checkDivides(
    _ part: (key: String, value: Int64?), _ whole: (key: String, value: Int64?), at key: String, expected: String,
    _ d: inout Diagnostics
  ) {
    guard let divisor = part.value, let value = whole.value, value % divisor != 0 else { return }
    d.error(
      "\(whole.key) is not a multiple of \(part.key)", at: place(key), value: "\(value) over \(divisor)",
      expected: expected)
  }
}

extension Fields {
  /// The number below which a variance is not told from zero; as written, or transformers' default of the family.
  mutating func epsilon(_ key: String, default fallback: Double, _ d: inout Diagnostics) -> Double {
    real(key, in: 0...1, &d) ?? fallback
  }

  /// A finite number in `range`, if written.
  mutating func real(_ key: String, in range: ClosedRange<Double>, _ d: inout Diagnostics) -> Double? {
    guard contains(key), let text = text(key, &d) else { return nil }
    guard let value = Double(text), range.contains(value) else {
      d.error(
        "\(key) is no number in range", at: place(key), value: text,
        expected: "a number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return value
  }
}
