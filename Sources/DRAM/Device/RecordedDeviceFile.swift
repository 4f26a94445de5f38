import Arch
import Files

/// The JSON device format in which other simulators' devices were recorded: constraints with resolved latencies.
///
/// It is a foreign format: keys that are not used here are left alone, those that are used are strict.
enum RecordedDeviceFile {
  static func read(_ input: Fields, into d: inout Diagnostics) -> DeviceDescription? {
    var fields = input
    var draft = DeviceDraft(file: fields.file)
    let before = d.items.count
    let name = fields.requiredText("device", &d) ?? ""
    let standard = fields.requiredText("standard", &d) ?? ""
    let clock = readClock(&fields, &d)
    let accessBytes = fields.requiredInteger("tx_bytes", in: 1...(1 << 20), &d) ?? 1
    _ = fields.requiredNode("levels", &d)
    draft.levels = fields.texts("levels", &d) ?? []
    draft.levelSizes = integers(&fields, "level_sizes", in: 1...(1 << 20), &d).map { Int($0) }
    if draft.levels.count != draft.levelSizes.count || draft.levels.isEmpty || draft.levels.count > 8 {
      d.error(
        "levels and level_sizes do not match", at: fields.place("level_sizes"),
        value: "\(draft.levels.count) levels, \(draft.levelSizes.count) sizes",
        expected: "one size per level, at most 8")
      return nil
    }
    let rows = readRows(&fields, &d)
    let timing = readTiming(&fields, &d)
    readCommands(&fields, &draft, &d)
    let limits = readLimits(&fields, &d)
    guard draft.checkSizes(at: fields.place("level_sizes"), &d) else { return nil }
    readConstraints(&fields, &draft, timing, &d)
    inferScopes(&draft)
    let readLatency = fields.integer("read_latency_ticks", in: 0...(1 << 32), &d)
    let map =
      fields.contains("address_map")
      ? AddressMapReading.recorded(fields.fields("address_map", of: "the address map", &d), levels: draft.levels, &d)
      : nil
    var assumed: [Assumption] = []
    let energy = readEnergy(&fields, &assumed, &d)
    draft.checkActivateToColumn(at: fields.place("constraints"), &d)
    draft.checkCounts(commands: fields.place("commands"), constraints: fields.place("constraints"), &d)
    checkRefreshInterval(timing, at: fields.place("timing_in_CK"), &d)
    guard !d.items[before...].contains(where: { $0.severity == .error }) else { return nil }
    var device = DeviceDescription()
    device.name = name
    device.standard = standard
    device.period = clock.period
    device.ticksPerClock = clock.ticks
    device.levels = draft.levels
    device.levelSizes = draft.levelSizes
    device.rows = rows
    device.accessBytes = accessBytes
    device.addressMap = map
    if let map { device.rowBytes = accessBytes << Int64(map.bits(of: .column)) }
    device.commands = draft.commands
    device.busLimits = limits
    device.constraints = draft.constraints
    device.timing = timing
    device.refreshes = refreshes(device)
    device.readLatency = readLatency ?? device.timing(named: "read_delay") ?? 0
    device.writeLatency = device.timing(named: "write_delay") ?? 0
    device.activationWindow = device.timing(named: "nAAD")
    device.dataClock = dataClock(device)
    device.energy = energy
    device.assumptions = assumed
    return device
  }

  /// The refreshes for which the file has an interval and a command. A recorded nREFIpb is the time between two banks.
  private static func refreshes(_ device: DeviceDescription) -> [RefreshDescription] {
    let ways: [(command: String, interval: String, duration: String)] = [
      ("REFab", "nREFI", "nRFC"), ("REFab", "nREFI", "nRFCab"), ("REFRESH", "tREFI", "tRFC"),
      ("REFpb", "nREFIpb", "nRFCpb"),
      ("REFRESH_BANK", "tREFIb", "tRFCb"),
    ]
    return ways.compactMap { way in
      guard let command = device.command(named: way.command), let interval = device.timing(named: way.interval),
        let duration = device.timing(named: way.duration), interval > 0, interval < 1 << 40
      else { return nil }
      let isPerBank = device.commands[command].scope == device.bankLevel
      return RefreshDescription(
        command: command, interval: isPerBank ? interval * Int64(device.banksPerChannel) : interval, duration: duration)
    }
  }

