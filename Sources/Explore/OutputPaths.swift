import Files
import Foundation

/// Where a command is to write, checked before it begins.
enum OutputPaths {
  /// Refuses paths whose folder is not there, and those that would replace an input or each other.
  ///
  /// - Parameters:
  ///   - what: what is written, for messages: "the report".
  ///   - inputs: paths and shipped names; names are no files.
  static func check(
    _ paths: [String], of what: String, beside inputs: [String], called input: String, others: String,
    _ d: inout Diagnostics
  ) {
    var taken = inputs.filter(FileManager.default.fileExists).map { (file: resolved($0), is: input) }
    for path in paths {
      checkFolder(path, &d)
      let file = resolved(path)
      if let other = taken.first(where: { $0.file == file }) {
        d.error("\(what) would be written over \(other.is)", at: Place(file: path), expected: "another file")
      }
      taken.append((file, others))
    }
  }

  private static func resolved(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }

  private static func checkFolder(_ path: String, _ d: inout Diagnostics) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      d.error("the report cannot replace a folder", at: Place(file: path), expected: "a file to write")
    } else if !FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) || !isFolder.boolValue {
      d.error("the folder for the report does not exist", at: Place(file: path), suggestion: "create it first")
    } else if !FileManager.default.isWritableFile(atPath: folder) {
      d.error("the folder for the report may not be written to", at: Place(file: path))
    }
  }
}
