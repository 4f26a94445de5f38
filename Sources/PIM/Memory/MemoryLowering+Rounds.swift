import Arch
import Dataflow

// How weights of attention go through vector buffers that do not hold those of all heads.
extension MemoryLowering {
  /// What one filling of the vector buffers serves: slots, and by channel the heads whose weights are needed.
  struct Round: Sendable {
    let slots: Range<Int64>
    let heads: [[Int64]]
    let vectors: Range<Int64>
    /// Spread indices that take part.
    var indices: Int64 = 0
  }

  /// Rounds, and what they were worked out for: wherever the matrix begins, they are the same.
  struct Rounds: Sendable {
    let placement: Placement
    let used: Int64
    let dimension: Int64
    let capacity: Int64
    let list: [Round]
  }

  /// - Parameters:
  ///   - used: spread indices of the cached values, `dimension` of them to a head.
  ///   - capacity: vectors that a channel's buffer holds.
  mutating func rounds(_ placement: Placement, _ used: Int64, _ dimension: Int64, capacity: Int64) -> [Round] {
    var placement = placement
    placement.baseRow = 0
    // All layers ask for the same, and so do the next passes until a vector takes another burst.
    if let last = lastRounds, last.placement == placement, last.used == used, last.dimension == dimension,
      last.capacity == capacity
    {
      return last.list
    }
    var list = makeRounds(placement, used, dimension, capacity: capacity)
    for index in list.indices {
      let round = list[index]
      // Neither how long the vectors are nor where the matrix begins makes a difference.
      list[index].indices = takingPart(
        MemoryStep.Multiply(
          placement: placement, chunk: 0, slots: round.slots, used: used, length: 1, useful: 1, segment: 1,
          vectorSpan: dimension, vectors: round.vectors))
    }
    lastRounds = Rounds(placement: placement, used: used, dimension: dimension, capacity: capacity, list: list)
    return list
  }

  private func makeRounds(_ placement: Placement, _ used: Int64, _ dimension: Int64, capacity: Int64) -> [Round] {
    var result: [Round] = []
    var slot: Int64 = 0
    let slots = placement.slots(geometry)
    while slot < slots {
      // The longest run of slots for which every channel's vectors fit its buffer.
      var heldByChannel = Array(repeating: Set<Int64>(), count: Int(geometry.channels))
      var end = slot
      while end < slots {
        // Only what is new is looked at: copies of what is held would make this quadratic.
        let new = (0..<geometry.channels).map { channel in
          headsNeeded(placement, channel, end, used, dimension).filter { !heldByChannel[Int(channel)].contains($0) }
        }
        guard end == slot || zip(heldByChannel, new).allSatisfy({ Int64($0.count + $1.count) <= capacity }) else {
          break
        }
        for channel in new.indices { heldByChannel[channel].formUnion(new[channel]) }
        end += 1
      }
      let held = heldByChannel.map { $0.sorted() }
      // A slot that needs more vectors than fit goes in rounds, a buffer full each.
      let most = held.map { Int64($0.count) }.max() ?? 0
      if end > slot + 1 {
        result.append(Round(slots: slot..<end, heads: held, vectors: Self.allVectors))
      } else {
        for first in stride(from: 0, to: most, by: Int(capacity)) {
          let round = first..<min(first + capacity, most)
          let heads = held.map { Array($0.dropFirst(Int(first)).prefix(Int(capacity))) }
          result.append(Round(slots: slot..<end, heads: heads, vectors: round))
        }
      }
      slot = end
    }
    return result
  }

  private func headsNeeded(
    _ placement: Placement, _ channel: Int64, _ slot: Int64, _ used: Int64, _ dimension: Int64
  ) -> Set<Int64> {
    let banks = placement.usedBanks(channel: channel, slot: slot, below: used, geometry)
    return Set((0..<banks).map { placement.index(channel: channel, bank: $0, slot: slot, geometry) / dimension })
  }

  /// Stands for "all vectors" where the buffer holds them all.
  static let allVectors: Range<Int64> = 0..<(1 << 32)
}
