import Arch
import Testing

@Suite struct EngineTests {
  /// A chain of three units written out as a per-tick simulation that shares no code with the engine.
  struct Reference {
    var sent: [Int64] = []
    var middle: [Int64] = []
    var last: [Int64] = []

    /// - Parameter c: (capacity, latency, credit return) of the two channels.
    init(
      periods: [Int64], c: [(capacity: Int, latency: Int64, credit: Int64)], gap: Int64, times: [[Int64]]
    ) {
      let count = times[0].count
      // Per channel: arrival ticks of packets on the way, and ticks at which used slots return.
      var arrivals: [[Int64]] = [[], []]
      var slots: [[Int64]] = c.map { Array(repeating: 0, count: $0.capacity) }
      func edge(after tick: Int64, _ period: Int64, _ n: Int64) -> Int64 {
        var t = (tick / period + 1) * period
        for _ in 1..<max(n, 1) { t += period }
        return t
      }
      var producerReady: Int64 = 0
      var free: [Int64] = [0, 0]
      var holding = false
      var tick: Int64 = 0
      while last.count < count {
        if tick % periods[0] == 0, sent.count < count, tick >= producerReady * periods[0],
          let slot = slots[0].firstIndex(where: { $0 <= tick })
        {
          slots[0].remove(at: slot)
          arrivals[0].append(edge(after: tick, periods[1], c[0].latency))
          sent.append(tick / periods[0])
          producerReady = tick / periods[0] + gap
        }
        if tick % periods[1] == 0 {
          let cycle = tick / periods[1]
          if holding, cycle >= free[0], let slot = slots[1].firstIndex(where: { $0 <= tick }) {
            slots[1].remove(at: slot)
            arrivals[1].append(edge(after: tick, periods[2], c[1].latency))
            holding = false
            free[0] = cycle + 1
          }
          if !holding, cycle >= free[0], middle.count < count, let first = arrivals[0].first, first <= tick {
            arrivals[0].removeFirst()
            slots[0].append(edge(after: tick, periods[0], c[0].credit))
            free[0] = cycle + times[0][middle.count]
            middle.append(cycle)
            holding = true
          }
        }
        if tick % periods[2] == 0, tick / periods[2] >= free[1], let first = arrivals[1].first, first <= tick {
          arrivals[1].removeFirst()
          slots[1].append(edge(after: tick, periods[1], c[1].credit))
          free[1] = tick / periods[2] + times[1][last.count]
          last.append(tick / periods[2])
        }
        tick += 1
      }
    }
  }

  private func chain(
    _ periods: [Int64], _ c: [(capacity: Int, latency: Int64, credit: Int64)], _ gap: Int64, _ times: [[Int64]],
    _ options: Engine.Options
  ) throws -> (sent: [Int64], middle: [Int64], last: [Int64]) {
    let channels = (0..<2).map {
      ChannelSpec(
        sender: UnitIndex($0), receiver: UnitIndex($0 + 1), capacity: c[$0].capacity, latency: c[$0].latency,
        creditReturn: c[$0].credit)
    }
    var engine = Engine(
      units: [
        Producer(out: ChannelIndex(0), gap: gap, count: times[0].count),
        Worker(input: ChannelIndex(0), out: ChannelIndex(1), times: times[0]),
        Worker(input: ChannelIndex(1), out: nil, times: times[1]),
      ], names: ["p", "m", "l"], periods: periods, channels: channels, options: options)
    let units = try engine.run()
    return (
      try #require(units[0] as? Producer).sent, try #require(units[1] as? Worker).taken,
      try #require(units[2] as? Worker).taken
    )
  }

