import DRAM
import Files
import Reference
import Testing

/// Schedules that look ahead, held to ones that go from clock to clock.
@Suite struct ClockedMemoryTests {
  @Test(arguments: RecordedDevices.activeBuffer + RecordedDevices.bankQueues)
  func randomStreamsGoAsClockByClock(device name: String) throws {
    let device = try RecordedDevices.read(name)
    let first = UInt64.random(in: 0...UInt64.max - 1000)
    print("memory streams for \(name): seeds from \(first) on")
    for seed in first..<first + 16 {
      let test = RandomMemoryCase(device, seed: seed, count: 150)
      let reference = ClockedMemory.run(test.requests, on: test.device, settings: test.settings)
      for skips in [true, false] where !reference.isStuck || skips {
        let difference = MemoryComparison.difference(
          test.requests, on: test.device, settings: test.settings, skips: skips, reference: reference)
        #expect(difference == nil, "\(name), seed \(seed), skipping \(skips): \(test.settings)")
      }
    }
  }

  /// Buffers that hold as many as are there, for so long that positions in them run out.
  @Test(arguments: ["ram-DDR4_3200AA_8Gb_x8_2R", "ram-HBM3_8Gb_8hi_6400"], [3, 40, 64, 161])
  func longStreamsGoAsClockByClock(device name: String, buffer: Int) throws {
    let device = try RecordedDevices.read(name)
    var seed = UInt64.random(in: 0...UInt64.max)
    var test = RandomMemoryCase(device, seed: seed, count: 1500)
    while test.requests.count < 1000 || test.settings.rowPolicy != .open {
      seed &+= 1
      test = RandomMemoryCase(device, seed: seed, count: 1500)
    }
    print("long stream for \(name): seed \(seed)")
    var settings = test.settings
    settings.readBuffer = buffer
    settings.writeBuffer = buffer
    let reference = ClockedMemory.run(test.requests, on: test.device, settings: settings)
    let difference = MemoryComparison.difference(
      test.requests, on: test.device, settings: settings, skips: true, reference: reference)
    #expect(difference == nil, "\(name), seed \(seed): \(settings)")
  }

  /// More banks than a word has bits, in more groups than two.
  @Test func manyBanksGoAsClockByClock() throws {
    var device = try RecordedDevices.read("ram-DDR4_3200AA_8Gb_x8_2R")
    let map = try #require(device.addressMap)
    device.levelSizes[1] = 8
    device.addressMap = AddressMap(
      shift: map.shift,
      fields: map.fields.map { AddressMap.Field(target: $0.target, bits: $0.target == .level(1) ? 3 : $0.bits) })
    try #require(device.banksPerChannel == 128)
    let first = UInt64.random(in: 0...UInt64.max - 1000)
    print("memory streams for 128 banks: seeds from \(first) on")
    for seed in first..<first + 24 {
      let test = RandomMemoryCase(device, seed: seed, count: 300)
      let reference = ClockedMemory.run(test.requests, on: test.device, settings: test.settings)
      let difference = MemoryComparison.difference(
        test.requests, on: test.device, settings: test.settings, reference: reference)
      #expect(difference == nil, "seed \(seed): \(test.settings)")
    }
  }

