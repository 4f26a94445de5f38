import Arch
import DRAM
import Files
import PIM
import Testing

/// The in-order controller against one that visits every cycle, and against the device's own rules.
@Suite struct InOrderTests {
  /// Random programs, with and without accesses of the host, with and without the peer's quirks: the same commands in the
  /// same cycles in every channel.
  @Test(arguments: [false, true], [false, true])
  func commandsGoAsTheyDoCycleByCycle(hasHost: Bool, quirks: Bool) throws {
    var run = try CommandSetCase()
    run.log = 1 << 20
    run.quirks = quirks
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    for _ in 0..<25 {
      let channels = Int.random(in: 1...3, using: &random)
      let program = RandomInstructions(run.device, channels: channels, count: 12, hasHost: hasHost, &random)
      let what = "seed \(seed), \(channels) channels: \(program.lines.joined(separator: " | "))"
      var reference = CyclewiseController(run.device, channels: channels, hasPeerQuirks: quirks)
      let (cycles, issued) = reference.run(program.steps)
      let result = try run.instructions(program.lines, channels: channels)
      #expect(result.cycles == cycles, "\(what)")
      #expect(result.lowerBound < cycles, "\(what)")
      for channel in 0..<channels {
        let mine = issues(of: channel, result)
        if let at = mine.indices.first(where: { $0 < issued[channel].count && mine[$0] != issued[channel][$0] }) {
          Issue.record("channel \(channel), command \(at): \(mine[at]), not \(issued[channel][at]); \(what)")
          return
        }
        // With quirks the program may end while an access waits for its row.
        #expect(mine.count == issued[channel].count, "\(what)")
      }
      if !quirks {
        let check = try run.check(result)
        #expect(check.violationCount == 0, "\(check.violations.prefix(2)); \(what)")
      }
    }
  }

  private func issues(of channel: Int, _ run: CommandSetRun) -> [CyclewiseController.Issued] {
    let log = run.channels.first { $0.members.contains(channel) }?.log ?? []
    return log.map { entry in
      let (group, bank) = (Int(entry.address.indices[1]), Int(entry.address.indices[2]))
      return CyclewiseController.Issued(
        cycle: entry.cycle, command: entry.command, bank: group < 0 ? -1 : group * 4 + bank, row: entry.row,
        column: entry.column)
    }
  }

  /// Folding and joining channels change nothing, with and without refresh; nor does keeping the commands.
  @Test(arguments: [false, true]) func foldingAndLockstepChangeNothing(refresh: Bool) throws {
    var run = try CommandSetCase()
    run.refresh = refresh
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    for _ in 0..<30 {
      let channels = Int.random(in: 1...5, using: &random)
      let out = Int64.random(in: 1...(Int64(channels) * 500), using: &random)
      let inputs = Int64.random(in: 1...4000, using: &random)
      let order = Bool.random(using: &random) ? "noreuse" : "reuseGB32"
      let what = "seed \(seed): \(out) x \(inputs) on \(channels), \(order)"
      let result = try run.gemv(out, inputs, channels: channels, order: order)
      for (folds, joins) in [(false, true), (true, false), (false, false)] {
        var other = run
        other.folds = folds
        other.joins = joins
        let plain = try other.gemv(out, inputs, channels: channels, order: order)
        expectEqual(result, plain, what)
        #expect(folds || plain.foldedCycles == 0)
        #expect(plain.channels.count == (joins ? 1 : channels))
      }
    }
  }

  @Test func instructionsOnSomeChannelsTakeThemApart() throws {
    var run = try CommandSetCase()
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    for round in 0..<30 {
      run.refresh = round % 2 == 0
      let program = RandomInstructions(run.device, channels: 6, count: 30, hasHost: round % 3 == 0, &random)
      let joined = try run.instructions(program.lines, channels: 6)
      var apart = run
      apart.joins = false
      expectEqual(joined, try apart.instructions(program.lines, channels: 6), "seed \(seed), round \(round)")
    }
  }

  /// A large product folds most of its cycles, refreshes or not.
  @Test func mostOfALargeProductIsFolded() throws {
    var run = try CommandSetCase()
    for refresh in [false, true] {
      run.refresh = refresh
      let result = try run.gemv(28672, 8192, channels: 32)
      #expect(result.foldedCycles * 2 > result.cycles, "\(result.foldedCycles) of \(result.cycles)")
    }
  }
}
