import Foundation

/// The bytes of a plain or gzip file in order, in constant memory, up to a limit.
///
/// Whether a file is gzip is read from its first two bytes; a name ending in `.gz` demands it.
final class ByteSource {
  private static let chunkSize = 1 << 17

  private let place: Place
  private let descriptor: Int32
  private let maximumBytes: Int64
  private let chunk: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0
  private var isAtEndOfFile = false
  private var inflater: GzipInflater?
  private var delivered: Int64 = 0
  /// The file's size, as far as it has one, and how much of it was read.
  private var size: Int64 = 0
  private var taken: Int64 = 0

  /// Which part of the file has been read, 0 to 1; nil for a pipe.
  var partRead: Double? { size > 0 ? min(Double(taken) / Double(size), 1) : nil }

  init(path: String, displayName: String, maximumBytes: Int64) throws(Refusal) {
    place = Place(file: displayName)
    self.maximumBytes = maximumBytes
    descriptor = try openForReading(path, place)
    chunk = .allocate(byteCount: Self.chunkSize, alignment: 16)
    try checkKind()
    while end < 2, !isAtEndOfFile { try refill() }
    let isGzip = end >= 2 && chunk[0] == 0x1F && chunk[1] == 0x8B
    if isGzip {
      inflater = try attempt { () throws(GzipInflater.Fault) in try GzipInflater() }
    } else if path.lowercased().hasSuffix(".gz") {
      throw Refusal("is not gzip data although its name ends in .gz", at: place)
    }
  }

  deinit {
    close(descriptor)
    chunk.deallocate()
  }

  private func checkKind() throws(Refusal) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw systemRefusal("cannot be read", errno, place) }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG || kind == S_IFIFO else {
      throw Refusal("is not a regular file or pipe", at: place, expected: "a file")
    }
    if kind == S_IFREG { size = Int64(status.st_size) }
    // Opening did not wait for a writer; reading may wait for what a writer sends.
    let flags = fcntl(descriptor, F_GETFL)
    if flags >= 0 { _ = fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) }
  }

  /// Puts the next bytes at the start of `output`, which is not empty; 0 at the end.
  func read(into output: UnsafeMutableRawBufferPointer) throws(Refusal) -> Int {
    let count = try inflater == nil ? readPlain(into: output) : readInflated(into: output)
    delivered += Int64(count)
    guard delivered <= maximumBytes else {
      let what = inflater == nil ? "the file is too large" : "the file is too large when decompressed"
      throw Refusal(what, at: place, expected: "at most \(maximumBytes) bytes")
    }
    return count
  }

  private func readPlain(into output: UnsafeMutableRawBufferPointer) throws(Refusal) -> Int {
    if start == end { try refill() }
    let count = min(end - start, output.count)
    output.copyMemory(from: UnsafeRawBufferPointer(rebasing: chunk[start..<start + count]))
    start += count
    return count
  }

  private func readInflated(into output: UnsafeMutableRawBufferPointer) throws(Refusal) -> Int {
    guard let inflater else { return 0 }
    while true {
      if start == end, !isAtEndOfFile { try refill() }
      if start == end, inflater.isAtEndOfMember { return 0 }
      let input = UnsafeRawBufferPointer(rebasing: chunk[start..<end])
      let (consumed, produced) = try attempt { () throws(GzipInflater.Fault) in
        try inflater.inflate(input, into: output)
      }
      start += consumed
      if produced > 0 { return produced }
      if consumed == 0, start == end, isAtEndOfFile {
        throw Refusal("the gzip data is truncated", at: place)
      }
    }
  }

  private func attempt<Value>(_ work: () throws(GzipInflater.Fault) -> Value) throws(Refusal) -> Value {
    do {
      return try work()
    } catch {
      switch error {
      case .corrupt(let why): throw Refusal("the gzip data is corrupt: \(why)", at: place)
      case .trailingData: throw Refusal("something follows the end of the gzip data", at: place)
      case .noMemory: throw Refusal("not enough memory to decompress this", at: place)
      }
    }
  }

  /// Reads more of the file behind what is left of the chunk; sets the mark at the end of the file.
  private func refill() throws(Refusal) {
    if start == end {
      start = 0
      end = 0
    }
    guard end < chunk.count, let base = chunk.baseAddress else { return }
    while true {
      let count = Foundation.read(descriptor, base + end, chunk.count - end)
      if count > 0 {
        end += count
        taken += Int64(count)
        return
      }
      if count == 0 {
        isAtEndOfFile = true
        return
      }
      if errno != EINTR { throw systemRefusal("cannot be read", errno, place) }
    }
  }
}
