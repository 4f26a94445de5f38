import Files
import PIM
import Testing

/// Files of instructions that are refused, each at its line and column.
@Suite struct BadInstructionTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let lines: [String]
    let place: String
    let message: String

    init(_ lines: [String], _ place: String, _ message: String) {
      self.lines = lines
      self.place = place
      self.message = message
    }

    var testDescription: String { lines.joined(separator: " | ") }
  }

  static let cases: [Case] = [
    Case(["AiM MAC_ABC 1 0xffffffff 0"], "1:5", "did you mean 'MAC_ABK'?"),
    Case(["aim SYNC"], "1:1", "did you mean 'AiM'?"),
    Case(["# a comment", "", "AiM"], "3:4", "an instruction has no name"),
    Case(["AiM MAC_ABK 1 0xffffffff"], "1:25", "expected count, channels, row"),
    Case(["AiM MAC_ABK 1 0xffffffff 0 7"], "1:28", "expected count, channels, row"),
    Case(["AiM SYNC now"], "1:10", "expected none"),
    Case(["AiM MAC_ABK 0 0xffffffff 0"], "1:13", "count is out of range (got 0; expected 1 to 64)"),
    Case(["AiM MAC_ABK 65 0xffffffff 0"], "1:13", "count is out of range (got 65; expected 1 to 64)"),
    Case(["AiM MAC_ABK many 0xffffffff 0"], "1:13", "count is not a number"),
    Case(["AiM MAC_ABK 99999999999999999999 0xffffffff 0"], "1:13", "count is not a number"),
    Case(["AiM MAC_ABK 1 0x1ffffffff 0"], "1:15", "channels is out of range"),
    Case(["AiM MAC_ABK 1 0 0"], "1:15", "channels is out of range"),
    Case(["AiM MAC_ABK 1 0x00000001 0"], "1:15", "names channel 31 (got 0x00000001; expected channels 0 to 3)"),
    Case(["AiM MAC_ABK 1 0xf0000000 16384"], "1:26", "row is out of range (got 16384; expected 0 to 16383)"),
    Case(["AiM MAC_ABK 1 0xf0000000 -1"], "1:26", "row is out of range (got -1; expected 0 to 16383)"),
    Case(["AiM\tMAC_SBK 1 0xf0000000 16 0"], "1:26", "bank is out of range (got 16; expected 0 to 15)"),
    Case(["AiM WR_ABK 0 0xf0000000 0"], "1:14", "takes one channel"),
    Case(["R"], "1:2", "an access names no place"),
    Case(["R MEN 0 0 0"], "1:3", "did you mean 'MEM'?"),
    Case(["R MEM 4 0 0"], "1:7", "channel is out of range (got 4; expected 0 to 3)"),
    Case(["W MEM 0 0"], "1:10", "expected channel, bank, row"),
    Case(["W CFR 3 0"], "1:7", "unknown setting (got 3; expected one of 0, 1, 2)"),
    Case(["W CFR 2 8"], "1:9", "value is out of range (got 8; expected 0 to 7)"),
    Case(["AiM SYNC", "AiM EOC", "AiM SYNC"], "3:1", "an instruction after the end"),
    Case(["AiM SYNC"], "2:1", "expected a last line 'AiM EOC'"),
    Case([""], "2:1", "expected a last line 'AiM EOC'"),
  ]

  @Test(arguments: cases) func faultsAreFound(_ bad: Case) throws {
    let run = try CommandSetCase()
    do {
      let lines =
        bad.message.contains("last line") || bad.message.contains("after the end") ? bad.lines : bad.lines + ["AiM EOC"]
      _ = try run.instructions(lines, channels: 4)
      Issue.record("not refused")
    } catch let refusal as Refusal {
      #expect(refusal.description.hasPrefix("test.trace:\(bad.place): error: "), "\(refusal)")
      #expect(refusal.description.contains(bad.message), "\(refusal)")
    }
  }

  @Test func commasCommentsAndBlankLinesAreRead() throws {
    let run = try CommandSetCase()
    let lines = ["# product", "", "AiM,ISR_MAC_ABK,1,0xffffffff,0", "  AiM  SYNC ", "W GPR 3", "W CFR 0 1", "AiM EOC"]
    #expect(run.counts(try run.instructions(lines)) == ["ACT16": 1, "MAC16": 1])
  }

  @Test func aSettingChoosesTheTable() throws {
    var run = try CommandSetCase()
    run.log = 100
    let result = try run.instructions(["AiM AF 0xffffffff", "W CFR 2 5", "AiM AF 0xffffffff", "AiM EOC"])
    #expect(run.counts(result) == ["ACT16": 2, "AF16": 2, "PREA": 1])
    let first: Int64 = 536_870_912
    #expect(result.channels[0].log.map(\.row) == [first, first, first + 5, first + 5, first + 5])
    #expect(try run.check(result).violationCount == 0)
  }
}
