import Arch

/// The constraints of one channel of a device, made ready for a scheduler that asks "when may this go" many times for
/// each command it issues.
///
/// It binds exactly as `ConstraintTable` does for commands whose addresses are those of their scope, but forgets which
/// rule bound, and keeps only what `ScheduleLaw` leaves. Times are kept for the nodes of `ScheduleTiers`.
package final class ScheduleTable: @unchecked Sendable {
  /// A rule that writes times of several nodes: of all those under a node of its level.
  struct SpreadRule {
    let level: Int
    let latency: Int64
    /// Where the time of the first lies, where its level's node is the first one; how far from one to the next; how many.
    let start: Int
    let step: Int
    let count: Int
  }

  /// A rule that counts from an issue further back. The last issues of the command at each node of the level lie in a ring:
  /// a place, and as many cycles as are counted back.
  struct WindowRule {
    let rule: SpreadRule
    /// Issues back, the present one not counted.
    let back: Int
    /// Where the first node's ring begins.
    let base: Int
    /// By bank, where it has one time to write: that time. And where its node's ring begins.
    let times: UnsafeMutablePointer<Int32>
    let rings: UnsafeMutablePointer<Int32>

    @inline(__always)
    func ring(_ node: Int) -> Int { base &+ node &* (back &+ 1) }
  }

  /// The rules of a command as the previous one.
  struct Rules {
    /// Rules that write one time: how many; by rule the latency; by bank and rule that time.
    let count: Int
    let latencies: UnsafeMutablePointer<Int64>
    let times: UnsafeMutablePointer<Int32>
    let windows: UnsafeMutablePointer<WindowRule>
    let windowEnd: UnsafeMutablePointer<WindowRule>
    /// Whether there are any but the first.
    let hasMore: Bool
    /// Those that write several times, of nodes or of their siblings.
    let spreads: Range<Int>
    let siblings: Range<Int>
  }

  /// Where the times of the nodes of a bank begin, by tier.
  struct Place {
    let channel: Int32
    let group: Int32
    let cluster: Int32
    let bank: Int32
  }

  /// What a command covers: its banks, and the nodes of each level.
  package struct Target {
    let banks: [Int]
    /// By level, node numbers within the level.
    let nodes: [[Int]]
    /// Whether the address names one node of the level.
    let isNamed: [Bool]
  }

  let tiers: ScheduleTiers
  let layout: ScheduleLayout
  package var bankCount: Int { tiers.bankCount }
  var groupCount: Int { tiers.groupCount }
  /// By bank; for commands that a rule of banks holds up, and for others.
  let places: UnsafeMutablePointer<Place>
  let outerPlaces: UnsafeMutablePointer<Place>
  /// By bank.
  let groupOf: UnsafeMutablePointer<Int32>
  /// By command: which of a node's times is its.
  let timeOf: UnsafeMutablePointer<Int>
  /// By command.
  let rules: UnsafeMutablePointer<Rules>
  /// What `rules` points into.
  private let latencies: UnsafeMutablePointer<Int64>
  private let times: UnsafeMutablePointer<Int32>
  private let windowBanks: UnsafeMutablePointer<Int32>
  let spreadRules: UnsafeMutablePointer<SpreadRule>
  let siblingRules: UnsafeMutablePointer<SpreadRule>
  let windowRules: UnsafeMutablePointer<WindowRule>
  let windowCount: Int
  /// `level * bankCount + bank` → node number within the level.
  let nodeOf: UnsafeMutablePointer<Int32>
  let historySize: Int

  /// - Parameter used: which commands the scheduler issues.
  package init(_ device: DeviceDescription, used: [Bool]) {
    let tiers = ScheduleTiers(device)
    self.tiers = tiers
    let laws = device.commands.indices.map { command in
      used[command] ? ScheduleLaw.all(of: command, device, used: used) : []
    }
    let layout = ScheduleLayout(tiers, laws, used: used)
    self.layout = layout
    timeOf = Self.copy(layout.timeOf)
    var flat = FlatRules(tiers, layout)
    let spans = laws.map { flat.add($0) }
    let latencies = Self.copy(flat.latencies)
    let times = Self.copy(flat.times)
    let windowBanks = Self.copy(flat.windowBanks)
    let windows = Self.copy(flat.windows.map { $0.rule(windowBanks, tiers.bankCount) })
    (self.latencies, self.times, self.windowBanks, windowRules) = (latencies, times, windowBanks, windows)
    rules = Self.copy(
      spans.map { span in
        Rules(
          count: span.singles.count, latencies: latencies + span.singles.lowerBound,
          times: times + span.singles.lowerBound * tiers.bankCount, windows: windows + span.windows.lowerBound,
          windowEnd: windows + span.windows.upperBound,
          hasMore: !(span.windows.isEmpty && span.spreads.isEmpty && span.siblings.isEmpty), spreads: span.spreads,
          siblings: span.siblings)
      })
    windowCount = flat.windows.count
    spreadRules = Self.copy(flat.spreads)
    siblingRules = Self.copy(flat.siblings)
    historySize = flat.historySize
    let banks = 0..<tiers.bankCount
    func place(_ bank: Int, isHeldUp: Bool) -> Place {
      func start(_ tier: ScheduleTiers.Tier) -> Int32 { Int32(layout.start(tier, tiers.node(tier, of: bank))) }
      return Place(
        channel: start(.channel), group: start(.group), cluster: start(.cluster),
        bank: isHeldUp ? start(.bank) : Int32(layout.nothing))
    }
    places = Self.copy(banks.map { place($0, isHeldUp: true) })
    outerPlaces = Self.copy(banks.map { place($0, isHeldUp: false) })
    groupOf = Self.copy(banks.map { Int32(tiers.group(of: $0)) })
    nodeOf = Self.copy(tiers.nodes.indices.flatMap { level in banks.map { Int32(tiers.node(level, of: $0)) } })
  }

  /// Plain values only, so that nothing needs deinitialising.
  private static func copy<Element>(_ values: [Element]) -> UnsafeMutablePointer<Element> {
    let pointer = UnsafeMutablePointer<Element>.allocate(capacity: max(values.count, 1))
    pointer.initialize(from: values, count: values.count)
    return pointer
  }

  deinit {
    timeOf.deallocate()
    places.deallocate()
    outerPlaces.deallocate()
    groupOf.deallocate()
    rules.deallocate()
    latencies.deallocate()
    times.deallocate()
    windowBanks.deallocate()
    spreadRules.deallocate()
    siblingRules.deallocate()
    windowRules.deallocate()
    nodeOf.deallocate()
  }

  /// What a command with this scope covers around a bank.
  package func target(scope: Int, across: [Int], around bank: Int) -> Target {
    let levels = tiers.levelSizes.indices
    let isNamed = levels.map { level in level <= scope && !across.contains(level) }
    func index(_ level: Int, _ bank: Int) -> Int { tiers.node(level, of: bank) % tiers.levelSizes[level] }
    let banks = (0..<bankCount).filter { other in
      levels.allSatisfy { level in !isNamed[level] || index(level, other) == index(level, bank) }
    }
    func distinct(_ nodes: [Int]) -> [Int] { nodes.reduce(into: []) { if $0.last != $1 { $0.append($1) } } }
    return Target(
      banks: banks, nodes: levels.map { level in distinct(banks.map { tiers.node(level, of: $0) }) }, isNamed: isNamed)
  }
}

