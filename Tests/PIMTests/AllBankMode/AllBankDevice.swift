import DRAM
import Files
import Foundation
import PIM
import Testing

/// The shipped device with an all-bank mode, and variations of its text.
struct AllBankDevice {
  let device: DeviceDescription
  let controller: any CommandSetController

  static let text: String = {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../devices/hbm-pim.yaml").standardizedFileURL.path
    return (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }()

  /// - Parameter changes: pieces of the file, each there once, and what stands in their place.
  static func diagnostics(_ changes: [(String, String)]) throws -> (AllBankDevice?, Diagnostics) {
    var text = text
    for (old, new) in changes {
      try #require(text.components(separatedBy: old).count == 2, "'\(old)' is not in the file once")
      text = text.replacingOccurrences(of: old, with: new)
    }
    var d = Diagnostics()
    guard let document = DocumentReader.yaml(text, file: "device.yaml", into: &d),
      let device = DeviceFile.read(document, into: &d),
      let controller = CommandSetRegistry.controller(of: device, at: Place(file: "device.yaml"), &d)
    else { return (nil, d) }
    return (AllBankDevice(device: device, controller: controller), d)
  }

  static func make(_ changes: [(String, String)] = []) throws -> AllBankDevice {
    let (made, d) = try diagnostics(changes)
    try d.throwIfErrors()
    return try #require(made)
  }

  /// One kernel and how it is run.
  struct Run: Sendable, CustomTestStringConvertible {
    var kernel: String
    var out: Int64
    var inputs: Int64 = 0
    var batch: Int64 = 1
    var channels = 64
    var isRefreshed = true
    var hasPeerQuirks = false
    var folds = true
    var joinsChannels = true
    var log = false

    var testDescription: String {
      "\(kernel) \(out)×\(inputs)×\(batch) on \(channels), refresh \(isRefreshed), quirks \(hasPeerQuirks)"
    }
  }

  func run(_ run: Run) throws -> CommandSetRun {
    let schema = try #require(controller.kernels.first { $0.name == run.kernel })
    let options: [(option: KernelOption, text: String)] = [
      (.out, "\(run.out)"), (.in, "\(run.inputs)"), (.batch, "\(run.batch)"),
    ]
    var d = Diagnostics()
    let values = schema.read(KernelRequest(kernel: run.kernel, options: options), at: Place(file: "test"), &d)
    try d.throwIfErrors()
    var how = CommandSetOptions(channels: run.channels)
    how.isRefreshed = run.isRefreshed
    how.hasPeerQuirks = run.hasPeerQuirks
    how.folds = run.folds
    how.joinsChannels = run.joinsChannels
    how.logLimit = run.log ? 1 << 22 : 0
    return try controller.run(.kernel(run.kernel, try #require(values)), how)
  }

  /// Commands of a group of channels, by name.
  func counts(_ group: CommandSetRun.Channels) -> [String: Int64] {
    Dictionary(uniqueKeysWithValues: device.commands.indices.map { (device.commands[$0].name, group.counts[$0]) })
  }

  func name(_ entry: CommandSetRun.Entry) -> String { device.commands[entry.command].name }
}
