import Arch

/// The constraints of one channel of a device, made ready for a scheduler that asks "when may this go" many times for
/// each command it issues.
///
/// It binds exactly as `ConstraintTable` does for commands whose addresses are those of their scope, but forgets which
/// rule bound, and keeps only what `ScheduleLaw` leaves. Times are kept for the nodes of `ScheduleTiers`.
package final class ScheduleTable: @unchecked Sendable {
  /// A rule that writes one time of the bank, its cluster, its group or the channel.
  struct SingleRule {
    /// The tier, as a number, and which of its node's times.
    let tier: Int32
    let time: Int32
    let latency: Int64
  }

  /// A rule that writes times of several nodes: of all those under a node of its level.
  struct SpreadRule {
    let level: Int
    let latency: Int64
    /// Where the time of the first lies, where its level's node is the first one; how far from one to the next; how many.
    let start: Int
    let step: Int
    let count: Int
  }

  /// A rule that counts from an issue further back, kept in a ring.
  struct WindowRule {
    let rule: SpreadRule
    let ring: Int
    /// Issues back, the present one not counted.
    let back: Int64
    /// The tier of its one time, where it writes no more, and which of the node's times it is.
    let tier: Int
    let time: Int
  }

  /// The last issues of a command at each node of a level: a count, then as many cycles as a power of two has.
  struct Ring {
    let base: Int
    let mask: Int64
    let level: Int
    /// Where in `ringStarts` its banks begin.
    let banks: Int

    @inline(__always)
    func start(_ node: Int) -> Int { base &+ node &* Int(mask &+ 2) }
  }

  /// The rules of a command as the previous one.
  struct Rules {
    let singles: UnsafeMutablePointer<SingleRule>
    let singleEnd: UnsafeMutablePointer<SingleRule>
    let windows: UnsafeMutablePointer<WindowRule>
    let windowEnd: UnsafeMutablePointer<WindowRule>
    /// Rings that remember the command.
    let rings: UnsafeMutablePointer<Ring>
    let ringEnd: UnsafeMutablePointer<Ring>
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
  private let singleRules: UnsafeMutablePointer<SingleRule>
  /// By ring and bank: where the issues at the bank's node begin.
  let ringStarts: UnsafeMutablePointer<Int32>
  let spreadRules: UnsafeMutablePointer<SpreadRule>
  let siblingRules: UnsafeMutablePointer<SpreadRule>
  let windowRules: UnsafeMutablePointer<WindowRule>
  let rings: UnsafeMutablePointer<Ring>
  /// `level * bankCount + bank` → node number within the level.
  let nodeOf: UnsafeMutablePointer<Int32>
  let ringCount: Int
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
    ringStarts = Self.copy(
      flat.rings.flatMap { ring in (0..<tiers.bankCount).map { Int32(ring.start(tiers.node(ring.level, of: $0))) } })
    let singles = Self.copy(flat.singles)
    let windows = Self.copy(flat.windows)
    let rings = Self.copy(flat.rings)
    singleRules = singles
    windowRules = windows
    self.rings = rings
    rules = Self.copy(
      spans.map { span in
        Rules(
          singles: singles + span.singles.lowerBound, singleEnd: singles + span.singles.upperBound,
          windows: windows + span.windows.lowerBound, windowEnd: windows + span.windows.upperBound,
          rings: rings + span.rings.lowerBound, ringEnd: rings + span.rings.upperBound,
          hasMore: !(span.rings.isEmpty && span.spreads.isEmpty && span.siblings.isEmpty), spreads: span.spreads,
          siblings: span.siblings)
      })
    spreadRules = Self.copy(flat.spreads)
    siblingRules = Self.copy(flat.siblings)
    ringCount = flat.rings.count
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
    singleRules.deallocate()
    ringStarts.deallocate()
    spreadRules.deallocate()
    siblingRules.deallocate()
    windowRules.deallocate()
    rings.deallocate()
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
    var rings = 0..<0
  }

  let tiers: ScheduleTiers
  let layout: ScheduleLayout
  var singles: [ScheduleTable.SingleRule] = []
  var spreads: [ScheduleTable.SpreadRule] = []
  var siblings: [ScheduleTable.SpreadRule] = []
  var windows: [ScheduleTable.WindowRule] = []
  var rings: [ScheduleTable.Ring] = []
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

  /// - Returns: where the rules of this command lie.
  mutating func add(_ laws: [ScheduleLaw]) -> Span {
    var span = Span()
    let plain = laws.filter { $0.window == 1 && !$0.isSibling }
    let firstSingle = singles.count
    for law in plain where tiers.spread(of: law.level) == 1 {
      singles.append(
        ScheduleTable.SingleRule(
          tier: Int32(tiers.tier(of: law.level).rawValue), time: Int32(layout.timeOf[law.next]), latency: law.latency))
    }
    span.singles = firstSingle..<singles.count
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
    addWindows(laws.filter { $0.window > 1 && !$0.isSibling }, &span)
    return span
  }

  private mutating func addWindows(_ laws: [ScheduleLaw], _ span: inout Span) {
    let (firstWindow, firstRing) = (windows.count, rings.count)
    for level in tiers.nodes.indices {
      let counting = laws.filter { $0.level == level }
      guard let longest = counting.map(\.window).max() else { continue }
      // The present issue is remembered only after all rules have looked back.
      let length = Int64(1) << Int64(64 - (longest - 1).leadingZeroBitCount)
      for law in counting {
        windows.append(
          ScheduleTable.WindowRule(
            rule: rule(law), ring: rings.count, back: Int64(law.window) - 1,
            tier: tiers.tier(of: law.level).rawValue, time: layout.timeOf[law.next]))
      }
      rings.append(
        ScheduleTable.Ring(base: historySize, mask: length - 1, level: level, banks: rings.count * tiers.bankCount))
      historySize += tiers.nodes[level] * Int(length + 1)
    }
    span.windows = firstWindow..<windows.count
    span.rings = firstRing..<rings.count
  }
}
