import Arch
import Files

/// What a check of a command trace found.
public struct TraceCheck: Sendable {
  public struct Violation: Sendable, Hashable {
    /// The command's position in the trace, from 0.
    public let index: Int64
    public let cycle: Int64
    public let command: String
    /// What was broken, in words: the timing rule with both commands and how many cycles it lacks, or the state fault.
    public let constraint: String
    /// The first legal cycle; `nil` where no later cycle would help.
    public let earliest: Int64?
  }

  public var commands: Int64 = 0
  /// The first violations, at most `TraceChecker.violationLimit`.
  public var violations: [Violation] = []
  public var violationCount: Int64 = 0
  /// How many commands had a recorded earliest cycle, and on how many ours differs; `nil` without the column.
  public var earliestCompared: Int64?
  public var earliestMismatches: Int64?
  public var perCommand: [(name: String, count: Int64)] = []
}

/// Replays a command trace against a device's constraints.
public struct TraceChecker {
  /// How many violations are kept word for word.
  public static let violationLimit = 1000

  private let device: DeviceDescription
  private let levelSizes: [Int]
  private var timing: CommandTiming
  private var banks: BankStates
  private var recent = RecentCommands()
  /// Per channel: its commands are those on registers. Kept where the device has a command that changes that.
  private var usesRegisters: [Bool]
  private var counts: [Int64]
  private var lastCycle: Int64 = 0
  private var busUse: [Int64: Int] = [:]
  private var result = TraceCheck()

  /// - Returns: `nil` when the device's hierarchy is too large to keep.
  ///
  /// - Parameter channels: channels that the trace may name; `nil` for the device's own.
  public init?(_ device: DeviceDescription, channels: Int? = nil) {
    var sizes = device.levelSizes
    if let channels { sizes[0] = channels }
    guard let table = ConstraintTable(device, levelSizes: sizes) else { return nil }
    self.device = device
    levelSizes = sizes
    timing = CommandTiming(table)
    banks = BankStates(levelSizes: sizes, of: device)
    counts = Array(repeating: 0, count: device.commands.count)
    let hasModes = device.commands.contains { $0.kind == .modeChange }
    usesRegisters = Array(repeating: false, count: hasModes ? sizes[0] : 0)
  }

  /// Checks a CSV trace, plain or gzip: a header line that names the columns, then one command per line, in order of
  /// cycle. Columns: `cycle`, `command`, one per level of the device, `row`; others are ignored but `earliest`.
  public static func check(
    path: String, displayName: String, device: DeviceDescription, channels: Int? = nil
  ) throws(Refusal) -> TraceCheck {
    guard var checker = TraceChecker(device, channels: channels) else {
      throw Refusal("the device has too many banks to check", at: Place(file: displayName))
    }
    let reader = try LineReader(path: path, displayName: displayName)
    var columns: TraceColumns?
    var index: Int64 = 0
    var refusal: Refusal?
    while refusal == nil,
      try reader.withNextLine({ line -> Void in
        if line.isEmpty || line.first == UInt8(ascii: "#") { return }
        let place = Place(file: displayName, mark: Mark(line: reader.lineNumber, column: 1))
        do throws(Refusal) {
          if let columns {
            let entry = try columns.entry(line, device, checker.levelSizes, at: place)
            try checker.replay(entry, index, at: place)
            index += 1
          } else {
            columns = try TraceColumns(header: line, device, at: place)
          }
        } catch {
          refusal = error
        }
      }) != nil
    {}
    if let refusal { throw refusal }
    guard columns != nil else {
      throw Refusal(
        "the trace is empty", at: Place(file: displayName), expected: "a header line, and commands if there were any")
    }
    return checker.finished(columns)
  }

