import Arch
import DRAM
import Testing

/// Rules of the standards on shipped devices, with cycles worked out by hand.
@Suite struct PlainTimingTests {
  /// Issues commands by name.
  private struct Issuer {
    let device: DeviceDescription
    var timing: CommandTiming

    init(_ name: String, _ change: (inout DeviceDescription) -> Void = { _ in }) throws {
      var device = try ShippedDevices.read(name + ".yaml")
      change(&device)
      self.device = device
      timing = CommandTiming(try #require(ConstraintTable(device)))
    }

    private func place(_ name: String, _ path: [Int]) throws -> (Int, CommandAddress) {
      let command = try #require(device.command(named: name))
      return (command, device.commands[command].covering(CommandAddress(path)))
    }

    mutating func issue(_ name: String, _ path: [Int], at cycle: Int64) throws {
      let (command, address) = try place(name, path)
      timing.issue(command, address, at: cycle)
    }

    func earliest(_ name: String, _ path: [Int]) throws -> Int64 {
      let (command, address) = try place(name, path)
      return timing.earliest(command, address)
    }
  }

  /// CL 22, CWL 16, bursts of 4 cycles, 2 between ranks.
  @Test func ranksHandTheDataBusOver() throws {
    var memory = try Issuer("ddr4-3200-2r")
    try memory.issue("RD", [0, 0, 0, 0], at: 100)
    #expect(try memory.earliest("RD", [0, 0, 0, 1]) == 108)
    #expect(try memory.earliest("RD", [0, 0, 1, 0]) == 104)
    #expect(try memory.earliest("RD", [0, 1, 0, 0]) == 106)
    #expect(try memory.earliest("WR", [0, 0, 1, 0]) == 100 + 22 + 4 + 2 - 16)
    #expect(try memory.earliest("WR", [0, 1, 1, 0]) == 100 + 22 + 4 + 2 - 16)
    var writing = try Issuer("ddr4-3200-2r")
    try writing.issue("WRA", [0, 0, 2, 0], at: 100)
    #expect(try writing.earliest("RDA", [0, 0, 2, 1]) == 100 + 16 + 4 + 12)
    #expect(try writing.earliest("RD", [0, 0, 1, 1]) == 100 + 16 + 4 + 4)
    #expect(try writing.earliest("RD", [0, 1, 2, 1]) == 100 + 16 + 4 + 2 - 22)
    #expect(try writing.earliest("ACT", [0, 0, 2, 0]) == 100 + 16 + 4 + 24 + 22)
  }

  /// tCKE 6, tXP 8; tCKESR 7, tXS 432, reads after tDLLK 768; tRFC 420.
  @Test func powerDownAndSelfRefreshTakeTime() throws {
    var memory = try Issuer("ddr4-2400")
    try memory.issue("RD", [0, 0, 0, 0], at: 10)
    #expect(try memory.earliest("PDE", [0, 0]) == 10 + 16 + 4 + 1)
    try memory.issue("PDE", [0, 0], at: 31)
    #expect(try memory.earliest("PDX", [0, 0]) == 37)
    try memory.issue("PDX", [0, 0], at: 40)
    #expect(try memory.earliest("RD", [0, 0, 1, 0]) == 48)
    #expect(try memory.earliest("ACT", [0, 0, 1, 0]) == 48)
    #expect(try memory.earliest("PDE", [0, 0]) == 46)
    try memory.issue("PREab", [0, 0], at: 50)
    #expect(try memory.earliest("SRE", [0, 0]) == 66)
    try memory.issue("SRE", [0, 0], at: 70)
    #expect(try memory.earliest("SRX", [0, 0]) == 77)
    try memory.issue("SRX", [0, 0], at: 100)
    #expect(try memory.earliest("ACT", [0, 0, 1, 0]) == 532)
    #expect(try memory.earliest("REFab", [0, 0]) == 532)
    #expect(try memory.earliest("RD", [0, 0, 1, 0]) == 868)
    try memory.issue("REFab", [0, 0], at: 600)
    #expect(try memory.earliest("SRE", [0, 0]) == 1020)
    #expect(try memory.earliest("PDE", [0, 0]) == 601)
  }

