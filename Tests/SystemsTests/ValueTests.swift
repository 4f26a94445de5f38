import Arch
import Dataflow
import Files
import Foundation
import Reference
import Report
import Systems
import Testing

/// Numbers that flow through the simulated banks and lanes, against the same model computed in double precision.
@Suite struct ValueTests {
  struct Family: CustomTestStringConvertible {
    let name: String
    let config: String
    var testDescription: String { name }
  }

  static let families = [
    Family(
      name: "gpt2",
      config: """
        {"model_type": "gpt2", "n_layer": 2, "n_embd": 64, "n_head": 4, "n_positions": 64, "vocab_size": 96}
        """),
    Family(
      name: "llama with grouped queries",
      config: """
        {"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 64, "intermediate_size": 172,
         "num_attention_heads": 8, "num_key_value_heads": 2, "max_position_embeddings": 64, "vocab_size": 96,
         "hidden_act": "silu"}
        """),
    Family(
      name: "mixtral",
      config: """
        {"model_type": "mixtral", "num_hidden_layers": 2, "hidden_size": 48, "intermediate_size": 80,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "vocab_size": 96,
         "hidden_act": "silu", "num_local_experts": 4, "num_experts_per_tok": 2}
        """),
    Family(
      name: "bloom",
      config: """
        {"model_type": "bloom", "n_layer": 2, "hidden_size": 64, "n_head": 4, "vocab_size": 96, "seq_length": 64}
        """),
    Family(
      name: "opt",
      config: """
        {"model_type": "opt", "num_hidden_layers": 2, "hidden_size": 48, "num_attention_heads": 3, "ffn_dim": 100,
         "max_position_embeddings": 64, "vocab_size": 96, "word_embed_proj_dim": 32, "activation_function": "relu"}
        """),
    Family(
      name: "bert",
      config: """
        {"model_type": "bert", "num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4,
         "intermediate_size": 130, "max_position_embeddings": 64, "vocab_size": 96, "type_vocab_size": 2,
         "hidden_act": "gelu"}
        """),
  ]

  private func workload(_ graph: OperatorGraph) -> Workload {
    graph.isCausal ? Workload(prompt: 9, generate: 4, logits: .all) : Workload(prompt: 11, generate: 0)
  }

  struct Difference {
    /// The largest of any output from the reference, and the root mean square of the reference's elements.
    var largest = 0.0
    var scale = 0.0
    var count = 0
    /// `largest` in parts of `scale`.
    var relative: Double { largest / scale }
  }

  /// Compares the outputs of positions that the reference can tell the experts of: where two scores of a router are
  /// closer than `margin`, other experts may be right as well, and all that follows with them.
  private func difference(
    _ record: RunRecord, _ values: ValueInput, margin: Double = 0
  ) throws -> Difference {
    let graph = values.graph
    let tokens = record.workload.passes(of: graph).map(\.token)
    let expected = ReferenceModel(values).run(tokens: tokens)
    let clear = clearPositions(graph, expected, margin)
    var (largest, squares, count) = (0.0, 0.0, 0)
    try #require(!record.outputs.isEmpty)
    for (output, numbers) in record.outputs where output.position < clear {
      let index = try #require(graph.operators.firstIndex { $0.name == output.operatorName })
      let reference = expected[index][Int(output.position)]
      try #require(numbers.count == reference.count)
      for (a, b) in zip(numbers, reference) {
        largest = max(largest, abs(Double(a) - b))
        squares += b * b
        count += 1
      }
    }
    return Difference(largest: largest, scale: (squares / Double(count)).squareRoot(), count: count)
  }

  private func clearPositions(_ graph: OperatorGraph, _ expected: [[[Double]]], _ margin: Double) -> Int {
    for position in expected[0].indices {
      for (index, op) in graph.operators.enumerated() {
        guard case .router(_, let chosen) = op.kind else { continue }
        let scores = expected[graph.operators[index].inputs[0].producer][position].sorted(by: >)
        if scores[Int(chosen) - 1] - scores[Int(chosen)] < margin { return position }
      }
    }
    return expected[0].count
  }

  @Test(arguments: families, ["pim-gpt", "hbm2-bank-pim"])
  func exactRunsGiveWhatTheModelGives(_ family: Family, _ name: String) throws {
    let graph = try Checkout.model(text: family.config)
    var options = RunOptions()
    options.values = ValueInput(graph: graph, weights: .random(for: graph, seed: 5), arithmetic: .exact)
    let run = try Checkout.run(try Checkout.design(name), graph, workload(graph), options)
    let found = try difference(run.record, options.values!)
    #expect(found.relative < 1e-4, "\(found)")
  }

  @Test(arguments: families)
  func positionsSideBySideGiveWhatTheModelGives(_ family: Family) throws {
    let graph = try Checkout.model(text: family.config)
    var options = RunOptions()
    options.values = ValueInput(graph: graph, weights: .random(for: graph, seed: 5), arithmetic: .exact)
    let design = try Checkout.design("pim-gpt", replacing: [("prefill: per-token", "prefill: row-reuse")])
    let run = try Checkout.run(design, graph, workload(graph), options)
    #expect(try difference(run.record, options.values!).relative < 1e-4)
  }

  @Test(arguments: families)
  func approximationsStayWithinWhatRoundingExplains(_ family: Family) throws {
    let graph = try Checkout.model(text: family.config)
    var options = RunOptions()
    options.values = ValueInput(graph: graph, weights: .random(for: graph, seed: 7))
    let run = try Checkout.run(try Checkout.design("pim-gpt"), graph, workload(graph), options)
    let found = try difference(run.record, options.values!, margin: 0.1)
    #expect(found.count >= 64)
    let bound = RoundingTolerance.largest(of: found.count, in: graph)
    print("\(family.name): largest difference \(found.relative), tolerance \(bound), of \(found.count) numbers")
    #expect(found.relative < bound)
    // No bfloat16 run can be exact either.
    #expect(found.relative > 1e-3)
  }

