import Arch
import DRAM
import Testing

@Suite struct ActivityMeterTests {
  /// Two ranks of two bank groups of two banks: banks 0 to 3 and 4 to 7.
  static let device: DeviceDescription = {
    var device = DeviceDescription()
    device.levels = ["channel", "rank", "bankgroup", "bank"]
    device.levelSizes = [1, 2, 2, 2]
    func command(_ kind: CommandKind, _ scope: Int, _ across: [Int] = []) -> CommandDescription {
      CommandDescription(name: kind.rawValue + "\(scope)", kind: kind, scope: scope, across: across, bus: "any")
    }
    device.commands = [
      command(.activate, 3), command(.precharge, 3), command(.precharge, 1), command(.read, 3),
      command(.writePrecharge, 3), command(.refresh, 1), command(.refresh, 3, [2]), command(.refresh, 3),
      command(.powerDownEnter, 1), command(.powerDownExit, 1), command(.selfRefreshEnter, 1),
      command(.selfRefreshExit, 1), command(.precharge, 0), command(.powerDownEnter, 0), command(.activateFirst, 3),
      command(.activateSecond, 3), command(.readPrecharge, 3), command(.write, 3),
    ]
    return device
  }()

  private enum C {
    static let (act, pre, preAll, read, writeClose, refresh, sameBank, oneBank) = (0, 1, 2, 3, 4, 5, 6, 7)
    static let (down, up, sleep, wake, preChannel, downChannel) = (8, 9, 10, 11, 12, 13)
    static let (act1, act2, readClose, write) = (14, 15, 16, 17)
  }

  private func activity(
    _ commands: [(command: Int, bank: Int, cycle: Int64)], until cycles: Int64
  ) -> [RankActivity] {
    var meter = ActivityMeter(Self.device)
    for entry in commands { meter.note(entry.command, bank: entry.bank, at: entry.cycle) }
    let ranks = meter.finish(at: cycles)
    for rank in ranks {
      let sum =
        rank.activeCycles + rank.prechargedCycles + rank.activePowerDownCycles + rank.prechargedPowerDownCycles
        + rank.selfRefreshCycles
      #expect(sum == cycles, "every cycle is in one state")
    }
    return ranks
  }

  @Test func aRankIsActiveWhileAnyOfItsBanksIsOpen() {
    let ranks = activity(
      [
        (C.act, 0, 10), (C.act, 3, 20), (C.read, 0, 25), (C.pre, 0, 40), (C.pre, 0, 41), (C.write, 3, 50),
        (C.pre, 3, 60), (C.act, 5, 60), (C.pre, 5, 100),
      ], until: 200)
    #expect(ranks[0].activates == 2 && ranks[0].reads == 1 && ranks[0].writes == 1)
    #expect(ranks[0].activeCycles == 50 && ranks[0].prechargedCycles == 150)
    #expect(ranks[1].activates == 1 && ranks[1].activeCycles == 40)
  }

  @Test func autoPrechargeClosesInItsOwnCycleAndAPairActivatesWithItsSecond() {
    let ranks = activity(
      [(C.act1, 1, 5), (C.act2, 1, 9), (C.writeClose, 1, 30), (C.act, 2, 40), (C.readClose, 2, 70)], until: 100)
    #expect(ranks[0].activates == 2 && ranks[0].reads == 1 && ranks[0].writes == 1)
    #expect(ranks[0].activeCycles == 21 + 30)
  }

  @Test func wideCommandsReachWhatTheyCover() {
    let ranks = activity(
      [
        (C.act, 0, 0), (C.act, 2, 0), (C.act, 7, 0), (C.preAll, 1, 10), (C.refresh, 3, 20), (C.sameBank, 5, 30),
        (C.oneBank, 6, 31), (C.preChannel, 0, 50),
      ], until: 60)
    #expect(ranks[0].activeCycles == 10 && ranks[0].refreshes == 1 && ranks[0].bankRefreshes == 0)
    #expect(ranks[1].activeCycles == 50 && ranks[1].refreshes == 0 && ranks[1].bankRefreshes == 2)
  }

  @Test func powerDownIsActiveOrPrecharged() {
    let ranks = activity(
      [
        (C.act, 0, 10), (C.down, 0, 20), (C.up, 0, 50), (C.pre, 0, 60), (C.down, 2, 70), (C.up, 1, 75),
        (C.downChannel, 0, 80),
      ], until: 100)
    #expect(ranks[0].activePowerDownCycles == 30 && ranks[0].prechargedPowerDownCycles == 5 + 20)
    #expect(ranks[0].activeCycles == 10 + 10 && ranks[0].prechargedCycles == 10 + 10 + 5)
    #expect(ranks[1].prechargedPowerDownCycles == 20 && ranks[1].prechargedCycles == 80)
  }

  @Test func selfRefreshBeginsACycleAfterItsEntry() {
    let ranks = activity([(C.sleep, 4, 499), (C.wake, 4, 1002), (C.sleep, 0, 1099)], until: 1100)
    #expect(ranks[1].selfRefreshCycles == 502 && ranks[1].prechargedCycles == 598)
    #expect(ranks[0].selfRefreshCycles == 0 && ranks[0].prechargedCycles == 1100)
  }

  /// Random commands against a state that is looked at in every cycle.
  @Test func countingIntervalsIsCountingCycles() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    var meter = ActivityMeter(Self.device)
    var open = Array(repeating: false, count: 8)
    var mode = [0, 0]
    var expected = [RankActivity(), RankActivity()]
    for cycle: Int64 in 0..<5000 {
      if Int.random(in: 0..<3, using: &random) == 0 {
        let bank = Int.random(in: 0..<8, using: &random)
        let rank = bank / 4
        let usable = mode[rank] == 0 ? [C.act, C.pre, C.preAll, C.readClose, C.down] : [C.up]
        let command = usable[Int.random(in: 0..<usable.count, using: &random)]
        meter.note(command, bank: bank, at: cycle)
        switch command {
        case C.act: open[bank] = true
        case C.pre, C.readClose: open[bank] = false
        case C.preAll: for index in (rank * 4)..<(rank * 4 + 4) { open[index] = false }
        case C.down: mode[rank] = 1
        default: mode[rank] = 0
        }
      }
      for rank in 0..<2 {
        switch (mode[rank], open[(rank * 4)..<(rank * 4 + 4)].contains(true)) {
        case (0, true): expected[rank].activeCycles += 1
        case (0, false): expected[rank].prechargedCycles += 1
        case (_, true): expected[rank].activePowerDownCycles += 1
        case (_, false): expected[rank].prechargedPowerDownCycles += 1
        }
      }
    }
    for (rank, activity) in meter.finish(at: 5000).enumerated() {
      #expect(activity.activeCycles == expected[rank].activeCycles, "seed \(seed)")
      #expect(activity.prechargedCycles == expected[rank].prechargedCycles, "seed \(seed)")
      #expect(activity.activePowerDownCycles == expected[rank].activePowerDownCycles, "seed \(seed)")
      #expect(activity.prechargedPowerDownCycles == expected[rank].prechargedPowerDownCycles, "seed \(seed)")
    }
  }

  @Test func aRankIsWhatARefreshOfAllBanksCovers() {
    #expect(Self.device.rankLevel == 1)
    var device = Self.device
    device.levels = ["channel", "pseudochannel", "rank", "bank"]
    #expect(device.rankLevel == 1)
    device.commands.removeAll { $0.kind == .refresh }
    #expect(device.rankLevel == 2)
    device.levels[2] = "bankgroup"
    #expect(device.rankLevel == 0)
  }
}
