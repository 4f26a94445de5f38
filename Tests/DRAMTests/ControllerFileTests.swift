import Arch
import DRAM
import Files
import Testing

/// Controller files: ours, and what recorded runs say of their controller.
@Suite struct ControllerFileTests {
  private func read(
    _ text: String, json: Bool = false, device: String = "ddr4-2400.yaml"
  ) throws -> (ControllerDescription?, [String]) {
    var d = Diagnostics()
    let file = json ? "c.json" : "c.yaml"
    let document =
      json
      ? DocumentReader.json(text, file: file, into: &d) : DocumentReader.yaml(text, file: file, into: &d)
    let controller = try ControllerFile.read(
      #require(document), device: ShippedDevices.read(device), into: &d)
    return (controller, d.items.map(\.description))
  }

  @Test func keysOverrideThePreset() throws {
    let (controller, said) = try read(
      """
      controller: mine
      source: "measurement: a board"
      preset: default
      read-queue: 64
      write-queue: 16
      high-watermark: 3/4
      low-watermark: 0.25
      row-policy: { timeout: 200 }
      refresh: none
      postponed-refreshes: 4
      row-hit-cap: 8
      power-down-after: 50
      self-refresh-after: never
      peer-quirks: false
      requests-per-cycle: 2
      drain-cycles: 100
      address-map: [row, column, rank, bank, bankgroup, channel]
      """)
    #expect(said.isEmpty)
    var expected = ControllerSettings()
    expected.readBuffer = 64
    expected.writeBuffer = 16
    expected.highWatermark = 0.75
    expected.lowWatermark = 0.25
    expected.rowPolicy = .timeout(cycles: 200)
    expected.refresh = .none
    expected.postponedRefreshes = 4
    expected.rowHitCap = 8
    expected.powerDownAfter = 50
    expected.requestsPerCycle = 2
    expected.drainCycles = 100
    // DDR4-2400: bursts of 64 B, 4 bank groups of 4 banks, 128 bursts a row, 2^16 rows.
    expected.addressMap = AddressMap(
      shift: 6,
      fields: [
        .init(target: .level(0), bits: 0), .init(target: .level(2), bits: 2), .init(target: .level(3), bits: 2),
        .init(target: .level(1), bits: 0), .init(target: .column, bits: 7), .init(target: .row, bits: 16),
      ])
    #expect(controller?.settings == expected && controller?.name == "mine")
    #expect(controller?.assumptions.isEmpty == true)
  }

  @Test(arguments: ["default", "ramulator2.1", "dramsim3"]) func aPresetAloneIsThePreset(_ name: String) throws {
    let (controller, said) = try read("controller: x\npreset: \(name)\n")
    #expect(said.isEmpty && controller?.settings == ControllerSettings.preset(name))
    // Without a source it is an assumption.
    #expect(controller?.assumptions.map(\.parameter) == ["controller"])
  }

  static let faults: [(String, String)] = [
    ("read-queue: 0", "c.yaml:3:13: error: 'read-queue' of the controller file is out of range (got 0; "),
    ("write-queue: 4097", "c.yaml:3:14: error: 'write-queue' of the controller file is out of range (got 4097; "),
    ("read-queue: 1e1", "c.yaml:3:13: error: 'read-queue' of the controller file is not a decimal integer (got 1e1; "),
    ("high-watermark: nan", "c.yaml:3:17: error: 'high-watermark' of the controller file does not begin with"),
    ("high-watermark: 1.5", "c.yaml:3:17: error: 'high-watermark' of the controller file is out of range (got 1.5; "),
    ("low-watermark: -0.1", "c.yaml:3:16: error: 'low-watermark' of the controller file is out of range (got -0.1; "),
    (
      "low-watermark: 0.8",
      "c.yaml:3:16: error: the low watermark is not below the high one (got low 0.8, high 0.8; expected low < high)"
    ),
    (
      "row-policy: opne",
      "c.yaml:3:13: error: 'row-policy' of the controller file is unknown (got opne; expected open, { closed: "
    ),
    ("row-policy: { closed: 0 }", "c.yaml:3:23: error: 'closed' of the row policy is out of range (got 0; "),
    (
      "row-policy: { closde: 1 }", "c.yaml:3:15: error: unknown key 'closde' in the row policy (did you mean 'closed'?)"
    ),
    ("row-policy: {}", "c.yaml:3:13: error: the row policy is not one of the three (expected open, { closed: "),
    ("row-policy: { closed: 1, timeout: 2 }", "c.yaml:3:13: error: the row policy is not one of the three"),
    ("refresh: al-bank", "c.yaml:3:10: error: 'refresh' of the controller file is unknown (got al-bank; "),
    (
      "postponed-refreshes: 9",
      "c.yaml:3:22: error: 'postponed-refreshes' of the controller file is out of range (got 9; "
    ),
    (
      "self-refresh-after: 0",
      "c.yaml:3:21: error: 'self-refresh-after' of the controller file is out of range (got 0; "
    ),
    ("peer-quirks: yes", "c.yaml:3:14: error: 'peer-quirks' of the controller file is not a truth value (got yes; "),
    (
      "requests-per-cycle: 0",
      "c.yaml:3:21: error: 'requests-per-cycle' of the controller file is out of range (got 0; "
    ),
    ("drain-cycles: -1", "c.yaml:3:15: error: 'drain-cycles' of the controller file is out of range (got -1; "),
    ("read-qeue: 3", "c.yaml:3:1: error: unknown key 'read-qeue' in the controller file (did you mean 'read-queue'?)"),
    ("command-queue: 8", "c.yaml:3:16: error: 'command-queue' means nothing to a controller of preset 'default'"),
    ("address-map: [row, bank]", "c.yaml:3:14: error: the address map leaves out 'bankgroup' "),
    ("address-map: [rwo]", "c.yaml:3:14: error: the address map names something unknown (got rwo; "),
    ("source: hearsay", "c.yaml:3:9: error: 'source' of the controller file has no mark before a colon"),
  ]

  @Test(arguments: faults) func aFaultIsSaidWithItsPlace(_ line: String, _ message: String) throws {
    let (controller, said) = try read("controller: x\npreset: default\n\(line)\n")
    #expect(controller == nil)
    #expect(said.count == 1 && said[0].hasPrefix(message), "\(said)")
  }

  @Test func allFaultsAreSaidAtOnce() throws {
    let (_, said) = try read("preset: defualt\nread-queue: 0\nrow: 1\n")
    #expect(said.count == 4, "\(said)")
    #expect(said.contains { $0.hasPrefix("c.yaml:1:1: error: missing key 'controller' in the controller file") })
    #expect(
      said.contains { $0.hasPrefix("c.yaml:1:9: error: 'preset' of the controller file is unknown (got defualt; ") })
  }

