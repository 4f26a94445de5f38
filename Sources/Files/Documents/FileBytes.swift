import Foundation

/// Reads whole small files, with errors that say what is the matter.
public enum FileBytes {
  /// The bytes of the regular file at `path`.
  ///
  /// - Parameters:
  ///   - displayName: the file's name in diagnostics; `path` when nil.
  ///   - maximumBytes: larger files are refused.
  /// - Throws: when the file is missing, unreadable, too large, a folder or no regular file (a pipe could block).
  public static func read(
    path: String, displayName: String? = nil, maximumBytes: Int = 16 << 20
  ) throws(Refusal) -> [UInt8] {
    let place = Place(file: displayName ?? path)
    let descriptor = try openForReading(path, place)
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw systemRefusal("cannot be read", errno, place) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw Refusal("is not a regular file", at: place, expected: "a file")
    }
    guard status.st_size <= maximumBytes else { throw tooLarge(place, maximumBytes) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Foundation.read(descriptor, &chunk, chunk.count)
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw systemRefusal("cannot be read", errno, place)
      }
      guard bytes.count + count <= maximumBytes else { throw tooLarge(place, maximumBytes) }
      bytes += chunk[..<count]
    }
  }

  private static func tooLarge(_ place: Place, _ maximumBytes: Int) -> Refusal {
    Refusal("the file is too large", at: place, expected: "at most \(maximumBytes) bytes")
  }
}

/// A descriptor of the file at `path`, which is no folder; never waits for the other end of a pipe.
func openForReading(_ path: String, _ place: Place) throws(Refusal) -> Int32 {
  guard !path.isEmpty, !path.utf8.contains(0) else { throw Refusal("is not a path of a file", at: place) }
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { throw systemRefusal("cannot be read", errno, place) }
  var status = stat()
  if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
    close(descriptor)
    throw Refusal("is a folder", at: place, expected: "a file")
  }
  return descriptor
}

/// A refusal that says what the system's error number means for a file.
func systemRefusal(_ what: String, _ code: Int32, _ place: Place) -> Refusal {
  switch code {
  case ENOENT: return Refusal("no such file", at: place)
  case ENOTDIR: return Refusal("no such file: a part of its path is not a folder", at: place)
  case EACCES, EPERM: return Refusal("\(what): permission denied", at: place)
  case EISDIR: return Refusal("is a folder", at: place, expected: "a file")
  default: return Refusal("\(what): \(String(cString: strerror(code)))", at: place)
  }
}
