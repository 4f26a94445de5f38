/// Reads the dict literal of an npy header: texts in quotes, `True`, `False` and tuples of decimal integers.
struct NPYLiteral {
  typealias Fault = NPYHeader.Fault

  private let bytes: [UInt8]
  private var offset = 0
  private(set) var descr: String?
  private(set) var isFortranOrder: Bool?
  private(set) var shape: [Int64]?

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private var byte: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private func fault(_ expected: String) -> Fault {
    let rest = String(decoding: bytes[min(offset, bytes.count)...].prefix(24), as: UTF8.self)
    return Fault(message: "the npy header is no dict of the three keys", value: rest, expected: expected)
  }

  private mutating func skipSpace() {
    while let byte, byte == 32 || (9...13).contains(byte) { offset += 1 }
  }

  /// Whether the next character is `character`, which is then passed.
  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard byte == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  /// Reads all of it; what follows the dict may only be white space.
  mutating func read() throws(Fault) -> NPYLiteral {
    guard take("{") else { throw fault("'{'") }
    while !take("}") {
      let key = try text()
      guard take(":") else { throw fault("':'") }
      switch key {
      case "descr" where descr == nil:
        skipSpace()
        if byte == UInt8(ascii: "[") {
          throw Fault(message: "structured elements are not supported", expected: "numbers or truth values")
        }
        descr = try text()
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try truth()
      case "shape" where shape == nil: shape = try tuple()
      case "descr", "fortran_order", "shape": throw Fault(message: "a key of the npy header is given twice", value: key)
      default:
        throw Fault(message: "unknown key in the npy header", value: key, expected: "descr, fortran_order, shape")
      }
      guard take(",") else {
        guard take("}") else { throw fault("',' or '}'") }
        break
      }
    }
    skipSpace()
    guard byte == nil else { throw fault("nothing behind '}'") }
    return self
  }

  private mutating func text() throws(Fault) -> String {
    skipSpace()
    guard let quote = byte, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw fault("a text in quotes")
    }
    offset += 1
    let start = offset
    while let byte, byte != quote {
      // None of the texts that mean something has an escape or lies outside ASCII.
      guard (32..<127).contains(byte), byte != UInt8(ascii: "\\") else { throw fault("a plain text") }
      offset += 1
    }
    guard byte == quote else { throw fault("the end of the text") }
    offset += 1
    return String(decoding: bytes[start..<offset - 1], as: UTF8.self)
  }

  private mutating func truth() throws(Fault) -> Bool {
    skipSpace()
    for (word, value) in [("True", true), ("False", false)] {
      let end = offset + word.utf8.count
      if end <= bytes.count, bytes[offset..<end].elementsEqual(word.utf8) {
        offset = end
        return value
      }
    }
    throw fault("True or False")
  }

  private mutating func tuple() throws(Fault) -> [Int64] {
    guard take("(") else { throw fault("a tuple of extents") }
    var values: [Int64] = []
    var hasComma = true
    while !take(")") {
      guard hasComma else { throw fault("',' or ')'") }
      values.append(try integer())
      hasComma = take(",")
      guard values.count <= TensorShape.rankLimit else {
        throw Fault(message: "too many axes", expected: "at most \(TensorShape.rankLimit)")
      }
    }
    // (3) is a number, (3,) a tuple.
    guard values.count != 1 || hasComma else { throw fault("a tuple: ',' behind a single extent") }
    return values
  }

  private mutating func integer() throws(Fault) -> Int64 {
    skipSpace()
    let start = offset
    if byte == UInt8(ascii: "-") { offset += 1 }
    while let byte, JSONScanner.isDigit(byte) { offset += 1 }
    let digits = String(decoding: bytes[start..<offset], as: UTF8.self)
    guard let value = Int64(digits) else {
      guard digits.utf8.count > 1 else { throw fault("an integer") }
      throw Fault(message: "too many elements", value: digits, expected: "at most 2^56")
    }
    guard value >= 0 else { throw Fault(message: "an extent is negative", value: digits, expected: "0 or more") }
    return value
  }
}
