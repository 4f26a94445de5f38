/// Advances the units of a design until nothing is left to do.
public struct Engine {
  public enum Order: Hashable, Sendable {
    /// By (tick, unit index).
    case declared
    /// By a seeded shuffle: the same result in another order, for tests.
    case shuffled(seed: UInt64)
  }

  public struct Options: Hashable, Sendable {
    public var order: Order = .declared
    /// Whether stretches of time in which nothing happens are stepped over. Without it every unit is visited in every
    /// cycle of its clock; the results are the same.
    public var skipping = true
    /// Whether a unit's work that comes again in the same state is taken over instead of simulated again. It needs
    /// skipping; the results are the same.
    public var folding = true
    /// Whether equal parts of a unit that are in the same state are simulated once; the results are the same.
    public var lockstep = true
    public init() {}
  }

  private var units: [any ClockedUnit]
  private let names: [String]
  private let clocks: [Int64]
  private let options: Options
  private var ports = Ports()
  private var agenda: Agenda
  private var localTime: [Int64]
  /// How often a unit was called, all units together.
  public private(set) var wakeUps: Int64 = 0
  /// Cycles that each unit folded, in its own clock, and ticks in which any unit did.
  public var foldedCycles: [Int64] { ports.foldedCycles }
  public var foldedTicks: Int64 {
    var time = ports.foldedTime
    return time.total()
  }

  /// - Parameters:
  ///   - units: in the order of the design file.
  ///   - names: for messages only; they decide nothing.
  ///   - periods: ticks of the common grid per cycle of each unit's clock.
  public init(
    units: [any ClockedUnit], names: [String], periods: [Int64], channels: [ChannelSpec], options: Options = .init()
  ) {
    precondition(units.count == names.count && units.count == periods.count, "one name and one period per unit")
    self.units = units
    self.names = names
    clocks = periods
    self.options = options
    localTime = Array(repeating: 0, count: units.count)
    if case .shuffled(let seed) = options.order {
      agenda = Agenda(shuffledBy: seed)
    } else {
      agenda = Agenda(shuffledBy: nil)
    }
    ports.periods = periods
    ports.standing = Array(repeating: .scheduled(0), count: units.count)
    ports.folds = options.folding && options.skipping
    ports.joinsReplicas = options.lockstep
    ports.foldedCycles = Array(repeating: 0, count: units.count)
    ports.channels = channels.map {
      Channel($0, senderPeriod: periods[$0.sender.rawValue], receiverPeriod: periods[$0.receiver.rawValue])
    }
  }

  /// Runs to the end. Returns the units in their final state; `finish(at:)` has not been called.
  public mutating func run() throws(EngineStop) -> [any ClockedUnit] {
    if options.skipping { try runSkipping() } else { try runEveryCycle() }
    let stuck = ports.standing.indices.filter {
      if case .waiting(_, isIdle: false) = ports.standing[$0] { true } else { false }
    }
    guard stuck.isEmpty else { throw .deadlock(describeWaits(stuck)) }
    return units
  }

  private mutating func runSkipping() throws(EngineStop) {
    for unit in units.indices { agenda.add(unit, at: 0) }
    while let (tick, unit) = agenda.next() {
      try advance(unit, from: max(localTime[unit], tick), to: timeLimit(unit))
      for channel in ports.sent { wake(ports.channels[channel].spec.receiver.rawValue, .arrival, channel) }
      for channel in ports.taken { wake(ports.channels[channel].spec.sender.rawValue, .credit, channel) }
    }
  }

