import Files

/// Where the elements of a tensor lie that were left out of its message.
struct ONNXPayload: Hashable, Sendable {
  /// The field of TensorProto that holds them.
  var field: UInt64
  /// Its bytes in the file.
  var range: Range<Int>
  /// The numbers in it; bytes, for raw data.
  var entries: Int

  /// What stands in the message's `doc_string` instead.
  var marker: String { "\(field) \(range.lowerBound) \(range.upperBound) \(entries)" }

  init(field: UInt64, range: Range<Int>, entries: Int) {
    self.field = field
    self.range = range
    self.entries = entries
  }

  /// Reads a marker; a reduced message has no other text there.
  init?(marker: String) {
    let numbers = marker.split(separator: " ").compactMap { Int($0) }
    guard numbers.count == 4, numbers[1] <= numbers[2] else { return nil }
    self.init(field: UInt64(numbers[0]), range: numbers[1]..<numbers[2], entries: numbers[3])
  }

  static let raw: UInt64 = 9
}

/// The message of a model without the large payloads of its tensors, so that decoding does not copy them.
///
/// A tensor whose elements are left out names their place in its `doc_string`, of which nothing else is kept: what the
/// file says there could pretend to be such a place.
enum ONNXReduction {
  /// Larger payloads are left out. None of them holds as few elements as are computed with while a graph is read: of
  /// eight bytes each, or up to ten for integers of variable length.
  private static func isLarge(_ field: ONNXWire.Field) -> Bool {
    let element = [4, 9, 10].contains(field.number) ? 8 : 10
    return field.content.count > element * Int(ONNXTensor.foldLimit)
  }

  private struct Frame {
    var kind: ONNXScan.Kind
    /// Where its length and its content begin.
    var length: Int
    var content: Range<Int>
    /// How many bytes it becomes longer.
    var growth = 0
  }

  /// Bytes of the file that others take the place of.
  private struct Edit {
    var range: Range<Int>
    var bytes: [UInt8] = []
    var growth: Int { bytes.count - range.count }
  }

  /// The reduced message, or nil when nothing changes or the bytes are no message.
  static func reduced(_ file: MappedFile) -> [UInt8]? {
    file.withBytes { bytes in
      guard let edits = edits(file, bytes), !edits.isEmpty else { return nil }
      var output: [UInt8] = []
      output.reserveCapacity(bytes.count + edits.reduce(0) { $0 + $1.growth })
      var at = 0
      for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
        output += bytes[at..<edit.range.lowerBound]
        output += edit.bytes
        at = edit.range.upperBound
      }
      return output + bytes[at...]
    }
  }

  private static func edits(_ file: MappedFile, _ bytes: UnsafeRawBufferPointer) -> [Edit]? {
    var edits: [Edit] = []
    var wire = ONNXWire(bytes)
    var seen = ONNXPages(file)
    var open = [Frame(kind: .model, length: 0, content: 0..<bytes.count)]
    while let top = open.last {
      guard wire.position < top.content.upperBound else {
        open.removeLast()
        if let outer = open.indices.last { open[outer].growth += close(top, &edits) }
        continue
      }
      guard let field = wire.next(before: top.content.upperBound) else { return nil }
      seen.advance(to: wire.position)
      guard field.type == 2, let kind = ONNXScan.kind(of: field.number, in: top.kind), kind != .leaf,
        open.count < ONNXScan.depthLimit
      else { continue }
      var frame = Frame(kind: kind, length: field.afterTag, content: field.content)
      guard kind == .tensor else {
        wire.position = field.content.lowerBound
        open.append(frame)
        continue
      }
      let own = tensor(field.content, bytes, &seen)
      edits += own
      frame.growth = own.reduce(0) { $0 + $1.growth }
      open[open.count - 1].growth += close(frame, &edits)
    }
    return edits
  }

  /// Corrects the length of a message that has become shorter or longer; says by how much the one around it does.
  private static func close(_ frame: Frame, _ edits: inout [Edit]) -> Int {
    guard frame.growth != 0 else { return 0 }
    let length = ONNXWire.varint(UInt64(frame.content.count + frame.growth))
    let edit = Edit(range: frame.length..<frame.content.lowerBound, bytes: length)
    edits.append(edit)
    return frame.growth + edit.growth
  }

  /// What makes a tensor's message one without its payload and `doc_string`.
  ///
  /// Only a payload that is the only one is left out: several belong together.
  private static func tensor(
    _ range: Range<Int>, _ bytes: UnsafeRawBufferPointer, _ seen: inout ONNXPages
  ) -> [Edit] {
    var wire = ONNXWire(bytes)
    wire.position = range.lowerBound
    var payloads = 0
    var large: ONNXWire.Field?
    var edits: [Edit] = []
    while wire.position < range.upperBound {
      guard let field = wire.next(before: range.upperBound) else { return [] }
      seen.advance(to: wire.position)
      switch (field.number, field.type) {
      case (4, 2), (5, 2), (7, 2), (9, 2), (10, 2), (11, 2):
        payloads += 1
        if isLarge(field) { large = field }
      case (4, 5), (5, 0), (6, 2), (7, 0), (10, 1), (11, 0): payloads += 1
      case (12, 2): edits.append(Edit(range: field.start..<field.content.upperBound))
      default: break
      }
    }
    if payloads == 1, let large, let entries = entries(large, bytes) {
      edits.append(Edit(range: large.start..<large.content.upperBound))
      let payload = ONNXPayload(field: large.number, range: large.content, entries: entries)
      let marker = Array(payload.marker.utf8)
      // Field 12, counted bytes.
      edits.append(
        Edit(range: range.upperBound..<range.upperBound, bytes: [12 << 3 | 2, UInt8(marker.count)] + marker))
    }
    return edits
  }

  /// How many numbers the field holds; nil when its bytes are none, which the decoder then says.
  private static func entries(_ field: ONNXWire.Field, _ bytes: UnsafeRawBufferPointer) -> Int? {
    switch field.number {
    case ONNXPayload.raw: field.content.count
    case 4: field.content.count % 4 == 0 ? field.content.count / 4 : nil
    case 10: field.content.count % 8 == 0 ? field.content.count / 8 : nil
    default: ONNXWire.varints(bytes, field.content)
    }
  }
}
