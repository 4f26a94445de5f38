import Foundation

/// Reads YAML and JSON texts into documents. Nothing here traps or runs long: sizes, depth and aliases are bounded.
///
/// Every function returns nil after recording an error. A document with duplicate keys is returned (the first of each
/// stays) so that further errors can be found; its errors are in the diagnostics all the same.
public enum DocumentReader {
  /// The document in the file at `path`: JSON when its name ends in `.json`, else YAML.
  ///
  /// - Parameters:
  ///   - displayName: the file's name in diagnostics; `path` when nil.
  ///   - maximumBytes: larger files are refused unread.
  /// - Errors: a missing or unreadable file, a folder, a device, bytes that are not UTF-8, an empty or too large file,
  ///   and everything that `yaml` and `json` refuse.
  public static func read(
    path: String, displayName: String? = nil, maximumBytes: Int = 2 << 20, into d: inout Diagnostics
  ) -> Document? {
    let file = displayName ?? path
    let bytes: [UInt8]
    do {
      bytes = try FileBytes.read(path: path, displayName: file, maximumBytes: maximumBytes)
    } catch {
      d.add(error)
      return nil
    }
    return document(bytes, file: file, isJSON: path.lowercased().hasSuffix(".json"), &d)
  }

  /// The document that a YAML text holds. All scalars stay text; YAML's own typing is not applied.
  public static func yaml(_ text: String, file: String, into d: inout Diagnostics) -> Document? {
    document(Array(text.utf8), file: file, isJSON: false, &d)
  }

  /// The document that a JSON text (RFC 8259) holds. Numbers stay text.
  public static func json(_ text: String, file: String, into d: inout Diagnostics) -> Document? {
    document(Array(text.utf8), file: file, isJSON: true, &d)
  }

  private static func document(_ bytes: [UInt8], file: String, isJSON: Bool, _ d: inout Diagnostics) -> Document? {
    do {
      try refuseInvalidUTF8(bytes)
      let root = try bytes.withUnsafeBufferPointer { all throws(DocumentFault) in
        let content = UnsafeBufferPointer(rebasing: all.starts(with: [0xEF, 0xBB, 0xBF]) ? all.dropFirst(3) : all[...])
        guard isJSON else { return try YAMLReader.read(content, file: file, &d) }
        return try JSONReader.read(content, file: file, &d)
      }
      return Document(file: file, root: root)
    } catch {
      error.report(file: file, to: &d)
      return nil
    }
  }

  private static func refuseInvalidUTF8(_ bytes: [UInt8]) throws(DocumentFault) {
    guard String(validating: bytes, as: UTF8.self) == nil else { return }
    var iterator = bytes.makeIterator()
    var parser = Unicode.UTF8.ForwardParser()
    var line = 1
    var column = 1
    while case .valid(let scalar) = parser.parseScalar(from: &iterator) {
      column += 1
      if scalar.first == 10 {
        line += 1
        column = 1
      }
    }
    throw DocumentFault(
      "the bytes here are not UTF-8", at: Mark(line: line, column: column), expected: "a text encoded in UTF-8")
  }
}
