import Arch
import Files

/// What a recorded run of another simulator says of its controller: a whole run, or the controller by itself.
///
/// A foreign format: keys that are not used warn inside the controller and are left alone outside; those that are used
/// are strict, and a value that stands for something that is not modelled is an error that names it.
enum RecordedControllerFile {
  /// Keys that only such a controller has.
  static let marks = ["class", "queue_structure", "row_buf_policy"]

  static func read(
    _ input: Fields, _ device: DeviceDescription?, into d: inout Diagnostics
  ) -> ControllerDescription? {
    var run = input
    let isBare = marks.contains { run.contains($0) }
    guard
      var fields = isBare ? run : run.requiredFields("controller", of: "the controller", &d)
    else { return nil }
    var name = "recorded"
    var controller: ControllerDescription?
    if fields.contains("queue_structure") || fields.contains("row_buf_policy") {
      controller = bankQueues(&fields, device, &d)
      name = "dramsim3"
    } else {
      controller = activeBuffer(&fields, device, &d)
      name = "ramulator2.1"
    }
    if !isBare {
      if let count = run.integer("requests_offered_per_cycle_max", in: 1...4096, &d) {
        controller?.settings.requestsPerCycle = Int(count)
      }
      if let cycles = run.integer("drain_tail_cycles", in: 0...NativeControllerFile.longestWait, &d) {
        controller?.settings.drainCycles = cycles
      }
      if let trace = run.text("trace", &d) { name += " (\(clipped(trace)))" }
    }
    controller?.name = name
    return controller
  }

  // MARK: Ramulator 2.1

  private static let activeBufferKeys = [
    "class", "scheduler", "refresh", "row_policy", "address_mapper", "read_buffer", "write_buffer",
    "write_low_high_watermark",
  ]

  private static func activeBuffer(
    _ fields: inout Fields, _ device: DeviceDescription?, _ d: inout Diagnostics
  ) -> ControllerDescription? {
    var settings = ControllerSettings.preset("ramulator2.1") ?? ControllerSettings()
    modelled(&fields, "class", classes(of: device), required: true, &d)
    modelled(&fields, "scheduler", ["FRFCFS"], &d)
    modelled(&fields, "address_mapper", ["RoBaRaCoCh + CacheLineInterleave", "RoBaRaCoCh"], &d)
    switch modelled(&fields, "refresh", ["AllBank", "PerBank", "NoRefresh"], required: true, &d) {
    case "PerBank": settings.refresh = .perBank
    case "NoRefresh": settings.refresh = .none
    default: settings.refresh = .allBank
    }
    if let text = fields.requiredText("row_policy", &d) {
      if let policy = rowPolicy(text) {
        settings.rowPolicy = policy
      } else {
        d.error(
          "this row policy is not modelled", at: fields.place("row_policy"), value: text,
          expected: "Open, or ClosedCAP(cap=N) with N from 1 to 2^30")
      }
    }
    let largest = NativeControllerFile.largestQueue
    if let count = fields.integer("read_buffer", in: 1...largest, &d) { settings.readBuffer = Int(count) }
    if let count = fields.integer("write_buffer", in: 1...largest, &d) { settings.writeBuffer = Int(count) }
    if let list = fields.list("write_low_high_watermark", &d) { readWatermarks(list, fields, &settings, &d) }
    fields.warnUnknown(&d, knownKeys: activeBufferKeys, silent: runKeys)
    return ControllerDescription(name: "", settings: settings)
  }

  /// The classes that schedule a device as this preset does.
  private static func classes(of device: DeviceDescription?) -> [String] {
    guard let device else { return ["GenericDDR", "HBM12", "HBM34", "LPDDR5"] }
    if device.commands.contains(where: { $0.kind == .readSync }) { return ["LPDDR5"] }
    guard device.busLimits.contains(where: { $0.bus == "row" }) else { return ["GenericDDR"] }
    return [device.ticksPerClock == 2 ? "HBM34" : "HBM12"]
  }

