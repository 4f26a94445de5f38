import Arch
import Files

/// Our own controller format: a preset and what differs from it.
enum NativeControllerFile {
  static let knownKeys = [
    "controller", "source", "preset", "read-queue", "write-queue", "high-watermark", "low-watermark", "command-queue",
    "row-policy", "refresh", "postponed-refreshes", "row-hit-cap", "power-down-after", "self-refresh-after",
    "peer-quirks", "requests-per-cycle", "drain-cycles", "address-map",
  ]

  /// The largest queue, and the longest wait in cycles.
  static let largestQueue: Int64 = 4096
  static let longestWait: Int64 = 1 << 40

  static func read(
    _ input: Fields, _ device: DeviceDescription?, into d: inout Diagnostics
  ) -> ControllerDescription? {
    var fields = input
    let name = fields.requiredText("controller", &d) ?? ""
    let source = fields.source("source", &d)
    let preset = fields.choice("preset", of: ControllerSettings.presets, &d) ?? ControllerSettings.presets[0]
    var settings = ControllerSettings.preset(preset) ?? ControllerSettings()
    readQueues(&fields, &settings, &d)
    if let node = fields.node("row-policy"), let policy = rowPolicy(node, fields, &d) { settings.rowPolicy = policy }
    let refreshes = ControllerSettings.Refresh.allCases.map(\.rawValue)
    if let refresh = fields.choice("refresh", of: refreshes, &d).flatMap(ControllerSettings.Refresh.init(rawValue:)) {
      settings.refresh = refresh
    }
    if let count = fields.integer("postponed-refreshes", in: 0...8, &d) { settings.postponedRefreshes = Int(count) }
    if let cap = fields.integer("row-hit-cap", in: 1...(1 << 30), &d) { settings.rowHitCap = Int(cap) }
    settings.powerDownAfter = wait("power-down-after", &fields, settings.powerDownAfter, &d)
    settings.selfRefreshAfter = wait("self-refresh-after", &fields, settings.selfRefreshAfter, &d)
    if let quirks = fields.boolean("peer-quirks", &d) { settings.peerQuirks = quirks }
    if let count = fields.integer("requests-per-cycle", in: 1...4096, &d) { settings.requestsPerCycle = Int(count) }
    if let cycles = fields.integer("drain-cycles", in: 0...(1 << 32), &d) { settings.drainCycles = cycles }
    if fields.contains("address-map") { settings.addressMap = addressMap(&fields, device, &d) }
    fields.finish(&d, knownKeys: knownKeys)
    refuseUnheeded(fields, settings, preset, &d)
    var controller = ControllerDescription(name: name, settings: settings)
    if source?.mark.isEvidence != true {
      controller.assumptions.append(Assumption(parameter: "controller", value: name, source: source))
    }
    return controller
  }

  /// Keys that a scheduler does not heed are faults: they would change nothing.
  private static func refuseUnheeded(
    _ fields: Fields, _ settings: ControllerSettings, _ preset: String, _ d: inout Diagnostics
  ) {
    let ours = ["postponed-refreshes", "row-hit-cap", "power-down-after"]
    let unheeded: [String] =
      switch settings.scheduler {
      case .standard: ["command-queue"]
      case .activeBuffer: ours + ["command-queue", "self-refresh-after"]
      case .bankQueues: ours + ["high-watermark", "low-watermark"]
      }
    for key in unheeded where fields.contains(key) {
      d.error("'\(key)' means nothing to a controller of preset '\(preset)'", at: fields.place(key))
    }
    if case .timeout = settings.rowPolicy, settings.scheduler != .standard {
      d.error(
        "a controller of preset '\(preset)' closes no row after a time", at: fields.place("row-policy"),
        expected: "open or { closed: ACCESSES }")
    }
  }

