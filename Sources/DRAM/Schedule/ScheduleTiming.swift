import Arch

/// When each command of one channel may go to each bank: the state that goes with a `ScheduleTable`.
struct ScheduleTiming: ~Copyable {
  let table: ScheduleTable
  /// `command * stride + group`, and `command * stride + groupCount + bank` → first legal cycle.
  private let ready: UnsafeMutablePointer<Int64>
  private let history: UnsafeMutablePointer<Int64>
  let groupOf: UnsafeMutablePointer<Int32>
  private let nodeOf: UnsafeMutablePointer<Int32>
  private let rules: UnsafeMutablePointer<ScheduleTable.Rule>
  private let ruleStart: UnsafeMutablePointer<Int>
  private let simpleRules: UnsafeMutablePointer<ScheduleTable.SimpleRule>
  private let spreadRules: UnsafeMutablePointer<ScheduleTable.SpreadRule>
  private let spans: UnsafeMutablePointer<ScheduleTable.RuleSpan>
  private let stride: Int
  let groupCount: Int
  private let bankCount: Int

  init(_ table: ScheduleTable) {
    self.table = table
    groupOf = table.groupOf
    nodeOf = table.nodeOf
    rules = table.rules
    ruleStart = table.ruleStart
    simpleRules = table.simpleRules
    spreadRules = table.spreadRules
    spans = table.spans
    stride = table.stride
    groupCount = table.groupCount
    bankCount = table.bankCount
    ready = .allocate(capacity: table.stride * table.commandCount)
    ready.initialize(repeating: 0, count: table.stride * table.commandCount)
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
    let times = ready + command &* stride
    return max(times[Int(groupOf[bank])], times[groupCount &+ bank])
  }

  /// The first cycle at which a command that covers many banks may go.
  func earliest(_ command: Int, _ target: ScheduleTable.Target) -> Int64 {
    let times = ready + command * stride
    var best: Int64 = 0
    for group in target.groups { best = max(best, times[group]) }
    for bank in target.banks { best = max(best, times[groupCount + bank]) }
    return best
  }

  /// The times of one command: first those of the groups, then those of the banks.
  @inline(__always)
  func times(_ command: Int) -> UnsafeMutablePointer<Int64> { ready + command &* stride }

  /// Notes that `command` went to `bank`.
  @inline(__always)
  mutating func issue(_ command: Int, _ bank: Int, at cycle: Int64) {
    let span = spans + command
    let group = Int(groupOf[bank])
    var rule = simpleRules + span.pointee.groups
    let banks = simpleRules + span.pointee.banks
    while rule < banks {
      let slot = ready + (rule.pointee.base &+ group)
      slot.pointee = max(slot.pointee, cycle &+ rule.pointee.latency)
      rule += 1
    }
    let end = simpleRules + span.pointee.simpleEnd
    while rule < end {
      let slot = ready + (rule.pointee.base &+ bank)
      slot.pointee = max(slot.pointee, cycle &+ rule.pointee.latency)
      rule += 1
    }
    var spread = spreadRules + span.pointee.spread
    let spreadEnd = spreadRules + span.pointee.spreadEnd
    while spread < spreadEnd {
      let slots = ready + (spread.pointee.base &+ Int(spread.pointee.first[bank]))
      let bound = cycle &+ spread.pointee.latency
      for slot in 0..<spread.pointee.count { slots[slot] = max(slots[slot], bound) }
      spread += 1
    }
    if span.pointee.start < span.pointee.end { issueRest(command, bank, at: cycle) }
    if span.pointee.isRemembered {
      for level in 0..<table.levelCount where table.ringBase[level * table.commandCount + command] >= 0 {
        remember(level, Int(nodeOf[level * bankCount + bank]), command, at: cycle)
      }
    }
  }

  /// Rules with a window, and rules for siblings.
  @inline(never)
  private mutating func issueRest(_ command: Int, _ bank: Int, at cycle: Int64) {
    for index in spans[command].start..<spans[command].end {
      let rule = rules[index]
      let node = Int(nodeOf[Int(rule.level) &* bankCount &+ bank])
      raiseRarely(rule, node, command, at: cycle)
    }
  }

  /// Notes that `command` went to everything that `target` covers.
  mutating func issue(_ command: Int, _ target: ScheduleTable.Target, at cycle: Int64) {
    for index in ruleStart[command]..<ruleStart[command + 1] {
      let rule = rules[index]
      if rule.isSibling && !target.isNamed[Int(rule.level)] { continue }
      for node in target.nodes[Int(rule.level)] {
        if rule.window <= 1 && !rule.isSibling {
          raise(rule, node, to: cycle + rule.latency)
        } else {
          raiseRarely(rule, node, command, at: cycle)
        }
      }
    }
    for level in 0..<table.levelCount where table.ringBase[level * table.commandCount + command] >= 0 {
      for node in target.nodes[level] { remember(level, node, command, at: cycle) }
    }
  }

  /// Writes a bound to all slots under a node.
  @inline(__always)
  private mutating func raise(_ rule: ScheduleTable.Rule, _ node: Int, to cycle: Int64) {
    let count = Int(rule.count)
    let slots = ready + (Int(rule.base) &+ node &* count)
    var slot = 0
    repeat {
      slots[slot] = max(slots[slot], cycle)
      slot &+= 1
    } while slot < count
  }

  /// Rules with a window or for siblings. Windows count the present issue, which is remembered only after all rules.
  private mutating func raiseRarely(_ rule: ScheduleTable.Rule, _ node: Int, _ command: Int, at cycle: Int64) {
    let level = Int(rule.level)
    if rule.isSibling {
      let size = table.levelSizes[level]
      let first = node - node % size
      for sibling in first..<(first + size) where sibling != node { raise(rule, sibling, to: cycle + rule.latency) }
      return
    }
    let slot = level * table.commandCount + command
    let window = table.ringWindow[slot]
    let ring = table.ringBase[slot] + node * (window + 1)
    let back = Int64(rule.window) - 1
    let count = history[ring]
    guard count >= back else { return }
    raise(rule, node, to: history[ring + 1 + Int((count - back) % Int64(window))] + rule.latency)
  }

  private mutating func remember(_ level: Int, _ node: Int, _ command: Int, at cycle: Int64) {
    let slot = level * table.commandCount + command
    let window = table.ringWindow[slot]
    let ring = table.ringBase[slot] + node * (window + 1)
    history[ring + 1 + Int(history[ring] % Int64(window))] = cycle
    history[ring] += 1
  }
}
