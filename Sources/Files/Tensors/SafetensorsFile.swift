/// Reads safetensors files (https://github.com/huggingface/safetensors#format): a header in JSON that says where in the
/// rest of the file each tensor lies.
public enum SafetensorsFile {
  /// The longest header, by the format's own rule.
  public static let maximumHeaderBytes = 100_000_000
  /// Values in a header; each becomes an object in memory.
  static let valueLimit = 4_000_000

  static let names: [(name: String, element: TensorElement)] = [
    ("F64", .float64), ("F32", .float32), ("F16", .float16), ("BF16", .bfloat16), ("I8", .int8), ("I16", .int16),
    ("I32", .int32), ("I64", .int64), ("U8", .uint8), ("U16", .uint16), ("U32", .uint32), ("U64", .uint64),
    ("BOOL", .bool),
  ]

  /// The tensors of the file in the order of its header, each a view into `file`; nil with errors.
  ///
  /// Refused are: a header that is no JSON object or has a key twice; a tensor whose bytes are not as many as its shape
  /// asks for; tensors that overlap, leave a hole or end before or behind the data.
  public static func read(_ file: MappedFile, into d: inout Diagnostics) -> [StoredTensor]? {
    let place = Place(file: file.displayName)
    let before = d.errorCount
    guard let (text, start) = header(file, place, &d),
      let document = DocumentReader.json(text, file: file.displayName, into: &d),
      let fields = Fields(document, of: "the header", &d)
    else { return nil }
    var tensors: [StoredTensor] = []
    var ends: [(begin: Int, end: Int, name: String)] = []
    for entry in document.root.entries ?? [] {
      if entry.key == "__metadata__" {
        checkMetadata(entry.value, file.displayName, &d)
        continue
      }
      guard let tensor = tensor(entry, start, file, &d) else { continue }
      tensors.append(tensor.tensor)
      ends.append((tensor.begin, tensor.begin + tensor.tensor.byteCount, entry.key))
    }
    guard d.errorCount == before else { return nil }
    ends.sort { ($0.begin, $0.end) < ($1.begin, $1.end) }
    var end = 0
    for part in ends {
      let at = Place(file: file.displayName, detail: "tensor \"\(part.name)\"")
      guard part.begin == end else {
        d.error(
          part.begin < end ? "the tensor overlaps another" : "there is a hole in front of the tensor", at: at,
          value: "offset \(part.begin)", expected: "offset \(end)")
        return nil
      }
      end = part.end
    }
    guard end == file.count - start else {
      d.error(
        "the tensors do not fill the file", at: fields.place(), value: "\(end) bytes",
        expected: "\(file.count - start) bytes of data")
      return nil
    }
    return tensors
  }

