import Arch

/// When each command of one channel may go to each bank: the state that goes with a `ScheduleTable`.
struct ScheduleTiming: ~Copyable {
  let table: ScheduleTable
  /// `node * commandCount + command` → first legal cycle.
  private let ready: UnsafeMutablePointer<Int64>
  private let history: UnsafeMutablePointer<Int64>
  private let commandCount: Int
  private let levelCount: Int
  private let path: UnsafeMutablePointer<Int32>
  private let heldAt: UnsafeMutablePointer<Int32>

  init(_ table: ScheduleTable) {
    self.table = table
    commandCount = table.commandCount
    levelCount = table.levelCount
    path = table.path
    heldAt = table.heldAt
    ready = .allocate(capacity: max(table.nodeCount * table.commandCount, 1))
    ready.initialize(repeating: 0, count: max(table.nodeCount * table.commandCount, 1))
    history = .allocate(capacity: max(table.historySize, 1))
    history.initialize(repeating: 0, count: max(table.historySize, 1))
  }

  deinit {
    ready.deallocate()
    history.deallocate()
  }

  /// The first cycle at which `command` may go to `bank`.
  @inline(__always)
  func earliest(_ command: Int, _ bank: Int) -> Int64 {
    let levels = heldAt + command * (levelCount + 1)
    let nodes = path + bank * levelCount
    var best: Int64 = 0
    for slot in 0..<Int(levels[0]) {
      best = max(best, ready[Int(nodes[Int(levels[slot + 1])]) * commandCount + command])
    }
    return best
  }

  /// The first cycle at which a command that covers many banks may go.
  func earliest(_ command: Int, _ target: ScheduleTable.Target) -> Int64 {
    let levels = heldAt + command * (levelCount + 1)
    var best: Int64 = 0
    for slot in 0..<Int(levels[0]) {
      for node in target.nodes[Int(levels[slot + 1])] { best = max(best, ready[node * commandCount + command]) }
    }
    return best
  }

  /// Notes that `command` went to `bank`.
  @inline(__always)
  mutating func issue(_ command: Int, _ bank: Int, at cycle: Int64) {
    let nodes = path + bank * levelCount
    let rules = table.rules
    for index in table.ruleStart[command]..<table.ruleStart[command + 1] {
      let rule = rules[index]
      let node = Int(nodes[Int(rule.level)])
      if rule.window <= 1 && !rule.isSibling {
        let slot = node * commandCount + Int(rule.next)
        ready[slot] = max(ready[slot], cycle &+ rule.latency)
      } else {
        raiseRarely(rule, node, command, at: cycle)
      }
    }
    noteHistory(command, at: cycle) { Int(nodes[$0]) }
  }

  /// Notes that `command` went to everything that `target` covers.
  mutating func issue(_ command: Int, _ target: ScheduleTable.Target, at cycle: Int64) {
    for index in table.ruleStart[command]..<table.ruleStart[command + 1] {
      let rule = table.rules[index]
      if rule.isSibling && target.named[Int(rule.level)] < 0 { continue }
      for node in target.nodes[Int(rule.level)] {
        if rule.window <= 1 && !rule.isSibling {
          let slot = node * commandCount + Int(rule.next)
          ready[slot] = max(ready[slot], cycle + rule.latency)
        } else {
          raiseRarely(rule, node, command, at: cycle)
        }
      }
    }
    for level in 0..<levelCount where table.ringBase[level * commandCount + command] >= 0 {
      for node in target.nodes[level] { note(level, node, command, at: cycle) }
    }
  }

  /// Rules with a window or for siblings. Windows count the present issue, which is noted only after all rules.
  @inline(never)
  private mutating func raiseRarely(_ rule: ScheduleTable.Rule, _ node: Int, _ command: Int, at cycle: Int64) {
    let level = Int(rule.level)
    let next = Int(rule.next)
    if rule.isSibling {
      let size = table.levelSizes[level]
      let first = node - (node - table.levelBase[level]) % size
      for sibling in first..<(first + size) where sibling != node {
        let slot = sibling * commandCount + next
        ready[slot] = max(ready[slot], cycle + rule.latency)
      }
      return
    }
    let slot = level * commandCount + command
    let window = table.ringWindow[slot]
    let ring = table.ringBase[slot] + (node - table.levelBase[level]) * (window + 1)
    let back = Int64(rule.window) - 1
    let count = history[ring]
    guard count >= back else { return }
    let since = history[ring + 1 + Int((count - back) % Int64(window))]
    let target = node * commandCount + next
    ready[target] = max(ready[target], since + rule.latency)
  }

  @inline(__always)
  private mutating func noteHistory(_ command: Int, at cycle: Int64, _ node: (Int) -> Int) {
    for level in 0..<levelCount where table.ringBase[level * commandCount + command] >= 0 {
      note(level, node(level), command, at: cycle)
    }
  }

  private mutating func note(_ level: Int, _ node: Int, _ command: Int, at cycle: Int64) {
    let slot = level * commandCount + command
    let window = table.ringWindow[slot]
    let ring = table.ringBase[slot] + (node - table.levelBase[level]) * (window + 1)
    history[ring + 1 + Int(history[ring] % Int64(window))] = cycle
    history[ring] += 1
  }
}