/// The rules of all commands, one after the other.
private struct FlatRules {
  struct Span {
    var singles = 0..<0
    var spreads = 0..<0
    var siblings = 0..<0
    var windows = 0..<0
  }

  struct Window {
    let rule: ScheduleTable.SpreadRule
    let back: Int
    let base: Int
    /// Its number among the windows.
    let index: Int

    func rule(_ banks: UnsafeMutablePointer<Int32>, _ bankCount: Int) -> ScheduleTable.WindowRule {
      let times = banks + 2 * index * bankCount
      return ScheduleTable.WindowRule(rule: rule, back: back, base: base, times: times, rings: times + bankCount)
    }
  }

  let tiers: ScheduleTiers
  let layout: ScheduleLayout
  var latencies: [Int64] = []
  /// By command, bank and rule.
  var times: [Int32] = []
  var spreads: [ScheduleTable.SpreadRule] = []
  var siblings: [ScheduleTable.SpreadRule] = []
  var windows: [Window] = []
  /// By window: the times of the banks, and their rings.
  var windowBanks: [Int32] = []
  var historySize = 0

  init(_ tiers: ScheduleTiers, _ layout: ScheduleLayout) {
    self.tiers = tiers
    self.layout = layout
  }

  private func rule(_ law: ScheduleLaw) -> ScheduleTable.SpreadRule {
    let tier = tiers.tier(of: law.level)
    return ScheduleTable.SpreadRule(
      level: law.level, latency: law.latency, start: layout.start(tier, 0) + layout.timeOf[law.next],
      step: layout.stride(tier), count: tiers.spread(of: law.level))
  }

  /// The time that a rule which writes one writes for a bank.
  private func time(_ law: ScheduleLaw, _ bank: Int) -> Int32 {
    let tier = tiers.tier(of: law.level)
    return Int32(layout.start(tier, tiers.node(tier, of: bank)) + layout.timeOf[law.next])
  }

  /// - Returns: where the rules of this command lie.
  mutating func add(_ laws: [ScheduleLaw]) -> Span {
    var span = Span()
    let plain = laws.filter { $0.window == 1 && !$0.isSibling }
    let singles = plain.filter { tiers.spread(of: $0.level) == 1 }
    span.singles = latencies.count..<(latencies.count + singles.count)
    latencies += singles.map(\.latency)
    for bank in 0..<tiers.bankCount { times += singles.map { time($0, bank) } }
    let firstSpread = spreads.count
    for law in plain where tiers.spread(of: law.level) > 1 {
      spreads.append(rule(law))
    }
    span.spreads = firstSpread..<spreads.count
    let firstSibling = siblings.count
    for law in laws where law.isSibling {
      siblings.append(rule(law))
    }
    span.siblings = firstSibling..<siblings.count
    let firstWindow = windows.count
    for law in laws where law.window > 1 && !law.isSibling { addWindow(law) }
    span.windows = firstWindow..<windows.count
    return span
  }

  private mutating func addWindow(_ law: ScheduleLaw) {
    let window = Window(rule: rule(law), back: law.window - 1, base: historySize, index: windows.count)
    windows.append(window)
    let banks = 0..<tiers.bankCount
    windowBanks += banks.map { time(law, $0) }
    windowBanks += banks.map { Int32(window.base + tiers.node(law.level, of: $0) * (window.back + 1)) }
    historySize += tiers.nodes[law.level] * (window.back + 1)
  }
}
