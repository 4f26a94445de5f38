import Arch

/// Reads quantities such as `1.2 GHz`: a decimal number, at most one space, a unit with its prefix.
public enum QuantityParser {
  private static let limits =
    "at most \(DecimalNumber.maximumDigits) digits and an exponent from -\(DecimalNumber.maximumExponent) to "
    + "\(DecimalNumber.maximumExponent)"

  /// The exact quantity that `text` states, or why it states none of `dimension`.
  ///
  /// A pure number may also be a fraction of two integers, `3/4`. Numbers have at most 40 digits and an exponent of
  /// magnitude 30 at most; hexadecimal, `nan` and `inf` are refused. The unit must be written.
  public static func parse(_ text: String, as dimension: Dimension) -> Result<Quantity, QuantityError> {
    guard text.utf8.count <= 200 else { return failure("is too long", dimension) }
    let bytes = Array(text.utf8)
    if dimension == .number, bytes.contains(UInt8(ascii: "/")) { return fraction(text) }
    let number: DecimalNumber
    do {
      number = try DecimalNumber(bytes)
    } catch {
      return failure(error, text, dimension)
    }
    var unit = bytes[number.end...]
    if unit.count > 1, unit.first == UInt8(ascii: " ") { unit = unit.dropFirst() }
    let name = String(decoding: unit, as: UTF8.self)
    if dimension == .number {
      guard name.isEmpty else { return failure("has a unit or text after the number", dimension) }
      return .success(Quantity(value: number.value, dimension: .number, text: text))
    }
    guard !name.isEmpty else { return failure("has no unit", dimension) }
    // The bytes decide: composed and decomposed spellings must not be equal by Unicode's rules.
    guard let found = UnitOfMeasure.all(of: dimension).first(where: { $0.name.utf8.elementsEqual(unit) }) else {
      return failure(unit: name, dimension)
    }
    return .success(Quantity(value: found.scale(number.value), dimension: dimension, text: text))
  }

  private static func fraction(_ text: String) -> Result<Quantity, QuantityError> {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let above = integer(parts[0]), let below = integer(parts[1]), below >= 0 else {
      return failure("is not a fraction of two integers of at most 18 digits", .number)
    }
    guard let value = Rational(above, over: below) else { return failure("has a denominator of zero", .number) }
    return .success(Quantity(value: value, dimension: .number, text: text))
  }

  private static func integer(_ text: Substring) -> Int64? {
    let magnitude = text.hasPrefix("-") ? text.dropFirst() : text
    guard !magnitude.isEmpty, magnitude.utf8.count <= 18, magnitude.utf8.allSatisfy(JSONScanner.isDigit) else {
      return nil
    }
    return Int64(text)
  }

  private static func failure(
    _ message: String, _ dimension: Dimension, suggestion: String? = nil
  ) -> Result<Quantity, QuantityError> {
    .failure(QuantityError(message: message, expected: dimension.phrase, suggestion: suggestion))
  }

  private static func failure(
    _ fault: DecimalNumber.Fault, _ text: String, _ dimension: Dimension
  ) -> Result<Quantity, QuantityError> {
    switch fault {
    case .notANumber: failure("does not begin with a decimal number", dimension, suggestion: hint(text))
    case .tooManyDigits: failure("has too many digits", dimension, suggestion: "write \(limits)")
    case .exponentTooLarge: failure("has too large an exponent", dimension, suggestion: "write \(limits)")
    }
  }

  private static func hint(_ text: String) -> String? {
    if text.hasPrefix(".") { return "write a digit before the decimal point" }
    if text.hasPrefix(" ") { return "leave out the space before the number" }
    return nil
  }

  private static func failure(unit name: String, _ dimension: Dimension) -> Result<Quantity, QuantityError> {
    let names = UnitOfMeasure.names(of: dimension)
    let units = "one of the units \(names.joined(separator: ", "))"
    if name.hasPrefix(" ") || name.hasPrefix("\t") {
      return failure("has more than one space before its unit", dimension)
    }
    let quoted = "'\(clipped(name))'"
    let lowered = name.lowercased()
    if dimension == .size, isBits(lowered, written: name) {
      return failure(
        "is written in bits (\(quoted))", dimension, suggestion: "sizes are in bytes: divide by 8 and write B or KiB")
    }
    if let owner = Dimension.allCases.first(where: { UnitOfMeasure.names(of: $0).contains(name) }) {
      return failure("is \(owner.noun), not \(dimension.noun)", dimension)
    }
    var suggestion = "write \(units)"
    let sameLetters = names.filter { $0.lowercased() == lowered }
    if dimension == .size, lowered == "kb" {
      suggestion = "did you mean 'KiB' (1024 bytes) or 'kB' (1000 bytes)?"
    } else if let meant = sameLetters.first ?? nearMiss(of: name, among: names) {
      suggestion = "did you mean '\(meant)'?"
    } else if dimension == .temperature {
      suggestion = "temperatures are in kelvin: 25 degrees Celsius are 298.15 K"
    }
    return failure("has the unknown unit \(quoted)", dimension, suggestion: suggestion)
  }

  private static func isBits(_ lowered: String, written: String) -> Bool {
    if written == "b" || lowered.hasSuffix("bit") || lowered.hasSuffix("bits") { return true }
    return written.hasSuffix("b") && written.count <= 3 && "kKmMgGtT".contains(written.first ?? " ")
  }
}
