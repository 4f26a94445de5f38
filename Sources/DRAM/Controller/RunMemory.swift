import Arch
import Files

/// Runs requests through a memory with its controllers.
public enum RunMemory {
  /// - Parameters:
  ///   - log: takes every command that is issued; `nil` for none.
  ///   - measuresActivity: whether records say what every rank did, from which `MemoryEnergy` is made.
  ///   - skips: `false` visits every clock, to show that skipping changes nothing.
  ///   - joinsChannels: `false` simulates every channel by itself, also those to which the same happens, to show that it
  ///     changes nothing. So does a log.
  /// - Throws: `Refusal` when the device cannot be driven so, or the run cannot go on; what the source throws.
  public static func run(
    _ source: any RequestSource, on device: DeviceDescription, settings: ControllerSettings, log: CommandLog? = nil,
    measuresActivity: Bool = false, skips: Bool = true, joinsChannels: Bool = true
  ) throws -> MemoryRun {
    let ways = MemoryWays(skips: skips, joinsChannels: joinsChannels && log == nil)
    let plan = try ControllerPlan(device, settings, measuresActivity: measuresActivity)
    switch settings.scheduler {
    case .activeBuffer:
      try plan.checkClosesAtOnce()
      try plan.checkClosesOneByOne()
      try plan.checkSharesBus()
      return try runActiveBuffer(plan, source, log, ways)
    case .bankQueues:
      try plan.checkRefreshesRanks()
      try plan.checkActivatesAtOnce()
      try plan.checkSleepsByRank()
      return try run(BankQueueScheduler.self, plan, source, log, ways)
    case .standard: return try run(StandardScheduler.self, plan, source, log, ways)
    }
  }

  /// Sets of requests are as small as the buffers let them be.
  private static func runActiveBuffer(
    _ plan: ControllerPlan, _ source: any RequestSource, _ log: CommandLog?, _ ways: MemoryWays
  ) throws -> MemoryRun {
    let longest = max(plan.settings.readBuffer, plan.settings.writeBuffer)
    if longest <= WaitingRequests<FewPositions>.longest {
      return try run(ActiveBufferScheduler<FewPositions>.self, plan, source, log, ways)
    }
    if longest <= WaitingRequests<ManyPositions<4>>.longest {
      return try run(ActiveBufferScheduler<ManyPositions<4>>.self, plan, source, log, ways)
    }
    guard longest <= WaitingRequests<ManyPositions<128>>.longest else {
      throw Refusal(
        "the scheduler of preset 'ramulator2.1' does not hold so many requests", at: Place(file: "controller"),
        value: "queues of \(plan.settings.readBuffer) and \(plan.settings.writeBuffer)",
        expected: "at most \(WaitingRequests<ManyPositions<128>>.longest) entries each")
    }
    return try run(ActiveBufferScheduler<ManyPositions<128>>.self, plan, source, log, ways)
  }

  private static func run<Scheduler: ChannelScheduler & ~Copyable>(
    _ scheduler: Scheduler.Type, _ plan: ControllerPlan, _ source: any RequestSource, _ log: CommandLog?,
    _ ways: MemoryWays
  ) throws -> MemoryRun {
    try MemorySystem<Scheduler>(plan, source: source, log: log, ways).run()
  }
}
