import Arch
import DRAM
import PIM
import Testing

/// A refresh costs what it takes and what it undoes, and none is left out.
@Suite struct CommandSetRefreshTests {
  @Test func refreshesCostAtLeastTheirTimeAndAtMostARow() throws {
    var run = try CommandSetCase()
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    let timing = { (name: String) in run.device.timing(named: name) ?? 0 }
    let (duration, interval) = (timing("nRFC"), timing("nREFI"))
    #expect(duration == 210 && interval == 3333)
    // Closing a row waits for its last column at most; opening it takes the longer time of a multiply.
    let reopening = timing("nRTP") + timing("nRP") + timing("nRCDRDMAC")
    for _ in 0..<120 {
      let channels = Int.random(in: 1...32, using: &random)
      let out = Int64.random(in: 1...(Int64(channels) * 1500), using: &random)
      let inputs = Int64.random(in: 1...16000, using: &random)
      let order = Bool.random(using: &random) ? "noreuse" : "reuseGB32"
      run.refresh = false
      let without = try run.gemv(out, inputs, channels: channels, order: order)
      run.refresh = true
      let with = try run.gemv(out, inputs, channels: channels, order: order)
      let fired = with.channels[0].refreshes
      let what = "seed \(seed): \(out) x \(inputs) on \(channels), \(order): \(with.cycles), \(fired) refreshes"
      #expect(with.cycles >= with.lowerBound + fired * duration, "\(what)")
      #expect(with.cycles >= without.cycles + fired * duration, "\(what)")
      #expect(with.cycles <= without.cycles + fired * (duration + reopening), "\(what)")
      // One may wait for a change of rows when the product ends.
      #expect(abs(with.cycles / interval - fired) <= 1, "\(what)")
    }
  }

  /// A row that stays open is closed in the end: a refresh is never later than by half an interval.
  @Test func aRowThatStaysOpenIsClosedForOverdueRefreshes() throws {
    var run = try CommandSetCase()
    run.refresh = true
    run.log = 1 << 20
    let lines = Array(repeating: "AiM MAC_ABK 64 0x80000000 5", count: 400) + ["AiM EOC"]
    let result = try run.instructions(lines)
    let log = try #require(result.channels.first { $0.members == [0] }).log
    let refreshes = log.filter { run.device.commands[$0.command].kind == .refresh }.map(\.cycle)
    #expect(refreshes.count == 15 || refreshes.count == 16)
    for (index, cycle) in refreshes.enumerated() {
      let due = Int64(index + 1) * 3333
      #expect(cycle > due && cycle <= due + 3333 / 2 + 100, "refresh \(index) at \(cycle)")
    }
    #expect(try run.check(result).violationCount == 0)
  }

  /// Random instructions, refreshed: legal, complete, and every refresh with all banks closed and in the mode of rows.
  @Test func refreshedProgramsAreLegal() throws {
    var run = try CommandSetCase()
    run.refresh = true
    run.log = 1 << 20
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    var refreshes: Int64 = 0
    for round in 0..<4 {
      let program = RandomInstructions(run.device, channels: 2, count: 120, hasHost: round % 2 == 0, &random)
      let result = try run.instructions(program.lines, channels: 2)
      let check = try run.check(result)
      #expect(check.violationCount == 0, "seed \(seed): \(check.violations.prefix(2))")
      refreshes += result.channels.reduce(0) { $0 + $1.refreshes }
      var plain = run
      plain.refresh = false
      let without = try plain.instructions(program.lines, channels: 2)
      for (name, count) in run.counts(without) where !["ACT", "ACT16", "PRE", "PREA", "TMOD"].contains(name) {
        // Reads that find their data in a write that waits are no commands.
        if !["RD", "WR"].contains(name) { #expect(run.counts(result)[name] == count, "seed \(seed): \(name)") }
      }
    }
    #expect(refreshes > 4)
  }
}