  @Test func tooLongABufferIsRefused() throws {
    var settings = try settings("ramulator2.1")
    settings.writeBuffer = 6000
    let device = try RecordedDevices.read("ram-DDR4_3200AA_8Gb_x8_2R")
    #expect {
      try RunMemory.run(NoRequests(), on: device, settings: settings)
    } throws: { error in
      "\(error)".contains("queues of 32 and 6000") && "\(error)".contains("at most 5120 entries")
    }
  }

  private struct NoRequests: RequestSource {
    mutating func next(into batch: UnsafeMutableBufferPointer<MemoryRequest>) throws -> Int { 0 }
  }

  /// Compares one stream in which every request is worth naming.
  private func expectEqual(
    _ requests: [MemoryRequest], on device: DeviceDescription, _ settings: ControllerSettings
  ) -> ClockedRun {
    let reference = ClockedMemory.run(requests, on: device, settings: settings)
    let difference = MemoryComparison.difference(requests, on: device, settings: settings, reference: reference)
    #expect(difference == nil)
    return reference
  }

  private func settings(_ preset: String) throws -> ControllerSettings {
    try #require(ControllerSettings.preset(preset))
  }

  private func read(_ arrival: Int64, _ address: UInt64) -> MemoryRequest {
    MemoryRequest(arrival: arrival, address: address, isWrite: false)
  }

  private func write(_ arrival: Int64, _ address: UInt64) -> MemoryRequest {
    MemoryRequest(arrival: arrival, address: address, isWrite: true)
  }

  /// A full write buffer is drained until it comes to a write that waits for a read of its address; the clock after,
  /// reads move again. Addresses of the four bank groups of DDR4-2400: 0x2000 apart.
  @Test func readsMoveOnInTheClockAfterADrainBrokeOff() throws {
    let device = try RecordedDevices.read("ds3-DDR4_2400_8Gb_x8")
    var settings = try settings("dramsim3")
    settings.writeBuffer = 2
    settings.requestsPerCycle = 8
    let requests = [read(0, 0x2000), write(0, 0x4000), write(0, 0x2000), read(0, 0x6000)]
    let run = expectEqual(requests, on: device, settings)
    // Moved in clocks 1 (the write), 3 and 4; rows open tRRD_S = 4 apart, long before the write goes (tRCD = 16).
    let opened = run.commands.filter { $0.command == device.command(named: "ACTIVATE") }
    #expect(opened.prefix(3).map(\.cycle) == [2, 6, 10])
  }

  /// Its row closed under it, a request of an HBM2 or HBM3 waits until the row is opened for another, and goes first.
  @Test(arguments: [("ram-HBM2_2Gb_2000", 16), ("ram-HBM3_8Gb_8hi_6400", 62)])
  func aRowOpenedForAnotherServesARequestWhoseRowWasClosed(device name: String, secondWrite: Int64) throws {
    let device = try RecordedDevices.read(name)
    var settings = try settings("ramulator2.1")
    settings.rowPolicy = .closed(cap: 1)
    // The row is opened for the first read; two writes that are ready earlier use it up.
    let requests = [read(1, 0), write(1, 0), write(secondWrite, 0), read(secondWrite + 20, 0)]
    let run = expectEqual(requests, on: device, settings)
    let names = run.commands.map { device.commands[$0.command].name }
    #expect(names == ["ACT", "WR", "WRA", "ACT", "RD", "RDA"])
    // Accepted in clock 1.
    let served = run.commands.first { device.commands[$0.command].name == "RD" }?.cycle ?? 0
    #expect(run.channels[0].latencyMaximum == served + device.readLatency - 1)
  }

  /// Without a data clock an activation of two commands is still finished, and no access waits for a synchronisation.
  @Test func activationsOfTwoCommandsNeedNoDataClock() throws {
    var device = try RecordedDevices.read("ram-LPDDR5_8Gb_x16_6400")
    device.dataClock = nil
    var commands: [IssuedCommand] = []
    let requests = (0..<40).map { read(Int64($0 / 3), UInt64($0) * 0x1840) }
    let run = try RunMemory.run(
      ListedRequests(requests), on: device, settings: settings("ramulator2.1"), log: CommandLog { commands += $0 })
    let names = commands.map { device.commands[Int($0.command)].name }
    #expect(run.total.reads == 40)
    #expect(names.count { $0 == "ACT1" } == names.count { $0 == "ACT2" })
    #expect(names.contains("ACT2") && !names.contains { $0.hasPrefix("CAS") })
  }

  /// Where nothing will ever happen any more, be it that the last requests wait or that one is refused for ever, a run ends
  /// with the clock after which it stood still.
  @Test(arguments: [3, 6]) func whatStandsStillIsRefused(requests count: Int) throws {
    let device = try RecordedDevices.read("ram-HBM2_2Gb_2000")
    var settings = try settings("ramulator2.1")
    settings.rowPolicy = .closed(cap: 1)
    settings.refresh = .none
    settings.readBuffer = 1
    let map = try #require(device.addressMap)
    let row = UInt64(1) << UInt64(map.bits - map.bits(of: .row))
    // A write closes the row under the first read, which protects its bank from being closed again: row 1 stays open.
    let requests = [read(1, 0), write(1, 0), write(16, 0), read(100, row), read(200, 2 * row), read(300, 3 * row)]
    let stream = Array(requests.prefix(count))
    #expect(ClockedMemory.run(stream, on: device, settings: settings).isStuck)
    #expect {
      try RunMemory.run(ListedRequests(stream), on: device, settings: settings)
    } throws: { error in
      let clock = "\(error)".firstMatch(of: /cannot go on after clock (\d+)/).flatMap { Int($0.1) }
      return clock.map { (10...400).contains($0) } ?? false
    }
  }

  /// A request whose row was closed under it has to open it again, but not between the halves of another activation.
  @Test func noRowIsReopenedInsideAnActivation() throws {
    let device = try RecordedDevices.read("ram-LPDDR5_8Gb_x16_6400")
    var settings = try settings("ramulator2.1")
    settings.rowPolicy = .closed(cap: 1)
    settings.requestsPerCycle = 2
    settings.highWatermark = 1
    settings.lowWatermark = 0.1
    settings.refresh = .none
    let addresses: [UInt64] = [
      0xC840, 0x6060, 0x5060, 0x5060, 0xB860, 0x5820, 0x9840, 0x6060, 0x9840, 0x4020,
    ]
    let requests =
      [write(8, 0x5060), read(8, 0x6060)] + addresses.map { read(20, $0) } + [read(53, 0x5820), read(53, 0x4020)]
    let run = expectEqual(requests, on: device, settings)
    let names = run.commands.map { device.commands[$0.command].name }
    for (index, name) in names.enumerated() where name == "ACT1" {
      #expect(names[(index + 1)...].first { $0.hasPrefix("ACT") } == "ACT2")
    }
  }

  /// While a second half of an activation is due nothing else is asked, so that writes that arrive meanwhile keep their
  /// turn. Banks of LPDDR5 in 0x800 steps.
  @Test func aDueSecondActivationLeavesTheServedBufferAsItIs() throws {
    var device = try RecordedDevices.read("ram-LPDDR5_8Gb_x16_6400")
    device.activationWindow = 1
    var settings = try settings("ramulator2.1")
    settings.lowWatermark = 0.05
    settings.requestsPerCycle = 3
    let requests = [write(0, 0), write(0, 0x800), read(1, 0x1000), write(2, 0x1800), write(2, 0x2000)]
    let run = expectEqual(requests, on: device, settings)
    // Banks are numbered within their group of four: 0x800 leads to the next group.
    let opened = run.commands.filter { $0.command == device.command(named: "ACT1") }.map(\.bank)
    #expect(opened.prefix(2) == [0, 4])
  }

  /// A bank's count of active requests stays too high once its row was closed under one. It is not protected while
  /// nothing is active at all, and again from the next activation on: a stream that was found to show it.
  @Test func aBankWhoseCountStaysTooHighIsProtectedAgain() throws {
    let test = RandomMemoryCase(try RecordedDevices.read("ram-LPDDR5_8Gb_x16_6400"), seed: 20120, count: 400)
    #expect(expectEqual(test.requests, on: test.device, test.settings).commands.count == 148)
  }

  /// With a low mark of 0 the buffer that is served never becomes that of the reads again, while refreshes go on.
  @Test func aRunThatOnlyRefreshesIsGivenUp() throws {
    var settings = try settings("ramulator2.1")
    settings.lowWatermark = 0
    let device = try RecordedDevices.read("ram-DDR4_3200AA_8Gb_x8_2R")
    let requests = [read(0, 0), read(1000, 0)]
    #expect(expectEqual(requests, on: device, settings).isStuck)
  }

  /// A buffered write that waits for a read, which waits for the drain of the full buffer: the schedule stops for ever.
  @Test func aDrainThatWaitsForAReadForEverIsGivenUp() throws {
    let device = try RecordedDevices.read("ds3-DDR4_2400_8Gb_x8")
    var settings = try settings("dramsim3")
    settings.writeBuffer = 1
    settings.requestsPerCycle = 8
    #expect(expectEqual([read(0, 0x2000), write(0, 0x2000)], on: device, settings).isStuck)
  }

  @Test(arguments: ["ram-LPDDR5_8Gb_x16_6400", "ds3-HBM2_8Gb_x128"])
  func noRequestsAreNoCycles(device name: String) throws {
    let device = try RecordedDevices.read(name)
    let settings = try settings(name.hasPrefix("ram") ? "ramulator2.1" : "dramsim3")
    let run = try RunMemory.run(ListedRequests([]), on: device, settings: settings)
    #expect(run.requests == 0 && run.cycles == 0)
    #expect(run.channels.allSatisfy { $0.commands.reduce(0, +) == 0 || settings.drainCycles > 0 })
  }
}
