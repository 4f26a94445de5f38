import Arch

/// When each command of one channel may go to each bank: the state that goes with a `ScheduleTable`.
package struct ScheduleTiming: ~Copyable {
  private let table: ScheduleTable
  /// First legal cycles: of each node one after the other, of a node by command.
  private let ready: UnsafeMutablePointer<Int64>
  private let history: UnsafeMutablePointer<Int64>
  private let places: UnsafeMutablePointer<ScheduleTable.Place>
  private let rules: UnsafeMutablePointer<ScheduleTable.Rules>
  private let timeOf: UnsafeMutablePointer<Int>
  private let outerPlaces: UnsafeMutablePointer<ScheduleTable.Place>
  private let bankTimes: Int
  private let bankCount: Int
  /// Where a ring has no issue yet: so long ago that no rule counts from it.
  private static let never = Int64.min / 2

  package init(_ table: ScheduleTable) {
    self.table = table
    places = table.places
    rules = table.rules
    timeOf = table.timeOf
    outerPlaces = table.outerPlaces
    bankTimes = table.layout.bankTimes
    bankCount = table.bankCount
    let times = table.layout.timeCount
    ready = UnsafeMutableRawPointer.allocate(byteCount: times * 8, alignment: 64)
      .bindMemory(to: Int64.self, capacity: times)
    ready.initialize(repeating: 0, count: times)
    history = .allocate(capacity: max(table.historySize, 1))
    history.initialize(repeating: Self.never, count: max(table.historySize, 1))
    for index in 0..<table.windowCount {
      let window = table.windowRules + index
      for node in 0..<table.tiers.nodes[window.pointee.rule.level] { history[window.pointee.ring(node)] = 0 }
    }
  }

  deinit {
    UnsafeMutableRawPointer(ready).deallocate()
    history.deallocate()
  }

  /// Takes over the times of another channel of the same table.
  package mutating func copyState(of other: borrowing ScheduleTiming) {
    ready.update(from: other.ready, count: table.layout.timeCount)
    history.update(from: other.history, count: max(table.historySize, 1))
  }

  // MARK: Asking

  /// The times of one command.
  struct Times {
    fileprivate let ready: UnsafeMutablePointer<Int64>
    fileprivate let places: UnsafeMutablePointer<ScheduleTable.Place>
    fileprivate let groups: UnsafeMutablePointer<Int64>
    fileprivate let groupStep: Int

    /// The first cycle at which the command may go to a bank.
    @inline(__always)
    subscript(_ bank: Int) -> Int64 { Self.earliest(bank, ready, places) }

    @inline(__always)
    fileprivate static func earliest(
      _ bank: Int, _ ready: UnsafeMutablePointer<Int64>, _ places: UnsafeMutablePointer<ScheduleTable.Place>
    ) -> Int64 {
      let place = places + bank
      let outer = max(ready[Int(place.pointee.channel)], ready[Int(place.pointee.group)])
      let inner = max(ready[Int(place.pointee.cluster)], ready[Int(place.pointee.bank)])
      return max(outer, inner)
    }

    /// The same as far as rules of the bank itself go.
    @inline(__always)
    func own(_ bank: Int) -> Int64 { ready[Int(places[bank].bank)] }

    /// The same as far as rules of the channel go, and those of a group.
    @inline(__always) var channel: Int64 { ready[0] }

    @inline(__always)
    func group(_ number: Int) -> Int64 { groups[number &* groupStep] }
  }

  @inline(__always)
  func times(_ command: Int) -> Times {
    let time = timeOf[command]
    return Times(
      ready: ready + time, places: time < bankTimes ? places : outerPlaces,
      groups: ready + (table.layout.start(.group, 0) + time), groupStep: table.layout.stride(.group))
  }

  /// The first cycle at which `command` may go to `bank`.
  @inline(__always)
  package func earliest(_ command: Int, _ bank: Int) -> Int64 {
    let time = timeOf[command]
    return Times.earliest(bank, ready + time, time < bankTimes ? places : outerPlaces)
  }

  /// The first cycle at which a command that covers many banks may go.
  package func earliest(_ command: Int, _ target: ScheduleTable.Target) -> Int64 {
    let times = times(command)
    var best: Int64 = 0
    for bank in target.banks { best = max(best, times[bank]) }
    return best
  }

  // MARK: Issuing

  /// Notes that `command` went to `bank`.
  @inline(__always)
  package mutating func issue(_ command: Int, _ bank: Int, at cycle: Int64) {
    let own = rules + command
    let (count, latencies) = (own.pointee.count, own.pointee.latencies)
    let times = own.pointee.times + bank &* count
    var rule = 0
    while rule < count {
      raise(Int(times[rule]), to: cycle &+ latencies[rule])
      rule &+= 1
    }
    if own.pointee.hasMore { issueMore(own, bank, at: cycle) }
  }

  @inline(__always)
  private mutating func raise(_ time: Int, to cycle: Int64) {
    // A branch: vectors of this element type cost more than they save.
    if ready[time] < cycle { ready[time] = cycle }
  }

  /// Rules that count from further back than the last issue, and those that write several times.
  private mutating func issueMore(_ own: UnsafeMutablePointer<ScheduleTable.Rules>, _ bank: Int, at cycle: Int64) {
    var window = own.pointee.windows
    while window < own.pointee.windowEnd {
      let since = remember(history + Int(window.pointee.rings[bank]), window.pointee.back, at: cycle)
      let bound = since &+ window.pointee.rule.latency
      if window.pointee.rule.count == 1 {
        raise(Int(window.pointee.times[bank]), to: bound)
      } else {
        raise(window.pointee.rule, node(window.pointee.rule.level, bank), to: bound)
      }
      window += 1
    }
    for index in own.pointee.spreads {
      let spread = table.spreadRules + index
      raise(spread.pointee, node(spread.pointee.level, bank), to: cycle &+ spread.pointee.latency)
    }
    for index in own.pointee.siblings {
      let sibling = table.siblingRules + index
      raiseSiblings(sibling, node(sibling.pointee.level, bank), to: cycle &+ sibling.pointee.latency)
    }
  }

  @inline(__always)
  private func node(_ level: Int, _ bank: Int) -> Int { Int(table.nodeOf[level &* bankCount &+ bank]) }

  /// Notes that `command` went to everything that `target` covers.
  package mutating func issue(_ command: Int, _ target: ScheduleTable.Target, at cycle: Int64) {
    let own = rules + command
    for bank in target.banks {
      let times = own.pointee.times + bank * own.pointee.count
      for rule in 0..<own.pointee.count { raise(Int(times[rule]), to: cycle &+ own.pointee.latencies[rule]) }
    }
    for index in own.pointee.spreads {
      let spread = table.spreadRules + index
      for node in target.nodes[spread.pointee.level] { raise(spread.pointee, node, to: cycle + spread.pointee.latency) }
    }
    for index in own.pointee.siblings {
      let sibling = table.siblingRules + index
      guard target.isNamed[sibling.pointee.level] else { continue }
      for node in target.nodes[sibling.pointee.level] {
        raiseSiblings(sibling, node, to: cycle + sibling.pointee.latency)
      }
    }
    var window = own.pointee.windows
    while window < own.pointee.windowEnd {
      for node in target.nodes[window.pointee.rule.level] {
        let since = remember(history + window.pointee.ring(node), window.pointee.back, at: cycle)
        raise(window.pointee.rule, node, to: since + window.pointee.rule.latency)
      }
      window += 1
    }
  }

  /// Writes a bound to all times under a node of the rule's level.
  @inline(__always)
  private mutating func raise(_ rule: ScheduleTable.SpreadRule, _ node: Int, to cycle: Int64) {
    var time = ready + (rule.start &+ node &* rule.count &* rule.step)
    var left = rule.count
    repeat {
      if time.pointee < cycle { time.pointee = cycle }
      time += rule.step
      left &-= 1
    } while left > 0
  }

  private mutating func raiseSiblings(
    _ sibling: UnsafeMutablePointer<ScheduleTable.SpreadRule>, _ node: Int, to cycle: Int64
  ) {
    let size = table.tiers.levelSizes[sibling.pointee.level]
    let first = node - node % size
    for other in first..<(first + size) where other != node { raise(sibling.pointee, other, to: cycle) }
  }

  /// Puts the present issue in a ring in place of the one that a rule counts from now.
  ///
  /// - Returns: the cycle of that.
  @inline(__always)
  private func remember(_ ring: UnsafeMutablePointer<Int64>, _ back: Int, at cycle: Int64) -> Int64 {
    let place = Int(truncatingIfNeeded: ring[0])
    let oldest = ring[1 &+ place]
    ring[1 &+ place] = cycle
    ring[0] = place &+ 1 == back ? 0 : Int64(place &+ 1)
    return oldest
  }
}
