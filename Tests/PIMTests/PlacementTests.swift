import Arch
import PIM
import Testing

@Suite struct PlacementTests {
  private static let orders: [[SpreadLevel]] = [
    [.channel, .bank, .row], [.channel, .row, .bank], [.bank, .channel, .row], [.bank, .row, .channel],
    [.row, .channel, .bank], [.row, .bank, .channel],
  ]

  /// Every index has one place and every place one index; counts agree with going through all of them.
  @Test func placesAndIndicesAreOneToOne() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    for _ in 0..<80 {
      let g = MemoryGeometry(
        channels: Int64.random(in: 1...5, using: &random), banks: Int64.random(in: 1...6, using: &random),
        rowElements: 64, burstElements: 16, rows: 1 << 20)
      let placement = Placement(
        baseRow: 0, spread: Int64.random(in: 1...200, using: &random), stream: 40,
        order: Self.orders[Int.random(in: 0..<6, using: &random)], chunk: 32, padsToRow: false)
      var seen: Set<String> = []
      for index in 0..<placement.spread {
        let at = placement.location(index, g)
        #expect(placement.index(channel: at.channel, bank: at.bank, slot: at.slot, g) == index, "seed \(seed)")
        #expect(at.slot < placement.slots(g) && at.channel < g.channels && at.bank < g.banks, "seed \(seed)")
        seen.insert("\(at)")
      }
      #expect(Int64(seen.count) == placement.spread)
      let used = Int64.random(in: 0...placement.spread, using: &random)
      let lower = Int64.random(in: 0...used, using: &random)
      for channel in 0..<g.channels where lower < used {
        let inRange = (lower..<used).filter { placement.location($0, g).channel == channel }.count
        #expect(placement.count(channel: channel, in: lower..<used, g) == Int64(inRange), "seed \(seed)")
      }
      for channel in 0..<g.channels {
        let here = (0..<used).map { placement.location($0, g) }.filter { $0.channel == channel }
        let slots = Set(here.map(\.slot))
        #expect(placement.usedSlots(channel: channel, below: used, g) == (slots.max().map { $0 + 1 } ?? 0))
        for slot in 0..<placement.slots(g) {
          let banks = here.filter { $0.slot == slot }.count
          #expect(placement.usedBanks(channel: channel, slot: slot, below: used, g) == Int64(banks), "seed \(seed)")
        }
      }
    }
  }

  @Test func rowsAreWhatTheElementsNeed() {
    let g = MemoryGeometry(channels: 2, banks: 4, rowElements: 64, burstElements: 16, rows: 1000)
    // 24 indices over 8 banks: 3 slots of 40 elements, padded to 48: 144 elements are 3 rows.
    let packed = Placement(
      baseRow: 0, spread: 24, stream: 40, order: [.bank, .channel, .row], chunk: 64, padsToRow: false)
    #expect(packed.rows(g) == 3)
    // Each slot in a row of its own is 3 rows too; of 20 elements packing needs 96 elements, 2 rows.
    let padded = Placement(
      baseRow: 0, spread: 24, stream: 20, order: [.bank, .channel, .row], chunk: 64, padsToRow: true)
    #expect(padded.rows(g) == 3)
    // A stream of 100 in chunks of 32: three chunks of 3 slots × 32 = 2 rows, and one of 4 → 16: 1 row.
    let chunked = Placement(
      baseRow: 0, spread: 24, stream: 100, order: [.bank, .channel, .row], chunk: 32, padsToRow: false)
    #expect(chunked.chunks == 4 && chunked.chunkLength(3) == 4)
    #expect(chunked.rows(g) == 7)
  }
}
