import Files

/// A look at a file before its messages are built: a message of two bytes becomes a hundred in memory, so their number
/// is bounded first.
enum ONNXScan {
  static let recordLimit = 1_000_000
  /// Deeper messages are refused by the decoder.
  static let depthLimit = 128

  /// Length-delimited fields of which each makes an object, by the message that holds them; strings and packed numbers
  /// cost no more than they fill.
  enum Kind: UInt8 {
    case model, training, function, graph, node, attribute, sparse, tensor, value, type, tensorType, sequenceType, shape
    case leaf
  }

  static func kind(of field: UInt64, in kind: Kind) -> Kind? {
    switch (kind, field) {
    case (.model, 7): .graph
    case (.model, 20): .training
    case (.model, 25): .function
    case (.model, 8), (.model, 14): .leaf
    case (.training, 1), (.training, 2): .graph
    case (.training, _): .leaf
    case (.function, 7): .node
    case (.function, 11), (.function, 12): field == 11 ? .attribute : .value
    case (.function, _): .leaf
    case (.graph, 1): .node
    case (.graph, 5): .tensor
    case (.graph, 11), (.graph, 12), (.graph, 13): .value
    case (.graph, 15): .sparse
    case (.graph, 14), (.graph, 16): .leaf
    case (.node, 5): .attribute
    case (.node, 1), (.node, 2), (.node, 9): .leaf
    case (.attribute, 5), (.attribute, 10): .tensor
    case (.attribute, 6), (.attribute, 11): .graph
    case (.attribute, 9): .leaf
    case (.attribute, 14), (.attribute, 15): .type
    case (.attribute, 22), (.attribute, 23): .sparse
    case (.sparse, 1), (.sparse, 2): .tensor
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
  static func records(_ file: MappedFile) -> Int? {
    file.withBytes { bytes -> Int? in
      var wire = ONNXWire(bytes)
      var seen = ONNXPages(file)
      var count = 0
      var open: [(kind: Kind, end: Int)] = [(.model, bytes.count)]
      while let top = open.last {
        guard wire.position < top.end else {
          guard wire.position == top.end else { return nil }
          open.removeLast()
          continue
        }
        guard let field = wire.next(before: top.end) else { return nil }
        seen.advance(to: wire.position)
        guard field.type == 2, let inner = kind(of: field.number, in: top.kind) else { continue }
        count += 1
        if count > recordLimit { return count }
        if inner != .leaf, open.count < depthLimit {
          wire.position = field.content.lowerBound
          open.append((inner, field.content.upperBound))
        }
      }
      return count
    }
  }
}

/// Lets go of the memory of a file that is walked from its beginning to its end.
struct ONNXPages {
  private static let step = 1 << 26
  private let file: MappedFile
  private var done = 0

  init(_ file: MappedFile) { self.file = file }

  mutating func advance(to position: Int) {
    guard position - done > Self.step else { return }
    file.release(done..<position)
    done = position
  }
}
