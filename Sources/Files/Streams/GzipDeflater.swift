import CZlib

/// Deflates bytes into one gzip member. Equal bytes give equal gzip data: the header has no time and no name.
final class GzipDeflater {
  private let stream: UnsafeMutablePointer<z_stream>
  private let output: UnsafeMutableRawBufferPointer

  /// - Returns: `nil` when there is no memory for it.
  init?() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    output = .allocate(byteCount: 1 << 16, alignment: 16)
    // Level 3: half the time of the usual level for a tenth more bytes. 15 bits of window; plus 16 for the gzip wrapper.
    let size = Int32(MemoryLayout<z_stream>.size)
    guard deflateInit2_(stream, 3, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK else {
      stream.deallocate()
      output.deallocate()
      return nil
    }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
    output.deallocate()
  }

  /// Deflates bytes, below 4 GiB, and hands what comes out of it to `body`.
  ///
  /// - Parameter isLast: whether the gzip data ends here.
  func deflate(
    _ bytes: UnsafeRawBufferPointer, isLast: Bool, _ body: (UnsafeRawBufferPointer) throws(Refusal) -> Void
  ) throws(Refusal) {
    stream.pointee.next_in = UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = UInt32(bytes.count)
    while true {
      stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(output.count)
      let code = CZlib.deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
      let produced = output.count - Int(stream.pointee.avail_out)
      if produced > 0 { try body(UnsafeRawBufferPointer(rebasing: output[..<produced])) }
      if isLast ? code == Z_STREAM_END || code == Z_STREAM_ERROR : stream.pointee.avail_out > 0 { return }
    }
  }
}
