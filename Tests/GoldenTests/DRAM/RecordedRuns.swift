import DRAM
import Files
import Foundation
import Testing

/// Command traces that other simulators printed: every command legal, every earliest cycle equal.
@Suite struct RecordedRuns {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../../shared/reference/dram").standardizedFileURL.path
  static let isPresent = FileManager.default.fileExists(atPath: folder + "/runs")

  /// One name per device, "ds3-GDDR6_8Gb_x16".
  static let devices: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder + "/runs")) ?? []).sorted()

  @Test(.enabled(if: isPresent, "skipped: the recorded DRAM runs are not here"), arguments: devices)
  func everyCommandIsLegalAndEveryEarliestCycleIsEqual(device name: String) throws {
    var d = Diagnostics()
    let device = DeviceFile.read(path: "\(Self.folder)/devices/\(name).json", displayName: "\(name).json", into: &d)
    try d.throwIfErrors()
    let description = try #require(device)
    let runs = try FileManager.default.contentsOfDirectory(atPath: "\(Self.folder)/runs/\(name)")
      .filter { $0.hasSuffix(".cmd.csv.gz") }.sorted()
    try #require(runs.count >= 4)
    for run in runs {
      let check = try TraceChecker.check(
        path: "\(Self.folder)/runs/\(name)/\(run)", displayName: run, device: description)
      #expect(check.commands > 100, "\(run)")
      #expect(check.violationCount == 0, "\(run): \(check.violations.prefix(2))")
      #expect(check.earliestCompared == check.commands, "\(run)")
      #expect(check.earliestMismatches == 0, "\(run)")
    }
  }
}