  private static func rowPolicy(_ text: String) -> ControllerSettings.RowPolicy? {
    if text == "Open" { return .open }
    guard text.hasPrefix("ClosedCAP(cap="), text.hasSuffix(")") else { return nil }
    let digits = text.dropFirst("ClosedCAP(cap=".count).dropLast()
    guard let cap = Int(digits), (1...(1 << 30)).contains(cap) else { return nil }
    return .closed(cap: cap)
  }

  private static func readWatermarks(
    _ list: [DocumentNode], _ fields: Fields, _ settings: inout ControllerSettings, _ d: inout Diagnostics
  ) {
    let marks = list.compactMap {
      Scalars.quantity(
        of: $0, .number, in: .upTo(.one), "'write_low_high_watermark' of the controller", file: fields.file, &d)
    }.map(\.value.double)
    guard marks.count == list.count else { return }
    guard marks.count == 2, marks[0] < marks[1] else {
      d.error(
        "the watermarks are no pair of a low and a high one", at: fields.place("write_low_high_watermark"),
        value: marks.map { "\($0)" }.joined(separator: ", "), expected: "such as [0.2, 0.8]")
      return
    }
    (settings.lowWatermark, settings.highWatermark) = (marks[0], marks[1])
  }

  // MARK: DRAMsim3

  private static let bankQueueKeys = [
    "queue_structure", "row_buf_policy", "cmd_queue_size", "trans_queue_size", "unified_queue", "enable_self_refresh",
    "sref_threshold", "enable_hbm_dual_cmd", "refresh_policy", "epoch_period",
  ]

  private static func bankQueues(
    _ fields: inout Fields, _ device: DeviceDescription?, _ d: inout Diagnostics
  ) -> ControllerDescription? {
    var settings = ControllerSettings.preset("dramsim3") ?? ControllerSettings()
    // How often the original prints its sums.
    fields.ignore(["epoch_period"])
    let largest = NativeControllerFile.largestQueue
    modelled(&fields, "queue_structure", ["PER_BANK"], required: true, &d)
    modelled(&fields, "refresh_policy", ["RANK_LEVEL_STAGGERED"], &d)
    modelled(&fields, "unified_queue", ["0"], &d)
    if fields.contains("enable_hbm_dual_cmd") {
      let isDual = device.map { $0.busLimits.contains { $0.bus == "row" } }
      modelled(&fields, "enable_hbm_dual_cmd", isDual.map { [$0 ? "1" : "0"] } ?? ["0", "1"], &d)
    }
    if modelled(&fields, "row_buf_policy", ["OPEN_PAGE", "CLOSE_PAGE"], required: true, &d) == "CLOSE_PAGE" {
      settings.rowPolicy = .closed(cap: 1)
    }
    if let count = fields.integer("cmd_queue_size", in: 1...largest, &d) { settings.commandQueue = Int(count) }
    if let count = fields.integer("trans_queue_size", in: 1...largest, &d) {
      (settings.readBuffer, settings.writeBuffer) = (Int(count), Int(count))
    }
    let threshold = fields.integer("sref_threshold", in: 1...NativeControllerFile.longestWait, &d)
    if fields.integer("enable_self_refresh", in: 0...1, &d) == 1 {
      if threshold == nil, !fields.contains("sref_threshold") { _ = fields.requiredNode("sref_threshold", &d) }
      settings.selfRefreshAfter = threshold
    }
    fields.warnUnknown(&d, knownKeys: bankQueueKeys, silent: runKeys)
    return ControllerDescription(name: "", settings: settings)
  }

  /// What may stand beside a controller that is a file of its own.
  private static let runKeys: Set<String> = ["device", "trace", "source", "note"]

  /// A value that must be one of those that are modelled.
  @discardableResult
  private static func modelled(
    _ fields: inout Fields, _ key: String, _ known: [String], required: Bool = false, _ d: inout Diagnostics
  ) -> String? {
    guard required || fields.contains(key) else { return nil }
    guard let text = fields.requiredText(key, &d) else { return nil }
    guard known.contains(text) else {
      d.error(
        "'\(key)' has a value that is not modelled here", at: fields.place(key), value: text,
        expected: known.count == 1 ? known[0] : "one of \(known.joined(separator: ", "))",
        suggestion: nearMiss(of: text, among: known).map { "did you mean '\($0)'?" })
      return nil
    }
    return text
  }
}
