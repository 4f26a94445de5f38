import Arch
import Testing

/// A digest of a stretch that is moved or repeated is the digest of the log that would have been written.
@Suite struct EventDigestTests {
  private struct Event {
    let cycle: Int64
    let address: Int64
    let what: UInt64
  }

  private func events(_ count: Int, _ random: inout SplitMix64) -> [Event] {
    var cycle = Int64.random(in: 0...1000, using: &random)
    return (0..<count).map { _ in
      cycle += Int64.random(in: 0...50, using: &random)
      return Event(
        cycle: cycle, address: Bool.random(using: &random) ? -1 : Int64.random(in: 500...600, using: &random),
        what: UInt64.random(in: 0..<1 << 60, using: &random))
    }
  }

  private func log(_ events: [Event], later: Int64 = 0, further: Int64 = 0, into digest: inout EventDigest) {
    for event in events {
      digest.add(
        at: event.cycle + later, address: event.address < 0 ? -1 : event.address + further, event.what)
    }
  }

  @Test func movedAndRepeatedStretches() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    for _ in 0..<100 {
      let stretch = events(Int.random(in: 0...20, using: &random), &random)
      let before = events(Int.random(in: 0...5, using: &random), &random)
      let (later, further) = (Int64.random(in: 0...9999, using: &random), Int64.random(in: -400...400, using: &random))
      let (step, rows) = (Int64.random(in: 0...5000, using: &random), Int64.random(in: 0...9, using: &random))
      let times = Int64.random(in: 0...40, using: &random)
      var expected = EventDigest()
      log(before, into: &expected)
      for time in 0..<times {
        log(stretch, later: later + time * step, further: further + time * rows, into: &expected)
      }
      var span = EventDigest()
      log(stretch, into: &span)
      var got = EventDigest()
      log(before, into: &got)
      got.append(span.repeated(times, later: step, further: rows), later: later, further: further)
      #expect(got == expected, "seed \(seed)")
      // What follows is alike too.
      log(before, into: &expected)
      log(before, into: &got)
      #expect(got == expected, "seed \(seed)")
    }
  }

  @Test(arguments: [0, 1, 2, 64, 255, 256, 257, 1000]) func runsAreTheirEvents(_ count: Int64) {
    var expected = EventDigest()
    var got = EventDigest()
    expected.add(7)
    got.add(7)
    for index in 0..<count { expected.add(at: 100 + 3 * index, address: 8, 40 + 5 * UInt64(index)) }
    got.addRun(of: count, at: 100, every: 3, address: 8, 40, step: 5)
    #expect(got == expected)
  }

  @Test func everyFieldCounts() {
    func digest(_ cycle: Int64, _ address: Int64, _ what: UInt64) -> EventDigest {
      var digest = EventDigest()
      digest.add(at: cycle, address: address, what)
      return digest
    }
    let one = digest(5, 6, 7)
    for other in [digest(6, 6, 7), digest(5, 7, 7), digest(5, 6, 8), digest(5, -1, 7), digest(6, 5, 7)] {
      #expect(other.value != one.value)
    }
    // A word of zero, and one beyond the prime, are words.
    var zeros = EventDigest()
    zeros.add(0)
    #expect(zeros.value != EventDigest().value)
    var large = EventDigest()
    large.add(.max)
    #expect(large.value < 1 << 61)
  }
}