  /// One bank in every group: tRFCsb 313, other banks tREFSBRD 73; ACT is carried out in its second cycle.
  @Test func aSameBankRefreshLeavesTheOtherBanksAlone() throws {
    var memory = try Issuer("ddr5-4800")
    try memory.issue("REFsb", [0, 0, 3, 2], at: 1000)
    #expect(try memory.earliest("ACT", [0, 0, 3, 2]) == 1000 + 313 - 1)
    #expect(try memory.earliest("ACT", [0, 0, 6, 2]) == 1000 + 313 - 1)
    #expect(try memory.earliest("ACT", [0, 0, 6, 1]) == 1000 + 73 - 1)
    #expect(try memory.earliest("RD", [0, 0, 6, 1]) == 0)
    #expect(try memory.earliest("REFsb", [0, 0, 0, 3]) == 1313)
    #expect(try memory.earliest("REFab", [0, 0]) == 1313)
  }

  /// Commands of two cycles hold the command bus; writes to a group 24 apart, reads 12.
  @Test func commandsOfTwoCyclesHoldTheBus() throws {
    var memory = try Issuer("ddr5-4800")
    try memory.issue("ACT", [0, 0, 0, 0], at: 0)
    #expect(try memory.earliest("PRE", [0, 0, 1, 0]) == 2)
    #expect(try memory.earliest("RD", [0, 0, 0, 0]) == 34)
    #expect(try memory.earliest("PRE", [0, 0, 0, 0]) == 78)
    try memory.issue("WR", [0, 0, 0, 0], at: 34)
    #expect(try memory.earliest("WR", [0, 0, 0, 1]) == 58)
    #expect(try memory.earliest("WR", [0, 0, 1, 1]) == 42)
    try memory.issue("PRE", [0, 0, 0, 0], at: 200)
    #expect(try memory.earliest("PREsb", [0, 0, 0, 1]) == 202)
    #expect(try memory.earliest("ACT", [0, 0, 0, 0]) == 233)
  }

  /// tRCD, tRAS from the second half (15, 34); tRRD 4 from first to first; the clock is synchronised the cycle before.
  @Test func anActivationInTwoCommandsOpensWithTheSecond() throws {
    var memory = try Issuer("lpddr5-6400")
    try memory.issue("ACT1", [0, 0, 0, 0], at: 10)
    #expect(try memory.earliest("ACT2", [0, 0, 0, 0]) == 11)
    #expect(try memory.earliest("ACT1", [0, 0, 1, 0]) == 14)
    try memory.issue("ACT2", [0, 0, 0, 0], at: 13)
    #expect(try memory.earliest("RD", [0, 0, 0, 0]) == 28)
    #expect(try memory.earliest("PRE", [0, 0, 0, 0]) == 47)
    try memory.issue("CAS_RD", [0, 0, 0, 0], at: 30)
    #expect(try memory.earliest("RD", [0, 0, 0, 0]) == 31)
    #expect(memory.device.activationWindow == 8)
    #expect(memory.device.dataClock == DataClockDescription(afterRead: 17 + 2 + 1, afterWrite: 9 + 2 + 1))
    try memory.issue("REFpb", [0, 0, 3, 3], at: 100)
    #expect(try memory.earliest("ACT1", [0, 0, 3, 3]) == 196)
    #expect(try memory.earliest("ACT1", [0, 0, 2, 3]) == 106)
    #expect(try memory.earliest("REFpb", [0, 0, 2, 3]) == 172)
  }

  /// ACT, RD and WR are two commands of two cycles each.
  @Test func commandsOfFourCyclesHoldTheBus() throws {
    var memory = try Issuer("lpddr4-3200")
    try memory.issue("ACT", [0, 0, 0], at: 0)
    #expect(try memory.earliest("PRE", [0, 0, 1]) == 4)
    #expect(try memory.earliest("ACT", [0, 0, 1]) == 16)
    #expect(try memory.earliest("RD", [0, 0, 0]) == 29)
    try memory.issue("PRE", [0, 0, 1], at: 10)
    #expect(try memory.earliest("RD", [0, 0, 2]) == 12)
    #expect(try memory.earliest("PRE", [0, 0, 2]) == 14)
    #expect(try memory.earliest("REFpb", [0, 0, 1]) == 39)
    #expect(try memory.earliest("REFab", [0, 0]) == 99)
    try memory.issue("WR", [0, 0, 0], at: 100)
    #expect(try memory.earliest("RD", [0, 0, 2]) == 100 + 14 + 1 + 8 + 16)
    // The precharge after a read must not cut write recovery short: tWR 29, tRTP 12.
    #expect(try memory.earliest("RDA", [0, 0, 0]) == 100 + 14 + 1 + 8 + 29 - 12)
    #expect(try memory.earliest("PDE", [0, 0]) == 100 + 14 + 1 + 8 + 29 + 3)
    try memory.issue("REFpb", [0, 0, 4], at: 300)
    #expect(try memory.earliest("ACT", [0, 0, 4]) == 300 + 224 - 2)
    #expect(try memory.earliest("ACT", [0, 0, 5]) == 300 + 16 - 2)
    #expect(try memory.earliest("PREab", [0, 0]) == 300 + 224)
  }

