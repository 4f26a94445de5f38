import Arch

/// The constraints of one channel of a device, made ready for a scheduler that asks "when may this go" many times for
/// each command it issues.
///
/// It binds exactly as `ConstraintTable` does for commands whose addresses are those of their scope, but forgets which
/// rule bound: rules that another one covers are dropped, and a sibling rule that the node itself obeys as well becomes
/// one rule of the parent. Rules that only concern commands which the scheduler never issues are left out.
///
/// Times are kept for two kinds of nodes only: *groups* (the deepest level with more than four banks to a node: ranks,
/// pseudo-channels) and banks. A rule of a level above is written to all groups under its node, one of a level between to
/// all banks, so that asking looks at two numbers.
package final class ScheduleTable: @unchecked Sendable {
  /// A rule that writes one slot: `base` plus the group, or plus the bank.
  struct SimpleRule {
    let base: Int
    let latency: Int64
  }

  /// A rule that writes the slots of all nodes under one of its level: `count` from `base` plus the first.
  struct SpreadRule {
    let base: Int
    let latency: Int64
    /// By bank: the first slot under its node.
    let first: UnsafeMutablePointer<Int32>
    let count: Int
  }

  /// A rule that counts from an issue further back, kept in a ring.
  struct WindowRule {
    /// The first slot that it writes under a node of its level, the number of them.
    let base: Int
    let count: Int
    let latency: Int64
    let ring: Int
    /// Issues back, the present one not counted.
    let back: Int64
  }

  /// The last issues of a command at each node of a level: a count, then as many cycles as a power of two has.
  struct Ring {
    let base: Int
    let mask: Int64
    /// By bank: its node of the level.
    let nodeOf: UnsafeMutablePointer<Int32>
    let level: Int

    @inline(__always)
    func start(_ node: Int) -> Int { base &+ node &* Int(mask &+ 2) }
  }

  /// Where the rules of a command lie: those that write its group's slot, then those that write its bank's, in
  /// `simpleRules`; those that write several slots in `spreadRules`; those that count from further back in
  /// `windowRules`; the others in `rules`.
  struct RuleSpan {
    var groups = 0
    var banks = 0
    var simpleEnd = 0
    var spread = 0
    var spreadEnd = 0
    var start = 0
    var plain = 0
    var end = 0
    var window = 0
    var windowEnd = 0
    /// Rings that remember the command.
    var ring = 0
    var ringEnd = 0
  }

  /// A rule of a previous command, with what it writes to.
  struct Rule {
    /// First slot of the times of the command that waits: of its groups or of its banks.
    let base: Int32
    /// Slots under one node of the rule's level.
    let count: Int32
    let level: Int32
    /// How many issues back it counts from.
    let window: Int32
    let latency: Int64
    let isSibling: Bool
  }

  /// What a command covers: its banks, and the nodes of each level.
  package struct Target {
    let banks: [Int]
    let groups: [Int]
    /// By level, node numbers within the level.
    let nodes: [[Int]]
    /// Whether the address names one node of the level.
    let isNamed: [Bool]
  }

  let levelCount: Int
  let commandCount: Int
  package let bankCount: Int
  let groupCount: Int
  /// Slots of one command: its groups, then its banks.
  let stride: Int
  /// Nodes of a level under one parent.
  let levelSizes: [Int]
  /// `level * bankCount + bank` → node number within the level.
  let nodeOf: UnsafeMutablePointer<Int32>
  /// By bank.
  let groupOf: UnsafeMutablePointer<Int32>
  /// The rules of a command as the previous one, but for those with a window: `rules[ruleStart[command] ..<
  /// ruleStart[command + 1]]`.
  let rules: UnsafeMutablePointer<Rule>
  let ruleStart: UnsafeMutablePointer<Int>
  let simpleRules: UnsafeMutablePointer<SimpleRule>
  let spreadRules: UnsafeMutablePointer<SpreadRule>
  /// `(level * 2 + (0 for groups, 1 for banks)) * bankCount + bank` → first slot under the bank's node of that level.
  private let firstSlots: UnsafeMutablePointer<Int32>
  /// By command, for one that names a bank.
  let spans: UnsafeMutablePointer<RuleSpan>
  let windowRules: UnsafeMutablePointer<WindowRule>
  let rings: UnsafeMutablePointer<Ring>
  let historySize: Int

  /// - Parameter used: which commands the scheduler issues.
  package init(_ device: DeviceDescription, used: [Bool]) {
    var sizes = device.levelSizes
    sizes[0] = 1
    levelSizes = sizes
    levelCount = sizes.count
    commandCount = device.commands.count
    let banks = sizes.reduce(1, *)
    bankCount = banks
    var nodes: [Int] = []
    for size in sizes { nodes.append((nodes.last ?? 1) * size) }
    let groupLevel = nodes.lastIndex { banks / $0 > 4 } ?? 0
    let groups = nodes[groupLevel]
    groupCount = groups
    let stride = groups + banks
    self.stride = stride
    nodeOf = .allocate(capacity: banks * nodes.count)
    groupOf = .allocate(capacity: banks)
    for bank in 0..<banks {
      for level in nodes.indices { nodeOf[level * banks + bank] = Int32(bank / (banks / nodes[level])) }
      groupOf[bank] = Int32(bank / (banks / groups))
    }
    var flat: [Rule] = []
    var starts: [Int] = []
    for command in 0..<commandCount {
      starts.append(flat.count)
      guard used[command] else { continue }
      flat += Self.laws(of: command, device, used: used).map { law in
        let isGroup = law.level <= groupLevel
        return Rule(
          base: Int32(law.next * stride + (isGroup ? 0 : groups)),
          count: Int32((isGroup ? groups : banks) / nodes[law.level]), level: Int32(law.level),
          window: Int32(law.window), latency: law.latency, isSibling: law.isSibling)
      }
    }
    starts.append(flat.count)
    firstSlots = .allocate(capacity: banks * nodes.count * 2)
    for bank in 0..<banks {
      for level in nodes.indices {
        let node = bank / (banks / nodes[level])
        firstSlots[level * 2 * banks + bank] = Int32(level <= groupLevel ? node * (groups / nodes[level]) : 0)
        firstSlots[(level * 2 + 1) * banks + bank] = Int32(node * (banks / nodes[level]))
      }
    }
    var simple: [SimpleRule] = []
    var spreads: [SpreadRule] = []
    var spanned: [RuleSpan] = []
    var ordered: [Rule] = []
    var windows: [WindowRule] = []
    var ringList: [Ring] = []
    var size = 0
    for command in 0..<commandCount {
      let own = flat[starts[command]..<starts[command + 1]]
      let plain = own.filter { $0.window == 1 && !$0.isSibling }
      let ones = plain.filter { $0.count == 1 }
      func isOfGroup(_ rule: Rule) -> Bool { rule.level <= groupLevel }
      var span = RuleSpan()
      span.groups = simple.count
      simple += ones.filter(isOfGroup).map { SimpleRule(base: Int($0.base), latency: $0.latency) }
      span.banks = simple.count
      simple += ones.filter { !isOfGroup($0) }.map { SimpleRule(base: Int($0.base), latency: $0.latency) }
      span.simpleEnd = simple.count
      span.spread = spreads.count
      for rule in plain where rule.count > 1 {
        let first = firstSlots + (Int(rule.level) * 2 + (isOfGroup(rule) ? 0 : 1)) * banks
        spreads.append(
          SpreadRule(base: Int(rule.base), latency: rule.latency, first: first, count: Int(rule.count)))
      }
      span.spreadEnd = spreads.count
      ordered += plain
      span.plain = plain.count
      span.start = ordered.count
      ordered += own.filter(\.isSibling)
      span.end = ordered.count
      span.window = windows.count
      span.ring = ringList.count
      for level in nodes.indices {
        let counting = own.filter { $0.window > 1 && !$0.isSibling && Int($0.level) == level }
        guard let longest = counting.map(\.window).max() else { continue }
        let length = Int64(1) << Int64(64 - (longest - 1).leadingZeroBitCount - 32)
        windows += counting.map { rule in
          WindowRule(
            base: Int(rule.base), count: Int(rule.count), latency: rule.latency, ring: ringList.count,
            back: Int64(rule.window) - 1)
        }
        ringList.append(Ring(base: size, mask: length - 1, nodeOf: nodeOf + level * banks, level: level))
        size += nodes[level] * Int(length + 1)
      }
      span.windowEnd = windows.count
      span.ringEnd = ringList.count
      spanned.append(span)
    }
    flat = ordered
    starts = spanned.map { $0.start - $0.plain } + [flat.count]
    rules = .allocate(capacity: max(flat.count, 1))
    rules.initialize(from: flat, count: flat.count)
    ruleStart = .allocate(capacity: starts.count)
    ruleStart.initialize(from: starts, count: starts.count)
    windowRules = .allocate(capacity: max(windows.count, 1))
    windowRules.initialize(from: windows, count: windows.count)
    rings = .allocate(capacity: max(ringList.count, 1))
    rings.initialize(from: ringList, count: ringList.count)
    historySize = size
    simpleRules = .allocate(capacity: max(simple.count, 1))
    simpleRules.initialize(from: simple, count: simple.count)
    spreadRules = .allocate(capacity: max(spreads.count, 1))
    spreadRules.initialize(from: spreads, count: spreads.count)
    spans = .allocate(capacity: max(spanned.count, 1))
    spans.initialize(from: spanned, count: spanned.count)
  }

  deinit {
    nodeOf.deallocate()
    groupOf.deallocate()
    rules.deallocate()
    ruleStart.deallocate()
    simpleRules.deallocate()
    spreadRules.deallocate()
    firstSlots.deallocate()
    spans.deallocate()
    windowRules.deallocate()
    rings.deallocate()
  }

  /// A constraint between two commands.
  private struct Law {
    var level: Int
    let next: Int
    let latency: Int64
    let window: Int
    var isSibling: Bool
  }

  /// The constraints that `previous` sets off, without those that others cover.
  private static func laws(of previous: Int, _ device: DeviceDescription, used: [Bool]) -> [Law] {
    var all: [Law] = []
    for constraint in device.constraints where constraint.previous.contains(previous) {
      for next in constraint.next where used[next] && (constraint.latency > 0 || constraint.window > 1) {
        all.append(
          Law(
            level: constraint.level, next: next, latency: constraint.latency, window: max(constraint.window, 1),
            isSibling: constraint.sibling))
      }
    }
    let scope = device.commands[previous].scope ?? 0
    let across = device.commands[previous].across
    all = all.compactMap { law in
      guard law.isSibling else { return law }
      // A command that covers the whole level has no siblings, nor has an only child.
      guard law.level <= scope, law.level > 0, device.levelSizes[law.level] > 1, !across.contains(law.level) else {
        return nil
      }
      let isObeyed = all.contains {
        !$0.isSibling && $0.window == 1 && $0.next == law.next && $0.level <= law.level && $0.latency >= law.latency
      }
      guard isObeyed else { return law }
      var parent = law
      parent.level -= 1
      parent.isSibling = false
      return parent
    }
    func isCovered(_ law: Law, by other: Law) -> Bool {
      other.next == law.next && other.window <= law.window && !other.isSibling && !law.isSibling
        && other.level <= law.level && other.latency >= law.latency
    }
    return all.indices.filter { index in
      !all.indices.contains { other in
        other != index && isCovered(all[index], by: all[other])
          && (other < index || !isCovered(all[other], by: all[index]))
      }
    }.map { all[$0] }
  }

  /// What a command with this scope covers around a bank.
  package func target(scope: Int, across: [Int], around bank: Int) -> Target {
    let isNamed = (0..<levelCount).map { level in level <= scope && !across.contains(level) }
    func index(_ level: Int, _ bank: Int) -> Int { Int(nodeOf[level * bankCount + bank]) % levelSizes[level] }
    let banks = (0..<bankCount).filter { other in
      (0..<levelCount).allSatisfy { level in !isNamed[level] || index(level, other) == index(level, bank) }
    }
    func distinct(_ nodes: [Int]) -> [Int] { nodes.reduce(into: []) { if $0.last != $1 { $0.append($1) } } }
    return Target(
      banks: banks, groups: distinct(banks.map { Int(groupOf[$0]) }),
      nodes: (0..<levelCount).map { level in distinct(banks.map { Int(nodeOf[level * bankCount + $0]) }) },
      isNamed: isNamed)
  }
}
