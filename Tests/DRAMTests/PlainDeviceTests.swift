import Arch
import DRAM
import Testing

/// What follows from a plain device's file is what its standard says.
@Suite struct PlainDeviceTests {
  /// A device and what is known of it elsewhere.
  struct Known: Sendable, CustomTestStringConvertible {
    let name: String
    /// Gigabits of a die or device, and how many of them make up what the file describes.
    let density: Int64
    let count: Int64
    /// Megatransfers per second and pin, and pins of what moves one access.
    let rate: Int64
    let pins: Int64
    /// Microseconds between two refreshes.
    let refreshInterval: Double

    init(_ name: String, _ density: Int64, _ count: Int64, rate: Int64, pins: Int64, every refreshInterval: Double) {
      self.name = name
      self.density = density
      self.count = count
      self.rate = rate
      self.pins = pins
      self.refreshInterval = refreshInterval
    }

    var testDescription: String { name }
  }

  static let known = [
    Known("ddr3-1600", 8, 8, rate: 1600, pins: 64, every: 7.8),
    Known("ddr4-2400", 8, 8, rate: 2400, pins: 64, every: 7.8),
    Known("ddr4-3200-2r", 8, 16, rate: 3200, pins: 64, every: 7.8),
    Known("ddr5-4800", 16, 4, rate: 4800, pins: 32, every: 3.9),
    Known("lpddr3-1600", 8, 1, rate: 1600, pins: 32, every: 3.9),
    Known("lpddr4-3200", 8, 1, rate: 3200, pins: 16, every: 3.904),
    Known("lpddr5-6400", 8, 1, rate: 6400, pins: 16, every: 3.906),
    Known("gddr5-8000", 8, 1, rate: 8000, pins: 32, every: 1.9),
    Known("gddr6-14000", 8, 1, rate: 14000, pins: 16, every: 1.9),
    Known("gddr7-28000", 16, 1, rate: 28000, pins: 8, every: 1.9),
    Known("hbm1-1000", 1, 8, rate: 1000, pins: 128, every: 3.9),
    Known("hbm2-2000", 8, 4, rate: 2000, pins: 64, every: 3.9),
    Known("hbm3-6400", 8, 8, rate: 6400, pins: 32, every: 3.9),
    Known("hbm4-8000", 32, 8, rate: 8000, pins: 32, every: 3.9),
  ]

  @Test func everyPlainDeviceIsKnownHere() throws {
    let plain = try ShippedDevices.names.filter { name in
      let device = try ShippedDevices.read(name)
      return device.pim == nil && !device.commands.contains { $0.kind == .multiplyAccumulate }
    }.map { String($0.dropLast(".yaml".count)) }
    #expect(plain == Self.known.map(\.name).sorted())
  }

  @Test(arguments: known) func capacityIsTheDensityOfTheDevices(_ known: Known) throws {
    let device = try ShippedDevices.read(known.name + ".yaml")
    let nodes = device.levelSizes.reduce(1) { $0 * Int64($1) }
    #expect(nodes * device.rows * device.rowBytes == known.count * known.density << 27)
  }

  /// Bursts to different bank groups follow each other without a gap at the pins.
  @Test(arguments: known) func burstsFillTheInterface(_ known: Known) throws {
    let device = try ShippedDevices.read(known.name + ".yaml")
    let spacing = try #require(device.timing(named: "tCCD_S") ?? device.timing(named: "tCCD"))
    #expect(spacing == device.timing(named: "tBL"))
    let rate = Double(device.accessBytes) / (device.period.double * Double(spacing))
    let peak = Double(known.rate * known.pins / 8) * 1e6
    // Periods are rounded to picoseconds, that of GDDR6 to 0.57 ns.
    #expect(abs(rate / peak - 1) < 0.003, "\(rate) B/s")
  }

