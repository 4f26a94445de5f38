import DRAM

/// A memory run clock by clock from what is published of two schedules (shared/reference/dram/CONTROLLERS.md): slow, plain,
/// and nothing of it is the simulator's.
public enum ClockedMemory {
  /// Clocks without an access to the memory, while all that is left to do has arrived, after which a run is given up.
  static let patience: Int64 = 20_000

  /// - Parameter settings: of scheduler `activeBuffer` or `bankQueues`.
  public static func run(
    _ requests: [MemoryRequest], on device: DeviceDescription, settings: ControllerSettings
  ) -> ClockedRun {
    guard let map = settings.addressMap ?? device.addressMap else { return ClockedRun() }
    let placed = requests.map { ClockedRequest($0, device, map) }
    return settings.scheduler == .bankQueues
      ? runBankQueues(requests, placed, device, settings) : runActiveBuffers(requests, placed, device, settings)
  }

  private static func offeredPerCycle(_ device: DeviceDescription, _ settings: ControllerSettings) -> Int {
    let pseudoChannels = device.levels.firstIndex(of: "pseudochannel").map { device.levelSizes[$0] } ?? 1
    return settings.requestsPerCycle ?? device.levelSizes[0] * pseudoChannels
  }

  private static func runActiveBuffers(
    _ requests: [MemoryRequest], _ placed: [ClockedRequest], _ device: DeviceDescription,
    _ settings: ControllerSettings
  ) -> ClockedRun {
    let channels = (0..<device.levelSizes[0]).map { ClockedActiveBuffer(device, settings, channel: $0) }
    var run = ClockedRun()
    var next = 0
    var (served, lastServed): (Int64, Int64) = (0, 0)
    var clock: Int64 = 0
    while true {
      var offered = 0
      while next < placed.count, offered < offeredPerCycle(device, settings), requests[next].arrival <= clock,
        channels[placed[next].channel].accept(placed[next])
      {
        next += 1
        offered += 1
      }
      for channel in channels { channel.tick() }
      clock += 1
      for channel in channels { run.commands += channel.issued.drain() }
      let complete = channels.reduce(0) { $0 + $1.record.reads + $1.record.writes }
      if complete == Int64(requests.count) { break }
      if complete > served || next < requests.count && requests[next].arrival >= clock {
        (served, lastServed) = (complete, clock)
      }
      if clock - lastServed > patience {
        run.isStuck = true
        break
      }
    }
    run.cycles = clock
    for _ in 0..<settings.drainCycles {
      for channel in channels { channel.tick() }
      clock += 1
      for channel in channels { run.commands += channel.issued.drain() }
    }
    run.cyclesSimulated = clock
    run.channels = channels.map(\.record)
    return run
  }

  private static func runBankQueues(
    _ requests: [MemoryRequest], _ placed: [ClockedRequest], _ device: DeviceDescription,
    _ settings: ControllerSettings
  ) -> ClockedRun {
    let channels = (0..<device.levelSizes[0]).map { ClockedBankQueues(device, settings, channel: $0) }
    var run = ClockedRun()
    var next = 0
    var complete = 0
    var lastServed: Int64 = 0
    var clock: Int64 = 0
    func tick() {
      for channel in channels {
        let count = channel.complete()
        complete += count
        if count > 0 { (lastServed, run.cycles) = (clock, clock) }
      }
      for channel in channels { channel.tick() }
      for channel in channels { run.commands += channel.issued.drain() }
      clock += 1
    }
    while complete < requests.count {
      tick()
      var offered = 0
      while next < placed.count, offered < offeredPerCycle(device, settings), requests[next].arrival < clock,
        channels[placed[next].channel].accept(placed[next])
      {
        next += 1
        offered += 1
      }
      if next < requests.count && requests[next].arrival >= clock { lastServed = clock }
      if clock - lastServed > patience {
        run.isStuck = true
        break
      }
    }
    for _ in 0..<settings.drainCycles { tick() }
    run.cyclesSimulated = clock
    run.channels = channels.map(\.record)
    return run
  }
}

extension [ClockedCommand] {
  /// Everything, which is gone afterwards.
  fileprivate mutating func drain() -> [ClockedCommand] {
    defer { removeAll(keepingCapacity: true) }
    return self
  }
}
