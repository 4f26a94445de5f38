import DRAM
import Files
import Foundation
import Testing

/// The device files in `devices/`.
enum ShippedDevices {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../devices").standardizedFileURL.path
  static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { $0.hasSuffix(".yaml") }.sorted()

  static func read(_ name: String) throws -> DeviceDescription {
    var d = Diagnostics()
    let device = DeviceFile.read(path: "\(folder)/\(name)", displayName: name, into: &d)
    try d.throwIfErrors()
    return try #require(device)
  }
}
