import Arch
import DRAM
import Dataflow
import Files
import Foundation
import Report
import Systems
import Testing

/// Counts that can be worked out on paper, and a check of every command by the rules read off their definition.
@Suite struct CommandCountTests {
  /// Bursts that the linear layers and the attention products of one token need on pim-gpt's geometry (8 channels of 16
  /// banks, 16 elements per burst, vectors of at most 1024 elements per chunk), summed by hand.
  @Test func multipliesAreThoseOfTheMatrices() throws {
    let width: Int64 = 96
    let heads: Int64 = 6
    let graph = try Checkout.model(layers: 3, width: Int(width), heads: Int(heads))
    let past: Int64 = 37
    let run = try Checkout.run(try Checkout.design("pim-gpt"), graph, Workload(prompt: 0, generate: 1, past: past))
    func ceilDiv(_ a: Int64, _ b: Int64) -> Int64 { (a + b - 1) / b }
    // Outputs are dealt out bank by bank, then channel by channel: a channel of 16 outputs computes when it has any.
    func matrix(_ outputs: Int64, _ inputs: Int64) -> Int64 { ceilDiv(outputs, 16) * ceilDiv(inputs, 16) }
    let context = past + 1
    let perLayer =
      matrix(3 * width, width) + matrix(width, width) + matrix(4 * width, width) + matrix(width, 4 * width)
      // Keys: 16 positions per channel and slot, all 96 dimensions. Values: 96 dimensions are 6 groups of 16 banks, each
      // within one head of 16.
      + matrix(context, width) + matrix(width, context)
    let expected = 3 * perLayer + matrix(300, width)
    let memory = try #require(run.record.activity.units.compactMap(\.memory).first)
    let counts = Dictionary(uniqueKeysWithValues: memory.commands.map { ($0.event, $0.count) })
    #expect(counts["MACab"] == expected)
    // One result read per 16 outputs: of each linear layer, per head and position group, and per dimension group.
    func results(_ outputs: Int64) -> Int64 { ceilDiv(outputs, 16) }
    let reads =
      3
      * (results(3 * width) + results(width) + results(4 * width) + results(width) + heads * results(context)
        + results(width)) + results(300)
    #expect(counts["RDMAC"] == reads)
    #expect(memory.rowHits + memory.rowMisses == expected + (counts["RD"] ?? 0) + (counts["WR"] ?? 0))
    #expect(run.macsExecuted == graph.exportedMACs(positions: 1, past: past))
    // Open rows close once; what is still open at the end was opened last.
    let activates = (counts["ACT"] ?? 0) + (counts["ACTab"] ?? 0)
    #expect((0...8).contains(activates - (counts["PREab"] ?? 0)))
  }

