/// An on-chip memory with banks and ports: each port of each bank serves one access of up to its width per cycle.
public struct SRAM: Hashable, Sendable {
  public struct Spec: Hashable, Sendable {
    public let capacity: Bytes
    public let banks: Int
    /// Ports of each bank that read, or write, one word in a cycle.
    public let readPorts: Int
    public let writePorts: Int
    /// Bytes per access.
    public let width: Bytes

    public init(capacity: Bytes, banks: Int, readPorts: Int, writePorts: Int, width: Bytes) {
      precondition(banks >= 1 && readPorts >= 1 && writePorts >= 1 && width.rawValue >= 1, "an SRAM serves accesses")
      self.capacity = capacity
      self.banks = banks
      self.readPorts = readPorts
      self.writePorts = writePorts
      self.width = width
    }
  }

  public enum Direction: Int, Hashable, Sendable { case read = 0, write = 1 }

  public let spec: Spec
  /// First cycle at which each port is free: reads of all banks, then writes of all banks.
  private var free: [Int64]
  public private(set) var reads: Int64 = 0
  public private(set) var writes: Int64 = 0
  /// Cycles that accesses waited because all ports of their bank were taken.
  public private(set) var conflictCycles: Int64 = 0

  public init(_ spec: Spec) {
    self.spec = spec
    free = Array(repeating: 0, count: spec.banks * (spec.readPorts + spec.writePorts))
  }

  /// The first cycle, not before `cycle`, at which the bank of word `word` can serve the access; words interleave over
  /// the banks. Asking changes nothing.
  public func earliest(_ direction: Direction, word: Int64, from cycle: Int64) -> Int64 {
    max(cycle, free[port(direction, word)])
  }

  /// Performs the access at its earliest cycle and returns that cycle.
  public mutating func access(_ direction: Direction, word: Int64, from cycle: Int64) -> Int64 {
    let port = port(direction, word)
    let start = max(cycle, free[port])
    conflictCycles += start - cycle
    free[port] = start + 1
    if direction == .read { reads += 1 } else { writes += 1 }
    return start
  }

  /// Whether accesses from `cycle` on are served as `other` serves them `cycles` earlier.
  public func isAlike(_ other: SRAM, at cycle: Int64, later cycles: Int64) -> Bool {
    zip(free, other.free).allSatisfy { max($0, cycle) == max($1 + cycles, cycle) }
  }

  /// Does what was done between two earlier states, `cycles` later.
  public mutating func adopt(from before: SRAM, to after: SRAM, later cycles: Int64) {
    reads += after.reads - before.reads
    writes += after.writes - before.writes
    conflictCycles += after.conflictCycles - before.conflictCycles
    for port in free.indices where after.free[port] != before.free[port] { free[port] = after.free[port] + cycles }
  }

  /// The port of the word's bank that is free first; the lowest-numbered among equals.
  private func port(_ direction: Direction, _ word: Int64) -> Int {
    let bank = Int(word % Int64(spec.banks))
    let count = direction == .read ? spec.readPorts : spec.writePorts
    let base =
      direction == .read ? bank * spec.readPorts : spec.banks * spec.readPorts + bank * spec.writePorts
    var best = base
    for candidate in base..<(base + count) where free[candidate] < free[best] { best = candidate }
    return best
  }
}