  /// The text of the header and where the data begins.
  private static func header(
    _ file: MappedFile, _ place: Place, _ d: inout Diagnostics
  ) -> (text: String, start: Int)? {
    guard file.count >= 8 else {
      d.error(
        "is no safetensors file: it ends early", at: place, value: "\(file.count) bytes", expected: "at least 8 bytes")
      return nil
    }
    let length = file.withBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= UInt64(maximumHeaderBytes) else {
      d.error(
        "is no safetensors file: the header is too long", at: place, value: "\(length) bytes",
        expected: "at most \(maximumHeaderBytes)")
      return nil
    }
    let start = 8 + Int(length)
    guard start <= file.count else {
      d.error(
        "is no safetensors file: it ends within the header", at: place, value: "\(file.count) bytes",
        expected: "at least \(start)")
      return nil
    }
    let bytes = file.withBytes { Array($0[8..<start]) }
    guard bytes.first == UInt8(ascii: "{") else {
      d.error("is no safetensors file: the header does not begin with '{'", at: place)
      return nil
    }
    let values = bytes.reduce(0) { count, byte in
      count + (byte == UInt8(ascii: ",") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") ? 1 : 0)
    }
    guard values <= valueLimit else {
      d.error("the header has too many values", at: place, expected: "at most \(valueLimit)")
      return nil
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      d.error("the header is not UTF-8", at: place)
      return nil
    }
    return (text, start)
  }

  private static func checkMetadata(_ node: DocumentNode, _ file: String, _ d: inout Diagnostics) {
    guard let entries = node.entries else {
      d.error(
        "'__metadata__' is \(node.kindName)", at: Place(file: file, mark: node.mark), expected: "a mapping of texts")
      return
    }
    for entry in entries where entry.value.scalar?.isQuoted != true {
      d.error(
        "'\(clipped(entry.key))' of '__metadata__' is no text", at: Place(file: file, mark: entry.value.mark),
        expected: "a text in quotes")
    }
  }

  private static func tensor(
    _ entry: DocumentNode.Entry, _ start: Int, _ file: MappedFile, _ d: inout Diagnostics
  ) -> (tensor: StoredTensor, begin: Int)? {
    let what = "tensor '\(clipped(entry.key))'"
    guard var fields = Fields(entry.value, of: what, in: file.displayName, &d) else { return nil }
    let element = fields.requiredChoice("dtype", of: names.map(\.name), &d)
    let shape = integers(&fields, "shape", &d)
    let offsets = integers(&fields, "data_offsets", &d)
    fields.warnUnknown(&d, knownKeys: ["dtype", "shape", "data_offsets"], silent: [])
    guard let element = names.first(where: { $0.name == element })?.element, let shape, let offsets else { return nil }
    guard let count = TensorShape.count(shape, at: fields.place("shape"), into: &d) else { return nil }
    let size = Int64(file.count - start)
    guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1], offsets[1] <= size else {
      d.error(
        "the tensor's bytes lie outside the data", at: fields.place("data_offsets"), value: "\(offsets)",
        expected: "a begin and an end from 0 to \(size)")
      return nil
    }
    let expected = count * Int64(element.size)
    guard offsets[1] - offsets[0] == expected else {
      d.error(
        "the tensor has the wrong number of bytes", at: fields.place("data_offsets"),
        value: "\(offsets[1] - offsets[0])", expected: "\(expected) for \(element.rawValue) \(shape)")
      return nil
    }
    let begin = Int(offsets[0])
    return StoredTensor(
      name: entry.key, element: element, shape: shape, file: file, range: start + begin..<start + Int(offsets[1])
    ).map { ($0, begin) }
  }

  private static func integers(_ fields: inout Fields, _ key: String, _ d: inout Diagnostics) -> [Int64]? {
    guard let items = fields.requiredList(key, &d) else { return nil }
    let limit = TensorShape.rankLimit
    guard items.count <= limit else {
      d.error("too many axes", at: fields.place(key), value: "\(items.count)", expected: "at most \(limit)")
      return nil
    }
    var values: [Int64] = []
    for item in items {
      guard let value = Scalars.integer(of: item, in: 0...Int64.max, fields.name(key), file: fields.file, &d) else {
        return nil
      }
      values.append(value)
    }
    return values
  }
}

extension SafetensorsFile {
  /// The bytes of a file that holds `tensors`: wide elements first, as the format's own serializer orders them, so that
  /// all are aligned.
  static func bytes(of tensors: [StoredTensor]) -> [UInt8] {
    let order = tensors.indices.sorted {
      (tensors[$1].element.size, $0) < (tensors[$0].element.size, $1)
    }
    var header = "{"
    var offset = 0
    for index in order {
      let tensor = tensors[index]
      let name = names.first { $0.element == tensor.element }?.name ?? ""
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      header += offset == 0 && header.utf8.count == 1 ? "" : ","
      header += "\(JSONText.quoted(tensor.name)):{\"dtype\":\"\(name)\",\"shape\":[\(shape)],"
      header += "\"data_offsets\":[\(offset),\(offset + tensor.byteCount)]}"
      offset += tensor.byteCount
    }
    header += "}"
    header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + header.utf8.count + offset)
    bytes += (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    bytes += header.utf8
    for index in order { tensors[index].withBytes { bytes += $0 } }
    return bytes
  }
}
