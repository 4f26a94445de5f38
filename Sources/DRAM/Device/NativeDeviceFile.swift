import Arch
import Files

/// Our own device format; docs/ARCHITECTURE.md shows it, `devices/` has examples.
enum NativeDeviceFile {
  static let knownKeys = [
    "device", "standard", "source", "clock", "levels", "rows", "row-size", "access-size", "timing", "commands",
    "read-latency", "write-latency", "result-latency", "buffer-write-latency", "bus-limits", "constraints", "refresh",
    "energy", "table-rows", "pim",
  ]

  static func read(_ input: Fields, into d: inout Diagnostics) -> DeviceDescription? {
    var fields = input
    var draft = DeviceDraft(file: fields.file)
    let errorsBefore = d.items.count
    let name = fields.requiredText("device", &d) ?? ""
    let standard = fields.requiredText("standard", &d) ?? ""
    let fileSource = fields.source("source", &d)
    var assumed: [Assumption] = []
    var period = Rational.one
    if var clock = fields.requiredFields("clock", of: "the clock", &d) {
      if let tCK = clock.requiredStatedQuantity("tCK", .time, in: .positive, inheriting: fileSource, &d) {
        period = tCK.value.value
        assumed.append(contentsOf: [tCK.assumption(named: "clock.tCK")].compactMap(\.self))
      }
      clock.finish(&d, knownKeys: ["tCK"])
    }
    readLevels(&fields, &draft, &d)
    let rows = fields.requiredInteger("rows", in: 1...(1 << 32), &d) ?? 1
    let rowSize = size(&fields, "row-size", upTo: 1 << 30, &d)
    let accessSize = size(&fields, "access-size", upTo: 1 << 16, &d)
    if rowSize % accessSize != 0 {
      d.error(
        "a row is not a whole number of accesses", at: fields.place("row-size"), value: "\(rowSize) B",
        expected: "a multiple of \(accessSize) B")
    }
    let timing = readTiming(&fields, period, fileSource, &assumed, &d)
    readCommands(&fields, &draft, timing, &d)
    let limits = readBusLimits(&fields, draft, &d)
    if draft.checkSizes(at: fields.place("levels"), &d) {
      readConstraints(&fields, &draft, timing, &d)
      draft.checkActivateToColumn(at: fields.place("constraints"), &d)
    }
    draft.checkCounts(commands: fields.place("commands"), constraints: fields.place("constraints"), &d)
    let refresh = readRefresh(&fields, draft, timing, &d)
    let readLatency = latency(&fields, "read-latency", timing, &d)
    let writeLatency = latency(&fields, "write-latency", timing, &d)
    let bufferWriteLatency =
      fields.contains("buffer-write-latency") ? latency(&fields, "buffer-write-latency", timing, &d) : 0
    let resultLatency = fields.contains("result-latency") ? latency(&fields, "result-latency", timing, &d) : 0
    if let refresh {
      let latencies = [
        ("read-latency", readLatency), ("write-latency", writeLatency), ("result-latency", resultLatency),
      ]
      for (key, cycles) in latencies where cycles > refresh.interval {
        d.error(
          "\(key) is longer than the interval between two refreshes", at: fields.place(key), value: "\(cycles) cycles",
          expected: "at most \(refresh.interval) cycles")
      }
    }
    let energy = readEnergy(&fields, fileSource, &assumed, &d)
    let tableRows = readTableRows(&fields, beyond: rows, &d)
    let pim = fields.fields("pim", of: "the PIM section", &d)
    fields.finish(&d, knownKeys: knownKeys)
    guard !d.items[errorsBefore...].contains(where: { $0.severity == .error }) else { return nil }
    return DeviceDescription(
      name: name, standard: standard, period: period, levels: draft.levels, levelSizes: draft.levelSizes, rows: rows,
      rowBytes: rowSize, accessBytes: accessSize, commands: draft.commands, busLimits: limits,
      constraints: draft.constraints, timing: timing, refresh: refresh,
      readLatency: readLatency, writeLatency: writeLatency, resultLatency: resultLatency,
      bufferWriteLatency: bufferWriteLatency, energy: energy,
      assumptions: assumed, tableRows: tableRows, pim: pim)
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
      let cycles = command.contains("latency") ? latency(&command, "latency", timing, &d) : 0
      let usesRegisters = command.boolean("registers", &d) ?? false
      if let bound = command.choice("bound-to", of: draft.levels, &d), let level = draft.levels.firstIndex(of: bound) {
        draft.boundTo[draft.commands.count] = level
      }
      command.finish(&d, knownKeys: ["kind", "scope", "bus", "latency", "registers", "bound-to"])
      draft.commands.append(
        CommandDescription(
          name: name, kind: kind.flatMap(CommandKind.init(rawValue:)) ?? .other,
          scope: scope.flatMap { draft.levels.firstIndex(of: $0) } ?? 0, bus: bus, latency: cycles,
          usesRegisters: usesRegisters))
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

  private static func evaluate(
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
          "timing parameter '\(name)' is missing: a constraint needs it", at: place, value: text,
          expected: "'\(name)' under timing:",
          suggestion: nearMiss(of: name, among: timing.map(\.name)).map { "did you mean '\($0)'?" })
      case .overflow: d.error("a latency overflows", at: place, value: text)
      }
      return nil
    }
  }

  private static func latency(
    _ fields: inout Fields, _ key: String, _ timing: [TimingParameter], _ d: inout Diagnostics
  ) -> Int64 {
    guard let text = fields.requiredText(key, &d),
      let cycles = evaluate(text, timing, at: fields.place(key), &d)
    else { return 0 }
    if cycles < 0 { d.error("\(key) is negative", at: fields.place(key), value: "\(text) = \(cycles)") }
    return cycles
  }

  private static func readRefresh(
    _ fields: inout Fields, _ draft: DeviceDraft, _ timing: [TimingParameter], _ d: inout Diagnostics
  ) -> RefreshDescription? {
    guard var refresh = fields.fields("refresh", of: "the refresh", &d) else { return nil }
    let commands = draft.commands.filter { $0.kind == .refresh }.map(\.name)
    let command = refresh.requiredChoice("command", of: commands, &d)
    func cycles(_ key: String) -> Int64? {
      guard let name = refresh.requiredText(key, &d) else { return nil }
      guard let value = timing.first(where: { $0.name == name })?.cycles else {
        d.error(
          "timing parameter '\(name)' is missing: refresh needs it", at: refresh.place(key), value: name,
          suggestion: nearMiss(of: name, among: timing.map(\.name)).map { "did you mean '\($0)'?" })
        return nil
      }
      guard value > 0 else {
        d.error("refresh \(key) '\(name)' is zero", at: refresh.place(key), value: "0", expected: "at least one cycle")
        return nil
      }
      return value
    }
    let interval = cycles("interval")
    let duration = cycles("duration")
    refresh.finish(&d, knownKeys: ["command", "interval", "duration"])
    guard let command, let interval, let duration,
      let index = draft.commands.firstIndex(where: { $0.name == command })
    else { return nil }
    guard duration < interval else {
      d.error(
        "a refresh takes as long as the interval between two", at: refresh.place("duration"),
        value: "\(duration) cycles", expected: "less than \(interval) cycles")
      return nil
    }
    let result = RefreshDescription(command: index, interval: interval, duration: duration)
    checkRefresh(result, draft, at: fields.place("refresh"), &d)
    return result
  }

  /// Checks that refreshes can keep up with their interval: else a run would do nothing but refresh, ever further behind.
  private static func checkRefresh(
    _ refresh: RefreshDescription, _ draft: DeviceDraft, at place: Place, _ d: inout Diagnostics
  ) {
    let scope = draft.commands[refresh.command].scope ?? 0
    for constraint in draft.constraints {
      if constraint.latency >= refresh.interval {
        d.error(
          "constraint \(constraint.id) is longer than the interval between two refreshes", at: place,
          value: "\(constraint.expression) = \(constraint.latency) cycles",
          expected: "less than \(refresh.interval) cycles")
        return
      }
    }
    // Each refresh takes the command bus for a cycle; a constraint between refreshes holds among all scopes below a
    // node of its level.
    var busiest: (cycles: Int64, what: String) = (1, "one cycle each")
    var scopes: Int64 = 1
    for level in draft.levelSizes.indices.reversed() {
      for constraint in draft.constraints where constraint.level == level && !constraint.sibling {
        guard constraint.previous.contains(refresh.command), constraint.next.contains(refresh.command) else { continue }
        // At most 2^33 cycles for 2^20 scopes.
        let cycles = max(constraint.latency, 1) * scopes
        if cycles > busiest.cycles { busiest = (cycles, "\(constraint.expression) for each of \(scopes)") }
      }
      // The channel level is the design's to choose; each channel has refreshes of its own.
      if level > 0 && level <= scope { scopes *= Int64(draft.levelSizes[level]) }
    }
    if scopes > busiest.cycles { busiest = (scopes, "one cycle for each of \(scopes)") }
    if busiest.cycles >= refresh.interval {
      d.error(
        "the refreshes of a channel do not fit the interval", at: place,
        value: "\(busiest.cycles) cycles: \(busiest.what)", expected: "less than \(refresh.interval) cycles")
    }
  }

  private static func readEnergy(
    _ fields: inout Fields, _ source: Source?, _ assumed: inout [Assumption], _ d: inout Diagnostics
  ) -> DeviceEnergy {
    guard var energy = fields.fields("energy", of: "the energy", &d) else {
      return DeviceEnergy(currents: nil, stated: [:])
    }
    var currents: DeviceEnergy.Currents?
    if var supply = energy.fields("supply", of: "the supply", &d) {
      var values: [Rational] = []
      let keys = ["VDD", "IDD0", "IDD2N", "IDD3N", "IDD4R", "IDD4W", "IDD5B"]
      for key in keys {
        let dimension: Dimension = key == "VDD" ? .voltage : .current
        if let value = supply.requiredStatedQuantity(key, dimension, in: .positive, inheriting: source, &d) {
          values.append(value.value.value)
          assumed.append(contentsOf: [value.assumption(named: "energy.supply.\(key)")].compactMap(\.self))
        }
      }
      supply.finish(&d, knownKeys: keys)
      if values.count == keys.count {
        currents = DeviceEnergy.Currents(
          vdd: values[0], idd0: values[1], idd2n: values[2], idd3n: values[3], idd4r: values[4], idd4w: values[5],
          idd5b: values[6])
      }
    }
    var prices: [String: Rational] = [:]
    if var events = energy.fields("events", of: "the energy events", &d) {
      for event in events.keys {
        guard let price = events.statedQuantity(event, .energy, in: .nonNegative, inheriting: source, &d) else {
          continue
        }
        prices[event] = price.value.value
        assumed.append(contentsOf: [price.assumption(named: "energy.events.\(event)")].compactMap(\.self))
      }
    }
    energy.finish(&d, knownKeys: ["supply", "events"])
    return DeviceEnergy(currents: currents, stated: prices)
  }
}
