import Arch
import Dataflow
import Files
import Report
import Systems
import Testing

/// Prompts whose positions go side by side, so that open rows serve several of them.
@Suite struct RowReuseTests {
  private static let reuse = ("prefill: per-token", "prefill: row-reuse")
  private static let large = ("vector-buffer: { value: 2 KiB", "vector-buffer: { value: 16 KiB")
  private static let unrefreshed = ("refresh: { value: enabled", "refresh: { value: disabled")

  private func memory(_ run: PricedRun) throws -> MemoryActivity {
    try #require(run.record.activity.units.compactMap(\.memory).first)
  }

  private func count(_ command: String, _ run: PricedRun) throws -> Int64 {
    try memory(run).commands.first { $0.event == command }?.count ?? 0
  }

  private func outputs(_ run: PricedRun) -> [String] {
    run.record.outputs.map { "\($0.output.operatorName) \($0.output.sequence) \($0.output.position): \($0.values)" }
      .sorted()
  }

  /// Same products in the same order for every output, so the same bits, and as many of them.
  @Test(arguments: ValueTests.families, ["pim-gpt", "hbm2-bank-pim"])
  func numbersAreThoseOfOnePositionAtATime(_ family: ValueTests.Family, _ name: String) throws {
    let graph = try Checkout.model(text: family.config)
    let work =
      graph.isCausal
      ? Workload(prompt: 9, generate: 2, batch: 2, logits: .all) : Workload(prompt: 11, generate: 0, batch: 2)
    var options = RunOptions()
    options.values = ValueInput(graph: graph, weights: .random(for: graph, seed: 11))
    let plain = try Checkout.run(try Checkout.design(name), graph, work, options)
    let shared = try Checkout.run(try Checkout.design(name, replacing: [Self.reuse]), graph, work, options)
    #expect(!outputs(plain).isEmpty)
    #expect(outputs(plain) == outputs(shared))
    #expect(plain.macsExecuted == shared.macsExecuted)
    #expect(shared.record.program.steps.count < plain.record.program.steps.count)
    #expect(try count("MACab", plain) == count("MACab", shared))
  }

  /// Chunks whose partial sums are added, and slots that lie across two rows: 6 slots of 192 elements in rows of 1,024.
  @Test func cutAndStraddlingMatricesGiveTheSameNumbers() throws {
    let graph = try Checkout.model(
      text: """
        {"model_type": "gpt2", "n_layer": 1, "n_embd": 192, "n_head": 4, "n_positions": 16, "vocab_size": 700}
        """)
    // A buffer of 384 elements cuts the 768 inputs of the second product in two.
    let pieces = [("vector-buffer: { value: 2 KiB", "vector-buffer: { value: 1536 B")]
    var options = RunOptions()
    options.values = ValueInput(graph: graph, weights: .random(for: graph, seed: 13))
    let work = Workload(prompt: 7, generate: 1, logits: .all)
    let plain = try Checkout.run(try Checkout.design("pim-gpt", replacing: pieces), graph, work, options)
    let shared = try Checkout.run(
      try Checkout.design("pim-gpt", replacing: pieces + [Self.reuse]), graph, work, options)
    #expect(outputs(plain) == outputs(shared))
    #expect(shared.record.program.steps.count < plain.record.program.steps.count)
    // Rows that share a slot with the next are opened for each vector as before; the others are opened less often.
    #expect(try memory(shared).rowMisses < memory(plain).rowMisses)
  }

  /// Vectors of 1,024 elements fill the published buffer, so nothing can be shared; 16 KiB hold eight of them.
  @Test func aLargerBufferOpensEachRowOnceForAllItHolds() throws {
    let graph = try Checkout.model(layers: 1, width: 1024, heads: 4, positions: 16)
    let work = Workload(prompt: 8, generate: 0)
    func run(_ pieces: [(String, String)]) throws -> PricedRun {
      try Checkout.run(try Checkout.design("pim-gpt", replacing: pieces + [Self.unrefreshed]), graph, work)
    }
    let published = try run([])
    let same = try run([Self.reuse])
    #expect(Checkout.fingerprint(published) == Checkout.fingerprint(same))
    let roomy = try run([Self.large])
    let shared = try run([Self.large, Self.reuse])
    #expect(shared.cycles < roomy.cycles)
    #expect(try memory(shared).rowHits > memory(roomy).rowHits)
    #expect(try count("MACab", shared) == count("MACab", roomy))
    #expect(shared.macsExecuted == roomy.macsExecuted)
    // Each output of 1,024 inputs fills a row of a bank, so 128 outputs need one row of each: 24 for queries, keys and
    // values, 8 for the projection, 32 up and 4 chunks of 8 down. They are opened in 8 channels for one position instead
    // of eight.
    let rows: Int64 = 24 + 8 + 32 + 4 * 8
    // 7 channels have no keys of so few positions, so their row of values stays open from one position to the next.
    #expect(try count("ACTab", roomy) - count("ACTab", shared) == 7 * 8 * rows + 7 * 7)
  }

  /// Positions wait in the vector unit, so its room limits how many go side by side: at the least, one as ever.
  @Test func aSmallVectorUnitTakesFewerSideBySide() throws {
    let graph = try Checkout.model(layers: 1, width: 64, heads: 4)
    let work = Workload(prompt: 16, generate: 0)
    func passes(_ size: String) throws -> Int {
      let room = [
        ("size: { value: 128 KiB", "size: { value: \(size)"), ("width: { value: 256 B", "width: { value: 32 B"),
      ]
      let design = try Checkout.design("pim-gpt", replacing: room + [Self.reuse])
      return try Checkout.run(design, graph, work).record.program.passes.count
    }
    // The buffer holds 4 vectors of the longest product, of 256 elements. While it is under way, n positions keep the
    // residual of 64 elements, and its 256 inputs and 64 outputs: 384 n elements of 2 bytes. An activation has 512 for
    // the present position, 256 for each other and the residuals: 320 n + 256, which is more for fewer than four.
    #expect(try ["3072 B", "3071 B", "1792 B", "1791 B"].map(passes) == [4, 6, 8, 16])
  }

  @Test func anUnknownScheduleIsRefused() throws {
    do {
      _ = try Checkout.design("pim-gpt", replacing: [("prefill: per-token", "prefill: row-reus")])
      Issue.record("an unknown schedule was taken")
    } catch let refusal as Refusal {
      let text = refusal.diagnostics.map(\.description).joined(separator: "\n")
      #expect(text.contains("row-reus") && text.contains("one of per-token, row-reuse"))
      #expect(text.contains("did you mean 'row-reuse'?"))
    }
  }
}
