import DRAM
import Files
import Foundation
import PIM
import Testing

/// Runs on the shipped device, or on a changed copy of its file.
struct CommandSetCase {
  static let deviceFile = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../devices/gddr6-aim.yaml").standardizedFileURL.path

  let device: DeviceDescription
  let controller: any CommandSetController
  var refresh = false
  var quirks = false
  var folds = true
  var joins = true
  var log = 0

  /// - Parameter edits: texts of the device file and what stands there instead; each must be there.
  init(edits: [(String, String)] = []) throws {
    var text = try String(contentsOfFile: Self.deviceFile, encoding: .utf8)
    for (old, new) in edits {
      try #require(text.contains(old), "the device file has no '\(old)' any more")
      text = text.replacingOccurrences(of: old, with: new)
    }
    let device = try Self.device(text)
    var d = Diagnostics()
    let controller = CommandSetRegistry.controller(of: device, at: Place(file: "device.yaml"), &d)
    try d.throwIfErrors()
    self.device = device
    self.controller = try #require(controller)
  }

  static func device(_ text: String) throws -> DeviceDescription {
    let device = try Self.inFile(text, ending: ".yaml") { path throws(Refusal) in
      var d = Diagnostics()
      let device = DeviceFile.read(path: path, displayName: "device.yaml", into: &d)
      try d.throwIfErrors()
      return device
    }
    return try #require(device)
  }

  static func inFile<Result>(
    _ text: String, ending: String, _ body: (String) throws(Refusal) -> Result
  ) throws -> Result {
    let path = NSTemporaryDirectory() + "accsim-pim-\(UUID().uuidString)\(ending)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AtomicFile.write(text, to: path)
    return try body(path)
  }

  private func options(_ channels: Int) -> CommandSetOptions {
    var options = CommandSetOptions(channels: channels)
    options.isRefreshed = refresh
    options.hasPeerQuirks = quirks
    options.folds = folds
    options.joinsChannels = joins
    options.logLimit = log
    return options
  }

  func gemv(_ out: Int64, _ inputs: Int64, channels: Int, order: String = "noreuse") throws -> CommandSetRun {
    let schema = try #require(controller.kernels.first { $0.name == "gemv" })
    var d = Diagnostics()
    let values = schema.read(
      KernelRequest(kernel: "gemv", options: [(.out, "\(out)"), (.in, "\(inputs)"), (.order, order)]),
      at: Place(file: "test"), &d)
    try d.throwIfErrors()
    return try controller.run(.kernel("gemv", try #require(values)), options(channels))
  }

  /// Runs lines of instructions, the last of which is the end of the program.
  func instructions(_ lines: [String], channels: Int = 32) throws -> CommandSetRun {
    try Self.inFile(lines.joined(separator: "\n") + "\n", ending: ".trace") { path throws(Refusal) in
      try controller.run(.instructions(path: path, displayName: "test.trace"), options(channels))
    }
  }

  /// Counts of channel 0 by name.
  func counts(_ run: CommandSetRun) -> [String: Int64] {
    guard let first = run.channels.first(where: { $0.members.contains(0) }) else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: device.commands.indices.filter { first.counts[$0] > 0 }
        .map { (device.commands[$0].name, first.counts[$0]) })
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
    let text =
      "cycle,command,channel,bankgroup,bank,row,column\n"
      + sorted.map { $0.element.text + "\n" }.joined()
    let device = device
    return try Self.inFile(text, ending: ".csv") { path throws(Refusal) in
      try TraceChecker.check(path: path, displayName: "commands.csv", device: device)
    }
  }
}

/// Expects two runs to be one but for what was folded and which channels were joined.
func expectEqual(_ a: CommandSetRun, _ b: CommandSetRun, _ what: String) {
  #expect(a.cycles == b.cycles && a.lowerBound == b.lowerBound, "\(what): \(a.cycles) and \(b.cycles)")
  func perChannel(_ run: CommandSetRun) -> [Int: [Int64]] {
    var result: [Int: [Int64]] = [:]
    for group in run.channels { for member in group.members { result[member] = group.counts + [group.refreshes] } }
    return result
  }
  #expect(perChannel(a) == perChannel(b), "\(what): counts differ")
  #expect(a.events.map(\.event) == b.events.map(\.event), "\(what): events differ")
  #expect(a.events.map(\.count) == b.events.map(\.count), "\(what): \(a.events) and \(b.events)")
}
