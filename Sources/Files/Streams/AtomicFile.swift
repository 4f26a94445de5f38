/// Writes files so that a reader sees the old contents or the new, never a part, whatever interrupts the writing.
public enum AtomicFile {
  /// Writes `text` in UTF-8 to `path`, replacing a file that is there and keeping its permissions.
  ///
  /// - Throws: when the folder is missing or may not be written to, or when `path` is a folder or a device. Nothing is
  ///   left behind then.
  public static func write(_ text: String, to path: String) throws(Refusal) { try write(Array(text.utf8), to: path) }

  /// Writes `bytes` to `path`; see `write(_:to:)` for texts.
  public static func write(_ bytes: [UInt8], to path: String) throws(Refusal) {
    let writer = try AtomicWriter(path: path)
    try bytes.withUnsafeBufferPointer { all throws(Refusal) in try writer.write(UnsafeRawBufferPointer(all)) }
    try writer.commit()
  }
}