  /// Numbers ride along: with them or without, the same commands at the same cycles.
  @Test func numbersChangeNoCycle() throws {
    for family in Self.families where !family.config.contains("mixtral") {
      let graph = try Checkout.model(text: family.config)
      let design = try Checkout.design("pim-gpt")
      let plain = try Checkout.run(design, graph, workload(graph))
      var options = RunOptions()
      options.values = ValueInput(graph: graph, weights: .random(for: graph, seed: 1))
      let computed = try Checkout.run(design, graph, workload(graph), options)
      #expect(Checkout.fingerprint(plain) == Checkout.fingerprint(computed), "\(family.name)")
      #expect(computed.record.activity.units.contains { $0.computedMACs == computed.macsExecuted })
    }
  }

  /// A model whose matrices are cut into chunks, on a unit with so little room that partial sums go in blocks.
  @Test func partialSumsThatDoNotFitGoBlockByBlock() throws {
    let graph = try Checkout.model(
      text: """
        {"model_type": "gpt2", "n_layer": 1, "n_embd": 96, "n_head": 4, "n_positions": 16, "vocab_size": 700}
        """)
    // A buffer of 64 elements cuts 96 inputs in two; the 700 logits fit once, with 106 elements to spare.
    let pieces = [
      ("vector-buffer: { value: 2 KiB", "vector-buffer: { value: 128 B"),
      ("width: { value: 256 B", "width: { value: 32 B"),
    ]
    let roomy = try Checkout.design("pim-gpt", replacing: pieces)
    let tight = try Checkout.design(
      "pim-gpt", replacing: pieces + [("size: { value: 128 KiB", "size: { value: 1850 B")])
    var options = RunOptions()
    options.values = ValueInput(graph: graph, weights: .random(for: graph, seed: 3), arithmetic: .exact)
    let work = Workload(prompt: 2, generate: 1)
    let wide = try Checkout.run(roomy, graph, work, options)
    let narrow = try Checkout.run(tight, graph, work, options)
    #expect(try difference(narrow.record, options.values!).relative < 1e-4)
    #expect(narrow.record.outputs.map(\.values) == wide.record.outputs.map(\.values))
    #expect(narrow.record.program.steps.count > wide.record.program.steps.count)
    #expect(narrow.macsExecuted == wide.macsExecuted)
    // Less than the logits, their input and one block of 128 outputs is too little.
    let small = try Checkout.design(
      "pim-gpt", replacing: pieces + [("size: { value: 128 KiB", "size: { value: 1846 B")])
    #expect(throws: Refusal.self) { try Checkout.run(small, graph, work) }
  }

  /// One element of the first layer's projection, at the place that the layout gives it by hand: output 37 is bank 5 of
  /// channel 2 (bank first, then channel, then row), slot 0; input 20 is element 20 of its row.
  @Test func aWeightThatFlipsAtItsPlaceChangesTheLogits() throws {
    let graph = try Checkout.model(text: Self.families[0].config)
    let design = try Checkout.design("pim-gpt")
    let weights = ModelWeights.random(for: graph, seed: 2)
    let projection = try #require(graph.operators.firstIndex { $0.name == "h.0.attn.c_attn" })
    let matrix = try #require(weights.entries[projection]?.matrices.first)
    let work = Workload(prompt: 3, generate: 0)
    let program = try compile(graph, for: design, workload: work)
    let home = try #require(
      program.residents.first { $0.operatorName == "h.0.attn.c_attn" && $0.content == .matrix(0) }?.home)
    func logits(_ faults: [MemoryFault]) throws -> [Float] {
      var options = RunOptions()
      options.values = ValueInput(graph: graph, weights: weights, arithmetic: .exact)
      options.faults = faults
      return try #require(try Checkout.run(design, graph, work, options).record.outputs.last?.values)
    }
    func fault(column: Int64, value: Float) -> MemoryFault {
      MemoryFault(unit: "memory", channel: 2, bank: 5, row: home[0], column: column, value: value)
    }
    let correct = try logits([])
    #expect(try logits([fault(column: 20, value: matrix.row(37)[20])]) == correct)
    #expect(try logits([fault(column: 20, value: matrix.row(37)[20] + 3)]) != correct)
    // Beyond the 64 inputs and the 192 outputs, which fill one slot of 12 of the 128 banks and half of another, the row
    // holds the second slot of its bank: output 128 + 37.
    #expect(try logits([fault(column: 64 + 20, value: matrix.row(128 + 37)[20])]) == correct)
    #expect(throws: Refusal.self) { try logits([fault(column: 1024, value: 0)]) }
  }

  /// The same program, another router: the addresses that are fetched are those of the experts that the numbers choose.
  @Test func theRouterChoosesTheRowsThatAreFetched() throws {
    let graph = try Checkout.model(text: Self.families[2].config)
    let design = try Checkout.design("pim-gpt")
    let work = Workload(prompt: 1, generate: 0)
    func rows(seed: UInt64) throws -> Set<Int64> {
      var options = RunOptions()
      options.values = ValueInput(graph: graph, weights: .random(for: graph, seed: seed))
      options.commandLogLimit = 100_000
      let run = try Checkout.run(design, graph, work, options)
      let memory = try #require(run.record.activity.units.compactMap(\.memory).first)
      return Set(memory.log.map(\.row))
    }
    let found = try (UInt64(0)..<4).map { try rows(seed: $0) }
    #expect(Set(found).count > 1)
  }
}