  /// Visits every unit at every edge of its clock, up to the point where all units wait and nothing is under way.
  private mutating func runEveryCycle() throws(EngineStop) {
    var order = Array(units.indices)
    var random = SplitMix64(seed: 0)
    if case .shuffled(let seed) = options.order { random = SplitMix64(seed: seed) }
    var tick: Int64 = 0
    while true {
      ports.lockstepTick = tick
      if options.order != .declared { order.shuffle(using: &random) }
      var alive = false
      for unit in order {
        if case .finished = ports.standing[unit] { continue }
        guard tick % clocks[unit] == 0 else { continue }
        try advance(unit, from: tick, to: Cycles(tick / clocks[unit] + 1))
      }
      for standing in ports.standing {
        switch standing {
        case .scheduled: alive = true
        // Something on its way to whoever waits for it.
        case .waiting(let waits, _): if waits.contains(where: { isComing($0, after: tick) }) { alive = true }
        case .finished: break
        }
      }
      guard alive else { return }
      // The next edge of any clock.
      tick = clocks.map { (tick / $0 + 1) * $0 }.min() ?? tick + 1
    }
  }

  private func isComing(_ wait: Wait, after tick: Int64) -> Bool {
    let channel = ports.channels[wait.channel.rawValue]
    let time = wait.need == .arrival ? channel.firstArrival : channel.creditTick
    return time.map { $0 > tick } ?? false
  }

  /// The longest time that is simulated, in ticks: sums of times stay far from 2^63.
  private static let tickLimit: Int64 = 1 << 60

  private func timeLimit(_ unit: Int) -> Cycles { min(.limit, Cycles(Self.tickLimit / clocks[unit])) }

  /// - Parameters:
  ///   - from: in ticks.
  ///   - horizon: in cycles of the unit.
  private mutating func advance(_ unit: Int, from: Int64, to horizon: Cycles) throws(EngineStop) {
    let period = clocks[unit]
    wakeUps += 1
    ports.current = unit
    ports.sent.removeAll(keepingCapacity: true)
    ports.taken.removeAll(keepingCapacity: true)
    ports.standing[unit] = .scheduled(from)
    let start = Cycles((from + period - 1) / period)
    guard start < timeLimit(unit) else { throw .timeLimit(unit: names[unit]) }
    let next = units[unit].advance(&ports, from: start, to: horizon)
    localTime[unit] = start.rawValue * period
    switch next {
    case .at(let cycle):
      guard cycle < timeLimit(unit) else { throw .timeLimit(unit: names[unit]) }
      let tick = cycle.rawValue * period
      ports.standing[unit] = .scheduled(tick)
      if options.skipping { agenda.add(unit, at: tick) }
    case .blocked(let wait): ports.standing[unit] = .waiting([wait], isIdle: false)
    case .blockedOnAny(let waits): ports.standing[unit] = .waiting(waits, isIdle: false)
    case .idle(let wait): ports.standing[unit] = .waiting([wait], isIdle: true)
    case .finished: ports.standing[unit] = .finished
    }
  }

  private mutating func wake(_ unit: Int, _ need: Wait.Need, _ channel: Int) {
    guard case .waiting(let waits, _) = ports.standing[unit],
      waits.contains(where: { $0.need == need && $0.channel.rawValue == channel })
    else { return }
    let moved =
      need == .arrival ? ports.channels[channel].firstArrival : ports.channels[channel].creditTick
    guard let moved else { return }
    let tick = max(moved, localTime[unit])
    ports.standing[unit] = .scheduled(tick)
    agenda.add(unit, at: tick)
  }

  private func describeWaits(_ stuck: [Int]) -> [String] {
    stuck.flatMap { unit -> [String] in
      guard case .waiting(let waits, _) = ports.standing[unit] else { return [] }
      return waits.map { wait in
        let spec = ports.channels[wait.channel.rawValue].spec
        switch wait.need {
        case .arrival: return "'\(names[unit])' waits for a packet from '\(names[spec.sender.rawValue])'"
        case .credit: return "'\(names[unit])' waits for room towards '\(names[spec.receiver.rawValue])'"
        }
      }
    }
  }
}

/// Why a run could not go to its end.
public enum EngineStop: Error, Hashable, Sendable {
  /// Every unit that is left waits for another: one sentence per wait.
  case deadlock([String])
  /// Simulated time left the 64-bit grid.
  case timeLimit(unit: String)
}
