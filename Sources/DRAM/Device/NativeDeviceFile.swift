import Arch
import Files

/// Our own device format; docs/ARCHITECTURE.md shows it, `devices/` has examples.
enum NativeDeviceFile {
  static let knownKeys = [
    "device", "standard", "source", "clock", "levels", "rows", "row-size", "access-size", "timing", "commands",
    "read-latency", "write-latency", "result-latency", "buffer-write-latency", "activation-window", "data-clock",
    "bus-limits", "constraints", "refresh", "address-map", "energy", "table-rows", "pim",
  ]

  static func read(_ input: Fields, into d: inout Diagnostics) -> DeviceDescription? {
    var fields = input
    var draft = DeviceDraft(file: fields.file)
    let errorsBefore = d.items.count
    let name = fields.requiredText("device", &d) ?? ""
    let standard = fields.requiredText("standard", &d) ?? ""
    let fileSource = fields.source("source", &d)
    var device = DeviceDescription()
    device.name = name
    device.standard = standard
    var assumed: [Assumption] = []
    readClock(&fields, fileSource, &device, &assumed, &d)
    readLevels(&fields, &draft, &d)
    device.rows = fields.requiredInteger("rows", in: 1...(1 << 32), &d) ?? 1
    device.rowBytes = size(&fields, "row-size", upTo: 1 << 30, &d)
    device.accessBytes = size(&fields, "access-size", upTo: 1 << 16, &d)
    if device.rowBytes % device.accessBytes != 0 {
      d.error(
        "a row is not a whole number of accesses", at: fields.place("row-size"), value: "\(device.rowBytes) B",
        expected: "a multiple of \(device.accessBytes) B")
    }
    let timing = readTiming(&fields, device.period, fileSource, &assumed, &d)
    readCommands(&fields, &draft, timing, &d)
    device.busLimits = readBusLimits(&fields, draft, &d)
    if draft.checkSizes(at: fields.place("levels"), &d) {
      readConstraints(&fields, &draft, timing, &d)
      draft.checkActivateToColumn(at: fields.place("constraints"), &d)
    }
    draft.checkCounts(commands: fields.place("commands"), constraints: fields.place("constraints"), &d)
    device.refreshes = readRefreshes(&fields, draft, timing, &d)
    readLatencies(&fields, timing, &device, &d)
    if fields.contains("address-map"), draft.levels.count > 1 {
      device.addressMap = AddressMapReading.native(
        &fields, "address-map", levels: draft.levels, levelSizes: draft.levelSizes, rows: device.rows,
        columns: device.rowBytes / device.accessBytes, accessBytes: device.accessBytes, &d)
    }
    device.energy = readEnergy(&fields, fileSource, &assumed, &d)
    device.tableRows = readTableRows(&fields, beyond: device.rows, &d)
    device.pim = fields.fields("pim", of: "the PIM section", &d)
    fields.finish(&d, knownKeys: knownKeys)
    guard !d.items[errorsBefore...].contains(where: { $0.severity == .error }) else { return nil }
    device.levels = draft.levels
    device.levelSizes = draft.levelSizes
    device.commands = draft.commands
    device.constraints = draft.constraints
    device.timing = timing
    device.assumptions = assumed
    return device
  }

  private static func readClock(
    _ fields: inout Fields, _ source: Source?, _ device: inout DeviceDescription, _ assumed: inout [Assumption],
    _ d: inout Diagnostics
  ) {
    guard var clock = fields.requiredFields("clock", of: "the clock", &d) else { return }
    device.ticksPerClock = Int(clock.integer("ticks-per-CK", in: 1...16, &d) ?? 1)
    if let tCK = clock.requiredStatedQuantity("tCK", .time, in: .positive, inheriting: source, &d) {
      device.period = tCK.value.value / Rational(Int64(device.ticksPerClock))
      assumed.append(contentsOf: [tCK.assumption(named: "clock.tCK")].compactMap(\.self))
    }
    clock.finish(&d, knownKeys: ["tCK", "ticks-per-CK"])
  }

  /// The times between a command and the end of what it does, and how long the data clock runs on.
  private static func readLatencies(
    _ fields: inout Fields, _ timing: [TimingParameter], _ device: inout DeviceDescription, _ d: inout Diagnostics
  ) {
    func optional(_ key: String) -> Int64? { fields.contains(key) ? latency(&fields, key, timing, &d) : nil }
    device.readLatency = latency(&fields, "read-latency", timing, &d)
    device.writeLatency = latency(&fields, "write-latency", timing, &d)
    device.bufferWriteLatency = optional("buffer-write-latency") ?? 0
    device.resultLatency = optional("result-latency") ?? 0
    device.activationWindow = optional("activation-window")
    if var dataClock = fields.fields("data-clock", of: "the data clock", &d) {
      device.dataClock = DataClockDescription(
        afterRead: latency(&dataClock, "after-read", timing, &d),
        afterWrite: latency(&dataClock, "after-write", timing, &d))
      dataClock.finish(&d, knownKeys: ["after-read", "after-write"])
    }
    for refresh in device.refreshes {
      let latencies = [
        ("read-latency", device.readLatency), ("write-latency", device.writeLatency),
        ("result-latency", device.resultLatency),
      ]
      for (key, cycles) in latencies where cycles > refresh.interval {
        d.error(
          "\(key) is longer than the interval between two refreshes", at: fields.place(key), value: "\(cycles) cycles",
          expected: "at most \(refresh.interval) cycles")
      }
    }
  }

