import DRAM

/// First cycles at which commands may go in one channel, kept node by node as the semantics of constraints are stated:
/// nothing is merged, skipped or worked out beforehand.
struct ClockedTiming {
  private struct Rule {
    let level: Int
    let next: [Int]
    let latency: Int64
    let window: Int
    let sibling: Bool
  }

  private let sizes: [Int]
  private let scopes: [Int]
  private let commandCount: Int
  /// Banks of one node, by level; the channel is level 0.
  private let banks: [Int]
  private let rules: [[Rule]]
  private let windows: [[Int]]
  /// By level, then node × commands + command.
  private var first: [[Int64]]
  /// By command, level and node, the newest issue first.
  private var issues: [[[[Int64]]]]

  init(_ device: DeviceDescription) {
    sizes = device.levelSizes
    commandCount = device.commands.count
    let levels = device.levels.count
    scopes = device.commands.map { $0.scope ?? levels - 1 }
    banks = (0..<levels).map { device.levelSizes[($0 + 1)...].reduce(1, *) }
    rules = device.commands.indices.map { command in
      device.constraints.filter { $0.previous.contains(command) }.map {
        Rule(level: $0.level, next: $0.next, latency: $0.latency, window: $0.window, sibling: $0.sibling)
      }
    }
    windows = rules.map { rules in
      (0..<levels).map { level in rules.filter { $0.level == level && !$0.sibling }.map(\.window).max() ?? 0 }
    }
    let nodes = banks.map { [whole = banks[0]] in whole / $0 }
    first = nodes.map { [commandCount] in Array(repeating: 0, count: $0 * commandCount) }
    issues = device.commands.map { _ in nodes.map { Array(repeating: [], count: $0) } }
  }

  /// The nodes of a level that a command to a bank covers.
  private func nodes(_ command: Int, _ bank: Int, _ level: Int) -> Range<Int> {
    let covered = self.covered(command, bank)
    return covered.lowerBound / banks[level]..<(covered.upperBound - 1) / banks[level] + 1
  }

  /// The banks that a command covers.
  func covered(_ command: Int, _ bank: Int) -> Range<Int> {
    let size = banks[scopes[command]]
    return bank / size * size..<(bank / size + 1) * size
  }

  func isReady(_ command: Int, _ bank: Int, at cycle: Int64) -> Bool {
    for level in sizes.indices {
      for node in nodes(command, bank, level) where first[level][node * commandCount + command] > cycle {
        return false
      }
    }
    return true
  }

  mutating func issue(_ command: Int, _ bank: Int, at cycle: Int64) {
    for level in sizes.indices where windows[command][level] > 0 {
      for node in nodes(command, bank, level) {
        issues[command][level][node].insert(cycle, at: 0)
        if issues[command][level][node].count > windows[command][level] { issues[command][level][node].removeLast() }
      }
    }
    for rule in rules[command] {
      for node in nodes(command, bank, rule.level) {
        if rule.sibling {
          // A command addresses the levels down to its scope.
          guard rule.level <= scopes[command], rule.level > 0 else { continue }
          let parent = node / sizes[rule.level] * sizes[rule.level]
          for other in parent..<parent + sizes[rule.level] where other != node {
            raise(rule, other, cycle + rule.latency)
          }
        } else if issues[command][rule.level][node].count >= rule.window {
          raise(rule, node, issues[command][rule.level][node][rule.window - 1] + rule.latency)
        }
      }
    }
  }

  private mutating func raise(_ rule: Rule, _ node: Int, _ cycle: Int64) {
    for next in rule.next {
      let index = node * commandCount + next
      if first[rule.level][index] < cycle { first[rule.level][index] = cycle }
    }
  }
}
