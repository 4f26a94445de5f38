import Foundation

/// The data that accsim ships: designs, models, baselines, devices and energy tables, by name.
public enum DataDirectory {
  /// A folder of shipped data.
  public enum Kind: String, Sendable, CaseIterable {
    case designs, models, baselines, devices, energy, papers

    /// What a file of this kind may end in after its name, the preferred ending first.
    var endings: [String] {
      switch self {
      case .designs, .papers: [".yaml"]
      case .models: [".config.json", ".yaml"]
      case .baselines, .devices, .energy: [".yaml", ".json"]
      }
    }

    /// One item, for messages.
    var noun: String {
      switch self {
      case .designs: "design"
      case .models: "model"
      case .baselines: "baseline"
      case .devices: "device"
      case .energy: "energy table"
      case .papers: "paper's study"
      }
    }
  }

  /// The folder of the shipped data.
  ///
  /// That is `$ACCSIM_DATA` when set; else `../share/accsim` beside the executable; else the checkout that holds the
  /// executable, the nearest folder above it with `Package.swift` and `designs`.
  ///
  /// - Parameters:
  ///   - environment: the process's, unless a test says otherwise.
  ///   - executable: the path of the running program, unless a test says otherwise.
  /// - Throws: when none of them is a folder; a wrong `$ACCSIM_DATA` is never passed over.
  public static func locate(
    environment: [String: String] = ProcessInfo.processInfo.environment, executable: String? = nil
  ) throws(Refusal) -> String {
    if let path = environment["ACCSIM_DATA"], !path.isEmpty {
      guard isFolder(path) else {
        throw Refusal("$ACCSIM_DATA is not a folder", at: Place(file: path), expected: "the folder of the shipped data")
      }
      return path
    }
    let program = executable ?? Bundle.main.executablePath ?? CommandLine.arguments.first ?? ""
    var folder = URL(fileURLWithPath: program).resolvingSymlinksInPath().deletingLastPathComponent()
    let shared = folder.deletingLastPathComponent().appendingPathComponent("share/accsim").path
    if isFolder(shared) { return shared }
    for _ in 0..<64 where folder.path != "/" {
      let hasPackage = FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path)
      if hasPackage, isFolder(folder.appendingPathComponent("designs").path) { return folder.path }
      folder.deleteLastPathComponent()
    }
    throw Refusal(
      "the shipped data is not found", at: Place(file: program.isEmpty ? "accsim" : program),
      suggestion: "set ACCSIM_DATA to the folder that holds designs, models and devices")
  }

  /// The file that `name` stands for: a path when it has a slash or a data file's ending, else a shipped name.
  ///
  /// - Parameters:
  ///   - root: the folder of the shipped data; found by `locate` when needed and nil.
  /// - Throws: for a path that does not exist, and for a name that is not shipped, with the one it resembles.
  public static func find(kind: Kind, name: String, in root: String? = nil) throws(Refusal) -> String {
    let lowered = name.lowercased()
    if name.contains("/") || [".yaml", ".yml", ".json", ".onnx"].contains(where: { lowered.hasSuffix($0) }) {
      guard !name.utf8.contains(0), FileManager.default.fileExists(atPath: name) else {
        throw Refusal("no such file", at: Place(file: name))
      }
      return name
    }
    let folder = try resolved(root)
    let names = try list(kind, in: folder)
    // A listed name is one plain file of the folder, so `..` and links out of names cannot occur.
    if names.contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
      for ending in kind.endings {
        let path = "\(folder)/\(kind.rawValue)/\(name)\(ending)"
        if FileManager.default.fileExists(atPath: path) { return path }
      }
    }
    throw Refusal(
      "no \(kind.noun) of this name is shipped", at: Place(file: name),
      expected: names.isEmpty ? "a path" : "one of \(names.joined(separator: ", ")), or a path",
      suggestion: meant(name, among: names))
  }

  /// The shipped names of a kind, sorted.
  ///
  /// - Parameters:
  ///   - root: the folder of the shipped data; found by `locate` when nil.
  /// - Throws: when the folder cannot be read. A kind without a folder has no names.
  public static func list(_ kind: Kind, in root: String? = nil) throws(Refusal) -> [String] {
    let path = "\(try resolved(root))/\(kind.rawValue)"
    guard isFolder(path) else { return [] }
    let files: [String]
    do {
      files = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw Refusal("the folder cannot be read", at: Place(file: path))
    }
    var names: Set<String> = []
    for file in files where !file.hasPrefix(".") {
      guard let ending = kind.endings.first(where: { file.hasSuffix($0) }) else { continue }
      let name = String(file.dropLast(ending.count))
      if !name.isEmpty, !isFolder("\(path)/\(file)") { names.insert(name) }
    }
    return names.sorted()
  }

  private static func resolved(_ root: String?) throws(Refusal) -> String {
    if let root { return root }
    return try locate()
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }
}
