import CZlib
import Foundation

/// The arrays of a NumPy archive, read in the plainest way: enough for the recorded runs.
struct RecordedArrays {
  struct Entry {
    let shape: [Int]
    let values: [Double]
  }

  let entries: [String: Entry]

  enum Fault: Error { case unreadable(String) }

  init(path: String) throws {
    let data = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    func number(_ at: Int, _ bytes: Int) -> Int { (0..<bytes).reduce(0) { $0 | Int(data[at + $1]) << (8 * $1) } }
    var entries: [String: Entry] = [:]
    guard let end = (0..<(data.count - 21)).last(where: { number($0, 4) == 0x0605_4B50 }) else {
      throw Fault.unreadable(path)
    }
    var at = number(end + 16, 4)
    for _ in 0..<number(end + 10, 2) {
      let (method, size) = (number(at + 10, 2), number(at + 24, 4))
      let (nameLength, extra, comment) = (number(at + 28, 2), number(at + 30, 2), number(at + 32, 2))
      let name = String(decoding: data[(at + 46)..<(at + 46 + nameLength)], as: UTF8.self)
      let local = number(at + 42, 4)
      let start = local + 30 + number(local + 26, 2) + number(local + 28, 2)
      let packed = Array(data[start..<(start + number(at + 20, 4))])
      entries[String(name.dropLast(4))] = try Self.array(method == 0 ? packed : Self.inflated(packed, size))
      at += 46 + nameLength + extra + comment
    }
    self.entries = entries
  }

  private static func inflated(_ packed: [UInt8], _ size: Int) throws -> [UInt8] {
    var (input, output) = (packed, [UInt8](repeating: 0, count: size))
    var stream = z_stream()
    guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw Fault.unreadable("zlib")
    }
    defer { inflateEnd(&stream) }
    let status = input.withUnsafeMutableBufferPointer { from in
      output.withUnsafeMutableBufferPointer { to in
        stream.next_in = from.baseAddress
        stream.avail_in = UInt32(from.count)
        stream.next_out = to.baseAddress
        stream.avail_out = UInt32(to.count)
        return inflate(&stream, Z_FINISH)
      }
    }
    guard status == Z_STREAM_END else { throw Fault.unreadable("a deflated entry") }
    return output
  }

  private static func array(_ bytes: [UInt8]) throws -> Entry {
    let length = Int(bytes[8]) | Int(bytes[9]) << 8
    let header = String(decoding: bytes[10..<(10 + length)], as: UTF8.self)
    guard let open = header.firstIndex(of: "("), let close = header.firstIndex(of: ")") else {
      throw Fault.unreadable(header)
    }
    let shape = header[header.index(after: open)..<close].split(separator: ",").compactMap {
      Int($0.trimmingCharacters(in: .whitespaces))
    }
    let body = Data(bytes[(10 + length)...])
    let count = shape.reduce(1, *)
    func each<T>(_ type: T.Type, _ make: (T) -> Double) -> [Double] {
      body.withUnsafeBytes { raw in
        (0..<count).map { make(raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: type)) }
      }
    }
    if header.contains("<f4") { return Entry(shape: shape, values: each(Float.self) { Double($0) }) }
    if header.contains("<i8") { return Entry(shape: shape, values: each(Int64.self) { Double($0) }) }
    throw Fault.unreadable(header)
  }
}
