import DRAM
import Files
import Foundation
import PIM
import Testing

/// Attention on the shipped device, or on a changed copy of its file.
struct AttentionCase {
  static let deviceFile = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../devices/hbm3-attacc.yaml").standardizedFileURL.path

  /// Extents of one run.
  struct Shape: CustomStringConvertible {
    var level = "bank"
    var length: Int64 = 256
    var heads: Int64 = 16
    var dimension: Int64 = 128
    var bytes: Int64 = 2
    var power = "on"

    var description: String { "\(level) L \(length), \(heads) heads of \(dimension) x \(bytes) B, power \(power)" }
  }

  let device: DeviceDescription
  let controller: any CommandSetController
  var refresh = true
  var quirks = false
  var folds = true
  var joins = true
  var log = 0
  var channels = 16

  /// - Parameter edits: texts of the device file and what stands there instead; each must be there.
  init(edits: [(String, String)] = []) throws {
    var text = try String(contentsOfFile: Self.deviceFile, encoding: .utf8)
    for (old, new) in edits {
      try #require(text.contains(old), "the device file has no '\(old)' any more")
      text = text.replacingOccurrences(of: old, with: new)
    }
    let device = try CommandSetCase.device(text)
    var d = Diagnostics()
    let controller = CommandSetRegistry.controller(of: device, at: Place(file: "device.yaml"), &d)
    try d.throwIfErrors()
    self.device = device
    self.controller = try #require(controller)
  }

  func run(_ shape: Shape) throws -> CommandSetRun {
    var d = Diagnostics()
    let options: [(option: KernelOption, text: String)] = [
      (.length, "\(shape.length)"), (.heads, "\(shape.heads)"), (.headDimension, "\(shape.dimension)"),
      (.bytes, "\(shape.bytes)"), (.level, shape.level), (.powerConstraint, shape.power),
    ]
    let schema = try #require(controller.kernels.first)
    let values = schema.read(KernelRequest(kernel: "attention", options: options), at: Place(file: "test"), &d)
    try d.throwIfErrors()
    var set = CommandSetOptions(channels: channels)
    set.isRefreshed = refresh
    set.hasPeerQuirks = quirks
    set.folds = folds
    set.joinsChannels = joins
    set.logLimit = log
    return try controller.run(.kernel("attention", try #require(values)), set)
  }

  /// Counts of one channel by name.
  func counts(_ run: CommandSetRun, channel: Int = 0) -> [String: Int64] {
    guard let group = run.channels.first(where: { $0.members.contains(channel) }) else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: device.commands.indices.filter { group.counts[$0] > 0 }
        .map { (device.commands[$0].name, group.counts[$0]) })
  }

  /// The commands of channel 0, as "cycle,command,row,column".
  func lines(_ run: CommandSetRun) -> [String] {
    let log = run.channels.first { $0.members.contains(0) }?.log ?? []
    return log.map { entry in
      let path = (1..<device.levels.count).map { "\(max(0, entry.address.indices[$0]))" }.joined(separator: ",")
      return "\(entry.cycle),\(device.commands[entry.command].name),\(path),\(entry.row),\(entry.column)"
    }
  }

  /// What the device's own rules say about the commands of a run.
  func check(_ run: CommandSetRun) throws -> TraceCheck {
    try #require(run.unlogged == 0)
    var lines: [(cycle: Int64, text: String)] = []
    for group in run.channels {
      for member in group.members {
        for entry in group.log {
          let path = (1..<device.levels.count).map { "\(entry.address.indices[$0])" }.joined(separator: ",")
          let name = device.commands[entry.command].name
          lines.append((entry.cycle, "\(entry.cycle),\(name),\(member),\(path),\(entry.row),\(entry.column)"))
        }
      }
    }
    let sorted = lines.enumerated().sorted { ($0.element.cycle, $0.offset) < ($1.element.cycle, $1.offset) }
    let header = "cycle,command," + device.levels.joined(separator: ",") + ",row,column\n"
    let device = device
    return try CommandSetCase.inFile(header + sorted.map { $0.element.text + "\n" }.joined(), ending: ".csv") {
      path throws(Refusal) in
      try TraceChecker.check(path: path, displayName: "commands.csv", device: device)
    }
  }
}
