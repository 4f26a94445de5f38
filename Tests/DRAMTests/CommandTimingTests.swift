import Arch
import DRAM
import Testing

@Suite struct CommandTimingTests {
  /// The constraint semantics read off their definition: remembers every command and searches all of them.
  struct BruteForce {
    let device: DeviceDescription
    let sizes: [Int]
    var past: [(cycle: Int64, command: Int, path: [Int])] = []

    /// All nodes of a level that a path covers, as lists of indices.
    func nodes(_ path: [Int], _ level: Int) -> [[Int]] {
      (0...level).reduce([[]]) { nodes, depth in
        nodes.flatMap { node in (path[depth] >= 0 ? [path[depth]] : Array(0..<sizes[depth])).map { node + [$0] } }
      }
    }

    func earliest(_ command: Int, _ path: [Int]) -> Int64 {
      var bound: Int64 = 0
      for rule in device.constraints where rule.next.contains(command) {
        let mine = Set(nodes(path, rule.level))
        for previous in rule.previous {
          for node in mine {
            // Issues of this one previous command on the node, or on a sibling of it.
            let cycles = past.filter { entry in
              guard entry.command == previous else { return false }
              let covered = nodes(entry.path, rule.level)
              if !rule.sibling { return covered.contains(node) }
              return entry.path[rule.level] >= 0
                && covered.contains { $0.dropLast() == node.dropLast() && $0.last != node.last }
            }.map(\.cycle)
            if rule.sibling {
              if let last = cycles.max() { bound = max(bound, last + rule.latency) }
            } else if cycles.count >= rule.window {
              bound = max(bound, cycles.sorted(by: >)[rule.window - 1] + rule.latency)
            }
          }
        }
      }
      return bound
    }
  }

  /// Random addresses of every shape, wildcards in the middle included.
  @Test(arguments: ShippedDevices.names)
  func theFastEngineAgreesWithASearchThroughThePast(_ name: String) throws {
    let device = try ShippedDevices.read(name)
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    var sizes = device.levelSizes
    sizes[0] = 2
    for _ in 0..<6 {
      var timing = CommandTiming(try #require(ConstraintTable(device, levelSizes: sizes)))
      var reference = BruteForce(device: device, sizes: sizes)
      var now: Int64 = 0
      for _ in 0..<70 {
        let command = Int.random(in: 0..<device.commands.count, using: &random)
        let path = sizes.enumerated().map { level, size in
          level > 0 && Int.random(in: 0..<3, using: &random) == 0 ? -1 : Int.random(in: 0..<size, using: &random)
        }
        let expected = reference.earliest(command, path)
        #expect(
          timing.earliest(command, CommandAddress(path)) == expected,
          "seed \(seed): \(device.commands[command].name) \(path)")
        now = max(now, expected) + Int64.random(in: 0...3, using: &random)
        timing.issue(command, CommandAddress(path), at: now)
        reference.past.append((now, command, path))
      }
    }
  }

  @Test func siblingsAndNegativeLatenciesFollowTheDefinition() throws {
    let commands = ["A", "B"].map { CommandDescription(name: $0, kind: .other, scope: nil, bus: "any") }
    var device = DeviceDescription()
    device.levels = ["channel", "rank", "bank"]
    device.levelSizes = [1, 2, 3]
    device.commands = commands
    device.constraints = [
      TimingConstraint(
        id: 0, level: 1, previous: [0], next: [1], latency: -2, window: 1, sibling: true, expression: "-2"),
      TimingConstraint(
        id: 1, level: 2, previous: [0], next: [0, 1], latency: 9, window: 1, sibling: true, expression: "9"),
      TimingConstraint(
        id: 2, level: 1, previous: [0], next: [0], latency: 20, window: 2, sibling: false, expression: "20"),
    ]
    var timing = CommandTiming(try #require(ConstraintTable(device)))
    func bound(_ command: Int, _ address: CommandAddress) -> [Int64] {
      let bound = timing.bound(command, address)
      return [bound.cycle, Int64(bound.constraint)]
    }
    timing.issue(0, CommandAddress([0, 0, 1]), at: 10)
    // The same bank is free, the others of its rank wait 9, the other rank's bound lies in the past.
    #expect(timing.bound(1, CommandAddress([0, 0, 1])).cycle == 0)
    #expect(bound(1, CommandAddress([0, 0, 2])) == [19, 1])
    #expect(bound(1, CommandAddress([0, 1, 1])) == [8, 0])
    // A window of two is silent after one issue, and counts from the second last after two.
    #expect(timing.earliest(0, CommandAddress([0, 0, 1])) == 0)
    timing.issue(0, CommandAddress([0, 0, 1]), at: 12)
    #expect(bound(0, CommandAddress([0, 0, 1])) == [30, 2])
  }

  @Test func refreshScopesTakeTurns() {
    var schedule = RefreshSchedule(levelSizes: [1, 2, 2], scope: 2, interval: 400)
    var dues: [Int64] = []
    var targets: [CommandAddress] = []
    for _ in 0..<6 {
      dues.append(schedule.nextDue)
      targets.append(schedule.nextTarget)
      schedule.fire()
    }
    #expect(dues == [400, 500, 600, 700, 800, 900])
    #expect(targets[0] == CommandAddress([0, 0, 0]) && targets[3] == CommandAddress([0, 1, 1]))
    #expect(targets[4] == targets[0])
    #expect(schedule.count == 6)
  }

  /// The increments that DRAMsim3 printed for its GDDR6_8Gb_x16 (V · mA · cycle for 8 devices, tCK 0.66 ns).
  @Test func energiesAreTheCurrentDifferences() throws {
    func milliamperes(_ value: Int64) -> Rational { Rational(value) / Rational(1000) }
    let energy = DeviceEnergy(
      currents: DeviceEnergy.Currents(
        vdd: try #require(Rational(135, over: 100)), idd0: milliamperes(71), idd2n: milliamperes(60),
        idd3n: milliamperes(61), idd4r: milliamperes(248), idd4w: milliamperes(231), idd5b: milliamperes(286)),
      stated: [:])
    let period = try #require(Rational(66, over: 100_000_000_000))
    let prices = energy.prices(
      DeviceEnergy.Durations(activeTime: 54, rowCycle: 78, burst: 1, refresh: 126), period: period)
    let printed: [(String, Double)] = [
      ("activate", 8683.2), ("array-read", 2019.6), ("array-write", 1836), ("refresh", 306_180),
      ("active-standby", 658.8), ("precharge-standby", 648),
    ]
    for (event, increment) in printed {
      guard case .joules(let price) = prices[event] else {
        Issue.record("\(event) has no price")
        continue
      }
      let expected = increment / 8 * 1e-3 * 0.66e-9
      #expect(abs(price.double / expected - 1) < 1e-12, "\(event)")
    }
  }

  @Test func aDeviceWithoutCurrentsHasNoEnergyRatherThanNone() {
    let prices = DeviceEnergy(currents: nil, stated: ["interface-bit": .one]).prices(nil, period: .one)
    #expect(prices["interface-bit"] == .joules(.one))
    guard case .unknown = prices["activate"] else {
      Issue.record("an energy was made up")
      return
    }
  }
}