  /// Four activations in 40 cycles, 32 in 360.
  @Test func activationsAreRationed() throws {
    var memory = try Issuer("gddr5-8000")
    var cycles: [Int64] = []
    for issue in 0..<33 {
      // The row cycle of a bank is longer than the windows allow anyway.
      let path = [0, issue % 4, issue / 4 % 4]
      cycles.append(try memory.earliest("ACT", path))
      try memory.issue("ACT", path, at: cycles[issue])
    }
    #expect(cycles[1] == 10 && cycles[3] == 30 && cycles[4] == 40)
    #expect(cycles[32] == 360)
    #expect(cycles[31] == 310)
  }

  /// Pseudo-channels share command buses alone: ACT holds the row bus for two cycles.
  @Test func pseudoChannelsShareOnlyTheCommandBuses() throws {
    var memory = try Issuer("hbm2-2000")
    try memory.issue("ACT", [0, 0, 0, 0], at: 0)
    #expect(try memory.earliest("ACT", [0, 1, 0, 0]) == 2)
    #expect(try memory.earliest("ACT", [0, 0, 1, 0]) == 4)
    #expect(try memory.earliest("RD", [0, 0, 0, 0]) == 15)
    try memory.issue("RD", [0, 0, 0, 0], at: 15)
    #expect(try memory.earliest("RD", [0, 1, 0, 0]) == 0)
    #expect(try memory.earliest("RD", [0, 0, 0, 1]) == 19)
    #expect(memory.device.busLimits.map(\.bus).sorted() == ["col", "row"])
  }

  /// Half cycles: ACT takes three of the row bus, RD two of the column bus; 6 between stack ids.
  @Test func halfCyclesCount() throws {
    var memory = try Issuer("hbm3-6400")
    #expect(memory.device.ticksPerClock == 2)
    try memory.issue("ACT", [0, 0, 0, 0, 0], at: 1)
    #expect(try memory.earliest("PRE", [0, 1, 0, 0, 0]) == 4)
    #expect(try memory.earliest("RD", [0, 0, 0, 0, 0]) == 1 + 62 + 1)
    #expect(try memory.earliest("WR", [0, 0, 0, 0, 0]) == 1 + 30 + 1)
    #expect(try memory.earliest("PRE", [0, 0, 0, 0, 0]) == 1 + 90 + 2)
    try memory.issue("RD", [0, 0, 0, 0, 0], at: 65)
    #expect(try memory.earliest("RD", [0, 1, 0, 0, 0]) == 67)
    #expect(try memory.earliest("RD", [0, 0, 0, 1, 0]) == 69)
    #expect(try memory.earliest("RD", [0, 0, 1, 0, 0]) == 71)
    #expect(try memory.earliest("RD", [0, 0, 0, 0, 1]) == 73)
  }

  /// A copy of a device with more ranks has their rules.
  @Test(arguments: ["ddr3-1600", "ddr4-2400", "ddr5-4800", "lpddr4-3200", "lpddr5-6400"])
  func anotherRankOnlyWaitsForTheDataBus(_ name: String) throws {
    var memory = try Issuer(name) { $0.levelSizes[1] = 2 }
    let deeper = Array(repeating: 0, count: memory.device.levels.count - 2)
    try memory.issue("RD", [0, 0] + deeper, at: 1000)
    let burst = try #require(memory.device.timing(named: "tBL"))
    #expect(try memory.earliest("RD", [0, 1] + deeper) == 1000 + burst + 2)
    // Activations wait for the command bus at most.
    #expect(try memory.earliest(name == "lpddr5-6400" ? "ACT1" : "ACT", [0, 1] + deeper) <= 1004)
  }
}
