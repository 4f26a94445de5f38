/// The lexical part of JSON: strings, numbers and words, with line and column.
struct JSONScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var offset = 0
  private var line = 1
  private var lineStart = 0
  /// Bytes of this line that continue a character: columns count characters.
  private var continuations = 0

  /// Over bytes that must outlive the scanner and are valid UTF-8.
  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  var byte: UInt8? { offset < bytes.count ? bytes[offset] : nil }
  var mark: Mark { Mark(line: line, column: offset - lineStart - continuations + 1) }

  mutating func advance() {
    guard offset < bytes.count else { return }
    if bytes[offset] & 0xC0 == 0x80 { continuations += 1 }
    offset += 1
  }

  mutating func skipWhiteSpace() {
    while let byte, byte == 32 || byte == 9 || byte == 10 || byte == 13 {
      offset += 1
      if byte == 10 {
        line += 1
        lineStart = offset
        continuations = 0
      }
    }
  }

  /// The fault of standing where something else was due.
  func unexpected(expected: String) -> DocumentFault {
    guard let byte else {
      return DocumentFault("not valid JSON: the text ends too early", at: mark, expected: expected)
    }
    if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "#") {
      return DocumentFault("not valid JSON: comments are not accepted", at: mark, expected: expected)
    }
    let rest = String(decoding: bytes[offset..<min(offset + 24, bytes.count)], as: UTF8.self)
    return DocumentFault("not valid JSON: unexpected text", at: mark, value: rest, expected: expected)
  }

  /// `true`, `false` or `null`.
  mutating func word() throws(DocumentFault) -> String {
    for word in ["true", "false", "null"] {
      let end = offset + word.utf8.count
      guard end <= bytes.count, bytes[offset..<end].elementsEqual(word.utf8) else { continue }
      if end < bytes.count, Self.isWordByte(bytes[end]) { break }
      offset = end
      return word
    }
    throw unexpected(expected: "a JSON value: an object, a list, a string, a number, true, false or null")
  }

  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
    default: false
    }
  }

  /// A number as written.
  mutating func number() throws(DocumentFault) -> String {
    let start = offset
    if byte == UInt8(ascii: "-") { offset += 1 }
    let hasLeadingZero = byte == UInt8(ascii: "0")
    let digits = skipDigits()
    guard digits > 0 else { throw unexpected(expected: "a digit") }
    guard !hasLeadingZero || digits == 1 else {
      offset = start
      throw unexpected(expected: "a number without leading zeros")
    }
    if byte == UInt8(ascii: ".") {
      offset += 1
      guard skipDigits() > 0 else { throw unexpected(expected: "a digit after the decimal point") }
    }
    if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
      offset += 1
      if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { offset += 1 }
      guard skipDigits() > 0 else { throw unexpected(expected: "a digit in the exponent") }
    }
    if let byte, Self.isWordByte(byte) { throw unexpected(expected: "the end of the number") }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  private mutating func skipDigits() -> Int {
    let start = offset
    while let byte, Self.isDigit(byte) { offset += 1 }
    return offset - start
  }

  /// A string, from its opening quote to its closing one, with escapes resolved.
  mutating func string() throws(DocumentFault) -> String {
    advance()
    var result: [UInt8] = []
    var chunk = offset
    while let byte {
      switch byte {
      case UInt8(ascii: "\""):
        result += bytes[chunk..<offset]
        offset += 1
        return String(decoding: result, as: UTF8.self)
      case UInt8(ascii: "\\"):
        result += bytes[chunk..<offset]
        result += String(try escape()).utf8
        chunk = offset
      case 0..<32:
        throw DocumentFault(
          "not valid JSON: a control character in a string", at: mark, value: String(Unicode.Scalar(byte)),
          expected: "an escape such as \\n")
      default: advance()
      }
    }
    throw DocumentFault("not valid JSON: a string does not end", at: mark, expected: "'\"'")
  }

  private mutating func escape() throws(DocumentFault) -> Unicode.Scalar {
    let start = mark
    offset += 1
    let kind = byte
    offset += 1
    switch kind {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default:
      throw DocumentFault(
        "not valid JSON: unknown escape in a string", at: start, expected: #"one of \" \\ \/ \b \f \n \r \t \uXXXX"#)
    }
    let first = try codeUnit(start)
    var value = UInt32(first)
    if (0xD800..<0xDC00).contains(first), byte == UInt8(ascii: "\\"), offset + 1 < bytes.count,
      bytes[offset + 1] == UInt8(ascii: "u")
    {
      offset += 2
      let second = try codeUnit(start)
      if (0xDC00..<0xE000).contains(second) {
        value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
      }
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw DocumentFault("not valid JSON: half of a surrogate pair", at: start, expected: "both halves")
    }
    return scalar
  }

  private mutating func codeUnit(_ start: Mark) throws(DocumentFault) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 128 else {
        throw DocumentFault("not valid JSON: bad \\u escape", at: start, expected: "four hexadecimal digits")
      }
      value = value << 4 | UInt16(digit)
      offset += 1
    }
    return value
  }
}