  @Test(arguments: known) func rowsCycleInTheirParts(_ known: Known) throws {
    let device = try ShippedDevices.read(known.name + ".yaml")
    let cycle = try #require(device.timing(named: "tRC"))
    let active = try #require(device.timing(named: "tRAS"))
    let precharge = try #require(device.timing(named: "tRP") ?? device.timing(named: "tRPpb"))
    // The times of the HBM3 preset are rounded up one by one.
    #expect((active + precharge...active + precharge + (known.name == "hbm3-6400" ? 2 : 0)).contains(cycle))
  }

  @Test(arguments: known) func refreshesComeAsOftenAsTheStandardSays(_ known: Known) throws {
    let device = try ShippedDevices.read(known.name + ".yaml")
    let all = try #require(device.refresh)
    #expect(device.commands[all.command].name == "REFab")
    let interval = Double(all.interval) * device.period.double * 1e6
    #expect(interval <= known.refreshInterval * 1.000_01 && interval > known.refreshInterval * 0.999, "\(interval) us")
    guard let one = device.refreshes.dropFirst().first else {
      #expect(["DDR3", "DDR4"].contains(device.standard))
      return
    }
    // Of single banks, each is refreshed as often as by refreshes of all, or twice in fine granularity.
    let isSameBank = !device.commands[one.command].across.isEmpty
    #expect(one.interval == (isSameBank ? all.interval / 2 : all.interval))
    #expect(isSameBank == (device.standard == "DDR5"))
  }

  @Test(arguments: known) func theAddressMapReachesEveryByteOnce(_ known: Known) throws {
    let device = try ShippedDevices.read(known.name + ".yaml")
    let map = try #require(device.addressMap)
    #expect(Int64(1) << Int64(map.bits) == known.count * known.density << 27)
    #expect(Int64(1) << Int64(map.bits(of: .row)) == device.rows)
    #expect(device.accessBytes << Int64(map.bits(of: .column)) == device.rowBytes)
    for (level, size) in device.levelSizes.enumerated() { #expect(1 << map.bits(of: .level(level)) == size) }
  }

  /// Entry, exit, and what comes after have rules, and so has what comes before.
  @Test(arguments: known) func powerDownAndSelfRefreshAreConstrained(_ known: Known) throws {
    let device = try ShippedDevices.read(known.name + ".yaml")
    func commands(_ kinds: [CommandKind]) -> [Int] {
      device.commands.indices.filter { kinds.contains(device.commands[$0].kind) }
    }
    func isHeld(_ previous: Int, _ next: Int) -> Bool {
      device.constraints.contains {
        $0.previous.contains(previous) && $0.next.contains(next) && $0.latency > 0 && !$0.sibling
      }
    }
    let work: [CommandKind] = [
      .activate, .activateFirst, .read, .write, .readPrecharge, .writePrecharge, .refresh, .precharge,
    ]
    for (entry, exit) in [
      (CommandKind.powerDownEnter, CommandKind.powerDownExit), (.selfRefreshEnter, .selfRefreshExit),
    ] {
      let (down, up) = (try #require(commands([entry]).first), try #require(commands([exit]).first))
      #expect(isHeld(down, up))
      for command in commands(work) {
        #expect(isHeld(up, command), "\(device.commands[up].name) to \(device.commands[command].name)")
        // A row that a write left open is closed before self-refresh.
        if entry == .powerDownEnter || device.commands[command].kind != .write {
          #expect(isHeld(command, down), "\(device.commands[command].name) to \(device.commands[down].name)")
        }
      }
    }
  }

  @Test(arguments: known) func energiesAreKnownWhereCurrentsAre(_ known: Known) throws {
    let device = try ShippedDevices.read(known.name + ".yaml")
    let prices = device.energy.prices(device.energyDurations, period: device.period)
    let isKnown = !["lpddr5-6400", "gddr7-28000", "hbm3-6400", "hbm4-8000"].contains(known.name)
    for event in ["activate", "array-read", "array-write", "refresh", "active-standby", "precharge-standby"] {
      switch prices[event] {
      case .joules(let price): #expect(isKnown && price.signum > 0, "\(event)")
      default: #expect(!isKnown, "\(event)")
      }
    }
  }
}
