import Dataflow
import Testing

@Suite struct BLOOMConfigTests {
  static let bloom = ConfigText([
    "model_type": "\"bloom\"", "n_layer": "24", "hidden_size": "1024", "n_head": "16", "vocab_size": "250880",
    "seq_length": "2048",
  ])

  /// The sizes of the released checkpoints of 560 million and of 176 billion parameters.
  @Test func parametersAreThoseOfTheCheckpoints() throws {
    #expect(try Self.bloom.graph().parameters == 559_214_592)
    let large = Self.bloom.with(["n_layer": "70", "hidden_size": "14336", "n_head": "112"])
    #expect(try large.graph().parameters == 176_247_271_424)
  }

  @Test func macsAreThoseOfTheFormula() throws {
    let layer: Int64 = 12 * 1024 * 1024 + 2 * 1024 * 128
    let perPosition: Int64 = 24 * layer + 1024 * 250880
    #expect(try Self.bloom.graph().exportedMACs(positions: 128, past: 0) == 128 * perPosition)
  }

  @Test func everyLayerBiasesItsScores() throws {
    let graph = try Self.bloom.graph()
    let biases = graph.operators.filter { $0.kind == .alibi(heads: 16, scale: 0.125) }
    #expect(biases.count == 24)
    #expect(biases.allSatisfy { graph.operators[$0.inputs[0].producer].kind.name == "attention.scores" })
    #expect(
      graph.operators.filter { $0.kind.name == "softmax" }.allSatisfy {
        graph.operators[$0.inputs[0].producer].kind.name == "attention.alibi"
      })
  }

  @Test func otherNamesOfKeysAreRead() throws {
    let other = Self.bloom.with([
      "n_layer": "", "hidden_size": "", "n_head": "", "num_hidden_layers": "24", "n_embed": "1024",
      "num_attention_heads": "16",
    ])
    #expect(try other.graph() == Self.bloom.graph())
  }

  @Test func withoutALengthTheTrainedOneIsTakenWithAWarning() {
    let (graph, findings) = Self.bloom.with(["seq_length": ""]).read()
    #expect(graph?.contextLimit == 2048)
    #expect(findings.items.map(\.severity) == [.warning])
  }

  static let bad: [(ConfigText, String?, String)] = [
    (bloom.with(["vocab_size": ""]), nil, "missing key 'vocab_size'"),
    (bloom.with(["n_head": ""]), nil, "missing key 'n_head'"),
    (bloom.with(["n_head": "15"]), "hidden_size", "hidden_size is not a multiple of n_head"),
    (bloom.with(["seq_length": "0"]), "seq_length", "out of range"),
    (bloom.with(["tie_word_embeddings": "\"no\""]), "tie_word_embeddings", "not a truth value"),
  ]

  @Test(arguments: bad)
  func badConfigurationsAreRefused(_ config: ConfigText, _ key: String?, _ fragment: String) throws {
    try config.expectRefusal(at: key, fragment)
  }
}