  /// Takes the next command of a trace, whether it is legal or not.
  ///
  /// - Parameter index: its position in the trace, from 0.
  /// - Throws: when it stands before the one last taken.
  package mutating func replay(_ entry: TraceColumns.Entry, _ index: Int64, at place: Place) throws(Refusal) {
    if entry.cycle < lastCycle {
      throw Refusal(
        "time goes backwards", at: place, value: "cycle \(entry.cycle)", expected: "at least \(lastCycle)")
    }
    if entry.cycle > lastCycle { busUse.removeAll(keepingCapacity: true) }
    lastCycle = entry.cycle
    result.commands += 1
    counts[entry.command] += 1
    let bound = timing.bound(entry.command, entry.address)
    if let violation = timingViolation(entry, bound, index) { report(violation) }
    if let expected = entry.earliest {
      result.earliestCompared = (result.earliestCompared ?? 0) + 1
      if expected != bound.cycle { result.earliestMismatches = (result.earliestMismatches ?? 0) + 1 }
    }
    let command = device.commands[entry.command]
    if let fault = banks.apply(command.kind, entry.address, row: entry.row) {
      report(violation(entry, index, fault.rawValue, earliest: nil))
    }
    checkMode(entry, index, command)
    let channel = Int64(entry.address.indices[0])
    for (slot, limit) in device.busLimits.enumerated() where limit.bus == "any" || limit.bus == command.bus {
      let key = channel << 8 | Int64(slot)
      busUse[key, default: 0] += 1
      if busUse[key]! > limit.limit {
        let what = "command bus '\(limit.bus)': more than \(limit.limit) in one cycle"
        report(violation(entry, index, what, earliest: entry.cycle + 1))
      }
    }
    timing.issue(entry.command, entry.address, at: entry.cycle)
    recent.append(.init(cycle: entry.cycle, command: entry.command, address: entry.address))
  }

  /// What a command would break if it came next: a timing rule, or what the state of its banks demands. The order of
  /// cycles and the command bus are left aside.
  package func violations(of entry: TraceColumns.Entry, _ index: Int64 = 0) -> [TraceCheck.Violation] {
    var banks = banks
    let fault = banks.apply(device.commands[entry.command].kind, entry.address, row: entry.row)
    let bound = timing.bound(entry.command, entry.address)
    return [
      timingViolation(entry, bound, index), fault.map { violation(entry, index, $0.rawValue, earliest: nil) },
    ].compactMap(\.self)
  }

  private func timingViolation(
    _ entry: TraceColumns.Entry, _ bound: CommandTiming.Bound, _ index: Int64
  ) -> TraceCheck.Violation? {
    guard entry.cycle < bound.cycle else { return nil }
    return violation(entry, index, describe(bound, entry), earliest: bound.cycle)
  }

  private func violation(
    _ entry: TraceColumns.Entry, _ index: Int64, _ what: String, earliest: Int64?
  ) -> TraceCheck.Violation {
    TraceCheck.Violation(
      index: index, cycle: entry.cycle, command: device.commands[entry.command].name, constraint: what,
      earliest: earliest)
  }

  private mutating func checkMode(_ entry: TraceColumns.Entry, _ index: Int64, _ command: CommandDescription) {
    for channel in usesRegisters.indices where entry.address.indices[0] < 0 || Int(entry.address.indices[0]) == channel
    {
      if command.kind == .modeChange {
        usesRegisters[channel].toggle()
      } else if command.usesRegisters != usesRegisters[channel] {
        let mode = command.usesRegisters ? "a command on registers" : "a command on rows"
        return report(violation(entry, index, "\(mode) without a change of mode before it", earliest: nil))
      }
    }
  }

  private mutating func report(_ violation: TraceCheck.Violation) {
    result.violationCount += 1
    guard result.violations.count < Self.violationLimit else { return }
    result.violations.append(violation)
  }

  private func describe(_ bound: CommandTiming.Bound, _ entry: TraceColumns.Entry) -> String {
    let lack = bound.cycle - entry.cycle
    let early = "\(lack) \(lack == 1 ? "cycle" : "cycles") too early"
    guard let rule = device.constraints.first(where: { $0.id == bound.constraint }) else { return "timing, \(early)" }
    let source = recent.source(of: rule, in: bound.cycle - rule.latency, for: entry.address)
    let previous =
      source.map { "\(device.commands[$0.command].name) in cycle \($0.cycle)" }
      ?? rule.previous.map { device.commands[$0].name }.joined(separator: "/")
    let where_ = rule.sibling ? "other \(device.levels[rule.level])" : "same \(device.levels[rule.level])"
    return "\(previous) to \(device.commands[entry.command].name), \(where_): \(rule.expression) = "
      + "\(rule.latency) cycles, \(early)"
  }

  private func finished(_ columns: TraceColumns?) -> TraceCheck {
    var result = result
    if columns?.hasEarliest == true, result.earliestCompared == nil { result.earliestCompared = 0 }
    if result.earliestCompared != nil, result.earliestMismatches == nil { result.earliestMismatches = 0 }
    result.perCommand = device.commands.indices.filter { counts[$0] > 0 }.map { (device.commands[$0].name, counts[$0]) }
    return result
  }
}
