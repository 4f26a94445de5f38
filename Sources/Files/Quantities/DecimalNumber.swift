import Arch

/// The number that a text begins with, kept small before exact arithmetic sees it.
struct DecimalNumber {
  /// Digits of the mantissa together.
  static let maximumDigits = 40
  /// The exponent's magnitude.
  static let maximumExponent = 30

  enum Fault: Error {
    case notANumber
    case tooManyDigits
    case exponentTooLarge
  }

  let value: Rational
  /// Where the number ends in the bytes it was read from.
  let end: Int

  /// Reads sign, digits, fraction and exponent from the start of `bytes`.
  ///
  /// An `e` or `E` belongs to the number only when an exponent follows, so that units may begin with these letters.
  init(_ bytes: [UInt8]) throws(Fault) {
    var index = 0
    let sign = bytes.first
    if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { index = 1 }
    var digits = Self.digits(bytes, from: index)
    guard !digits.isEmpty else { throw .notANumber }
    index = digits.endIndex
    var places = 0
    if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
      let fraction = Self.digits(bytes, from: index + 1)
      guard !fraction.isEmpty else { throw .notANumber }
      places = fraction.count
      index = fraction.endIndex
      guard digits.count + places <= Self.maximumDigits else { throw .tooManyDigits }
      digits = (Array(digits) + fraction)[...]
    }
    guard digits.count <= Self.maximumDigits else { throw .tooManyDigits }
    var exponent = 0
    if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e"),
      let (value, end) = try Self.exponent(bytes, from: index + 1)
    {
      exponent = value
      index = end
    }
    let text = (sign == UInt8(ascii: "-") ? "-" : "") + String(decoding: digits, as: UTF8.self)
    guard let value = Rational(decimalDigits: text, exponent: exponent - places) else { throw .notANumber }
    self.value = value
    end = index
  }

  private static func digits(_ bytes: [UInt8], from start: Int) -> ArraySlice<UInt8> {
    var end = start
    while end < bytes.count, JSONScanner.isDigit(bytes[end]) { end += 1 }
    return bytes[min(start, bytes.count)..<max(min(start, bytes.count), end)]
  }

  private static func exponent(_ bytes: [UInt8], from start: Int) throws(Fault) -> (value: Int, end: Int)? {
    var index = start
    var isNegative = false
    if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
      isNegative = bytes[index] == UInt8(ascii: "-")
      index += 1
    }
    let digits = digits(bytes, from: index)
    guard !digits.isEmpty else { return nil }
    let significant = digits.drop { $0 == UInt8(ascii: "0") }
    let magnitude = significant.isEmpty ? 0 : Int(String(decoding: significant.prefix(4), as: UTF8.self)) ?? Int.max
    guard significant.count <= 3, magnitude <= maximumExponent else { throw .exponentTooLarge }
    return (isNegative ? -magnitude : magnitude, digits.endIndex)
  }
}
