import DRAM
import Files
import PIM
import Testing

/// Faults of the section of a windowed controller, and attention that does not fit.
@Suite struct BadAttentionTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let old: String
    let new: String
    let message: String

    init(_ old: String, _ new: String, _ message: String) {
      self.old = old
      self.new = new
      self.message = message
    }

    var testDescription: String { new }
  }

  static let cases: [Case] = [
    Case("controller: windowed", "controller: windowd", "did you mean 'windowed'?"),
    Case("  window: 33\n", "", "missing key 'window'"),
    Case("  window: 33", "  window: 0", "'window' of the PIM section"),
    Case("pair: [row, column]", "pair: [row, colum]", "not of two buses"),
    Case("pair: [row, column]", "pair: [row]", "not of two buses"),
    Case("refresh-each: pseudochannel", "refresh-each: pseudochanel", "did you mean 'pseudochannel'?"),
    Case("close-all: PREA", "close-all: PRE\n", "does not close all rows of a channel"),
    Case("close-all: PREA", "close-all: ACT\n", "'close-all' of the PIM section"),
    Case("    attention:\n", "    atention:\n", "missing key 'attention'"),
    Case("softmax: SFM", "softmax: SFX", "did you mean 'SFM'?"),
    Case("second-values: first-head", "second-values: first", "second-values"),
    Case("scores-per-move: 16", "scores-per-move: 0", "scores-per-move"),
    Case("values-row: 8192", "values-row: 16384", "values-row"),
    Case("{ nCCDAB: 4,", "{ nCDAB: 4,", "did you mean 'nCCDAB'?"),
    Case("multiply: MACAB,", "multiply: ACTAB,", "'multiply' of"),
    Case("positions: [pseudochannel]\n", "positions: [pseudochanel]\n", "names no levels below the channel"),
    Case("elements: [bank]", "elements: [bank, bank]", "each once"),
    Case("bursts: [column, row]", "bursts: [row, column]", "no order of places"),
    Case("bursts: [column, row]", "bursts: [bank, row]", "no order of places"),
    Case("          vector-writes: [bank]\n", "", "missing key 'vector-writes'"),
    Case("bound-to: channel, bus: row", "bound-to: chanel, bus: row", "did you mean 'channel'?"),
  ]

  @Test(arguments: cases) func faultsOfTheSectionAreFound(_ bad: Case) throws {
    #expect { try AttentionCase(edits: [(bad.old, bad.new)]) } throws: { error in
      let text = "\(error)"
      if !text.contains(bad.message) { Issue.record("\(text)") }
      return text.hasPrefix("device.yaml:") && text.contains(bad.message)
    }
  }

  private func refusal(_ shape: AttentionCase.Shape, channels: Int = 16, edits: [(String, String)] = []) throws
    -> String
  {
    var attention = try AttentionCase(edits: edits)
    attention.channels = channels
    do {
      _ = try attention.run(shape)
    } catch {
      return "\(error)"
    }
    Issue.record("not refused: \(shape)")
    return ""
  }

  @Test func whatDoesNotFitIsRefused() throws {
    // 64 rounds of heads of 1024 rows in every bank, where keys have 8192.
    #expect(try refusal(.init(length: 1 << 18, heads: 1024)).contains("do not fit the device"))
    #expect(try refusal(.init(length: 1 << 20, heads: 2048)).contains("too much attention"))
    #expect(try refusal(.init(length: 1 << 24, heads: 1 << 24, dimension: 1 << 16, bytes: 8)).contains("error"))
    #expect(try refusal(.init(), channels: 8).contains("attention takes all channels"))
    for shape in [
      AttentionCase.Shape(length: 0), .init(heads: 0), .init(dimension: 0), .init(bytes: 3), .init(level: "bnk"),
      .init(length: 1 << 60), .init(power: "maybe"),
    ] {
      #expect(try refusal(shape).contains("--"), "\(shape)")
    }
    let noPace = [("      without-power-constraint: { nCCDAB: 4, nCCDSB: 4 }\n", "")]
    #expect(try refusal(.init(power: "off"), edits: noPace).contains("no pace without its power constraint"))
    let window = [
      (
        "previous: [MACAB], next: [MACAB], latency: nCCDAB }",
        "previous: [MACAB], next: [MACAB], latency: nCCDAB, window: 2 }"
      )
    ]
    #expect(try refusal(.init(), edits: window).contains("count from the last command only"))
  }

  /// One position of one head of one element is a program too.
  @Test(arguments: AttentionTests.levels) func theSmallestAttentionRuns(_ level: String) throws {
    let attention = try AttentionCase()
    let run = try attention.run(.init(level: level, length: 1, heads: 1, dimension: 1, bytes: 1))
    let counts = attention.counts(run)
    #expect(counts["MACAB"] ?? counts["MACSB"] ?? counts["MACPB"] == 2)
    #expect(counts["SFM"] == 1 && run.lowerBound <= run.cycles)
    #expect(attention.counts(run, channel: 15).isEmpty)
  }
}