  private func device(of design: String) throws -> DeviceDescription {
    let line = try #require(
      Checkout.text("designs/\(design).yaml").split(separator: "\n").first { $0.contains("device: ") })
    return try device(named: String(line.split(separator: " ")[1]))
  }

  private func device(named name: String) throws -> DeviceDescription {
    var d = Diagnostics()
    let device = DeviceFile.read(path: "\(Checkout.root)/devices/\(name).yaml", displayName: name, into: &d)
    try d.throwIfErrors()
    return try #require(device)
  }

  @Test func thePairwiseCheckFindsACommandThatIsEarly() throws {
    let device = try device(of: "pim-gpt")
    let activate = try #require(device.command(named: "ACTab"))
    let multiply = try #require(device.command(named: "MACab"))
    for (cycle, isLegal) in [(Int64(23), false), (24, true)] {
      var checker = PairwiseChecker(device)
      #expect(checker.fault(activate, [0, -1, -1], at: 0) == nil)
      #expect((checker.fault(multiply, [0, -1, -1], at: cycle) == nil) == isLegal)
    }
  }

  /// Every command of a run against the device's constraints pair by pair, its rows and its refreshes; and none before
  /// the step that it belongs to, or after.
  @Test(arguments: Checkout.designs, [false, true])
  func everyCommandIsLegal(_ name: String, _ isBusy: Bool) throws {
    try checkCommands(of: Checkout.design(name), on: device(of: name), isBusy)
  }

  @Test(arguments: [false, true])
  func everyCommandIsLegalWithTheOtherTiming(_ isBusy: Bool) throws {
    let name = "gddr6-pim-aim-timing"
    let design = try Checkout.design("pim-gpt", replacing: [("device: gddr6-pim", "device: \(name)")])
    try checkCommands(of: design, on: device(named: name), isBusy)
  }

  @Test func everyCommandIsLegalWhereRowsServeSeveralPositions() throws {
    let design = try Checkout.design("pim-gpt", replacing: [("prefill: per-token", "prefill: row-reuse")])
    try checkCommands(of: design, on: device(of: "pim-gpt"), true)
  }

  private func checkCommands(of design: Design, on device: DeviceDescription, _ isBusy: Bool) throws {
    let graph = try Checkout.model(layers: 2, width: isBusy ? 192 : 64, heads: 4)
    var options = RunOptions()
    options.commandLogLimit = 1_000_000
    let run = try Checkout.run(design, graph, Workload(prompt: 2, generate: 2, past: 70), options)
    let memory = try #require(run.record.activity.units.compactMap(\.memory).first)
    #expect(memory.unloggedCommands == 0)
    #expect(Int64(memory.log.count) == memory.commands.reduce(0) { $0 + $1.count })
    let interval = try #require(device.refresh).interval
    for channel in Set(memory.log.map(\.channel)).sorted() {
      var checker = PairwiseChecker(device)
      var openRow = Array(repeating: Int64(-1), count: 16)
      var last: Int64 = -1
      var refreshes: Int64 = 0
      for entry in memory.log where entry.channel == channel {
        let path = [0, Int(entry.path[1]), Int(entry.path[2])]
        #expect(entry.cycle > last, "two commands in one cycle of a channel")
        last = entry.cycle
        if let fault = checker.fault(entry.command, path, at: entry.cycle) { Issue.record("\(fault)") }
        let banks = path[1] < 0 ? Array(0..<16) : [path[1] * 4 + path[2]]
        switch device.commands[entry.command].kind {
        case .activate:
          #expect(banks.allSatisfy { openRow[$0] < 0 })
          for bank in banks { openRow[bank] = entry.row }
        case .precharge: for bank in banks { openRow[bank] = -1 }
        case .read, .write, .multiplyAccumulate: #expect(banks.allSatisfy { openRow[$0] == entry.row })
        case .refresh:
          #expect(banks.allSatisfy { openRow[$0] < 0 })
          refreshes += 1
          // Due once per interval, never early, never a whole interval late.
          #expect((refreshes * interval..<(refreshes + 1) * interval).contains(entry.cycle))
        default: break
        }
      }
    }
    let steps = run.record.activity.steps.map { ($0.issued, $0.completed) }
    let unit = try #require(run.record.units.firstIndex { $0.kind == "pim-memory" })
    let period = run.record.units[unit].period
    let spans = zip(run.record.program.steps, steps).filter { $0.0.unit.rawValue == unit }.map(\.1)
    // By the time of issue: the latest completion of all steps up to that one.
    let ordered = spans.sorted { $0.0 < $1.0 }
    var latest: [Int64] = []
    for span in ordered { latest.append(max(span.1, latest.last ?? 0)) }
    let refreshing = Set(["REFab", "PREab"])
    for entry in memory.log where !refreshing.contains(memory.commands[entry.command].event) {
      let tick = entry.cycle * period
      var (low, high) = (0, ordered.count)
      while low < high {
        let middle = (low + high) / 2
        if ordered[middle].0 < tick { low = middle + 1 } else { high = middle }
      }
      #expect(low > 0 && latest[low - 1] > tick, "\(entry)")
    }
  }
}
