/// How many reads took how many cycles. Exact below 65,536 cycles; beyond, in steps of one part in 32.
public struct LatencyHistogram: Sendable {
  private static let exact = 1 << 16
  private static let stepBits = 5
  private var counts: [Int64] = Array(repeating: 0, count: exact)
  private var large: [Int64] = Array(repeating: 0, count: 48 << stepBits)
  public private(set) var count: Int64 = 0
  public private(set) var sum: Int64 = 0
  public private(set) var maximum: Int64 = 0

  public init() {}

  /// - Parameter cycles: not negative.
  mutating func note(_ cycles: Int64) {
    count += 1
    sum += cycles
    maximum = max(maximum, cycles)
    if cycles < Int64(Self.exact) { counts[Int(cycles)] += 1 } else { large[Self.bucket(cycles)] += 1 }
  }

  private static func bucket(_ cycles: Int64) -> Int {
    let magnitude = 63 - cycles.leadingZeroBitCount
    let step = Int(cycles >> Int64(magnitude - stepBits)) & (1 << stepBits - 1)
    return (magnitude - 16) << stepBits | step
  }

  /// The largest latency that falls into a bucket.
  private static func top(_ bucket: Int) -> Int64 {
    let magnitude = bucket >> stepBits + 16
    let step = Int64(bucket & (1 << stepBits - 1))
    return (1 << Int64(stepBits) + step + 1) << Int64(magnitude - stepBits) - 1
  }

  /// The mean in cycles; `nil` without reads.
  public var mean: Double? { count > 0 ? Double(sum) / Double(count) : nil }

  /// The smallest latency that so many percent of the reads do not exceed; `nil` without reads.
  public func percentile(_ percent: Int) -> Int64? {
    guard count > 0 else { return nil }
    let wanted = (count * Int64(percent) + 99) / 100
    var seen: Int64 = 0
    for (cycles, reads) in counts.enumerated() where reads > 0 {
      seen += reads
      if seen >= wanted { return Int64(cycles) }
    }
    for (bucket, reads) in large.enumerated() where reads > 0 {
      seen += reads
      if seen >= wanted { return min(Self.top(bucket), maximum) }
    }
    return maximum
  }

  /// Latencies that occurred, with their counts; beyond the exact ones the top of each step.
  public var entries: [(cycles: Int64, reads: Int64)] {
    counts.enumerated().filter { $0.element > 0 }.map { (Int64($0.offset), $0.element) }
      + large.enumerated().filter { $0.element > 0 }.map { (min(Self.top($0.offset), maximum), $0.element) }
  }

  mutating func add(_ other: LatencyHistogram) {
    for index in counts.indices { counts[index] += other.counts[index] }
    for index in large.indices { large[index] += other.large[index] }
    count += other.count
    sum += other.sum
    maximum = max(maximum, other.maximum)
  }
}
