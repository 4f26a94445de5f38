import CZlib

/// Inflates deflate data without a wrapper, as zip archives hold them, and computes their checksums.
enum RawInflater {
  /// Why data do not inflate.
  struct Fault: Error { var message: String }

  /// Inflates `input` to exactly the bytes of `output`.
  static func inflate(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(Fault) {
    guard try produce(input, into: output, limit: output.count) == output.count else {
      throw Fault(message: "the compressed data are shorter than the directory says")
    }
  }

  private static func produce(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, limit: Int
  ) throws(Fault) -> Int {
    // zlib remembers where its stream lies, so it must not move.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    // No header, a window of 2^15 bytes.
    guard inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw Fault(message: "not enough memory to decompress this")
    }
    defer { inflateEnd(stream) }
    let spare = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    defer { spare.deallocate() }
    var consumed = 0
    var produced = 0
    while true {
      let given = Int(UInt32(clamping: input.count - consumed))
      let isFull = produced == limit
      let room = isFull ? 1 : Int(UInt32(clamping: limit - produced))
      stream.pointee.next_in = input.baseAddress.map {
        UnsafeMutableRawPointer(mutating: $0 + consumed).assumingMemoryBound(to: UInt8.self)
      }
      stream.pointee.avail_in = UInt32(given)
      stream.pointee.next_out =
        isFull ? spare : output.baseAddress?.advanced(by: produced).assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(room)
      let code = CZlib.inflate(stream, Z_NO_FLUSH)
      let (used, made) = (given - Int(stream.pointee.avail_in), room - Int(stream.pointee.avail_out))
      consumed += used
      guard !isFull || made == 0 else { throw Fault(message: "the compressed data are longer than the directory says") }
      produced += made
      switch code {
      case Z_STREAM_END:
        guard consumed == input.count else { throw Fault(message: "something follows the compressed data") }
        return produced
      case Z_OK, Z_BUF_ERROR:
        guard used > 0 || made > 0 else { throw Fault(message: "the compressed data end early") }
      case Z_MEM_ERROR: throw Fault(message: "not enough memory to decompress this")
      default:
        let why = stream.pointee.msg.map { ": \(String(cString: $0))" } ?? ""
        throw Fault(message: "the compressed data are corrupt\(why)")
      }
    }
  }

  /// The CRC-32 of `bytes`, continued from that of what stands in front of them.
  static func checksum(_ bytes: UnsafeRawBufferPointer, after crc: UInt32 = 0) -> UInt32 {
    guard !bytes.isEmpty else { return crc }
    return UInt32(
      truncatingIfNeeded: crc32_z(UInt(crc), bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count))
  }
}
