import DRAM
import Reference
import Testing

/// Channels that are simulated once for several, held to the same channels one by one.
@Suite struct ChannelGroupTests {
  /// What the run came to, or why it did not.
  private func run(
    _ test: RandomMemoryCase, _ settings: ControllerSettings, joinsChannels: Bool
  ) -> (run: MemoryRun?, refusal: String) {
    do {
      let run = try RunMemory.run(
        ListedRequests(test.requests), on: test.device, settings: settings, measuresActivity: true,
        joinsChannels: joinsChannels)
      return (run, "")
    } catch {
      return (nil, "\(error)")
    }
  }

  /// Every sum, latency and state of each channel. Where a run cannot go on, neither can the other, for the same reason.
  private func expectSame(_ test: RandomMemoryCase, _ settings: ControllerSettings, _ what: String) -> MemoryRun? {
    let (together, refusal) = run(test, settings, joinsChannels: true)
    let (alone, reason) = run(test, settings, joinsChannels: false)
    #expect(refusal == reason, "\(what)")
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

  private func hbm2(channels: Int) throws -> DeviceDescription {
    var device = try RecordedDevices.read("ram-HBM2_2Gb_2000")
    device.levelSizes[0] = channels
    device.addressMap = try #require(device.addressMap?.with(channels: channels))
    return device
  }

  /// Reads for channel 1, then for channel 0, which after one write never have their turn: the channel that is offered in
  /// vain is named, whoever else does the same.
  @Test func whoIsOfferedInVainIsNamed() throws {
    let device = try hbm2(channels: 2)
    var settings = try #require(ControllerSettings.preset("ramulator2.1"))
    (settings.lowWatermark, settings.refresh) = (0, .none)
    var requests: [MemoryRequest] = []
    for index in 0..<100 {
      for channel: UInt64 in [1, 0] {
        let address = UInt64(index) * 65_536 + channel * 32
        requests.append(MemoryRequest(arrival: Int64(40 * index), address: address, isWrite: index == 0))
      }
    }
    for joinsChannels in [true, false] {
      #expect {
        try RunMemory.run(
          ListedRequests(requests), on: device, settings: settings, joinsChannels: joinsChannels)
      } throws: { error in
        "\(error)".contains("channel 1 has requests that nothing will ever serve")
      }
    }
  }

  /// Channels that leave one after the other, all those not yet asked at a time.
  @Test func thousandsLeaveOneByOne() throws {
    let device = try hbm2(channels: 2048)
    let settings = try #require(ControllerSettings.preset("ramulator2.1"))
    var requests: [MemoryRequest] = []
    for channel: UInt64 in 0..<2048 {
      for row: UInt64 in 0..<40 {
        requests.append(MemoryRequest(arrival: 0, address: row * 65_536 + channel * 32, isWrite: false))
      }
    }
    let run = try RunMemory.run(ListedRequests(requests), on: device, settings: settings)
    #expect(run.channelsSimulated == 2048)
    #expect(run.channels.allSatisfy { $0.reads == 40 })
  }

  @Test func tooManyBanksAreRefused() throws {
    var device = try hbm2(channels: 1)
    device.levelSizes[2] = 1 << 14
    let settings = try #require(ControllerSettings.preset("ramulator2.1"))
    #expect {
      try RunMemory.run(ListedRequests([]), on: device, settings: settings)
    } throws: { error in
      "\(error)".contains("too many banks for a controller") && "\(error)".contains("at most 16384")
    }
  }

  /// Eight channels of HBM2: 64 rows in order, requests anywhere, and requests for two channels only.
  @Test func whoIsOfferedTheSameIsSimulatedOnce() throws {
    let device = try hbm2(channels: 8)
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
