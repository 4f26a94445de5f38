import DRAM
import Files
import Foundation
import Systems
import Testing

/// What other programs recorded of PIM command sets, and the device that they are of.
struct RecordedCommandSets {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../..").standardizedFileURL.path
  static let folder = URL(fileURLWithPath: root).deletingLastPathComponent().path + "/shared/reference/pim"
  static let absence: Comment = "skipped: the recorded PIM runs are not here"

  static func isPresent(_ file: String) -> Bool { FileManager.default.fileExists(atPath: folder + "/" + file) }

  /// The rows of a CSV file by column; the last column may hold commas.
  static func rows(_ file: String) -> [[String: String]] {
    guard let text = try? String(contentsOfFile: folder + "/" + file, encoding: .utf8) else { return [] }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
    guard let header = lines.first?.split(separator: ",").map(String.init) else { return [] }
    return lines.dropFirst().map { line in
      let fields = line.split(separator: ",", maxSplits: header.count - 1, omittingEmptySubsequences: false)
      return Dictionary(uniqueKeysWithValues: zip(header, fields.map(String.init)))
    }
  }

  static func session(_ device: String) throws -> CommandSetSession {
    var d = Diagnostics()
    let description = DeviceFile.read(path: "\(root)/devices/\(device).yaml", displayName: device, into: &d)
    try d.throwIfErrors()
    return try CommandSetSession(device: try #require(description), at: Place(file: device))
  }

  static func counts(_ result: CommandSetResult) -> [String: Int64] {
    Dictionary(uniqueKeysWithValues: result.commands.map { ($0.name, $0.count) })
  }
}
