import Arch
import Dataflow
import Systems
import Testing

/// A copied design file with something changed gives another result, in the direction that physics asks for.
@Suite struct DesignVariationTests {
  private let workload = Workload(prompt: 1, generate: 2, past: 20)

  private func cycles(_ pieces: [(String, String)], model: OperatorGraph? = nil) throws -> Int64 {
    let graph = try model ?? Checkout.model(width: 128, heads: 4)
    let run = try Checkout.run(try Checkout.design("pim-gpt", replacing: pieces), graph, workload)
    return Int64((run.seconds * Rational(1_000_000_000_000)).double)
  }

  @Test func anotherLayoutChangesTheResult() throws {
    let published = try cycles([])
    // Two heads in every channel need two passes over the cached values.
    let spread = try cycles([
      ("dim: [bank, channel, row], token: [column]", "dim: [channel, bank, row], token: [column]")
    ])
    #expect(spread > published)
    // One output per row wastes most of each row when rows are longer than vectors.
    let padded = try cycles([
      (
        "out: [bank, channel, row], in: [column], chunk: row",
        "out: [bank, channel, row], in: [column], chunk: row, padding: row"
      )
    ])
    #expect(padded > published)
  }

  @Test func fewerChannelsTakeLonger() throws {
    let eight = try cycles([])
    #expect(try cycles([("channels: 8", "channels: 4")]) > eight)
    #expect(try cycles([("channels: 8", "channels: 16")]) < eight)
  }

  @Test func aSlowerVectorUnitTakesLonger() throws {
    #expect(try cycles([("asic: 1 GHz", "asic: 250 MHz")]) > cycles([]))
  }

  @Test func fewerLanesTakeLonger() throws {
    #expect(try cycles([("lanes: 16", "lanes: 8")]) > cycles([]))
  }

  @Test func refreshCostsTime() throws {
    let graph = try Checkout.model(layers: 4, width: 256, heads: 4)
    let without = try cycles([("refresh: { value: enabled", "refresh: { value: disabled")], model: graph)
    #expect(try cycles([], model: graph) > without)
  }

  @Test func aNarrowLinkTakesLongerInBothDirections() throws {
    let wide = try cycles([])
    let narrow = try cycles([("[asic, memory], width: 32 B", "[asic, memory], width: 2 B")])
    #expect(narrow > wide)
    // The 300 results of the head alone need 16 beats more per access on the way out: 19 result reads of 15 ns.
    let graph = try Checkout.model()
    func head(_ pieces: [(String, String)]) throws -> Int64 {
      let run = try Checkout.run(
        try Checkout.design("pim-gpt", replacing: pieces), graph, Workload(prompt: 0, generate: 1))
      return run.rowCycles[run.record.program.rows.firstIndex { $0.name == "lm_head" } ?? 0]
    }
    #expect(try head([("[asic, memory], width: 32 B", "[asic, memory], width: 2 B")]) > head([]) + 15)
  }

  @Test func overlapSavesTime() throws {
    #expect(try cycles([("overlap: none", "overlap: dependences")]) < cycles([]))
  }

  @Test func moreAccumulatorsAreNoSlower() throws {
    #expect(try cycles([("accumulators: { value: 1,", "accumulators: { value: 4,")]) <= cycles([]))
  }
}
