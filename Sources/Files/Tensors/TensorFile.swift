/// Files of named tensors: safetensors, npz and npy.
public enum TensorFile {
  /// The tensors of the file at `path`, in the order of the file; nil with errors.
  ///
  /// What the file is says its content; a name that ends in `.npz`, `.npy` or `.safetensors` must agree with it.
  /// Elements stay in the file until they are looked at, except those of deflated members. The one tensor of an npy file
  /// has the file's name without its ending.
  ///
  /// - Parameters:
  ///   - displayName: the file's name in diagnostics.
  public static func read(path: String, displayName: String, into d: inout Diagnostics) -> [StoredTensor]? {
    do {
      return read(try MappedFile(path: path, displayName: displayName), named: path, into: &d)
    } catch {
      d.add(error)
      return nil
    }
  }

  /// The tensors of a file; `name` is the one whose ending counts.
  public static func read(_ file: MappedFile, named name: String, into d: inout Diagnostics) -> [StoredTensor]? {
    let ending = ending(of: name)
    guard file.count > 0 else {
      d.error("the file is empty", at: Place(file: file.displayName), expected: "tensors")
      return nil
    }
    let found = file.withBytes { bytes -> String in
      if bytes.starts(with: [0x50, 0x4B, 3, 4]) || bytes.starts(with: [0x50, 0x4B, 5, 6]) { return "npz" }
      if bytes.starts(with: NPYHeader.magic) { return "npy" }
      return bytes.count >= 9 && bytes[8] == UInt8(ascii: "{") ? "safetensors" : ""
    }
    let kind = found.isEmpty ? ending : found
    guard ["npz", "npy", "safetensors"].contains(kind), !endings.contains(ending) || ending == kind else {
      let place = Place(file: file.displayName)
      let expected = "a file of the format \(endings.contains(ending) ? ending : "npz, npy or safetensors")"
      d.error(
        "is no file of tensors", at: place,
        value: found.isEmpty ? nil : found, expected: expected)
      return nil
    }
    switch kind {
    case "npz": return NPZFile.read(file, into: &d)
    case "npy":
      let base = name.split(separator: "/").last.map(String.init) ?? name
      let title = ending == "npy" ? String(base.dropLast(4)) : base
      return NPYFile.read(file, name: title, into: &d).map { [$0] }
    default: return SafetensorsFile.read(file, into: &d)
    }
  }

  /// Writes `tensors` to `path`, in the format that its ending names: `.npz` or `.safetensors`. The same tensors give
  /// the same bytes. bfloat16, which npz lacks, is written there as fp32, which holds it exactly.
  ///
  /// - Throws: for another ending, for a name that is empty, given twice or not fit for the format, for an archive of
  ///   4 GiB or more, and when the file cannot be written. Nothing is left behind then.
  public static func write(_ tensors: [StoredTensor], to path: String) throws(Refusal) {
    let place = Place(file: path)
    let kind = ending(of: path)
    guard kind == "npz" || kind == "safetensors" else {
      throw Refusal(
        "the format of the file is not known", at: place, value: kind, expected: "a name ending in .npz or .safetensors"
      )
    }
    var names: Set<String> = []
    for tensor in tensors {
      try check(tensor.name, kind, place)
      guard names.insert(tensor.name).inserted else {
        throw Refusal("two tensors have the same name", at: place, value: tensor.name)
      }
    }
    guard let bytes = kind == "npz" ? NPZWriting.bytes(of: tensors) : SafetensorsFile.bytes(of: tensors) else {
      throw Refusal(
        "the tensors are too large for an npz archive", at: place,
        expected: "less than 4 GiB, or a name ending in .safetensors")
    }
    try AtomicFile.write(bytes, to: path)
  }

  private static let endings = ["npz", "npy", "safetensors"]

  private static func ending(of path: String) -> String {
    let base = path.split(separator: "/").last ?? ""
    guard let dot = base.lastIndex(of: ".") else { return "" }
    return base[base.index(after: dot)...].lowercased()
  }

  private static func check(_ name: String, _ kind: String, _ place: Place) throws(Refusal) {
    let isSafe = kind != "npz" || !name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).contains("..")
    guard !name.isEmpty, name != "__metadata__", !name.utf8.contains(0), isSafe, name.utf8.count <= 60_000 else {
      throw Refusal("a tensor cannot have this name in such a file", at: place, value: name)
    }
  }
}
