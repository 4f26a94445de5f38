import Arch

/// When each command of one channel may go to each bank: the state that goes with a `ScheduleTable`.
package struct ScheduleTiming: ~Copyable {
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
  private let windowRules: UnsafeMutablePointer<ScheduleTable.WindowRule>
  private let rings: UnsafeMutablePointer<ScheduleTable.Ring>
  private let spans: UnsafeMutablePointer<ScheduleTable.RuleSpan>
  private let stride: Int
  let groupCount: Int
  private let bankCount: Int

  package init(_ table: ScheduleTable) {
    self.table = table
    groupOf = table.groupOf
    nodeOf = table.nodeOf
    rules = table.rules
    ruleStart = table.ruleStart
    simpleRules = table.simpleRules
    spreadRules = table.spreadRules
    windowRules = table.windowRules
    rings = table.rings
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
  package func earliest(_ command: Int, _ bank: Int) -> Int64 {
    let times = ready + command &* stride
    return max(times[Int(groupOf[bank])], times[groupCount &+ bank])
  }

  /// The first cycle at which a command that covers many banks may go.
  package func earliest(_ command: Int, _ target: ScheduleTable.Target) -> Int64 {
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
  package mutating func issue(_ command: Int, _ bank: Int, at cycle: Int64) {
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
      // A branch for each: vectors of this element type cost more than they save.
      var slot = 0
      while slot < spread.pointee.count {
        if slots[slot] < bound { slots[slot] = bound }
        slot &+= 1
      }
      spread += 1
    }
    if span.pointee.ring < span.pointee.ringEnd { issueCounted(command, bank, at: cycle) }
    if span.pointee.start < span.pointee.end { issueToSiblings(command, bank, at: cycle) }
  }

  /// Rules that count from further back than the last issue.
  private mutating func issueCounted(_ command: Int, _ bank: Int, at cycle: Int64) {
    let span = spans + command
    var rule = windowRules + span.pointee.window
    let end = windowRules + span.pointee.windowEnd
    while rule < end {
      let ring = rings + rule.pointee.ring
      apply(rule, ring, Int(ring.pointee.nodeOf[bank]))
      rule += 1
    }
    var ring = rings + span.pointee.ring
    let last = rings + span.pointee.ringEnd
    while ring < last {
      remember(ring, Int(ring.pointee.nodeOf[bank]), at: cycle)
      ring += 1
    }
  }

  @inline(never)
  private mutating func issueToSiblings(_ command: Int, _ bank: Int, at cycle: Int64) {
    for index in spans[command].start..<spans[command].end {
      let rule = rules[index]
      raiseSiblings(rule, Int(nodeOf[Int(rule.level) &* bankCount &+ bank]), to: cycle &+ rule.latency)
    }
  }

  /// Notes that `command` went to everything that `target` covers.
  package mutating func issue(_ command: Int, _ target: ScheduleTable.Target, at cycle: Int64) {
    for index in ruleStart[command]..<ruleStart[command + 1] {
      let rule = rules[index]
      if rule.isSibling && !target.isNamed[Int(rule.level)] { continue }
      for node in target.nodes[Int(rule.level)] {
        if rule.isSibling {
          raiseSiblings(rule, node, to: cycle + rule.latency)
        } else {
          raise(Int(rule.base), Int(rule.count), node, to: cycle + rule.latency)
        }
      }
    }
    for index in spans[command].window..<spans[command].windowEnd {
      let ring = rings + windowRules[index].ring
      for node in target.nodes[ring.pointee.level] { apply(windowRules + index, ring, node) }
    }
    for index in spans[command].ring..<spans[command].ringEnd {
      for node in target.nodes[rings[index].level] { remember(rings + index, node, at: cycle) }
    }
  }

  /// Writes a bound to all slots under a node.
  @inline(__always)
  private mutating func raise(_ base: Int, _ count: Int, _ node: Int, to cycle: Int64) {
    let slots = ready + (base &+ node &* count)
    var slot = 0
    while slot < count {
      if slots[slot] < cycle { slots[slot] = cycle }
      slot &+= 1
    }
  }

  private mutating func raiseSiblings(_ rule: ScheduleTable.Rule, _ node: Int, to cycle: Int64) {
    let size = table.levelSizes[Int(rule.level)]
    let first = node - node % size
    for sibling in first..<(first + size) where sibling != node {
      raise(Int(rule.base), Int(rule.count), sibling, to: cycle)
    }
  }

  /// The present issue is remembered only after all rules.
  @inline(__always)
  private mutating func apply(
    _ rule: UnsafeMutablePointer<ScheduleTable.WindowRule>, _ ring: UnsafeMutablePointer<ScheduleTable.Ring>,
    _ node: Int
  ) {
    let start = ring.pointee.start(node)
    let count = history[start]
    guard count >= rule.pointee.back else { return }
    let since = history[start &+ 1 &+ Int((count &- rule.pointee.back) & ring.pointee.mask)]
    raise(rule.pointee.base, rule.pointee.count, node, to: since &+ rule.pointee.latency)
  }

  @inline(__always)
  private mutating func remember(_ ring: UnsafeMutablePointer<ScheduleTable.Ring>, _ node: Int, at cycle: Int64) {
    let start = ring.pointee.start(node)
    let count = history[start]
    history[start &+ 1 &+ Int(count & ring.pointee.mask)] = cycle
    history[start] = count &+ 1
  }
}
