import Arch
import Testing

/// A part that adds up what it is given, and forgets all but the last.
private struct Adder: LockstepReplica {
  struct Tally: FoldTally, Equatable {
    var sum: Int64 = 0
    var cleared: Tally { Tally() }
    mutating func add(_ other: Tally, times: Int64, first: FoldShift, step: FoldShift) { sum += times * other.sum }
  }

  var number: Int
  var tally = Tally()
  var last: Int64 = 0

  mutating func take(_ value: Int64) {
    tally.sum += value
    last = value
  }

  func isInLockstep(with other: Adder, at cycle: Int64) -> Bool { last == other.last }
  func isAlike(_ other: Adder, at cycle: Int64, later cycles: Int64) -> Bool { last == other.last }
  mutating func count(_ done: Tally, times: Int64, first: FoldShift, step: FoldShift) { tally.sum += times * done.sum }
  mutating func adopt(_ stretch: FoldedStretch<Adder>, _ shift: FoldShift) { last = stretch.after.last }
}

@Suite struct LockstepTests {
  @Test(arguments: [true, false]) func eachHasDoneItsOwn(_ together: Bool) {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    let count = 7
    var groups = LockstepGroups((0..<count).map { Adder(number: $0) })
    if !together { groups.separate() }
    var sums = Array(repeating: Int64(0), count: count)
    var largest = 0
    for step in 0..<200 {
      let values = (0..<count).map { _ in Int64.random(in: 0...(step % 3 == 0 ? 1 : 0), using: &random) }
      groups.split { Int(values[$0]) }
      for position in groups.groups.indices {
        #expect(groups.groups[position].replica.number == groups.groups[position].members[0])
        groups.groups[position].replica.take(values[groups.groups[position].members[0]] + 1)
      }
      for number in 0..<count { sums[number] += values[number] + 1 }
      groups.merge(at: Int64(step))
      largest = max(largest, groups.groups.count)
      #expect(groups.groups.flatMap(\.members).sorted() == Array(0..<count))
      if step % 3 == 2 { #expect(groups.groups.count == (together ? 1 : count)) }
    }
    #expect(largest > 1)
    #expect((0..<count).map { groups.tally(of: $0).sum } == sums, "seed \(seed)")
  }
}
