/// Reads JSON by RFC 8259, strictly and without recursion. Numbers stay the text that was written.
struct JSONReader {
  private enum State { case value, valueOrEnd, keyOrEnd, key, separator, finished }

  private var scanner: JSONScanner
  private var builder: DocumentBuilder
  private var state = State.value

  private init(_ bytes: UnsafeBufferPointer<UInt8>, file: String) {
    scanner = JSONScanner(bytes)
    builder = DocumentBuilder(file: file)
  }

  static func read(
    _ bytes: UnsafeBufferPointer<UInt8>, file: String, _ d: inout Diagnostics
  ) throws(DocumentFault) -> DocumentNode {
    var reader = JSONReader(bytes, file: file)
    return try reader.read(&d)
  }

  private mutating func read(_ d: inout Diagnostics) throws(DocumentFault) -> DocumentNode {
    scanner.skipWhiteSpace()
    guard scanner.byte != nil else { throw DocumentFault("the file is empty", at: nil, expected: "a JSON text") }
    while state != .finished {
      scanner.skipWhiteSpace()
      switch state {
      case .value: try value(mayEnd: false)
      case .valueOrEnd: try value(mayEnd: true)
      case .keyOrEnd: try key(mayEnd: true, &d)
      case .key: try key(mayEnd: false, &d)
      case .separator: try separator()
      case .finished: break
      }
    }
    scanner.skipWhiteSpace()
    guard scanner.byte == nil, let root = builder.root else {
      throw scanner.unexpected(expected: "nothing after the end of the JSON text")
    }
    return root
  }

  private mutating func value(mayEnd: Bool) throws(DocumentFault) {
    let mark = scanner.mark
    switch scanner.byte {
    case UInt8(ascii: "{"):
      try builder.open(mapping: true, at: mark)
      scanner.advance()
      state = .keyOrEnd
    case UInt8(ascii: "["):
      try builder.open(mapping: false, at: mark)
      scanner.advance()
      state = .valueOrEnd
    case UInt8(ascii: "]") where mayEnd: close()
    case UInt8(ascii: "]") where builder.depth > 0 && !builder.isInMapping:
      throw DocumentFault("a comma before ']' is not JSON", at: mark, expected: "a value after the comma")
    case UInt8(ascii: "\""): try add(.init(text: scanner.string(), isQuoted: true), mark)
    case let byte? where byte == UInt8(ascii: "-") || JSONScanner.isDigit(byte):
      try add(.init(text: scanner.number(), isQuoted: false), mark)
    default: try add(.init(text: scanner.word(), isQuoted: false), mark)
    }
  }

  private mutating func add(_ scalar: DocumentNode.Scalar, _ mark: Mark) {
    builder.add(.init(node: DocumentNode(mark: mark, content: .scalar(scalar))))
    state = builder.isComplete ? .finished : .separator
  }

  private mutating func close() {
    scanner.advance()
    _ = builder.close()
    state = builder.isComplete ? .finished : .separator
  }

  private mutating func key(mayEnd: Bool, _ d: inout Diagnostics) throws(DocumentFault) {
    let mark = scanner.mark
    switch scanner.byte {
    case UInt8(ascii: "}") where mayEnd: close()
    case UInt8(ascii: "}"):
      throw DocumentFault("a comma before '}' is not JSON", at: mark, expected: "a key after the comma")
    case UInt8(ascii: "\""):
      builder.key(try scanner.string(), at: mark, &d)
      scanner.skipWhiteSpace()
      guard scanner.byte == UInt8(ascii: ":") else { throw scanner.unexpected(expected: "':' after the key") }
      scanner.advance()
      state = .value
    default: throw scanner.unexpected(expected: mayEnd ? "a key in double quotes or '}'" : "a key in double quotes")
    }
  }

  private mutating func separator() throws(DocumentFault) {
    let end = builder.isInMapping ? "}" : "]"
    switch scanner.byte {
    case UInt8(ascii: ","):
      scanner.advance()
      state = builder.isInMapping ? .key : .value
    case UInt8(ascii: "}") where builder.isInMapping: close()
    case UInt8(ascii: "]") where !builder.isInMapping: close()
    default: throw scanner.unexpected(expected: "',' or '\(end)'")
    }
  }
}