  @Test(arguments: [
    ("row-hit-cap: 4", "ramulator2.1"), ("self-refresh-after: 4", "ramulator2.1"), ("command-queue: 4", "ramulator2.1"),
    ("high-watermark: 0.5", "dramsim3"), ("power-down-after: 5", "dramsim3"), ("read-queue: 16", "dramsim3"),
    ("row-policy: { timeout: 5 }", "dramsim3"), ("row-policy: { timeout: 5 }", "ramulator2.1"),
    ("low-watermark: 0", "ramulator2.1"),
  ])
  func keysThatChangeNothingAreFaults(_ line: String, _ preset: String) throws {
    let (controller, said) = try read("controller: x\npreset: \(preset)\n\(line)\n")
    #expect(controller == nil && said.count == 1, "\(said)")
  }

  private static let ramulator = """
    {"controller": {"class": "GenericDDR", "scheduler": "FRFCFS", "refresh": "AllBank",
    "row_policy": "ClosedCAP(cap=3)", "address_mapper": "RoBaRaCoCh + CacheLineInterleave", "read_buffer": 16, "write_buffer": 24,
    "write_low_high_watermark": [0.25, 0.75]}, "requests_offered_per_cycle_max": 4, "seed": 1}
    """

  private static let dramsim = """
    {"queue_structure": "PER_BANK", "row_buf_policy": "CLOSE_PAGE", "cmd_queue_size": 4, "trans_queue_size": 16,
    "unified_queue": 0, "enable_self_refresh": 1, "sref_threshold": 500, "enable_hbm_dual_cmd": 0,
    "epoch_period": 1, "refresh_policy": "RANK_LEVEL_STAGGERED"}
    """

