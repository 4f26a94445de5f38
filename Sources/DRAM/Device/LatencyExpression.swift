/// An integer expression over named timing parameters, such as `nCL + nBL + 2 - nCWL` or `max(burst_cycle, tCCD_S)`.
///
/// Grammar: sum := product (('+' | '-') product)*; product := factor ('*' factor)*; factor := integer | name |
/// ('max' | 'min') '(' sum (',' sum)* ')' | '(' sum ')'. Arithmetic is checked.
public struct LatencyExpression: Sendable {
  public enum Fault: Error, Hashable, Sendable {
    case syntax(at: Int)
    case unknownName(String)
    case overflow
  }

  private enum Token: Equatable {
    case number(Int64)
    case name(String)
    case symbol(UInt8)
  }

  private let tokens: [Token]
  /// The names that occur, in order of first use.
  public let names: [String]

  /// Longest text that is looked at.
  public static let maximumLength = 200

  public init(_ text: String) throws(Fault) {
    let bytes = Array(text.utf8)
    guard bytes.count <= Self.maximumLength else { throw .syntax(at: Self.maximumLength) }
    var tokens: [Token] = []
    var names: [String] = []
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: " ") {
        index += 1
      } else if (48...57).contains(byte) {
        var value: Int64 = 0
        while index < bytes.count, (48...57).contains(bytes[index]) {
          let (tenfold, first) = value.multipliedReportingOverflow(by: 10)
          let (next, second) = tenfold.addingReportingOverflow(Int64(bytes[index] - 48))
          guard !first, !second else { throw .overflow }
          value = next
          index += 1
        }
        tokens.append(.number(value))
      } else if Self.isNameByte(byte) {
        let start = index
        while index < bytes.count, Self.isNameByte(bytes[index]) || (48...57).contains(bytes[index]) { index += 1 }
        let name = String(decoding: bytes[start..<index], as: UTF8.self)
        tokens.append(.name(name))
        if name != "max", name != "min", !names.contains(name) { names.append(name) }
      } else if "+-*(),".utf8.contains(byte) {
        tokens.append(.symbol(byte))
        index += 1
      } else {
        throw .syntax(at: index)
      }
    }
    self.tokens = tokens
    self.names = names
    // A first evaluation with ones finds syntax errors when the file is read.
    do {
      _ = try value { _ in 1 }
    } catch .overflow {
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
  }

  /// - Parameter lookUp: the value of a name, `nil` when there is none.
  public func value(_ lookUp: (String) -> Int64?) throws(Fault) -> Int64 {
    var position = 0
    let result = try sum(&position, lookUp, depth: 0)
    guard position == tokens.count else { throw .syntax(at: position) }
    return result
  }

  private func sum(_ at: inout Int, _ lookUp: (String) -> Int64?, depth: Int) throws(Fault) -> Int64 {
    var total = try product(&at, lookUp, depth: depth)
    while at < tokens.count, tokens[at] == .symbol(UInt8(ascii: "+")) || tokens[at] == .symbol(UInt8(ascii: "-")) {
      let isPlus = tokens[at] == .symbol(UInt8(ascii: "+"))
      at += 1
      let term = try product(&at, lookUp, depth: depth)
      let (next, overflow) =
        isPlus ? total.addingReportingOverflow(term) : total.subtractingReportingOverflow(term)
      guard !overflow else { throw .overflow }
      total = next
    }
    return total
  }

  private func product(_ at: inout Int, _ lookUp: (String) -> Int64?, depth: Int) throws(Fault) -> Int64 {
    var total = try factor(&at, lookUp, depth: depth)
    while at < tokens.count, tokens[at] == .symbol(UInt8(ascii: "*")) {
      at += 1
      let (next, overflow) = total.multipliedReportingOverflow(by: try factor(&at, lookUp, depth: depth))
      guard !overflow else { throw .overflow }
      total = next
    }
    return total
  }

  private func factor(_ at: inout Int, _ lookUp: (String) -> Int64?, depth: Int) throws(Fault) -> Int64 {
    guard at < tokens.count, depth < 32 else { throw .syntax(at: at) }
    let token = tokens[at]
    at += 1
    switch token {
    case .number(let value): return value
    case .name(let name) where name == "max" || name == "min":
      let values = try arguments(&at, lookUp, depth: depth)
      return name == "max" ? values.max()! : values.min()!
    case .name(let name):
      guard let value = lookUp(name) else { throw .unknownName(name) }
      return value
    case .symbol(UInt8(ascii: "(")):
      at -= 1
      let values = try arguments(&at, lookUp, depth: depth)
      guard values.count == 1 else { throw .syntax(at: at) }
      return values[0]
    case .symbol: throw .syntax(at: at - 1)
    }
  }

  /// At least one value between parentheses.
  private func arguments(_ at: inout Int, _ lookUp: (String) -> Int64?, depth: Int) throws(Fault) -> [Int64] {
    guard at < tokens.count, tokens[at] == .symbol(UInt8(ascii: "(")) else { throw .syntax(at: at) }
    at += 1
    var values = [try sum(&at, lookUp, depth: depth + 1)]
    while at < tokens.count, tokens[at] == .symbol(UInt8(ascii: ",")) {
      at += 1
      values.append(try sum(&at, lookUp, depth: depth + 1))
    }
    guard at < tokens.count, tokens[at] == .symbol(UInt8(ascii: ")")) else { throw .syntax(at: at) }
    at += 1
    return values
  }
}
