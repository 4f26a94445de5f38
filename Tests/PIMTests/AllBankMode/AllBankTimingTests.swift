import DRAM
import Files
import PIM
import Testing

/// Commands in all-bank mode against the device's constraints and bank states.
@Suite struct AllBankTimingTests {
  static let runs: [AllBankDevice.Run] = [
    AllBankDevice.Run(kernel: "gemv", out: 4096, inputs: 1024),
    AllBankDevice.Run(kernel: "gemv", out: 333, inputs: 999),
    AllBankDevice.Run(kernel: "gemv", out: 70, inputs: 40, batch: 40, channels: 1),
    AllBankDevice.Run(kernel: "add", out: 1_000_000), AllBankDevice.Run(kernel: "mul", out: 123_457, channels: 5),
    AllBankDevice.Run(kernel: "relu", out: 1_000_000), AllBankDevice.Run(kernel: "host-gemv", out: 256, inputs: 1024),
    AllBankDevice.Run(kernel: "host-add", out: 100_000, channels: 2),
  ]

  @Test(arguments: runs, [(true, false), (true, true), (false, false), (false, true)])
  func everyCommandIsLegal(_ run: AllBankDevice.Run, _ how: (refresh: Bool, quirks: Bool)) throws {
    let device = try AllBankDevice.make()
    var run = run
    (run.isRefreshed, run.hasPeerQuirks, run.log) = (how.refresh, how.quirks, true)
    let result = try device.run(run)
    #expect(result.unlogged == 0)
    for group in result.channels { try check(group.log, device.device) }
  }

