import Foundation

/// Writes files so that a reader sees the old contents or the new, never a part, whatever interrupts the writing.
public enum AtomicFile {
  /// Writes `text` in UTF-8 to `path`, replacing a file that is there and keeping its permissions.
  ///
  /// - Throws: when the folder is missing or may not be written to, or when `path` is a folder or a device. Nothing is
  ///   left behind then.
  public static func write(_ text: String, to path: String) throws(Refusal) { try write(Array(text.utf8), to: path) }

  /// Writes `bytes` to `path`; see `write(_:to:)` for texts.
  public static func write(_ bytes: [UInt8], to path: String) throws(Refusal) {
    let place = Place(file: path)
    guard !path.isEmpty, !path.utf8.contains(0) else { throw Refusal("is not a path of a file", at: place) }
    let (target, mode) = try target(path, place)
    let (folder, name) = split(target)
    guard !name.isEmpty, name != ".", name != ".." else { throw Refusal("is not a path of a file", at: place) }
    let (temporary, descriptor) = try create(in: folder, place)
    do {
      try fill(descriptor, bytes, mode, place)
    } catch {
      close(descriptor)
      unlink(temporary)
      throw error
    }
    guard close(descriptor) == 0, rename(temporary, target) == 0 else {
      let code = errno
      unlink(temporary)
      throw failure(code, place)
    }
    sync(folder: folder)
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

  private static func create(in folder: String, _ place: Place) throws(Refusal) -> (path: String, descriptor: Int32) {
    for _ in 0..<100 {
      let name = ".accsim-\(getpid())-\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).tmp"
      let path = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
      let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (path, descriptor) }
      if errno != EEXIST { throw failure(errno, place) }
    }
    throw Refusal("cannot be written: no free name for a temporary file", at: place)
  }

  private static func fill(_ descriptor: Int32, _ bytes: [UInt8], _ mode: mode_t?, _ place: Place) throws(Refusal) {
    if let mode, fchmod(descriptor, mode) != 0 { throw failure(errno, place) }
    let code = bytes.withUnsafeBytes { all -> Int32 in
      var written = 0
      while written < all.count {
        let count = Foundation.write(descriptor, all.baseAddress?.advanced(by: written), all.count - written)
        if count < 0, errno != EINTR { return errno }
        written += max(count, 0)
      }
      return 0
    }
    guard code == 0 else { throw failure(code, place) }
    guard fsync(descriptor) == 0 else { throw failure(errno, place) }
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
