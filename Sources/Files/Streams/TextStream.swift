/// Writes a long text to a file in constant memory, gzip where the name ends in `.gz`; nothing of it is seen before
/// `commit`.
public final class TextStream {
  private let writer: AtomicWriter
  private let deflater: GzipDeflater?
  private let buffer: UnsafeMutableRawBufferPointer
  private var count = 0

  /// - Throws: as `AtomicWriter`.
  public init(path: String) throws(Refusal) {
    writer = try AtomicWriter(path: path)
    if path.lowercased().hasSuffix(".gz") {
      deflater = GzipDeflater()
      guard deflater != nil else { throw Refusal("not enough memory to compress this", at: Place(file: path)) }
    } else {
      deflater = nil
    }
    buffer = .allocate(byteCount: 1 << 16, alignment: 16)
  }

  deinit { buffer.deallocate() }

  /// Makes room for `bytes`, at most 4 KiB, which `add` may then append without asking.
  @inline(__always)
  public func reserve(_ bytes: Int) throws(Refusal) {
    if buffer.count - count < bytes { try flush(isLast: false) }
  }

  /// Appends one byte; `reserve` has made room.
  @inline(__always)
  public func add(_ byte: UInt8) {
    buffer[count] = byte
    count += 1
  }

  /// Appends bytes; `reserve` has made room.
  @inline(__always)
  public func add(_ bytes: [UInt8]) {
    for byte in bytes { add(byte) }
  }

  /// Appends a decimal number; `reserve` has made room for 20 bytes.
  public func add(decimal number: Int64) {
    var rest = number.magnitude
    if number < 0 { add(UInt8(ascii: "-")) }
    let start = count
    repeat {
      add(UInt8(truncatingIfNeeded: rest % 10) + 48)
      rest /= 10
    } while rest > 0
    var (low, high) = (start, count - 1)
    while low < high {
      buffer.swapAt(low, high)
      low += 1
      high -= 1
    }
  }

  /// Puts the text in its place.
  public func commit() throws(Refusal) {
    try flush(isLast: true)
    try writer.commit()
  }

  private func flush(isLast: Bool) throws(Refusal) {
    let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
    if let deflater {
      try deflater.deflate(bytes, isLast: isLast) { chunk throws(Refusal) in try writer.write(chunk) }
    } else {
      try writer.write(bytes)
    }
    count = 0
  }
}
