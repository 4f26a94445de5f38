import Arch
import Testing

/// A machine that is small enough to see through: jobs of several kinds, a resource that is busy for a while after each,
/// and a disturbance that falls due every so often and goes between two jobs.
private struct Machine: Foldable {
  struct Tally: FoldTally, Equatable {
    var jobs: Int64 = 0
    var disturbances: Int64 = 0
    var digest = EventDigest()

    var cleared: Tally { Tally() }

    mutating func add(_ other: Tally, times: Int64, first: FoldShift, step: FoldShift) {
      jobs += times * other.jobs
      disturbances += times * other.disturbances
      let span = other.digest.repeated(times, later: step.cycles, further: step.addresses)
      digest.append(span, later: first.cycles, further: first.addresses)
    }
  }

  static let interval: Int64 = 97
  var now: Int64 = 0
  /// When the resource is free; what has passed is no difference.
  var ready: Int64 = 0
  var fired: Int64 = 0
  var tally = Tally()
  var window = PhaseWindow()
  var firedBefore: Int64 = 0

  var due: Int64 { (fired + 1) * Self.interval }

  /// Does a job at an address; a disturbance that is due by its start goes first.
  mutating func work(_ kind: Int64, at address: Int64) {
    var start = max(now, ready)
    let passed = (fired - firedBefore) * Self.interval
    if due <= start {
      // Due before the machine was free: how long before does not matter.
      if due <= now { window.wasDue(by: now - passed) } else { window.matters() }
      let begin = max(due, now)
      tally.digest.add(at: begin, address: -1, 9)
      tally.disturbances += 1
      fired += 1
      start = max(start, begin + 11)
    } else {
      window.wasNotDue(by: start - passed)
    }
    tally.digest.add(at: start, address: address, UInt64(kind))
    tally.jobs += 1
    now = start + 1 + kind
    ready = start + 1 + 3 * kind
  }

  func isAlike(_ other: Machine, at cycle: Int64, later cycles: Int64) -> Bool {
    now == other.now + cycles && max(ready, cycle) == max(other.ready + cycles, cycle)
  }

  mutating func count(_ done: Tally, times: Int64, first: FoldShift, step: FoldShift) {
    tally.add(done, times: times, first: first, step: step)
  }

  mutating func adopt(_ stretch: FoldedStretch<Machine>, _ shift: FoldShift) {
    now = stretch.after.now + shift.cycles
    if stretch.after.ready != stretch.before.ready { ready = stretch.after.ready + shift.cycles }
    fired += stretch.after.fired - stretch.before.fired
  }
}

@Suite struct FoldMemoTests {
  /// Runs of equal jobs at ascending addresses, with and without a memory of what was done.
  @Test func foldingIsInvisible() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    for _ in 0..<200 {
      let runs = (0..<20).map { _ in
        (kind: Int64.random(in: 0...4, using: &random), count: Int64.random(in: 1...30, using: &random))
      }
      var slow = Machine()
      var fast = Machine()
      var memo = FoldMemo<Int64, Machine>()
      var folded: Int64 = 0
      for (number, run) in runs.enumerated() {
        let first = Int64(number) * 1000
        for job in 0..<run.count { slow.work(run.kind, at: first + job) }
        var job: Int64 = 0
        while job < run.count {
          let done = memo.pass(
            &fast, through: run.kind, at: fast.now, address: first + job, due: fast.due, horizon: .max,
            atMost: run.count - job)
          job += done
          folded += done
          guard done == 0 else { continue }
          let before = fast
          fast.tally = Machine.Tally()
          fast.window = PhaseWindow()
          fast.firedBefore = fast.fired
          fast.work(run.kind, at: first + job)
          memo.learn(
            run.kind, before: before, after: fast, tally: fast.tally, window: fast.window,
            start: FoldShift(cycles: before.now, addresses: first + job),
            step: FoldShift(cycles: fast.now - before.now, addresses: 1), followsItself: true)
          let own = fast.tally
          fast.tally = before.tally
          fast.tally.add(own)
          job += 1
        }
        #expect(fast.now == slow.now && fast.fired == slow.fired, "seed \(seed)")
        #expect(max(fast.ready, fast.now) == max(slow.ready, slow.now), "seed \(seed)")
        #expect(fast.tally == slow.tally, "seed \(seed)")
      }
      #expect(folded > slow.tally.jobs / 4, "seed \(seed): nothing to speak of was folded")
    }
  }

  /// What lies beyond the horizon is not taken over.
  @Test func theHorizonEndsAStretch() {
    var machine = Machine()
    var memo = FoldMemo<Int64, Machine>()
    let before = machine
    machine.work(2, at: 0)
    memo.learn(
      2, before: before, after: machine, tally: machine.tally, window: machine.window,
      start: FoldShift(cycles: 0, addresses: 0), step: FoldShift(cycles: machine.now, addresses: 1),
      followsItself: true)
    var again = Machine()
    #expect(memo.pass(&again, through: 2, at: 0, address: 0, due: 97, horizon: 2, atMost: 5) == 0)
    #expect(memo.pass(&again, through: 2, at: 0, address: 0, due: 97, horizon: 3, atMost: 5) == 1)
    #expect(again.now == machine.now && again.tally == machine.tally)
    var unknown = Machine()
    #expect(memo.pass(&unknown, through: 3, at: 0, address: 0, due: 97, horizon: 99, atMost: 5) == 0)
  }
}