  @Test func everyWayOfRunningEqualsAPerTickSimulation() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    for _ in 0..<150 {
      let periods = (0..<3).map { _ in Int64.random(in: 1...5, using: &random) }
      let c = (0..<2).map { _ in
        (
          capacity: Int.random(in: 1...4, using: &random), latency: Int64.random(in: 1...4, using: &random),
          credit: Int64.random(in: 1...3, using: &random)
        )
      }
      let gap = Int64.random(in: 1...6, using: &random)
      let times = (0..<2).map { _ in (0..<20).map { _ in Int64.random(in: 1...12, using: &random) } }
      let expected = Reference(periods: periods, c: c, gap: gap, times: times)
      for skipping in [true, false] {
        for order in [Engine.Order.declared, .shuffled(seed: random.next())] {
          var options = Engine.Options()
          options.skipping = skipping
          options.order = order
          let got = try chain(periods, c, gap, times, options)
          #expect(got.sent == expected.sent, "seed \(seed) \(options)")
          #expect(got.middle == expected.middle, "seed \(seed) \(options)")
          #expect(got.last == expected.last, "seed \(seed) \(options)")
        }
      }
    }
  }

  /// Whoever asks for emptiness gets the same answer however the units are advanced.
  @Test func arbitrationDoesNotDependOnOrder() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    for _ in 0..<100 {
      let periods = (0..<3).map { _ in Int64.random(in: 1...4, using: &random) }
      let gaps = (0..<2).map { _ in Int64.random(in: 1...7, using: &random) }
      let latencies = (0..<2).map { _ in Int64.random(in: 1...5, using: &random) }
      var results: [[String]] = []
      for skipping in [true, false] {
        for order in [Engine.Order.declared, .shuffled(seed: random.next())] {
          var options = Engine.Options()
          options.skipping = skipping
          options.order = order
          var engine = Engine(
            units: [
              Producer(out: ChannelIndex(0), gap: gaps[0], count: 12),
              Producer(out: ChannelIndex(1), gap: gaps[1], count: 12),
              Arbiter(inputs: [ChannelIndex(0), ChannelIndex(1)], count: 24),
            ], names: ["a", "b", "arbiter"], periods: periods,
            channels: (0..<2).map {
              ChannelSpec(sender: UnitIndex($0), receiver: UnitIndex(2), capacity: 2, latency: latencies[$0])
            }, options: options)
          let units = try engine.run()
          results.append(try #require(units[2] as? Arbiter).order.map { "\($0.port)@\($0.cycle)" })
        }
      }
      for result in results.dropFirst() { #expect(result == results[0], "seed \(seed)") }
      #expect(results[0].count == 24)
    }
  }

  @Test(arguments: [true, false]) func aDeadlockSaysWhoWaitsForWhom(skipping: Bool) throws {
    var options = Engine.Options()
    options.skipping = skipping
    // Two workers, each waiting for the other to begin.
    var engine = Engine(
      units: [
        Worker(input: ChannelIndex(1), out: ChannelIndex(0), times: [1]),
        Worker(input: ChannelIndex(0), out: ChannelIndex(1), times: [1]),
      ], names: ["left", "right"], periods: [1, 1],
      channels: [
        ChannelSpec(sender: UnitIndex(0), receiver: UnitIndex(1), capacity: 1, latency: 1),
        ChannelSpec(sender: UnitIndex(1), receiver: UnitIndex(0), capacity: 1, latency: 1),
      ], options: options)
    do {
      _ = try engine.run()
      Issue.record("no deadlock was reported")
    } catch EngineStop.deadlock(let waits) {
      #expect(
        waits == ["'left' waits for a packet from 'right'", "'right' waits for a packet from 'left'"])
    }
  }

  @Test func aRunThatNeverEndsIsStopped() throws {
    struct Restless: ClockedUnit {
      mutating func advance(_ ports: inout Ports, from: Cycles, to horizon: Cycles) -> Next { .at(horizon) }
      mutating func finish(at end: Cycles) {}
    }
    var engine = Engine(units: [Restless()], names: ["restless"], periods: [1], channels: [])
    #expect(throws: EngineStop.timeLimit(unit: "restless")) { _ = try engine.run() }
  }
}