  private static func readTableRows(
    _ fields: inout Fields, beyond rows: Int64, _ d: inout Diagnostics
  ) -> Range<Int64>? {
    guard var tables = fields.fields("table-rows", of: "the table rows", &d) else { return nil }
    let first = tables.requiredInteger("first", in: rows...(1 << 40), &d)
    let count = tables.requiredInteger("count", in: 1...(1 << 20), &d)
    tables.finish(&d, knownKeys: ["first", "count"])
    guard let first, let count else { return nil }
    return first..<first + count
  }

  /// A whole number of bytes.
  private static func size(_ fields: inout Fields, _ key: String, upTo limit: Int64, _ d: inout Diagnostics) -> Int64 {
    guard let size = fields.requiredQuantity(key, .size, in: .positiveUpTo(Rational(limit)), &d) else { return 1 }
    guard let bytes = size.value.int64 else {
      d.error("\(key) is no whole number of bytes", at: fields.place(key), value: size.text)
      return 1
    }
    return bytes
  }

  private static func readLevels(_ fields: inout Fields, _ draft: inout DeviceDraft, _ d: inout Diagnostics) {
    guard var levels = fields.requiredFields("levels", of: "the levels", &d) else { return }
    for level in levels.keys {
      draft.levels.append(level)
      draft.levelSizes.append(Int(levels.integer(level, in: 1...(1 << 20), &d) ?? 1))
    }
    if draft.levels.first != "channel" || draft.levels.last != "bank" || draft.levels.count > 8 {
      d.error(
        "the levels do not run from channel to bank", at: fields.place("levels"),
        value: draft.levels.joined(separator: ", "), expected: "channel first, bank last, at most 8 levels")
    }
  }

  /// The longest time of a device, in cycles: seconds. A run's cycle numbers must stay below 2^46.
  private static let longestTime: Int64 = 1 << 32

  private static func readTiming(
    _ fields: inout Fields, _ period: Rational, _ source: Source?, _ assumed: inout [Assumption],
    _ d: inout Diagnostics
  ) -> [TimingParameter] {
    guard var timing = fields.requiredFields("timing", of: "the timing", &d) else { return [] }
    var result: [TimingParameter] = []
    for name in timing.keys {
      guard let text = timing.statedText(name, inheriting: source, &d) else { continue }
      var cycles: Int64?
      if let whole = Int64(text.value) {
        cycles = whole
      } else {
        switch QuantityParser.parse(text.value, as: .time) {
        // JEDEC: a time becomes the smallest number of cycles that lasts as long.
        case .success(let time): cycles = (time.value / period).roundedUp
        case .failure(let fault):
          d.error(
            "timing '\(name)': \(fault.message)", at: text.place, value: text.value,
            expected: "a time such as 12 ns, or whole cycles such as 24")
          continue
        }
      }
      guard let cycles, (0...longestTime).contains(cycles) else {
        d.error(
          "timing '\(name)' is out of range", at: text.place, value: text.value, expected: "0 to 2^32 cycles")
        continue
      }
      result.append(TimingParameter(name: name, cycles: cycles, text: text.value, source: text.source))
      assumed.append(contentsOf: [text.assumption(named: "timing.\(name)")].compactMap(\.self))
    }
    timing.finish(&d, knownKeys: timing.keys)
    return result
  }

  private static func readCommands(
    _ fields: inout Fields, _ draft: inout DeviceDraft, _ timing: [TimingParameter], _ d: inout Diagnostics
  ) {
    guard var commands = fields.requiredFields("commands", of: "the commands", &d) else { return }
    for name in commands.keys {
      guard var command = commands.fields(name, of: "command '\(name)'", &d) else { continue }
      let kind = command.requiredChoice("kind", of: CommandKind.allCases.map(\.rawValue), &d)
      let scope = command.requiredChoice("scope", of: draft.levels, &d)
      let bus = command.text("bus", &d) ?? "any"
      let across = command.contains("across") ? readAcross(&command, draft.levels, scope, &d) : []
      let cycles = command.contains("latency") ? latency(&command, "latency", timing, &d) : 0
      let usesRegisters = command.boolean("registers", &d) ?? false
      if let bound = command.choice("bound-to", of: draft.levels, &d), let level = draft.levels.firstIndex(of: bound) {
        draft.boundTo[draft.commands.count] = level
      }
      command.finish(&d, knownKeys: ["kind", "scope", "across", "bus", "latency", "registers", "bound-to"])
      draft.commands.append(
        CommandDescription(
          name: name, kind: kind.flatMap(CommandKind.init(rawValue:)) ?? .other,
          scope: scope.flatMap { draft.levels.firstIndex(of: $0) } ?? 0, across: across, bus: bus,
          latency: cycles, usesRegisters: usesRegisters))
    }
  }

