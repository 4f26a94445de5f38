import CZlib

/// Inflates a gzip stream of one or more members, chunk by chunk.
final class GzipInflater {
  enum Fault: Error {
    case corrupt(String)
    case trailingData
    case noMemory
  }

  private let stream: UnsafeMutablePointer<z_stream>
  /// Whether the last member is complete: the input may end here.
  private(set) var isAtEndOfMember = false

  init() throws(Fault) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 bits of window; plus 16 selects the gzip wrapper.
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, size) == Z_OK else {
      stream.deallocate()
      throw .noMemory
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Inflates from the start of `input` to the start of `output`; says how much of each was used.
  ///
  /// Both buffers are below 4 GiB. No progress means that more input is needed.
  func inflate(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(Fault) -> (consumed: Int, produced: Int) {
    if isAtEndOfMember {
      guard let first = input.first else { return (0, 0) }
      guard first == 0x1F else { throw .trailingData }
      guard inflateReset(stream) == Z_OK else { throw .noMemory }
      isAtEndOfMember = false
    }
    stream.pointee.next_in = UnsafeMutableRawPointer(mutating: input.baseAddress)?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = UInt32(clamping: input.count)
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(clamping: output.count)
    switch CZlib.inflate(stream, Z_NO_FLUSH) {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END: isAtEndOfMember = true
    case Z_MEM_ERROR: throw .noMemory
    default: throw .corrupt(stream.pointee.msg.map { String(cString: $0) } ?? "it does not inflate")
    }
    return (input.count - Int(stream.pointee.avail_in), output.count - Int(stream.pointee.avail_out))
  }
}
