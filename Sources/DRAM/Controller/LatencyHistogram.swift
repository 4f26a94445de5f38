/// Counts of latencies while a run goes on: exact below 65,536 cycles; beyond, in steps of one part in 32.
struct LatencyCounts: ~Copyable {
  private static let exact = 1 << 16
  private static let stepBits = 5
  private static let size = exact + 48 << stepBits
  private var counts: UnsafeMutablePointer<Int64>
  /// How many there are so far; the rest are 0.
  private(set) var count = 0
  /// Latencies below are counted at their own number.
  private var near: Int64 = 0

  init() {
    counts = .allocate(capacity: 1)
    reserve(1 << 10)
  }

  deinit { counts.deallocate() }

  private mutating func reserve(_ count: Int) {
    let old = counts
    counts = .allocate(capacity: count)
    counts.update(from: old, count: self.count)
    (counts + self.count).initialize(repeating: 0, count: count - self.count)
    old.deallocate()
    self.count = count
    near = Int64(min(count, Self.exact))
  }

  mutating func copyState(of other: borrowing LatencyCounts) {
    if count < other.count { reserve(other.count) }
    counts.update(from: other.counts, count: other.count)
    (counts + other.count).update(repeating: 0, count: count - other.count)
  }

  subscript(_ index: Int) -> Int64 { counts[index] }

  /// - Parameter cycles: not negative.
  @inline(__always)
  mutating func note(_ cycles: Int64) {
    if cycles < near { counts[Int(truncatingIfNeeded: cycles)] &+= 1 } else { noteFar(cycles) }
  }

  private mutating func noteFar(_ cycles: Int64) {
    let index = cycles < Int64(Self.exact) ? Int(cycles) : Self.bucket(cycles)
    while index >= count { reserve(min(2 * count, Self.size)) }
    counts[index] += 1
  }

  private static func bucket(_ cycles: Int64) -> Int {
    let magnitude = 63 - cycles.leadingZeroBitCount
    let step = Int(cycles >> Int64(magnitude - stepBits)) & (1 << stepBits - 1)
    return exact + ((magnitude - 16) << stepBits | step)
  }

  /// The largest latency that is counted at an index.
  static func top(_ index: Int) -> Int64 {
    guard index >= exact else { return Int64(index) }
    let magnitude = (index - exact) >> stepBits + 16
    let step = Int64((index - exact) & (1 << stepBits - 1))
    return (1 << Int64(stepBits) + step + 1) << Int64(magnitude - stepBits) - 1
  }
}

/// How many reads took how many cycles. Exact below 65,536 cycles; beyond, to one part in 32.
public struct LatencyHistogram: Sendable {
  /// Latencies that occurred, ascending, with the reads that took so long.
  public private(set) var entries: [(cycles: Int64, reads: Int64)] = []
  public private(set) var count: Int64 = 0
  public private(set) var sum: Int64 = 0
  public private(set) var maximum: Int64 = 0

  public init() {}

  init(_ counts: borrowing LatencyCounts, sum: Int64, maximum: Int64) {
    self.sum = sum
    self.maximum = maximum
    for index in 0..<counts.count where counts[index] > 0 {
      entries.append((min(LatencyCounts.top(index), maximum), counts[index]))
      count += counts[index]
    }
  }

  /// The mean in cycles; `nil` without reads.
  public var mean: Double? { count > 0 ? Double(sum) / Double(count) : nil }

  /// The smallest latency that so many percent of the reads do not exceed; `nil` without reads.
  public func percentile(_ percent: Int) -> Int64? {
    guard count > 0 else { return nil }
    let wanted = (count * Int64(percent) + 99) / 100
    var seen: Int64 = 0
    for entry in entries {
      seen += entry.reads
      if seen >= wanted { return entry.cycles }
    }
    return maximum
  }

  /// Both together.
  public func merged(with other: LatencyHistogram) -> LatencyHistogram {
    var result = LatencyHistogram()
    result.sum = sum + other.sum
    result.count = count + other.count
    result.maximum = max(maximum, other.maximum)
    var (mine, theirs) = (entries[...], other.entries[...])
    while let next = [mine.first?.cycles, theirs.first?.cycles].compactMap(\.self).min() {
      var reads: Int64 = 0
      if mine.first?.cycles == next { reads += mine.removeFirst().reads }
      if theirs.first?.cycles == next { reads += theirs.removeFirst().reads }
      result.entries.append((next, reads))
    }
    return result
  }
}