  /// Levels between the channel and the scope that a command covers wholly.
  private static func readAcross(
    _ command: inout Fields, _ levels: [String], _ scope: String?, _ d: inout Diagnostics
  ) -> [Int] {
    let end = scope.flatMap { levels.firstIndex(of: $0) } ?? 0
    let open = end > 1 ? Array(levels[1..<end]) : []
    return (command.texts("across", &d) ?? []).compactMap { name in
      guard open.contains(name), let level = levels.firstIndex(of: name) else {
        d.error(
          "a command covers a level that does not lie between channel and scope", at: command.place("across"),
          value: name, expected: open.isEmpty ? "no level" : "one of \(open.joined(separator: ", "))",
          suggestion: nearMiss(of: name, among: open).map { "did you mean '\($0)'?" })
        return nil
      }
      return level
    }
  }

  private static func readBusLimits(
    _ fields: inout Fields, _ draft: DeviceDraft, _ d: inout Diagnostics
  ) -> [(bus: String, limit: Int)] {
    guard var limits = fields.fields("bus-limits", of: "the bus limits", &d) else { return [("any", 1)] }
    return limits.keys.map { ($0, Int(limits.integer($0, in: 1...16, &d) ?? 1)) }
  }

  private static func readConstraints(
    _ fields: inout Fields, _ draft: inout DeviceDraft, _ timing: [TimingParameter], _ d: inout Diagnostics
  ) {
    guard let list = fields.requiredList("constraints", &d) else { return }
    for (id, node) in list.enumerated() {
      guard var entry = Fields(node, of: "constraint \(id)", in: fields.file, &d) else { continue }
      let level = entry.requiredChoice("level", of: draft.levels, &d)
      let previous = entry.requiredNode("previous", &d).map(names)
      let next = entry.requiredNode("next", &d).map(names)
      let text = entry.requiredText("latency", &d)
      let window = entry.integer("window", in: 1...64, &d) ?? 1
      let sibling = entry.boolean("sibling", &d) ?? false
      entry.finish(&d, knownKeys: ["level", "previous", "next", "latency", "window", "sibling"])
      guard let level, let previous, let next, let text,
        let before = draft.commandIndices(previous, "previous", &d),
        let after = draft.commandIndices(next, "next", &d),
        let latency = evaluate(text, timing, at: entry.place("latency"), &d)
      else { continue }
      let depth = draft.levels.firstIndex(of: level) ?? 0
      draft.constraints.append(
        TimingConstraint(
          id: id, level: depth, previous: before, next: after.filter { draft.boundTo[$0] ?? depth >= depth },
          latency: latency, window: Int(window), sibling: sibling, expression: text))
    }
  }

  private static func names(_ node: DocumentNode) -> [DocumentNode] {
    if case .sequence(let items) = node.content { items } else { [node] }
  }

  static func evaluate(
    _ text: String, _ timing: [TimingParameter], at place: Place, _ d: inout Diagnostics
  ) -> Int64? {
    do throws(LatencyExpression.Fault) {
      let value = try LatencyExpression(text).value { name in timing.first { $0.name == name }?.cycles }
      guard value.magnitude <= longestTime else { throw LatencyExpression.Fault.overflow }
      return value
    } catch {
      switch error {
      case .syntax:
        d.error("a latency is not an expression", at: place, value: text, expected: "such as tRCD or tCL + tBL - tCWL")
      case .unknownName(let name):
        d.error(
          "timing parameter '\(name)' is missing: an expression needs it", at: place, value: text,
          expected: "'\(name)' under timing:",
          suggestion: nearMiss(of: name, among: timing.map(\.name)).map { "did you mean '\($0)'?" })
      case .overflow: d.error("a latency overflows", at: place, value: text)
      }
      return nil
    }
  }

  static func latency(
    _ fields: inout Fields, _ key: String, _ timing: [TimingParameter], _ d: inout Diagnostics
  ) -> Int64 {
    guard let text = fields.requiredText(key, &d),
      let cycles = evaluate(text, timing, at: fields.place(key), &d)
    else { return 0 }
    if cycles < 0 { d.error("\(key) is negative", at: fields.place(key), value: "\(text) = \(cycles)") }
    return cycles
  }
}