  /// How long WCK runs on after an access, where commands synchronise it.
  private static func dataClock(_ device: DeviceDescription) -> DataClockDescription? {
    guard device.commands.contains(where: { $0.kind == .readSync }), let read = device.timing(named: "nCL"),
      let write = device.timing(named: "nCWL"), let burst = device.timing(named: "nBL_min"),
      let postamble = device.timing(named: "nWCKPST")
    else { return nil }
    return DataClockDescription(afterRead: read + burst + postamble, afterWrite: write + burst + postamble)
  }

  private static func readClock(_ fields: inout Fields, _ d: inout Diagnostics) -> (period: Rational, ticks: Int) {
    guard var clock = fields.requiredFields("clock", of: "the clock", &d) else { return (.one, 1) }
    let ticks = clock.integer("ticks_per_CK", in: 1...16, &d) ?? 1
    let inNanoseconds = clock.contains("tCK_ns")
    let key = inNanoseconds ? "tCK_ns" : "tCK_ps"
    guard let text = clock.requiredText(key, &d) else { return (.one, 1) }
    guard case .success(let value) = QuantityParser.parse(text, as: .number), value.value.signum > 0 else {
      d.error("'\(key)' is not a positive number", at: clock.place(key), value: text, expected: "such as 0.625")
      return (.one, 1)
    }
    let unit = Rational(1, over: inNanoseconds ? 1_000_000_000 : 1_000_000_000_000) ?? .one
    return (value.value * unit / Rational(ticks), Int(ticks))
  }

  private static func readRows(_ fields: inout Fields, _ d: inout Diagnostics) -> Int64 {
    guard var organisation = fields.requiredFields("organisation", of: "the organisation", &d) else { return 0 }
    let key = organisation.contains("rows") ? "rows" : "row"
    return organisation.requiredInteger(key, in: 1...(1 << 32), &d) ?? 0
  }

  private static func readTiming(_ fields: inout Fields, _ d: inout Diagnostics) -> [TimingParameter] {
    // Latencies are ticks; where ticks differ from CK the file gives the timing in both.
    let key = fields.contains("timing_in_ticks") ? "timing_in_ticks" : "timing_in_CK"
    guard var timing = fields.requiredFields(key, of: "the timing", &d) else { return [] }
    var result: [TimingParameter] = []
    for name in timing.keys {
      guard let text = timing.requiredText(name, &d) else { continue }
      guard case .success(let value) = QuantityParser.parse(text, as: .number) else {
        d.error("timing '\(name)' is not a number", at: timing.place(name), value: text)
        continue
      }
      guard value.value.signum >= 0 else {
        d.error("timing '\(name)' is negative", at: timing.place(name), value: text, expected: "0 or more cycles")
        continue
      }
      // tCK in nanoseconds stands among the cycle counts; it is no latency.
      if let cycles = value.value.int64 {
        result.append(TimingParameter(name: name, cycles: cycles, text: text, source: nil))
      }
    }
    return result
  }

  private static func readCommands(_ fields: inout Fields, _ draft: inout DeviceDraft, _ d: inout Diagnostics) {
    _ = fields.requiredNode("commands", &d)
    let names = fields.texts("commands", &d) ?? []
    var kinds = fields.requiredFields("command_kinds", of: "the command kinds", &d)
    var classes = fields.fields("bus_class", of: "the bus classes", &d)
    for name in names {
      let kind = kinds?.choice(name, of: CommandKind.allCases.map(\.rawValue), &d)
      draft.commands.append(
        CommandDescription(
          name: name, kind: kindsByName[name] ?? kind.flatMap(CommandKind.init(rawValue:)) ?? .other, scope: nil,
          bus: classes?.text(name, &d) ?? "any"))
    }
  }

  /// Commands whose recorded kind says less than their name.
  private static let kindsByName: [String: CommandKind] = [
    "CAS_RD": .readSync, "CAS_WR": .writeSync, "SREF_ENTER": .selfRefreshEnter, "SREF_EXIT": .selfRefreshExit,
  ]

