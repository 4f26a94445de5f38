import Arch

/// The timing state of a memory: for each node of the hierarchy and each command the first cycle at which it may issue.
///
/// Asking and issuing cost the same however long the run has been. Constraint semantics are those of
/// `TimingConstraint`; a cycle is a tick of the device file, below 2^46.
public struct CommandTiming: Sendable {
  public let table: ConstraintTable
  /// `node * commandCount + command` → first legal cycle in the high 48 bits, rule id + 1 in the low 16.
  var ready: [Int64]
  var history: [Int64]
  /// No command waits beyond this cycle for a rule of the top level, and for one of the levels below.
  var latest: Int64 = 0
  var latestBelow: Int64 = 0

  static let idBits: Int64 = 16
  private static let idMask: Int64 = 0xFFFF

  /// What `bound` found.
  public struct Bound: Hashable, Sendable {
    public let cycle: Int64
    /// The constraint that sets it; −1 when nothing has bound yet.
    public let constraint: Int
  }

  public init(_ table: ConstraintTable) {
    self.table = table
    ready = Array(repeating: 0, count: table.nodeCount * table.commandCount)
    history = Array(repeating: 0, count: table.historySize)
  }

  /// The first cycle at which `command` may go to `address`, and the constraint that sets it.
  @inline(__always)
  public func bound(_ command: Int, _ address: CommandAddress) -> Bound {
    let levels = table.levelsAsNext[command]
    // Commands that cover a whole channel are bound at the top alone: one look.
    let entry =
      levels == 1 && address.indices[0] >= 0
      ? ready[Int(address.indices[0]) * table.commandCount + command] : boundInTree(command, levels, address)
    return Bound(cycle: entry >> Self.idBits, constraint: Int(entry & Self.idMask) - 1)
  }

  @inline(never)
  private func boundInTree(_ command: Int, _ levels: UInt8, _ address: CommandAddress) -> Int64 {
    var best: Int64 = 0
    for level in 0..<table.levelCount where levels & 1 << UInt8(level) != 0 {
      let nodes = coveredNodes(level, address)
      for node in nodes.range where nodes.isFull || covers(address, level, node) {
        let entry = ready[(table.levelBase[level] + node) * table.commandCount + command]
        if entry >> Self.idBits > best >> Self.idBits { best = entry }
      }
    }
    return best
  }

  /// The first cycle at which `command` may go to `address`.
  @inline(__always)
  public func earliest(_ command: Int, _ address: CommandAddress) -> Int64 { bound(command, address).cycle }

  /// Notes that `command` went to `address` at `cycle`.
  @inline(__always)
  public mutating func issue(_ command: Int, _ address: CommandAddress, at cycle: Int64) {
    if table.raisesTopOnly[command] && address.indices[0] >= 0 {
      issueAtTop(command, Int(address.indices[0]), cycle)
    } else {
      issueInTree(command, address, cycle)
    }
  }

  private mutating func issueAtTop(_ command: Int, _ node: Int, _ cycle: Int64) {
    let (rules, start, end) = (table.rules, table.ruleStart[command], table.ruleStart[command + 1])
    let base = node * table.commandCount
    var latest = self.latest
    defer { self.latest = latest }
    ready.withUnsafeMutableBufferPointer { ready in
      for index in start..<end {
        let next = cycle + rules[index].latency
        if next > latest { latest = next }
        let slot = base + Int(rules[index].next)
        if next > ready[slot] >> Self.idBits { ready[slot] = next << Self.idBits | Int64(rules[index].id + 1) }
      }
    }
  }

  /// Whether a run of `command` may be noted by its last issue alone: all its rules count from the last issue.
  public func isNotedByLast(_ command: Int) -> Bool { table.raisesTopOnly[command] }

  @inline(never)
  private mutating func issueInTree(_ command: Int, _ address: CommandAddress, _ cycle: Int64) {
    let levels = table.levelsAsPrevious[command]
    for level in 0..<table.levelCount where levels & 1 << UInt8(level) != 0 {
      let slot = level * table.commandCount + command
      let nodes = coveredNodes(level, address)
      for node in nodes.range where nodes.isFull || covers(address, level, node) {
        let ring = noteHistory(slot, node, cycle)
        for index in table.ruleStart[slot]..<table.ruleStart[slot + 1] {
          let rule = table.rules[index]
          if rule.sibling {
            guard address.indices[level] >= 0 else { continue }
            raiseSiblings(level, node, rule, cycle)
          } else if rule.window <= 1 {
            raise(level, node, rule, cycle + rule.latency)
          } else if let back = lookBack(slot, ring, Int(rule.window)) {
            raise(level, node, rule, back + rule.latency)
          }
        }
      }
    }
  }

  private mutating func raiseSiblings(_ level: Int, _ node: Int, _ rule: ConstraintTable.Rule, _ cycle: Int64) {
    let size = table.levelSizes[level]
    let first = node - node % size
    for sibling in first..<(first + size) where sibling != node {
      raise(level, sibling, rule, cycle + rule.latency)
    }
  }

  @inline(__always)
  private mutating func raise(_ level: Int, _ node: Int, _ rule: ConstraintTable.Rule, _ cycle: Int64) {
    let slot = (table.levelBase[level] + node) * table.commandCount + Int(rule.next)
    if level == 0 { latest = max(latest, cycle) } else { latestBelow = max(latestBelow, cycle) }
    if cycle > ready[slot] >> Self.idBits { ready[slot] = cycle << Self.idBits | Int64(rule.id + 1) }
  }

  /// Appends to the ring of (level, command, node) where one is kept; returns where that ring starts.
  @inline(__always)
  private mutating func noteHistory(_ slot: Int, _ node: Int, _ cycle: Int64) -> Int {
    let base = table.historyBase[slot]
    guard base >= 0 else { return -1 }
    let window = table.longestWindow[slot]
    let ring = base + node * (window + 1)
    let count = history[ring]
    history[ring + 1 + Int(count) % window] = cycle
    history[ring] = count + 1
    return ring
  }

  /// The cycle of the `back`-th last issue, 1 being the present one; `nil` before there were that many.
  private func lookBack(_ slot: Int, _ ring: Int, _ back: Int) -> Int64? {
    let count = Int(history[ring])
    guard count >= back else { return nil }
    return history[ring + 1 + (count - back) % table.longestWindow[slot]]
  }

  /// The nodes of `level` that an address may cover: an exact range, or one that `covers` must filter.
  @inline(__always)
  private func coveredNodes(_ level: Int, _ address: CommandAddress) -> (range: Range<Int>, isFull: Bool) {
    var first = 0
    var count = 1
    var isOpen = false
    var isFull = true
    for depth in 0...level {
      let size = table.levelSizes[depth]
      let index = Int(address.indices[depth])
      if index >= 0 && !isOpen {
        first = first * size + index
      } else {
        if index >= 0 { isFull = false }
        isOpen = true
        first *= size
        count *= size
      }
    }
    return (first..<(first + count), isFull)
  }

  private func covers(_ address: CommandAddress, _ level: Int, _ node: Int) -> Bool {
    var rest = node
    for depth in stride(from: level, through: 0, by: -1) {
      let size = table.levelSizes[depth]
      let index = Int(address.indices[depth])
      if index >= 0 && index != rest % size { return false }
      rest /= size
    }
    return true
  }
}
