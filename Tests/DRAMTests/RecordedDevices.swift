import DRAM
import Files
import Foundation
import Testing

/// The recorded devices among the fixtures.
enum RecordedDevices {
  /// One for each kind of command bus and of activation.
  static let activeBuffer = [
    "ram-DDR4_3200AA_8Gb_x8_2R", "ram-HBM2_2Gb_2000", "ram-HBM3_8Gb_8hi_6400", "ram-LPDDR5_8Gb_x16_6400",
  ]
  static let bankQueues = ["ds3-DDR4_2400_8Gb_x8", "ds3-HBM2_8Gb_x128"]

  static func read(_ name: String) throws -> DeviceDescription {
    var d = Diagnostics()
    let path = try #require(Bundle.module.path(forResource: name, ofType: "json", inDirectory: "Fixtures"))
    let device = DeviceFile.read(path: path, displayName: "\(name).json", into: &d)
    try d.throwIfErrors()
    return try #require(device)
  }
}
