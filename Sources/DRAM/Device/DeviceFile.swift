import Arch
import Files

/// Reads device files: our own YAML format and the JSON format of recorded peer devices.
public enum DeviceFile {
  /// Reads and checks a device file; every fault goes to `diagnostics`.
  public static func read(path: String, displayName: String, into diagnostics: inout Diagnostics) -> DeviceDescription?
  {
    guard let document = DocumentReader.read(path: path, displayName: displayName, into: &diagnostics) else {
      return nil
    }
    return read(document, into: &diagnostics)
  }

  public static func read(_ document: Document, into diagnostics: inout Diagnostics) -> DeviceDescription? {
    guard let fields = Fields(document.root, of: "the device file", in: document.file, &diagnostics) else { return nil }
    // Recorded devices name their clock parameters this way; ours never do.
    if fields.contains("timing_in_CK") || document.file.hasSuffix(".json") {
      return RecordedDeviceFile.read(fields, into: &diagnostics)
    }
    return NativeDeviceFile.read(fields, into: &diagnostics)
  }
}

/// What both formats build: the hierarchy, the command names and the constraints under construction.
struct DeviceDraft {
  var levels: [String] = []
  var levelSizes: [Int] = []
  var commands: [CommandDescription] = []
  var constraints: [TimingConstraint] = []
  /// By command: the deepest level whose rules hold it back, where that is not every level.
  var boundTo: [Int: Int] = [:]
  let file: String

  init(file: String) { self.file = file }

  /// The most nodes, over all levels, of a device that is accepted.
  static let maximumNodes = 1 << 20
  /// The most commands, constraints, and pairs of commands that constraints keep apart. Every command that is issued
  /// looks at its pairs, and every node has a time for each command.
  static let maximumCommands = 256
  static let maximumConstraints = 4096
  static let maximumPairs = 1 << 16

  /// Checks that the tables made of commands and constraints have a size that can be simulated.
  func checkCounts(commands: Place, constraints place: Place, _ d: inout Diagnostics) {
    if self.commands.count > Self.maximumCommands {
      d.error(
        "the device has too many commands", at: commands, value: "\(self.commands.count)",
        expected: "at most \(Self.maximumCommands)")
    }
    // Lists are checked to name no command twice, so that no product here is near overflow.
    let pairs = constraints.reduce(0) { $0 + $1.previous.count * $1.next.count }
    if constraints.count > Self.maximumConstraints || pairs > Self.maximumPairs {
      d.error(
        "the device has too many constraints", at: place,
        value: "\(constraints.count) over \(pairs) pairs of commands",
        expected: "at most \(Self.maximumConstraints) over \(Self.maximumPairs) pairs")
    }
  }

  /// Checks that the product of all level sizes is a size that can be simulated.
  func checkSizes(at place: Place, _ d: inout Diagnostics) -> Bool {
    var product = 1
    for (level, size) in zip(levels, levelSizes) {
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      guard !overflow, next <= Self.maximumNodes else {
        d.error(
          "the organisation overflows at level '\(level)'", at: place,
          value: levelSizes.map(String.init).joined(separator: " × "),
          expected: "at most \(Self.maximumNodes) banks in all")
        return false
      }
      product = next
    }
    return true
  }

  /// The indices of the commands that a list names; an unknown name is an error with a near miss.
  func commandIndices(_ nodes: [DocumentNode], _ role: String, _ d: inout Diagnostics) -> [Int]? {
    var result: [Int] = []
    for node in nodes {
      guard case .scalar(let scalar) = node.content else {
        d.error("\(role) is not a command name", at: Place(file: file, mark: node.mark), value: node.kindName)
        return nil
      }
      guard let index = commands.firstIndex(where: { $0.name == scalar.text }) else {
        let near = nearMiss(of: scalar.text, among: commands.map(\.name))
        d.error(
          "a constraint names a command that the device does not have", at: Place(file: file, mark: node.mark),
          value: scalar.text, expected: "one of \(commands.map(\.name).joined(separator: ", "))",
          suggestion: near.map { "did you mean '\($0)'?" })
        return nil
      }
      guard !result.contains(index) else {
        d.error(
          "\(role) names a command twice", at: Place(file: file, mark: node.mark), value: scalar.text,
          expected: "each command once")
        return nil
      }
      result.append(index)
    }
    return result
  }

  /// Every column command needs a rule that keeps it behind the activate: without tRCD a device is not a DRAM.
  func checkActivateToColumn(at place: Place, _ d: inout Diagnostics) {
    let activates = commands.indices.filter {
      [.activate, .activateFirst, .activateSecond].contains(commands[$0].kind)
    }
    guard !activates.isEmpty else { return }
    for command in commands.indices where commands[command].kind.needsOpenRow {
      let held = constraints.contains { constraint in
        constraint.next.contains(command) && constraint.previous.contains { activates.contains($0) }
      }
      if !held {
        d.error(
          "no constraint keeps '\(commands[command].name)' behind an activate", at: place,
          expected: "a constraint from \(commands[activates[0]].name) to \(commands[command].name) with tRCD")
      }
    }
  }
}
