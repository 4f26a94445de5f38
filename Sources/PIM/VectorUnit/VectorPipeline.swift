import Arch

/// The arithmetic of a vector unit, cycle by cycle: groups of elements in flight over an array of adders and an array
/// of multipliers, fed from an SRAM.
///
/// In each cycle at most one group starts (when its operands are read), and each array takes the oldest groups whose
/// next operation is ready, as many as it has lanes for. An operation's result is ready after the array's latency.
package struct VectorPipeline: Sendable {
  package struct Spec: Hashable, Sendable {
    package let adders: Int64
    package let multipliers: Int64
    package let adderLatency: Int64
    package let multiplierLatency: Int64
    /// Groups that may be in flight.
    package let window: Int
    package let elementBytes: Int64

    package init(
      adders: Int64, multipliers: Int64, adderLatency: Int64, multiplierLatency: Int64, window: Int,
      elementBytes: Int64
    ) {
      self.adders = adders
      self.multipliers = multipliers
      self.adderLatency = adderLatency
      self.multiplierLatency = multiplierLatency
      self.window = window
      self.elementBytes = elementBytes
    }

    /// Elements of one group: what the smaller array takes in a cycle.
    var groupSize: Int64 { min(adders, multipliers) }
    var addGroups: Int { Int(adders / groupSize) }
    var multiplyGroups: Int { Int(multipliers / groupSize) }
  }

  private struct Group: Hashable {
    /// Its number in the sweep.
    var index: Int64
    var elements: Int64
    /// Position in the chain; beyond it the reduction, then the write.
    var next = 0
    /// First cycle at which the next operation can issue.
    var ready: Int64
    var isReduced = false
  }

  private struct Pace {
    var elements: Int64 = 0
    var groupsPerRow: Int64 = 1
    var groups: Int64 = 0
    var reads = 0
    var writes = 0
    var reduces = false
  }

  let spec: Spec
  package internal(set) var sram: SRAM
  /// The numbers, when they flow.
  package var values: VectorValues?
  private var sweeps: [VectorSweep] = []
  /// What the present sweep comes to in every cycle, worked out when it begins.
  private var pace = Pace()
  /// Arrays that the operations of the present sweep's chain occupy, one after the other.
  private var chain: [LaneOperation] = []
  private var sweep = 0
  private var flight: [Group] = []
  private var startedGroups: Int64 = 0
  var word: Int64 = 0
  /// Cycles of the combining adds that are left after the last group of a reducing sweep.
  private var combining: Int64 = -1
  var drainUntil: Int64 = 0

  /// Operations done, by element.
  package internal(set) var adds: Int64 = 0
  package internal(set) var multiplies: Int64 = 0

  package init(_ spec: Spec, sram: SRAM.Spec) {
    self.spec = spec
    self.sram = SRAM(sram)
  }

  package mutating func begin(_ sweeps: [VectorSweep]) {
    self.sweeps = sweeps
    sweep = 0
    startedGroups = 0
    combining = -1
    enterSweep()
  }

  private mutating func enterSweep() {
    guard sweep < sweeps.count else { return }
    let s = sweeps[sweep]
    let perRow = (s.elements + spec.groupSize - 1) / spec.groupSize
    pace = Pace(
      elements: s.elements, groupsPerRow: perRow, groups: s.rows * perRow, reads: s.reads, writes: s.writes,
      reduces: s.reduces)
    chain = s.chain.steps.map(\.function.array)
    values?.beginSweep(s)
  }

  package var isDone: Bool { sweep == sweeps.count }

  /// One cycle of a kernel. Returns whether anything was issued in it.
  package mutating func tick(_ cycle: Int64) -> Bool {
    var isActive = false
    retire(cycle)
    if startedGroups < pace.groups, flight.count < spec.window {
      isActive = start(cycle)
    }
    if issue(.add, cycle) { isActive = true }
    if issue(.multiply, cycle) { isActive = true }
    if combining > 0 { isActive = true }
    if startedGroups == pace.groups, flight.isEmpty { finishSweep(cycle) }
    return isActive
  }

  /// Reads the operands of the next group; it can issue in the cycle after its last read.
  private mutating func start(_ cycle: Int64) -> Bool {
    let inRow = startedGroups % pace.groupsPerRow
    let elements = min(spec.groupSize, pace.elements - inRow * spec.groupSize)
    var last = cycle - 1
    for _ in 0..<pace.reads { last = max(last, transfer(.read, elements, cycle)) }
    flight.append(Group(index: startedGroups, elements: elements, ready: last + 1))
    startedGroups += 1
    return true
  }

  /// Moves the words of one vector of a group; returns the cycle of the last access.
  private mutating func transfer(_ direction: SRAM.Direction, _ elements: Int64, _ cycle: Int64) -> Int64 {
    let words = (elements * spec.elementBytes + sram.spec.width.rawValue - 1) / sram.spec.width.rawValue
    var last = cycle
    for _ in 0..<words {
      last = max(last, sram.access(direction, word: word, from: cycle))
      word += 1
    }
    return last
  }

  private mutating func issue(_ operation: LaneOperation, _ cycle: Int64) -> Bool {
    var free = operation == .add ? spec.addGroups : spec.multiplyGroups
    let latency = operation == .add ? spec.adderLatency : spec.multiplierLatency
    var isActive = false
    for index in flight.indices where free > 0 && flight[index].ready <= cycle {
      let group = flight[index]
      if group.next < chain.count {
        guard chain[group.next] == operation else { continue }
        flight[index].next += 1
        flight[index].ready = cycle + latency
      } else if pace.reduces, !group.isReduced, operation == .add {
        // A tree over the group: all its lanes for a cycle, the result after as many adds as the tree is deep.
        flight[index].isReduced = true
        flight[index].ready = cycle + latency * Self.depth(group.elements)
      } else {
        continue
      }
      // A tree over n numbers is n − 1 additions.
      let isTree = group.next == chain.count
      if operation == .add { adds += group.elements - (isTree ? 1 : 0) } else { multiplies += group.elements }
      free -= 1
      isActive = true
    }
    return isActive
  }

  private mutating func retire(_ cycle: Int64) {
    var index = 0
    while index < flight.count {
      let group = flight[index]
      let isComplete = group.next == chain.count && (!pace.reduces || group.isReduced) && group.ready <= cycle
      guard isComplete else {
        index += 1
        continue
      }
      if values != nil { compute(group) }
      for _ in 0..<pace.writes { drainUntil = max(drainUntil, transfer(.write, group.elements, cycle) + 1) }
      flight.remove(at: index)
    }
  }

  /// After the last group: the rows' group results are combined, the writes finish, and the next sweep can begin.
  private mutating func finishSweep(_ cycle: Int64) {
    if combining < 0 {
      combining = pace.reduces ? combine() : 0
    }
    if combining > 0 {
      combining -= 1
      return
    }
    guard drainUntil <= cycle + 1 else { return }
    combining = -1
    startedGroups = 0
    values?.endSweep(sweeps[sweep])
    sweep += 1
    enterSweep()
  }

  private mutating func compute(_ group: Group) {
    let (row, inRow) = group.index.quotientAndRemainder(dividingBy: pace.groupsPerRow)
    let first = inRow * spec.groupSize
    values?.run(sweeps[sweep], row: row, group: Int(inRow), elements: first..<(first + group.elements))
  }

  /// Cycles of adding up the group results of every row, pair by pair: as many pairs per cycle as there are adders, a
  /// level only after the one below.
  private mutating func combine() -> Int64 {
    let rows = pace.groups / pace.groupsPerRow
    var cycles: Int64 = 0
    var left = pace.groupsPerRow
    while left > 1 {
      let pairs = rows * (left / 2)
      adds += pairs
      cycles += (pairs + spec.adders - 1) / spec.adders - 1 + spec.adderLatency
      left -= left / 2
    }
    return cycles
  }

  /// Levels of a binary tree over `count` numbers.
  private static func depth(_ count: Int64) -> Int64 {
    var levels: Int64 = 0
    while 1 << levels < count { levels += 1 }
    return max(levels, count > 1 ? 1 : 0)
  }

  /// Streams `bytes` through the SRAM from `cycle`; returns the cycle after the last access.
  mutating func stream(_ direction: SRAM.Direction, bytes: Int64, from cycle: Int64) -> Int64 {
    let words = (bytes + sram.spec.width.rawValue - 1) / sram.spec.width.rawValue
    var last = cycle
    for _ in 0..<words {
      last = max(last, sram.access(direction, word: word, from: cycle))
      word += 1
    }
    return last + 1
  }
}
