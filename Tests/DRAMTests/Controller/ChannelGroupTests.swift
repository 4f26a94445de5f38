import DRAM
import Reference
import Testing

/// Channels that are simulated once for several, held to the same channels one by one.
@Suite struct ChannelGroupTests {
  private func run(_ test: RandomMemoryCase, _ settings: ControllerSettings, joinsChannels: Bool) -> MemoryRun? {
    try? RunMemory.run(
      ListedRequests(test.requests), on: test.device, settings: settings, measuresActivity: true,
      joinsChannels: joinsChannels)
  }

  /// Every sum, latency and state of each channel. Where a run cannot go on, neither can the other.
  private func expectSame(_ test: RandomMemoryCase, _ settings: ControllerSettings, _ what: String) -> MemoryRun? {
    let together = run(test, settings, joinsChannels: true)
    let alone = run(test, settings, joinsChannels: false)
    #expect(alone.map { $0.channelsSimulated == test.device.levelSizes[0] } ?? true)
    #expect(together?.cycles == alone?.cycles, "\(what)")
    let (ours, theirs) = (together?.channels ?? [], alone?.channels ?? [])
    #expect(ours.count == theirs.count, "\(what)")
    for (channel, (a, b)) in zip(ours, theirs).enumerated() {
      #expect(String(reflecting: a) == String(reflecting: b), "\(what), channel \(channel): \(settings)")
    }
    return together
  }

  @Test(arguments: RecordedDevices.activeBuffer + RecordedDevices.bankQueues)
  func channelsTogetherDoWhatEachDoesAlone(device name: String) throws {
    let device = try RecordedDevices.read(name)
    let first = UInt64.random(in: 0...UInt64.max - 1000)
    print("spread streams for \(name): seeds from \(first) on")
    var shared = 0
    for seed in first..<first + 24 {
      let base = RandomMemoryCase(device, seed: seed, count: 100)
      let test = try #require(base.spread(over: [2, 4, 8][Int(seed % 3)], seed: seed))
      var ours = ControllerSettings()
      (ours.readBuffer, ours.writeBuffer) = (test.settings.readBuffer, test.settings.writeBuffer)
      ours.rowPolicy = seed % 2 == 0 ? .open : .timeout(cycles: 50)
      if seed % 5 == 0 { (ours.powerDownAfter, ours.selfRefreshAfter) = (20, 300) }
      for settings in [test.settings, ours] {
        let together = expectSame(test, settings, "\(name), seed \(seed)")
        if together?.channelsSimulated == 1 { shared += 1 }
      }
    }
    // About four in ten are streams that no channel misses a request of.
    #expect(shared > 0)
  }

  /// Eight channels of HBM2: 64 rows in order, requests anywhere, and requests for two channels only.
  @Test func whoIsOfferedTheSameIsSimulatedOnce() throws {
    let base = try RecordedDevices.read("ram-HBM2_2Gb_2000")
    let map = try #require(base.addressMap?.with(channels: 8))
    var device = base
    device.levelSizes[0] = 8
    device.addressMap = map
    let settings = try #require(ControllerSettings.preset("ramulator2.1"))
    func simulated(_ addresses: [UInt64]) throws -> Int {
      let requests = addresses.map { MemoryRequest(arrival: 0, address: $0, isWrite: false) }
      return try RunMemory.run(ListedRequests(requests), on: device, settings: settings).channelsSimulated
    }
    #expect(try simulated((0..<16_384).map { $0 * 32 }) == 1)
    // The first channel has one more at the end.
    #expect(try simulated((0..<16_385).map { $0 * 32 }) == 2)
    var random = RandomNumbers(seed: 1)
    #expect(try simulated((0..<1000).map { _ in UInt64(random.below(1 << 25)) * 32 }) == 8)
    // Channel bits lie lowest: two channels have requests, six have none.
    #expect(try simulated((0..<1000).map { $0 / 2 * 256 + $0 % 2 * 32 }) == 2)
    #expect(try simulated([]) == 1)
  }
}
