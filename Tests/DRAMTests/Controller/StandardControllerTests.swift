import Arch
import DRAM
import Files
import Reference
import Testing

/// The controller of our own, on every device that has addresses.
@Suite struct StandardControllerTests {
  private static let devices = ShippedDevices.names.filter { name in
    (try? ShippedDevices.read(name))?.addressMap != nil
  }

  /// Streams with few and with many addresses, dense and sparse; every policy; refreshes put off or not; power states.
  private func settings(_ device: DeviceDescription, _ random: inout RandomNumbers) -> ControllerSettings {
    var settings = ControllerSettings()
    settings.rowPolicy = random.one(of: [.open, .closed(cap: 1), .closed(cap: 4), .timeout(cycles: 100)])
    var ways: [ControllerSettings.Refresh] = [.none]
    for way in device.refreshes {
      let command = device.commands[way.command]
      ways.append(command.scope != device.bankLevel ? .allBank : command.across.isEmpty ? .perBank : .sameBank)
    }
    settings.refresh = random.one(of: ways)
    settings.postponedRefreshes = random.one(of: [0, 2, 8])
    settings.rowHitCap = random.one(of: [1, 4, 16])
    if random.happens(50) { settings.powerDownAfter = random.one(of: [1, 20, 300]) }
    if random.happens(50) { settings.selfRefreshAfter = random.one(of: [50, 1000, 20000]) }
    if random.happens(25) {
      settings.readBuffer = 1 + random.below(8)
      settings.writeBuffer = 1 + random.below(8)
    }
    return settings
  }

  private func stream(_ device: DeviceDescription, _ random: inout RandomNumbers) throws -> [MemoryRequest] {
    let map = try #require(device.addressMap)
    let lines = 1 << (map.bits - map.shift)
    let hot = (0..<8).map { _ in random.below(lines) }
    let gap = random.one(of: [0, 3, 20, 400, 2000])
    var arrival: Int64 = 0
    return (0..<(1 + random.below(150))).map { _ in
      arrival += Int64(random.below(gap + 1))
      let line = random.happens(50) ? (random.one(of: hot) + random.below(64)) % lines : random.below(lines)
      return MemoryRequest(
        arrival: arrival, address: UInt64(line) << UInt64(map.shift), isWrite: random.happens(33))
    }
  }

