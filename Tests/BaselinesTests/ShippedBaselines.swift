import Baselines
import Files
import Foundation

/// The shipped files, and small ones of a test's own.
enum ShippedBaselines {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardizedFileURL.path

  static func named(_ name: String) throws -> Baseline { try Baseline(named: name, in: root) }

  /// A device of round numbers: 1 TOP/s, 100 GB/s, 1 GB, 10 W, and 1 us for each kernel.
  static let roundText = """
    baseline: round
    title: Round numbers
    kind: gpu
    source: "assumption: a device for tests"
    peaks: { fp32: 1 TOP/s, fp16: 2 TOP/s }
    runs-as: { bf16: fp32 }
    memory: { bandwidth: 100 GB/s, achievable: 1, capacity: 1 GB }
    power: { load: 10 W, scope: board }
    framework:
      title: none that exists
      overhead: 1 us
      kernels: { linear: 2, other: 1, pass: 3 }

    """

  /// The baseline that `text` describes.
  static func read(_ text: String) throws -> Baseline {
    let path = NSTemporaryDirectory() + "accsim-baseline-\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AtomicFile.write(text, to: path)
    return try Baseline(contentsOf: path, displayName: "round.yaml")
  }

  static func round(_ changes: [(String, String)] = []) throws -> Baseline {
    try read(changes.reduce(roundText) { $0.replacing($1.0, with: $1.1) })
  }
}
