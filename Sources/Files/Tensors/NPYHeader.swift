/// The header of an npy file (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): the literal of a
/// Python dict with three keys, read by its grammar and never evaluated.
struct NPYHeader {
  /// Why a header is refused.
  struct Fault: Error {
    var message: String
    var value: String?
    var expected: String?
  }

  static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]
  /// The longest header; numpy itself stops at 10,000.
  static let maximumBytes = 1 << 16

  var element: TensorElement
  var shape: [Int64]
  var isFortranOrder: Bool
  /// Where the elements begin.
  var start: Int

  static let names: [(descr: String, element: TensorElement)] = [
    ("<f8", .float64), ("<f4", .float32), ("<f2", .float16), ("|i1", .int8), ("<i2", .int16), ("<i4", .int32),
    ("<i8", .int64), ("|u1", .uint8), ("<u2", .uint16), ("<u4", .uint32), ("<u8", .uint64), ("|b1", .bool),
  ]

  /// Reads the header at the start of `bytes`.
  init(_ bytes: UnsafeRawBufferPointer) throws(Fault) {
    let numbers = LittleEndianBytes(bytes: bytes)
    guard bytes.starts(with: Self.magic) else {
      throw Fault(message: "is no npy data: it does not begin with \\x93NUMPY")
    }
    guard let major = numbers.load(6, as: UInt8.self), let minor = numbers.load(7, as: UInt8.self) else {
      throw Fault(message: "the npy header ends early")
    }
    guard (1...3).contains(major), minor == 0 else {
      throw Fault(message: "unknown version of npy", value: "\(major).\(minor)", expected: "1.0, 2.0 or 3.0")
    }
    let length =
      major == 1 ? numbers.load(8, as: UInt16.self).map(Int.init) : numbers.load(8, as: UInt32.self).map(Int.init)
    let begin = major == 1 ? 10 : 12
    guard let length else { throw Fault(message: "the npy header ends early") }
    guard length <= Self.maximumBytes else {
      throw Fault(
        message: "the npy header is too long", value: "\(length) bytes", expected: "at most \(Self.maximumBytes)")
    }
    guard let text = numbers.slice(begin, length) else { throw Fault(message: "the npy header ends early") }
    var literal = NPYLiteral(Array(text))
    let fields = try literal.read()
    guard let descr = fields.descr, let order = fields.isFortranOrder, let shape = fields.shape else {
      throw Fault(message: "a key of the npy header is missing", expected: "descr, fortran_order and shape")
    }
    element = try Self.element(descr)
    self.shape = shape
    isFortranOrder = order
    start = begin + length
  }

  private static func element(_ descr: String) throws(Fault) -> TensorElement {
    // One byte has no order; '=' is the order of a machine, which a file does not know.
    let plain = descr.count == 3 && descr.hasPrefix("<") && descr.hasSuffix("1") ? "|" + descr.dropFirst() : descr
    if let found = names.first(where: { $0.descr == plain })?.element { return found }
    let reason: String
    switch descr.first {
    case ">": reason = "big-endian elements are not supported"
    case _ where descr.dropFirst().first == "O": reason = "Python objects are not supported"
    default: reason = "the element type is not supported"
    }
    throw Fault(message: reason, value: descr, expected: "one of " + names.map(\.descr).joined(separator: ", "))
  }

  /// The bytes in front of the elements of `tensor`, in version 1.0 and a multiple of 64 of them, or nil when the shape
  /// is too long to write. bfloat16, which numpy lacks, counts as fp32.
  static func bytes(_ element: TensorElement, _ shape: [Int64]) -> [UInt8]? {
    let written: TensorElement = element == .bfloat16 ? .float32 : element
    guard let descr = names.first(where: { $0.element == written })?.descr else { return nil }
    let extents = shape.map(String.init).joined(separator: ", ")
    var text = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(extents)\(shape.count == 1 ? "," : "")), }"
    text += String(repeating: " ", count: 63 - (10 + text.utf8.count) % 64) + "\n"
    guard text.utf8.count <= Int(UInt16.max) else { return nil }
    var bytes = magic + [1, 0]
    bytes.append(littleEndian: UInt64(text.utf8.count), size: 2)
    return bytes + text.utf8
  }
}