  /// The first fault of the commands, in words; every command at its place in the whole memory.
  private func fault(_ commands: [IssuedCommand], _ device: DeviceDescription) throws -> String? {
    var timing = CommandTiming(try #require(ConstraintTable(device)))
    var banks = BankStates(levelSizes: device.levelSizes, of: device)
    var busy: Set<[Int64]> = []
    for entry in commands {
      let command = device.commands[Int(entry.command)]
      var path = Array(repeating: 0, count: device.levels.count)
      var rest = Int(entry.bank)
      for level in device.levels.indices.reversed() where level > 0 {
        path[level] = rest % device.levelSizes[level]
        rest /= device.levelSizes[level]
      }
      path[0] = Int(entry.channel)
      let address = command.covering(CommandAddress(path))
      let earliest = timing.earliest(Int(entry.command), address)
      if entry.cycle < earliest { return "\(command.name) in \(entry.cycle), legal from \(earliest)" }
      if let fault = banks.apply(command.kind, address, row: Int64(entry.row)) { return "\(command.name): \(fault)" }
      let bus = Int64(device.busLimits.firstIndex { $0.bus == "any" || $0.bus == command.bus } ?? 0)
      if !busy.insert([Int64(entry.channel), entry.cycle, bus]).inserted { return "two commands in \(entry.cycle)" }
      timing.issue(Int(entry.command), address, at: entry.cycle)
    }
    return nil
  }

  @Test(arguments: devices)
  func everyCommandIsLegalAndSkippingChangesNothing(device name: String) throws {
    let device = try ShippedDevices.read(name)
    let first = UInt64.random(in: 0...UInt64.max - 1000)
    print("standard controller on \(name): seeds from \(first) on")
    for seed in first..<first + 6 {
      var random = RandomNumbers(seed: seed)
      let settings = settings(device, &random)
      let requests = try stream(device, &random)
      var logs: [[IssuedCommand]] = []
      // Every clock of every channel is visited without skipping: only where those are few.
      let visits = (requests.last?.arrival ?? 0) * Int64(device.levelSizes[0])
      for skips in visits < 20_000 ? [true, false] : [true] {
        var commands: [IssuedCommand] = []
        let log = CommandLog { commands += $0 }
        let run = try RunMemory.run(
          ListedRequests(requests), on: device, settings: settings, log: log, skips: skips)
        #expect(run.requests == Int64(requests.count))
        #expect(run.total.reads + run.total.writes == run.requests, "\(name), seed \(seed)")
        logs.append(commands)
      }
      #expect(logs[0] == logs[logs.count - 1], "\(name), seed \(seed): \(settings)")
      let found = try fault(logs[0], device)
      #expect(found == nil, "\(name), seed \(seed): \(settings)")
    }
  }

  private func run(
    _ requests: [MemoryRequest], _ settings: ControllerSettings, on name: String = "ddr4-2400.yaml"
  ) throws -> (device: DeviceDescription, commands: [IssuedCommand], run: MemoryRun) {
    let device = try ShippedDevices.read(name)
    var commands: [IssuedCommand] = []
    let log = CommandLog { commands += $0 }
    let run = try RunMemory.run(ListedRequests(requests), on: device, settings: settings, log: log)
    return (device, commands, run)
  }

  /// DDR4-2400 by hand: offered in cycle 0, opened in 1, read tRCD = 16 later, data after tCL + tBL = 20.
  @Test func oneReadTakesOpeningAndReading() throws {
    let (device, commands, run) = try run(
      [MemoryRequest(arrival: 0, address: 0, isWrite: false)], ControllerSettings())
    #expect(commands.map { device.commands[Int($0.command)].name } == ["ACT", "RD"])
    #expect(commands.map(\.cycle) == [1, 17])
    #expect(run.cycles == 37 && run.total.readLatency.maximum == 37)
    #expect(run.total.rowMisses == 1 && run.total.rowHits == 0)
  }

  /// With a refresh due every 9,360 cycles and requests without a pause, eight are put off and the ninth is not.
  @Test func refreshesArePutOffAsFarAsAllowed() throws {
    var settings = ControllerSettings()
    settings.powerDownAfter = nil
    // One row after the other of one bank: always something to do.
    let device = try ShippedDevices.read("ddr4-2400.yaml")
    let rowShift = try #require(device.addressMap).fields.reduce(into: (position: device.addressMap!.shift, row: 0)) {
      if $1.target == .row { $0.row = $0.position }
      $0.position += $1.bits
    }.row
    let requests = (0..<2000).map {
      MemoryRequest(arrival: 0, address: UInt64($0 % 60000) << UInt64(rowShift), isWrite: false)
    }
    for (allowed, first) in [(0, 1), (8, 9)] {
      settings.postponedRefreshes = allowed
      let (device, commands, _) = try run(requests, settings)
      let refreshes = commands.filter { device.commands[Int($0.command)].kind == .refresh }
      let start = try #require(refreshes.first).cycle
      #expect((Int64(first) * 9360..<Int64(first) * 9360 + 200).contains(start), "first refresh in \(start)")
    }
  }

  @Test(
    arguments: [
      { $0.readBuffer = 0 }, { $0.writeBuffer = -1 }, { $0.commandQueue = 1 << 40 }, { $0.highWatermark = .nan },
      { $0.lowWatermark = 0.9 }, { $0.rowPolicy = .closed(cap: 0) }, { $0.rowPolicy = .timeout(cycles: 0) },
      { $0.drainCycles = -1 }, { $0.requestsPerCycle = 0 }, { $0.powerDownAfter = 0 },
    ] as [@Sendable (inout ControllerSettings) -> Void])
  func settingsThatMakeNoSenseAreRefused(_ change: @Sendable (inout ControllerSettings) -> Void) {
    var settings = ControllerSettings()
    change(&settings)
    #expect(throws: Refusal.self) { try run([MemoryRequest(arrival: 0, address: 0, isWrite: false)], settings) }
  }

  /// What no publication gives is told; what a file gives instead, and what a followed simulator has, is not ours to tell.
  @Test func valuesOfOurOwnAreToldAsAssumptions() throws {
    var settings = ControllerSettings()
    #expect(settings.unsourcedDefaults.map(\.parameter).contains("controller.row-hit-cap"))
    settings.rowHitCap = 3
    #expect(!settings.unsourcedDefaults.map(\.parameter).contains("controller.row-hit-cap"))
    #expect(try #require(ControllerSettings.preset("dramsim3")).unsourcedDefaults.isEmpty)
  }
}