  private static func readQueues(_ fields: inout Fields, _ settings: inout ControllerSettings, _ d: inout Diagnostics) {
    if let count = fields.integer("read-queue", in: 1...largestQueue, &d) { settings.readBuffer = Int(count) }
    if let count = fields.integer("write-queue", in: 1...largestQueue, &d) { settings.writeBuffer = Int(count) }
    if let count = fields.integer("command-queue", in: 1...largestQueue, &d) { settings.commandQueue = Int(count) }
    let before = d.errorCount
    if let mark = watermark("high-watermark", &fields, &d) { settings.highWatermark = mark }
    if let mark = watermark("low-watermark", &fields, &d) { settings.lowWatermark = mark }
    if d.errorCount == before, settings.lowWatermark >= settings.highWatermark {
      let key = fields.contains("low-watermark") ? "low-watermark" : "high-watermark"
      d.error(
        "the low watermark is not below the high one", at: fields.place(key),
        value: "low \(settings.lowWatermark), high \(settings.highWatermark)", expected: "low < high")
    }
    if settings.scheduler == .activeBuffer, settings.lowWatermark <= 0, d.errorCount == before {
      d.error(
        "a controller of preset 'ramulator2.1' would never leave off writing", at: fields.place("low-watermark"),
        value: "0", expected: "more than 0: it reads again when fewer writes wait")
    }
    if settings.scheduler == .bankQueues, settings.readBuffer != settings.writeBuffer {
      d.error(
        "a controller of preset 'dramsim3' has a read queue and a write queue of one size",
        at: fields.place(fields.contains("write-queue") ? "write-queue" : "read-queue"),
        value: "\(settings.readBuffer) and \(settings.writeBuffer)", expected: "equal sizes")
    }
  }

  /// A fraction of the write queue.
  private static func watermark(_ key: String, _ fields: inout Fields, _ d: inout Diagnostics) -> Double? {
    fields.quantity(key, .number, in: .upTo(.one), &d)?.value.double
  }

  /// Cycles, or `never`.
  private static func wait(_ key: String, _ fields: inout Fields, _ preset: Int64?, _ d: inout Diagnostics) -> Int64? {
    guard let node = fields.node(key) else { return preset }
    if let scalar = node.scalar, scalar.text == "never" { return nil }
    return Scalars.integer(of: node, in: 1...longestWait, "'\(key)' of the controller file", file: fields.file, &d)
  }

  private static func rowPolicy(
    _ node: DocumentNode, _ fields: Fields, _ d: inout Diagnostics
  ) -> ControllerSettings.RowPolicy? {
    let expected = "open, { closed: ACCESSES } or { timeout: CYCLES }"
    if let scalar = node.scalar {
      if scalar.text == "open" { return .open }
      d.error(
        "'row-policy' of the controller file is unknown", at: fields.place("row-policy"), value: scalar.text,
        expected: expected, suggestion: nearMiss(of: scalar.text, among: ["open"]).map { "did you mean '\($0)'?" })
      return nil
    }
    guard var policy = Fields(node, of: "the row policy", in: fields.file, &d) else { return nil }
    let before = d.errorCount
    let cap = policy.integer("closed", in: 1...(1 << 30), &d)
    let cycles = policy.integer("timeout", in: 1...longestWait, &d)
    policy.finish(&d, knownKeys: ["closed", "timeout"])
    guard d.errorCount == before else { return nil }
    switch (cap, cycles) {
    case (let cap?, nil): return .closed(cap: Int(cap))
    case (nil, let cycles?): return .timeout(cycles: cycles)
    default:
      d.error("the row policy is not one of the three", at: policy.place(), expected: expected)
      return nil
    }
  }

  private static func addressMap(
    _ fields: inout Fields, _ device: DeviceDescription?, _ d: inout Diagnostics
  ) -> AddressMap? {
    guard let device else {
      _ = fields.texts("address-map", &d)
      return nil
    }
    guard device.rowBytes > 0, device.accessBytes > 0 else {
      d.error(
        "an address map needs to know how long rows are, and device '\(device.name)' does not say so",
        at: fields.place("address-map"))
      return nil
    }
    return AddressMapReading.native(
      &fields, "address-map", levels: device.levels, levelSizes: device.levelSizes, rows: device.rows,
      columns: device.rowBytes / device.accessBytes, accessBytes: device.accessBytes, &d)
  }
}