  @Test func recordedControllersAreRead() throws {
    let (first, said) = try read(Self.ramulator, json: true)
    var expected = try #require(ControllerSettings.preset("ramulator2.1"))
    expected.rowPolicy = .closed(cap: 3)
    (expected.readBuffer, expected.writeBuffer) = (16, 24)
    (expected.lowWatermark, expected.highWatermark) = (0.25, 0.75)
    expected.requestsPerCycle = 4
    #expect(said.isEmpty && first?.settings == expected, "\(said)")
    // A controller by itself.
    let (second, more) = try read(Self.dramsim, json: true)
    expected = try #require(ControllerSettings.preset("dramsim3"))
    expected.rowPolicy = .closed(cap: 1)
    expected.commandQueue = 4
    (expected.readBuffer, expected.writeBuffer) = (16, 16)
    expected.selfRefreshAfter = 500
    #expect(more.isEmpty && second?.settings == expected, "\(more)")
  }

  @Test(arguments: [
    ("\"FRFCFS\"", "\"BLISS\"", "c.json:1:53: error: 'scheduler' has a value that is not modelled here (got BLISS; "),
    ("ClosedCAP(cap=3)", "Timeout(100)", "error: this row policy is not modelled (got Timeout(100); "),
    ("ClosedCAP(cap=3)", "ClosedCAP(cap=0)", "error: this row policy is not modelled (got ClosedCAP(cap=0); "),
    ("\"AllBank\"", "\"Elastic\"", "error: 'refresh' has a value that is not modelled here (got Elastic; "),
    ("GenericDDR", "HBM12", "error: 'class' has a value that is not modelled here (got HBM12; expected GenericDDR"),
    ("RoBaRaCoCh + CacheLineInterleave", "MOP4CLXOR", "'address_mapper' has a value that is not modelled here"),
    ("\"read_buffer\": 16", "\"read_buffer\": 0", "'read_buffer' of the controller is out of range (got 0; "),
    ("[0.25, 0.75]", "[0.75, 0.25]", "error: the watermarks are no pair of a low and a high one (got 0.75, 0.25; "),
    ("\"controller\"", "\"kontroller\"", "error: missing key 'controller' in the controller file"),
  ])
  func whatIsNotModelledIsNamed(_ part: String, _ instead: String, _ message: String) throws {
    let (controller, said) = try read(Self.ramulator.replacing(part, with: instead), json: true)
    #expect(controller == nil)
    #expect(said.contains { $0.contains(message) }, "\(said)")
  }

  @Test(arguments: [
    ("PER_BANK", "PER_RANK", "'queue_structure' has a value that is not modelled here (got PER_RANK; "),
    ("CLOSE_PAGE", "OPEN_PAEG", "did you mean 'OPEN_PAGE'?"),
    ("RANK_LEVEL_STAGGERED", "BANK_LEVEL_STAGGERED", "'refresh_policy' has a value that is not modelled here"),
    ("\"unified_queue\": 0", "\"unified_queue\": 1", "'unified_queue' has a value that is not modelled here (got 1; "),
    ("_dual_cmd\": 0", "_dual_cmd\": 1", "'enable_hbm_dual_cmd' has a value that is not modelled here (got 1; "),
    ("\"sref_threshold\": 500, ", "", "missing key 'sref_threshold'"),
    ("\"trans_queue_size\": 16", "\"trans_queue_size\": 0", "out of range (got 0; "),
  ])
  func whatBankQueuesLackIsNamed(_ part: String, _ instead: String, _ message: String) throws {
    let (controller, said) = try read(Self.dramsim.replacing(part, with: instead), json: true)
    #expect(controller == nil)
    #expect(said.contains { $0.contains(message) }, "\(said)")
  }
}