  /// The file gives no scopes. A command addresses the deepest level of a rule that names it; those whose names say "all
  /// banks", and those of a whole rank, stop above the bank even where the rules were written out bank by bank.
  private static func inferScopes(_ draft: inout DeviceDraft) {
    let bank = draft.levels.count - 1
    draft.commands = draft.commands.indices.map { index in
      let command = draft.commands[index]
      let levels = draft.constraints.filter { $0.previous.contains(index) || $0.next.contains(index) }.map(\.level)
      let isWide =
        command.name.hasSuffix("ab") || command.name == "REFRESH" || command.kind == .selfRefreshEnter
        || command.kind == .selfRefreshExit
      let scope = isWide ? levels.filter { $0 < bank }.max() ?? 0 : levels.max() ?? bank
      return CommandDescription(name: command.name, kind: command.kind, scope: scope, bus: command.bus)
    }
  }

  private static func readLimits(_ fields: inout Fields, _ d: inout Diagnostics) -> [(bus: String, limit: Int)] {
    guard var limits = fields.fields("bus_limit", of: "the bus limits", &d) else { return [] }
    return limits.keys.map { ($0, Int(limits.integer($0, in: 1...16, &d) ?? 1)) }
  }

  private static func readConstraints(
    _ fields: inout Fields, _ draft: inout DeviceDraft, _ timing: [TimingParameter], _ d: inout Diagnostics
  ) {
    guard let list = fields.requiredList("constraints", &d) else { return }
    var missing: Set<String> = []
    for (index, node) in list.enumerated() {
      guard var entry = Fields(node, of: "constraint \(index)", in: fields.file, &d) else { continue }
      if entry.contains("enforced"), entry.boolean("enforced", &d) == false { continue }
      let id = entry.integer("id", in: 0...65_000, &d) ?? Int64(index)
      let level = entry.requiredText("level", &d)
      let latency = entry.requiredInteger("latency", in: -(1 << 32)...(1 << 32), &d)
      let window = entry.integer("window", in: 1...64, &d) ?? 1
      let sibling = entry.boolean("sibling", &d) ?? false
      let expression = entry.text("expr", &d) ?? ""
      guard let level, let latency, let previous = entry.requiredNode("prev", &d),
        let next = entry.requiredNode("next", &d)
      else { continue }
      guard let depth = draft.levels.firstIndex(of: level) else {
        d.error(
          "a constraint names a level that the device does not have", at: entry.place("level"), value: level,
          expected: "one of \(draft.levels.joined(separator: ", "))",
          suggestion: nearMiss(of: level, among: draft.levels).map { "did you mean '\($0)'?" })
        continue
      }
      guard case .sequence(let before) = previous.content, case .sequence(let after) = next.content,
        let first = draft.commandIndices(before, "prev", &d), let second = draft.commandIndices(after, "next", &d)
      else { continue }
      // The latency is given, but an expression over a parameter that the file lacks means a mutilated file.
      let text = expression.split(separator: "(command length)").joined()
      for name in (try? LatencyExpression(text))?.names ?? [] where !timing.contains(where: { $0.name == name }) {
        guard missing.insert(name).inserted else { continue }
        d.error(
          "timing parameter '\(name)' is missing: constraint \(id) is made from it", at: entry.place("expr"),
          value: expression, expected: "'\(name)' under timing_in_CK",
          suggestion: nearMiss(of: name, among: timing.map(\.name)).map { "did you mean '\($0)'?" })
      }
      draft.constraints.append(
        TimingConstraint(
          id: Int(id), level: depth, previous: first, next: second, latency: latency, window: Int(window),
          sibling: sibling, expression: expression))
    }
  }

  private static func integers(
    _ fields: inout Fields, _ key: String, in range: ClosedRange<Int64>, _ d: inout Diagnostics
  ) -> [Int64] {
    guard let list = fields.requiredList(key, &d) else { return [] }
    return list.compactMap { Scalars.integer(of: $0, in: range, "'\(key)'", file: fields.file, &d) }
  }

  private static func checkRefreshInterval(_ timing: [TimingParameter], at place: Place, _ d: inout Diagnostics) {
    for name in ["tREFI", "nREFI"] where timing.contains(where: { $0.name == name && $0.cycles == 0 }) {
      d.error(
        "\(name) is zero: the device would refresh without end", at: place, value: "0", expected: "at least 1 cycle")
    }
  }
}
