/// Which units can be advanced, in the order of (tick, unit index), or in a shuffled order to prove that order does
/// not matter. A unit stands in it at most once.
struct Agenda {
  private var entries: [(tick: Int64, unit: Int)] = []
  private var random: SplitMix64?

  init(shuffledBy seed: UInt64?) { random = seed.map(SplitMix64.init(seed:)) }

  mutating func add(_ unit: Int, at tick: Int64) {
    entries.append((tick, unit))
    guard random == nil else { return }
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard entries[child] < entries[parent] else { break }
      entries.swapAt(child, parent)
      child = parent
    }
  }

  mutating func next() -> (tick: Int64, unit: Int)? {
    guard !entries.isEmpty else { return nil }
    if random != nil {
      let pick = Int(random!.next() % UInt64(entries.count))
      entries.swapAt(pick, entries.count - 1)
      return entries.removeLast()
    }
    entries.swapAt(0, entries.count - 1)
    let first = entries.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count && entries[child] < entries[least] {
        least = child
      }
      guard least != parent else { return first }
      entries.swapAt(parent, least)
      parent = least
    }
  }
}

/// The generator of all seeded choices: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014).
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64
  public init(seed: UInt64) { state = seed }
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