  /// Without quirks a refresh comes tRP after the last precharge, and none is lost.
  @Test(arguments: runs) func refreshesComeInTime(_ run: AllBankDevice.Run) throws {
    let device = try AllBankDevice.make()
    var run = run
    run.log = true
    let result = try device.run(run)
    let group = result.channels[0]
    var lastPrecharge: Int64 = -100
    var served = [Int64](repeating: 0, count: 2)
    for entry in group.log {
      switch device.name(entry) {
      case "PRE": lastPrecharge = entry.cycle
      case "REF":
        let rank = Int(entry.address.indices[1])
        if rank == 0 { #expect(entry.cycle >= lastPrecharge + 14) }
        // Due half an interval apart, the first rank first; late by what closing all banks takes at most.
        let due = 1950 * Int64(rank + 1) + 3900 * served[rank]
        #expect(entry.cycle >= due && entry.cycle <= due + 33 + 14 + 16)
        served[rank] += 1
      default: break
      }
    }
    for rank in 0..<2 {
      let due = (result.cycles + 3900 - 1950 * Int64(rank + 1)) / 3900
      #expect(served[rank] == due || served[rank] == due - 1)
    }
    #expect(group.refreshes == served[0])
  }

  /// Each refresh before the last access costs its duration, and at most closing, precharging and opening beside it.
  @Test(arguments: runs.filter { !$0.kernel.hasPrefix("host") }) func aRefreshCostsWhatItTakes(
    _ run: AllBankDevice.Run
  ) throws {
    let device = try AllBankDevice.make()
    var run = run
    run.log = true
    let refreshed = try device.run(run)
    run.isRefreshed = false
    let free = try device.run(run)
    let log = refreshed.channels[0].log
    let last = try #require(log.lastIndex { ["RD", "WR"].contains(device.name($0)) })
    let fired = Int64(
      log[..<last].filter { device.name($0) == "REF" && $0.address.indices[1] == 0 }.count)
    #expect(refreshed.cycles >= refreshed.lowerBound + fired * 350)
    #expect(refreshed.cycles >= free.cycles)
    // tRAS or a write to be closed, tRP, tRCD; and the other rank's refreshes take a cycle each.
    #expect(refreshed.cycles <= free.cycles + fired * (350 + 33 + 14 + 14 + 2))
    #expect(free.channels[0].refreshes == 0 && free.cycles >= free.lowerBound)
  }

  /// The first commands that PIMSimulator b464dde0 printed for a GEMV (pimsimulator_trace_ch0_gemv_1024x1024.csv): banks
  /// are parked, then the mode registers are opened.
  @Test func parkingIsAsRecorded() throws {
    let recorded: [(Int64, String, Int32)] = [
      (1, "ACT", 0), (5, "ACT", 4), (9, "ACT", 8), (13, "ACT", 12), (15, "RD", 0), (17, "ACT", 1), (19, "RD", 4),
      (21, "ACT", 5), (23, "RD", 8), (25, "ACT", 9), (27, "RD", 12), (29, "ACT", 13), (31, "RD", 1), (33, "ACT", 2),
      (34, "PRE", 0), (35, "RD", 5), (37, "ACT", 6), (38, "PRE", 4), (39, "RD", 9), (41, "ACT", 10), (42, "PRE", 8),
      (43, "RD", 13), (45, "ACT", 14), (46, "PRE", 12), (47, "RD", 2), (49, "ACT", 3), (50, "PRE", 1), (51, "RD", 6),
      (53, "ACT", 7), (54, "PRE", 5), (55, "RD", 10), (57, "ACT", 11), (58, "PRE", 9), (59, "RD", 14), (62, "PRE", 13),
      (63, "RD", 3), (66, "PRE", 2), (67, "RD", 7), (70, "PRE", 6), (71, "RD", 11), (72, "ACT", 15), (74, "PRE", 10),
      (76, "ACT", 0), (78, "PRE", 14), (80, "ACT", 8), (82, "PRE", 3), (84, "ACT", 1), (86, "RD", 15), (87, "PRE", 7),
      (90, "PRE", 11), (101, "WR", 0), (103, "WR", 8), (105, "WR", 1), (106, "ACT", 9), (107, "PRE", 15),
      (116, "WR", 9), (127, "PRE", 0), (129, "PRE", 8), (131, "PRE", 1), (142, "PRE", 9), (145, "ACT", 1),
      (155, "WR", 1), (156, "ACT", 0), (166, "WR", 0),
    ]
    let device = try AllBankDevice.make()
    let run = try device.run(AllBankDevice.Run(kernel: "gemv", out: 1024, inputs: 1024, log: true))
    for (entry, expected) in zip(run.channels[0].log, recorded) {
      let bank = entry.address.indices[2] * 4 + entry.address.indices[3]
      #expect(entry.cycle == expected.0 && device.name(entry) == expected.1 && bank == expected.2, "\(expected)")
    }
  }

  /// Fewer places in the queue, slower memory: still legal, never faster.
  @Test func theDeviceFileDecides() throws {
    let run = AllBankDevice.Run(kernel: "gemv", out: 4096, inputs: 512, isRefreshed: false, log: true)
    let base = try AllBankDevice.make().run(run).cycles
    for change in [
      ("queue: 64", "queue: 1"), ("tCCDL: 4", "tCCDL: 6"), ("tRCDRD: 14", "tRCDRD: 20"), ("tRP: 14", "tRP: 20"),
      ("  tCWL: { value: 8,", "  tCWL: { value: 12,"), ("tRAS: 33", "tRAS: 200"),
    ] {
      let device = try AllBankDevice.make([change])
      let result = try device.run(run)
      #expect(result.cycles > base, "\(change)")
      for group in result.channels { try check(group.log, device.device) }
    }
    // Twice the results of a unit: as many columns, half the loads of inputs.
    let wide = try AllBankDevice.make([("accumulators: 8", "accumulators: 16")])
    #expect(try wide.run(run).cycles > base)
    var large = run
    large.out = 8192
    #expect(try wide.run(large).cycles < AllBankDevice.make().run(large).cycles)
  }

  private func check(_ log: [CommandSetRun.Entry], _ device: DeviceDescription) throws {
    let sizes = [1] + device.levelSizes.dropFirst()
    var timing = CommandTiming(try #require(ConstraintTable(device, levelSizes: sizes)))
    var banks = BankStates(levelSizes: sizes, of: device)
    var last: Int64 = -1
    var faults = 0
    for entry in log {
      var address = entry.address
      address.indices[0] = 0
      let earliest = timing.earliest(entry.command, address)
      let fault = banks.apply(device.commands[entry.command].kind, address, row: entry.row)
      if entry.cycle <= last || entry.cycle < earliest || fault != nil { faults += 1 }
      timing.issue(entry.command, address, at: entry.cycle)
      last = entry.cycle
    }
    #expect(faults == 0)
  }
}
