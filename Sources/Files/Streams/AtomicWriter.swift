import Foundation

/// Writes a file bit by bit so that a reader sees the old contents or all of the new, never a part.
///
/// Until `commit` the new contents are in a file without a name, where the file system has such, else in one that is
/// removed when the writer goes away without having committed.
public final class AtomicWriter {
  private let place: Place
  private let target: String
  private let folder: String
  private let mode: mode_t?
  private var descriptor: Int32
  /// The temporary file; `nil` while it has no name.
  private var temporary: String?

  /// Opens a file that is to replace `path`.
  ///
  /// - Throws: when the folder is missing or may not be written to, or when `path` is a folder or a device.
  public init(path: String) throws(Refusal) {
    place = Place(file: path)
    guard !path.isEmpty, !path.utf8.contains(0) else { throw Refusal("is not a path of a file", at: place) }
    (target, mode) = try Self.target(path, place)
    let name: String
    (folder, name) = Self.split(target)
    guard !name.isEmpty, name != ".", name != ".." else { throw Refusal("is not a path of a file", at: place) }
    descriptor = open(folder, O_WRONLY | Self.withoutName | O_CLOEXEC, 0o666)
    if descriptor < 0 { (temporary, descriptor) = try Self.create(in: folder, place) }
  }

  deinit { discard() }

  /// `O_TMPFILE` of Linux: a file without a name, which is gone when its writer is.
  private static let withoutName: Int32 = 0o20_000_000 | O_DIRECTORY

  /// Writes bytes behind those before.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
    var written = 0
    while written < bytes.count {
      let count = Foundation.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
      if count < 0, errno != EINTR { throw Self.failure(errno, place) }
      written += max(count, 0)
    }
  }

  /// Puts what was written in the place of the file. Nothing can be written afterwards.
  public func commit() throws(Refusal) {
    if let mode, fchmod(descriptor, mode) != 0 { throw Self.failure(errno, place) }
    guard fsync(descriptor) == 0 else { throw Self.failure(errno, place) }
    if temporary == nil { try giveName() }
    guard let temporary else { return }
    let code = close(descriptor) == 0 ? 0 : errno
    descriptor = -1
    guard code == 0 else { throw Self.failure(code, place) }
    guard rename(temporary, target) == 0 else { throw Self.failure(errno, place) }
    self.temporary = nil
    Self.sync(folder: folder)
  }

  private func discard() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
    if let temporary { unlink(temporary) }
    temporary = nil
  }

  private func giveName() throws(Refusal) {
    for _ in 0..<100 {
      let path = Self.freshName(in: folder)
      if linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 {
        temporary = path
        return
      }
      if errno != EEXIST { throw Self.failure(errno, place) }
    }
    throw Refusal("cannot be written: no free name for a temporary file", at: place)
  }

  /// The file to replace, behind any link, and its permissions if it is there.
  private static func target(_ path: String, _ place: Place) throws(Refusal) -> (path: String, mode: mode_t?) {
    var status = stat()
    if stat(path, &status) == 0 {
      let kind = status.st_mode & S_IFMT
      guard kind != S_IFDIR else { throw Refusal("is a folder", at: place, expected: "a file to write") }
      guard kind == S_IFREG else { throw Refusal("is not a regular file", at: place, expected: "a file to write") }
      guard let resolved = realpath(path, nil) else { throw failure(errno, place) }
      defer { free(resolved) }
      return (String(cString: resolved), status.st_mode & 0o777)
    }
    let code = errno
    guard code == ENOENT else { throw failure(code, place) }
    guard lstat(path, &status) != 0 else { throw Refusal("is a link to a file that does not exist", at: place) }
    return (path, nil)
  }

  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = path[..<slash]
    return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
  }

  private static func freshName(in folder: String) -> String {
    let name = ".accsim-\(getpid())-\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).tmp"
    return folder == "/" ? "/\(name)" : "\(folder)/\(name)"
  }

  private static func create(in folder: String, _ place: Place) throws(Refusal) -> (path: String, descriptor: Int32) {
    for _ in 0..<100 {
      let path = freshName(in: folder)
      let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (path, descriptor) }
      if errno != EEXIST { throw failure(errno, place) }
    }
    throw Refusal("cannot be written: no free name for a temporary file", at: place)
  }

  /// Makes the renaming last through a loss of power, where the file system can.
  private static func sync(folder: String) {
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private static func failure(_ code: Int32, _ place: Place) -> Refusal {
    switch code {
    case ENOENT, ENOTDIR: Refusal("cannot be written: its folder does not exist", at: place)
    case ENOSPC, EDQUOT: Refusal("cannot be written: no space left", at: place)
    case EROFS: Refusal("cannot be written: the file system is read-only", at: place)
    default: systemRefusal("cannot be written", code, place)
    }
  }
}
