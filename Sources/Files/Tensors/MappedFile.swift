import Foundation

/// The bytes of a regular file, mapped read-only: they cost memory only where they are looked at.
///
/// The file must not be cut short by another program while it is mapped: the system ends a program that reads behind
/// its end.
public final class MappedFile: Sendable {
  /// The file as the user knows it.
  public let displayName: String
  /// Its size in bytes.
  public let count: Int
  private nonisolated(unsafe) let base: UnsafeRawPointer?
  /// Whether it is a file, rather than memory of the same form.
  let isMapped: Bool

  /// Maps the file at `path`.
  ///
  /// - Parameters:
  ///   - displayName: the file's name in diagnostics; `path` when nil.
  ///   - maximumBytes: larger files are refused.
  /// - Throws: when the file is missing, unreadable, too large, a folder or no regular file.
  public init(path: String, displayName: String? = nil, maximumBytes: Int = 1 << 40) throws(Refusal) {
    let place = Place(file: displayName ?? path)
    let descriptor = try openForReading(path, place)
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw systemRefusal("cannot be read", errno, place) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw Refusal("is not a regular file", at: place, expected: "a file")
    }
    guard status.st_size <= maximumBytes else {
      throw Refusal("the file is too large", at: place, expected: "at most \(maximumBytes) bytes")
    }
    self.displayName = displayName ?? path
    count = Int(status.st_size)
    isMapped = count > 0
    guard count > 0 else {
      base = nil
      return
    }
    guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
      throw systemRefusal("cannot be mapped", errno, place)
    }
    base = UnsafeRawPointer(address)
  }

  /// A copy of bytes in memory, to be read as a file is.
  public convenience init(copying bytes: some Collection<UInt8>, displayName: String) {
    self.init(displayName: displayName, count: bytes.count) { $0.copyBytes(from: bytes) }
  }

  /// Memory of `count` bytes, which `fill` initializes.
  init<Fault: Error>(
    displayName: String, count: Int, fill: (UnsafeMutableRawBufferPointer) throws(Fault) -> Void
  ) throws(Fault) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
    do {
      try fill(memory)
    } catch {
      memory.deallocate()
      throw error
    }
    self.displayName = displayName
    self.count = count
    isMapped = false
    base = UnsafeRawPointer(memory.baseAddress)
  }

  deinit {
    guard let base else { return }
    if isMapped { munmap(UnsafeMutableRawPointer(mutating: base), count) } else { base.deallocate() }
  }

  /// Hands all bytes to `body`; they are valid only inside it.
  public func withBytes<Result, Fault: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Fault) -> Result
  ) throws(Fault) -> Result {
    // The pointer outlives no use of the file.
    defer { withExtendedLifetime(self) {} }
    return try body(bytes)
  }

  /// Valid as long as the file is.
  private var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Lets the memory of `range` go; it comes back from the file when it is looked at again.
  public func release(_ range: Range<Int>) {
    guard isMapped, let base else { return }
    let page = Int(getpagesize())
    let part = range.clamped(to: 0..<count)
    // Whole pages only: the neighbours may be in use.
    let first = (part.lowerBound + page - 1) / page * page
    let end = part.upperBound == count ? count : part.upperBound / page * page
    guard first < end else { return }
    madvise(UnsafeMutableRawPointer(mutating: base + first), end - first, Int32(MADV_DONTNEED))
  }
}
