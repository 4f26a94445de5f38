import Foundation

/// A look at a file before its messages are built: a message of two bytes becomes a hundred in memory, so their number
/// is bounded first.
enum ONNXScan {
  static let recordLimit = 1_000_000

  /// Length-delimited fields of which each makes an object, by the message that holds them; strings and packed numbers
  /// cost no more than they fill.
  private enum Kind: UInt8 {
    case model, function, graph, node, attribute, tensor, value, type, tensorType, sequenceType, shape
    case leaf
  }

  private static func kind(of field: UInt64, in kind: Kind) -> Kind? {
    switch (kind, field) {
    case (.model, 7): .graph
    case (.model, 25): .function
    case (.model, 8), (.model, 14), (.model, 20): .leaf
    case (.function, 7): .node
    case (.function, 11), (.function, 12): field == 11 ? .attribute : .value
    case (.function, _): .leaf
    case (.graph, 1): .node
    case (.graph, 5): .tensor
    case (.graph, 11), (.graph, 12), (.graph, 13): .value
    case (.graph, 14), (.graph, 15), (.graph, 16): .leaf
    case (.node, 5): .attribute
    case (.node, 1), (.node, 2), (.node, 9): .leaf
    case (.attribute, 5), (.attribute, 10): .tensor
    case (.attribute, 6), (.attribute, 11): .graph
    case (.attribute, 9): .leaf
    case (.attribute, 14), (.attribute, 15): .type
    case (.attribute, 22), (.attribute, 23): .leaf
    case (.tensor, 6), (.tensor, 13), (.tensor, 16): .leaf
    case (.value, 2), (.sequenceType, 1): .type
    case (.value, 4): .leaf
    case (.type, 1), (.type, 8): .tensorType
    case (.type, 4), (.type, 9): .sequenceType
    case (.tensorType, 2): .shape
    case (.shape, 1): .leaf
    default: nil
    }
  }

  /// How many objects the file makes, counted up to one beyond the limit; nil when the file is no sequence of fields.
  static func records(_ data: Data) -> Int? {
    data.withUnsafeBytes { bytes -> Int? in
      var count = 0
      var open: [(kind: Kind, end: Int)] = [(.model, bytes.count)]
      var position = 0
      func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
          guard position < bytes.count else { return nil }
          let byte = bytes[position]
          position += 1
          value |= shift < 64 ? UInt64(byte & 127) << shift : 0
          if byte < 128 { return value }
        }
        return nil
      }
      while let top = open.last {
        guard position < top.end else {
          guard position == top.end else { return nil }
          open.removeLast()
          continue
        }
        guard let tag = varint() else { return nil }
        let field = tag >> 3
        guard field > 0 else { return nil }
        switch tag & 7 {
        case 0: guard varint() != nil else { return nil }
        case 1: position += 8
        case 5: position += 4
        case 2:
          guard let length = varint(), length <= UInt64(top.end), position <= top.end - Int(length) else { return nil }
          let end = position + Int(length)
          if let inner = kind(of: field, in: top.kind) {
            count += 1
            if count > recordLimit { return count }
            // Deeper ones are refused by the decoder.
            if inner != .leaf, open.count < 128 {
              open.append((inner, end))
              continue
            }
          }
          position = end
        default: return nil
        }
        guard position <= top.end else { return nil }
      }
      return count
    }
  }
}
