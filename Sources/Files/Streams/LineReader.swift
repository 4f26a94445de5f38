import Foundation

/// Streams the lines of a plain or gzip file in constant memory.
///
/// Lines end at `\n` or `\r\n`; the end of the file ends the last. After a refusal, every further call refuses again or
/// reports the end.
public final class LineReader {
  /// The file as the user knows it.
  public let file: String
  /// The number of the line last returned, from 1; 0 before the first.
  public private(set) var lineNumber = 0

  private let source: ByteSource
  private let maximumLineBytes: Int
  private let buffer: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0
  private var isAtEnd = false

  /// Opens the file at `path`. It is gzip when it begins like gzip; a name ending in `.gz` must.
  ///
  /// - Parameters:
  ///   - displayName: the file's name in refusals; `path` when nil.
  ///   - maximumBytes: limit on the bytes of all lines, after decompression.
  ///   - maximumLineBytes: limit on one line without its end, 1 to 2^30.
  /// - Throws: when the file is missing, unreadable, a folder, a device, or named `.gz` without being gzip.
  public init(
    path: String, displayName: String? = nil, maximumBytes: Int64 = 64 << 30, maximumLineBytes: Int = 1 << 20
  ) throws(Refusal) {
    file = displayName ?? path
    source = try ByteSource(path: path, displayName: displayName ?? path, maximumBytes: maximumBytes)
    self.maximumLineBytes = min(max(maximumLineBytes, 1), 1 << 30)
    // Room for a longest line with its end, and for a chunk read behind part of it.
    buffer = .allocate(byteCount: self.maximumLineBytes + 2 + (1 << 17), alignment: 16)
  }

  deinit { buffer.deallocate() }

  /// Where the line last returned stands.
  public var place: Place { Place(file: file, mark: Mark(line: max(lineNumber, 1), column: 1)) }

  /// Which part of the file's bytes has been read, 0 to 1; nil for a pipe.
  public var partRead: Double? { source.partRead }

  /// Hands the next line, without its end, to `body`; nil at the end of the file.
  ///
  /// The bytes are valid only inside `body`, need not be UTF-8, and cost no allocation.
  ///
  /// - Throws: for a line that is too long, too many bytes, a read error, truncated or corrupt gzip data.
  public func withNextLine<Result>(_ body: (UnsafeRawBufferPointer) -> Result) throws(Refusal) -> Result? {
    guard let range = try nextRange() else { return nil }
    return body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[range]))
  }

  /// The next line, without its end; nil at the end of the file.
  ///
  /// - Throws: as `withNextLine`, and for a line that is not UTF-8.
  public func nextLine() throws(Refusal) -> String? {
    guard let range = try nextRange() else { return nil }
    guard let line = String(validating: buffer[range], as: UTF8.self) else {
      throw Refusal("the line is not UTF-8", at: place)
    }
    return line
  }

  /// Where the next line lies in the buffer.
  private func nextRange() throws(Refusal) -> Range<Int>? {
    var searched = start
    while true {
      if let newline = newline(from: searched) {
        let line = try accept(newline)
        start = newline + 1
        return line
      }
      searched = end - start
      guard searched <= maximumLineBytes + 1 else { throw tooLong() }
      if isAtEnd {
        guard start < end else { return nil }
        let line = try accept(end)
        start = end
        return line
      }
      moveToFront()
      let free = UnsafeMutableRawBufferPointer(rebasing: buffer[end...])
      let count = try source.read(into: free)
      if count == 0 { isAtEnd = true }
      end += count
    }
  }

  private func newline(from offset: Int) -> Int? {
    guard offset < end, let base = buffer.baseAddress else { return nil }
    return memchr(base + offset, 10, end - offset).map { UnsafeRawPointer($0) - UnsafeRawPointer(base) }
  }

  /// The line that ends before `end`, counted and without a carriage return.
  private func accept(_ end: Int) throws(Refusal) -> Range<Int> {
    let hasReturn = end > start && buffer[end - 1] == 13
    let line = start..<(hasReturn ? end - 1 : end)
    guard line.count <= maximumLineBytes else { throw tooLong() }
    lineNumber += 1
    return line
  }

  private func tooLong() -> Refusal {
    let place = Place(file: file, mark: Mark(line: lineNumber + 1, column: 1))
    return Refusal("the line is too long", at: place, expected: "at most \(maximumLineBytes) bytes")
  }

  private func moveToFront() {
    guard start > 0, let base = buffer.baseAddress else { return }
    memmove(base, base + start, end - start)
    end -= start
    start = 0
  }
}
