import DRAM
import Files
import Foundation
import Testing

/// Recorded command traces with a fault put into them: each is found, and told for what it is.
@Suite struct MovedCommands {
  private static let folder = RecordedRuns.folder

  private static func traces(of device: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(folder)/runs/\(device)")
      .filter { $0.hasSuffix(".cmd.csv.gz") }.sorted().map { "\(folder)/runs/\(device)/\($0)" }
  }

  private static func read(_ name: String) throws -> DeviceDescription {
    var d = Diagnostics()
    let device = DeviceFile.read(path: "\(folder)/devices/\(name).json", displayName: "\(name).json", into: &d)
    try d.throwIfErrors()
    return try #require(device)
  }

  /// Every command of every trace, in the state that all before it have left: one cycle before its earliest, with
  /// another row, and a refresh in its place.
  @Test(
    .enabled(if: RecordedRuns.isPresent, "skipped: the recorded DRAM runs are not here"),
    arguments: RecordedRuns.devices)
  func everyFaultIsFound(device name: String) throws {
    let device = try Self.read(name)
    var faults = Faults(device)
    for path in try Self.traces(of: name) {
      var checker = try #require(TraceChecker(device))
      let reader = try LineReader(path: path)
      let place = Place(file: path)
      let columns = try #require(
        try reader.withNextLine { line in Result { try TraceColumns(header: line, device, at: place) } }
      ).get()
      let binding = 10
      var index: Int64 = 0
      while let line = try reader.nextLine() {
        var text = line
        let entry = try text.withUTF8 { utf8 in
          try columns.entry(UnsafeRawBufferPointer(utf8), device, device.levelSizes, at: place)
        }
        let rule = Int(line.split(separator: ",")[binding]) ?? -1
        faults.put(into: entry, boundBy: rule, checker, "\(path):\(reader.lineNumber)")
        try checker.replay(entry, index, at: place)
        index += 1
      }
    }
    #expect(faults.misses.isEmpty, "\(faults.misses.prefix(3))")
    // Commands that nothing has bound yet cannot be moved.
    #expect(faults.moved > 10_000 && faults.wrongRows > 2_000 && faults.refreshes > 2_000)
  }

  /// Faults put in place of one command after the other.
  private struct Faults {
    let device: DeviceDescription
    let refreshCommands: [Int]
    var moved = 0
    var wrongRows = 0
    var refreshes = 0
    var misses: [String] = []

    init(_ device: DeviceDescription) {
      self.device = device
      refreshCommands = device.commands.indices.filter { device.commands[$0].kind == .refresh }
    }

    mutating func put(
      into entry: TraceColumns.Entry, boundBy rule: Int, _ checker: TraceChecker, _ place: String
    ) {
      if let earliest = entry.earliest, rule >= 0 {
        moved += 1
        var early = entry
        early.cycle = earliest - 1
        let found = checker.violations(of: early)
        if found.count != 1 || !names(found[0], entry, earliest) { misses.append("\(place): \(found)") }
      }
      guard device.commands[entry.command].kind.isColumn else { return }
      wrongRows += 1
      var other = entry
      other.row = entry.row == 0 ? 1 : entry.row - 1
      if !checker.violations(of: other).contains(where: { $0.constraint.contains("open row is another") }) {
        misses.append("\(place): row \(other.row)")
      }
      for command in refreshCommands {
        refreshes += 1
        var refresh = entry
        refresh.command = command
        refresh.address = device.commands[command].covering(entry.address)
        refresh.row = -1
        if !checker.violations(of: refresh).contains(where: { $0.constraint.contains("refresh of a bank whose row") }) {
          misses.append("\(place): \(device.commands[command].name)")
        }
      }
    }

    /// Whether a violation tells both commands, their rule and how much is lacking.
    private func names(_ violation: TraceCheck.Violation, _ entry: TraceColumns.Entry, _ earliest: Int64) -> Bool {
      let command = device.commands[entry.command].name
      guard violation.earliest == earliest, violation.command == command,
        violation.constraint.hasSuffix(" cycles, 1 cycle too early"),
        let first = violation.constraint.range(of: " in cycle ").map({ violation.constraint[..<$0.lowerBound] }),
        let source = device.command(named: String(first)),
        let rule = device.constraints.first(where: { rule in
          guard rule.next.contains(entry.command), rule.previous.contains(source) else { return false }
          let place = "\(rule.sibling ? "other" : "same") \(device.levels[rule.level])"
          return violation.constraint.hasSuffix(
            " to \(command), \(place): \(rule.expression) = \(rule.latency) cycles, 1 cycle too early")
        })
      else { return false }
      // The other command was issued as long before the earliest cycle as the rule says.
      return violation.constraint.contains(" in cycle \(earliest - rule.latency) to ")
    }
  }

  /// Faults of the text: the trace is refused at the line.
  @Test(
    .enabled(if: RecordedRuns.isPresent, "skipped: the recorded DRAM runs are not here"),
    arguments: RecordedRuns.devices)
  func faultsOfTheTextAreRefused(device name: String) throws {
    let device = try Self.read(name)
    for path in try Self.traces(of: name) {
      let reader = try LineReader(path: path)
      var lines: [String] = []
      while lines.count < 200, let line = try reader.nextLine() { lines.append(line) }
      let fields = lines[199].split(separator: ",").map(String.init)
      for (changed, fragment) in [
        ([fields[0], fields[1] + "X"] + fields[2...], "trace.csv:200:\(fields[0].count + 2): error: unknown command"),
        (["0"] + fields[1...], "trace.csv:200:1: error: time goes backwards (got cycle 0; expected at least "),
        ([fields[0]] + fields[1...].dropLast(), "trace.csv:200:1: error: the line has 10 fields"),
        ([fields[0], fields[1], "77"] + fields[3...], "error: channel beyond the device (got 77"),
      ] {
        let text = (lines.dropLast() + [changed.joined(separator: ",")]).joined(separator: "\n")
        let file = NSTemporaryDirectory() + "accsim-moved-\(UUID().uuidString).csv"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try AtomicFile.write(text, to: file)
        let refusal = try #require(throws: Refusal.self) {
          try TraceChecker.check(path: file, displayName: "trace.csv", device: device)
        }
        #expect(refusal.description.contains(fragment), "\(refusal)")
      }
    }
  }
}
