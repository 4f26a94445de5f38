import Arch

/// The constraints of one channel of a device, made ready for a scheduler that asks "when may this go" many times for
/// each command it issues.
///
/// It binds exactly as `ConstraintTable` does for commands whose addresses are those of their scope, but forgets which
/// rule bound: rules that another one covers are dropped, and a sibling rule that the node itself obeys as well becomes
/// one rule of the parent. Rules that only concern commands which the scheduler never issues are left out.
final class ScheduleTable: @unchecked Sendable {
  struct Rule {
    /// Level of the nodes it raises.
    let level: Int32
    /// The command that waits.
    let next: Int32
    let latency: Int64
    /// How many issues back it counts from.
    let window: Int32
    let isSibling: Bool
  }

  /// What a command covers: its banks, and the nodes of each level.
  struct Target {
    let banks: [Int]
    /// By level, node numbers within the level.
    let nodes: [[Int]]
    /// The node that the address names at each level; −1 where it covers several.
    let named: [Int]
  }

  let levelCount: Int
  let commandCount: Int
  let bankCount: Int
  /// First node of each level in the flat numbering.
  let levelBase: [Int]
  /// Nodes of a level under one parent.
  let levelSizes: [Int]
  /// `bank * levelCount + level` → flat node.
  let path: UnsafeMutablePointer<Int32>
  /// Rules of a command as the previous one: `rules[ruleStart[command] ..< ruleStart[command + 1]]`.
  let rules: UnsafeMutablePointer<Rule>
  let ruleStart: UnsafeMutablePointer<Int>
  /// Levels whose nodes can hold a command up, `command * (levelCount + 1)`: how many, then which.
  let heldAt: UnsafeMutablePointer<Int32>
  /// Ring of the last issues of (level, command) at a node: `level * commandCount + command` → first slot, or −1.
  let ringBase: UnsafeMutablePointer<Int>
  let ringWindow: UnsafeMutablePointer<Int>
  let historySize: Int
  let nodeCount: Int

  /// - Parameter used: which commands the scheduler issues.
  init(_ device: DeviceDescription, used: [Bool]) {
    var sizes = device.levelSizes
    sizes[0] = 1
    levelSizes = sizes
    levelCount = sizes.count
    commandCount = device.commands.count
    bankCount = sizes.reduce(1, *)
    var nodes: [Int] = []
    for size in sizes { nodes.append((nodes.last ?? 1) * size) }
    levelBase = nodes.indices.map { nodes[..<$0].reduce(0, +) }
    nodeCount = nodes.reduce(0, +)
    path = .allocate(capacity: bankCount * levelCount)
    for bank in 0..<bankCount {
      for level in 0..<levelCount {
        path[bank * levelCount + level] = Int32(levelBase[level] + bank / (bankCount / nodes[level]))
      }
    }
    var flat: [Rule] = []
    var starts: [Int] = []
    for command in 0..<commandCount {
      starts.append(flat.count)
      if used[command] { flat += Self.rules(of: command, device, used: used) }
    }
    starts.append(flat.count)
    rules = .allocate(capacity: max(flat.count, 1))
    rules.initialize(from: flat, count: flat.count)
    ruleStart = .allocate(capacity: starts.count)
    ruleStart.initialize(from: starts, count: starts.count)
    heldAt = .allocate(capacity: commandCount * (levelCount + 1))
    for command in 0..<commandCount {
      let levels = (0..<levelCount).filter { level in
        flat.contains { Int($0.next) == command && Int($0.level) == level }
      }
      let base = command * (levelCount + 1)
      for slot in 0...levelCount { heldAt[base + slot] = 0 }
      heldAt[base] = Int32(levels.count)
      for (slot, level) in levels.enumerated() { heldAt[base + 1 + slot] = Int32(level) }
    }
    ringBase = .allocate(capacity: levelCount * commandCount)
    ringWindow = .allocate(capacity: levelCount * commandCount)
    var size = 0
    for slot in 0..<(levelCount * commandCount) {
      let (level, command) = slot.quotientAndRemainder(dividingBy: commandCount)
      let windows = flat[starts[command]..<starts[command + 1]].filter { Int($0.level) == level && $0.window > 1 }
      let window = windows.map { Int($0.window) }.max() ?? 0
      ringWindow[slot] = window
      ringBase[slot] = window > 0 ? size : -1
      if window > 0 { size += nodes[level] * (window + 1) }
    }
    historySize = size
  }

  deinit {
    path.deallocate()
    rules.deallocate()
    ruleStart.deallocate()
    heldAt.deallocate()
    ringBase.deallocate()
    ringWindow.deallocate()
  }

  /// The rules that `previous` sets off, without those that others cover.
  private static func rules(of previous: Int, _ device: DeviceDescription, used: [Bool]) -> [Rule] {
    var all: [Rule] = []
    for constraint in device.constraints where constraint.previous.contains(previous) {
      for next in constraint.next where used[next] && (constraint.latency > 0 || constraint.window > 1) {
        all.append(
          Rule(
            level: Int32(constraint.level), next: Int32(next), latency: constraint.latency,
            window: Int32(max(constraint.window, 1)), isSibling: constraint.sibling))
      }
    }
    // A sibling rule that the node itself obeys too is a rule of the parent: for commands that name a node at that level.
    let scope = device.commands[previous].scope ?? 0
    let across = device.commands[previous].across
    all = all.compactMap { rule in
      guard rule.isSibling else { return rule }
      // A command that covers the whole level has no siblings.
      guard Int(rule.level) <= scope, !across.contains(Int(rule.level)) else { return nil }
      let isObeyed = all.contains {
        !$0.isSibling && $0.window == 1 && $0.next == rule.next && $0.level <= rule.level && $0.latency >= rule.latency
      }
      return isObeyed && rule.level > 0
        ? Rule(level: rule.level - 1, next: rule.next, latency: rule.latency, window: 1, isSibling: false) : rule
    }
    func isCovered(_ rule: Rule, by other: Rule) -> Bool {
      other.next == rule.next && other.window <= rule.window && !other.isSibling && !rule.isSibling
        && other.level <= rule.level && other.latency >= rule.latency
    }
    return all.indices.filter { index in
      !all.indices.contains { other in
        other != index && isCovered(all[index], by: all[other])
          && (other < index || !isCovered(all[other], by: all[index]))
      }
    }.map { all[$0] }
  }

  /// What a command with this scope covers around a bank.
  func target(scope: Int, across: [Int], around bank: Int) -> Target {
    let home = (0..<levelCount).map { Int(path[bank * levelCount + $0]) }
    let named = (0..<levelCount).map { level in level <= scope && !across.contains(level) }
    let banks = (0..<bankCount).filter { other in
      (0..<levelCount).allSatisfy { level in
        // The index within the parent must agree where it is named.
        !named[level]
          || (Int(path[other * levelCount + level]) - levelBase[level]) % levelSizes[level]
            == (home[level] - levelBase[level]) % levelSizes[level]
      }
    }
    let nodes = (0..<levelCount).map { level in
      var list: [Int] = []
      for other in banks {
        let node = Int(path[other * levelCount + level])
        if !list.contains(node) { list.append(node) }
      }
      return list
    }
    return Target(banks: banks, nodes: nodes, named: named.indices.map { named[$0] ? home[$0] : -1 })
  }
}
