import Foundation
import PIM
import Testing

/// What the peer recorded, of each kind of instruction: cycles and the commands of channel 0.
@Suite struct RecordedCaseTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let lines: [String]
    let cycles: Int64
    let commands: [String: Int64]

    init(_ name: String, _ lines: [String], _ cycles: Int64, _ commands: [String: Int64]) {
      self.name = name
      self.lines = lines.map { "AiM " + $0 }
      self.cycles = cycles
      self.commands = commands
    }

    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case("one multiply", ["MAC_ABK 1 0xffffffff 0"], 59, ["ACT16": 1, "MAC16": 1]),
    Case(
      "multiplies on new rows", (0..<4).map { "MAC_ABK 8 0xffffffff \($0)" }, 415,
      ["ACT16": 4, "MAC16": 32, "PREA": 3]),
    Case("multiplies in one bank", ["MAC_SBK 16 0xffffffff 0 0"], 89, ["ACT": 1, "MAC": 16]),
    Case("a load", ["WR_GB 16 0 0xffffffff"], 67, ["TMOD": 1, "WRGB": 16]),
    Case(
      "results that are waited for", ["RD_MAC 0 0xffffffff", "RD_MAC 0 0xffffffff"], 40, ["TMOD": 1, "RDMAC16": 2]),
    Case("a product of elements", ["EWMUL 64 0xffffffff 0"], 154, ["ACT16": 1, "EWMUL16": 64]),
    Case("a copy to the buffer", ["COPY_BKGB 64 0xffffffff 0 0"], 195, ["ACT": 1, "RDCP": 64]),
    Case("a copy from the buffer", ["COPY_GBBK 16 0xffffffff 0 0"], 81, ["ACT": 1, "WRCP": 16]),
    Case("functions", Array(repeating: "AF 0xffffffff", count: 4), 92, ["ACT16": 1, "AF16": 4]),
    Case("writes that close their rows", (0..<4).map { "WR_ABK 4 0x80000000 \($0)" }, 373, ["ACT16": 4, "WRA16": 4]),
    Case("writes of the host", Array(repeating: "WR_SBK 0 0x80000000 0 0", count: 16), 68, ["ACT": 1, "WR": 16]),
    Case("reads of the host", Array(repeating: "RD_SBK 0 0x80000000 0 0", count: 16), 120, ["ACT": 1, "RD": 16]),
    Case(
      "multiplies, then the host", ["MAC_ABK 64 0xffffffff 0", "RD_SBK 0 0x80000000 0 0", "WR_SBK 0 0x80000000 1 0"],
      244, ["ACT16": 1, "MAC16": 64, "RD": 1, "WR": 1]),
    Case("a synchronisation", ["SYNC"], 4, [:]),
    Case(
      "sums begun, multiplied and read",
      (0..<8).flatMap { ["WR_BIAS 4 0xffffffff", "MAC_ABK 64 0xffffffff \($0)", "RD_MAC 4 0xffffffff"] }, 2288,
      ["ACT16": 8, "MAC16": 512, "PREA": 7, "RDMAC16": 8, "TMOD": 17, "WRMAC16": 8]),
  ]

  @Test(arguments: cases) func cyclesAndCommandsAreThePeers(_ recorded: Case) throws {
    var run = try CommandSetCase()
    run.log = 1 << 20
    let result = try run.instructions(recorded.lines + ["AiM EOC"])
    #expect(result.cycles == recorded.cycles)
    #expect(run.counts(result) == recorded.commands)
    #expect(result.lowerBound <= result.cycles)
    let check = try run.check(result)
    #expect(check.violationCount == 0, "\(check.violations)")
  }

  /// The peer's end of a program looks for reads and writes where they wait, not where their row is being opened. That is
  /// done as it does only on request.
  /// Else the row opens in cycle 1, the access goes nRCDRD 36 or nRCDWR 28 later and is done after 52 or 8.
  @Test(arguments: ["RD_SBK", "WR_SBK"]) func anEndThatDoesNotWaitIsAQuirk(_ access: String) throws {
    var run = try CommandSetCase()
    let lines = ["AiM \(access) 0 0x80000000 0 0", "AiM EOC"]
    let waiting = try run.instructions(lines)
    #expect(waiting.cycles == (access == "RD_SBK" ? 90 : 38))
    #expect(run.counts(waiting).values.reduce(0, +) == 2)
    run.quirks = true
    let forgetful = try run.instructions(lines)
    #expect(forgetful.cycles == 3)
    #expect(run.counts(forgetful) == ["ACT": 1])
  }

  /// With one bank open the peer activates all of them.
  @Test func anActivateOfOpenBanksIsAQuirk() throws {
    var run = try CommandSetCase()
    run.log = 1000
    let lines = ["AiM MAC_SBK 1 0xffffffff 3 7", "AiM MAC_ABK 1 0xffffffff 7", "AiM EOC"]
    let legal = try run.instructions(lines)
    #expect(run.counts(legal) == ["ACT": 1, "MAC": 1, "PREA": 1, "ACT16": 1, "MAC16": 1])
    #expect(try run.check(legal).violationCount == 0)
    run.quirks = true
    let quirky = try run.instructions(lines)
    #expect(run.counts(quirky) == ["ACT": 1, "MAC": 1, "ACT16": 1, "MAC16": 1])
    #expect(try run.check(quirky).violations.contains { $0.constraint.contains("activate of a bank") })
  }

  /// A read of what a write still brings gets the write's data; the peer gives every read the data of any write.
  @Test func readsFindTheirDataInWrites() throws {
    var run = try CommandSetCase()
    let same = ["W MEM 0 1 5", "R MEM 0 1 5", "AiM EOC"]
    let other = ["W MEM 0 1 5", "W MEM 0 1 5", "R MEM 0 2 6", "AiM EOC"]
    #expect(run.counts(try run.instructions(["W MEM 0 1 5"] + same)) == ["ACT": 1, "WR": 2])
    #expect(run.counts(try run.instructions(other)) == ["ACT": 2, "WR": 2, "RD": 1])
    run.quirks = true
    #expect(run.counts(try run.instructions(other)) == ["ACT": 1, "WR": 2])
  }

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../Fixtures/CommandSets").standardizedFileURL.path

  @Test(arguments: [true, false]) func everyCommandGoesInThePeersCycle(fromKernel: Bool) throws {
    var run = try CommandSetCase()
    run.log = 1 << 20
    let name = Self.folder + "/gemv_1024x1024_noreuse"
    let lines = try String(contentsOfFile: name + ".trace", encoding: .utf8).split(separator: "\n").map(String.init)
    let result = fromKernel ? try run.gemv(1024, 1024, channels: 32) : try run.instructions(lines)
    let log = try #require(result.channels.first).log
    let mine = log.map { entry in
      "\(entry.cycle),\(run.device.commands[entry.command].name),\(entry.address.indices[1]),"
        + "\(entry.address.indices[2]),\(entry.row),\(entry.column)"
    }
    let recorded = try String(contentsOfFile: name + ".csv", encoding: .utf8).split(separator: "\n").dropFirst()
    #expect(mine == recorded.map(String.init))
    #expect(result.cycles == 700)
  }
}
