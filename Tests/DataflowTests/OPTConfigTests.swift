import Dataflow
import Testing

@Suite struct OPTConfigTests {
  static let opt = ConfigText([
    "model_type": "\"opt\"", "num_hidden_layers": "32", "hidden_size": "4096", "num_attention_heads": "32",
    "ffn_dim": "16384", "max_position_embeddings": "2048", "vocab_size": "50272", "word_embed_proj_dim": "4096",
    "activation_function": "\"relu\"", "do_layer_norm_before": "true",
  ])
  static let small = opt.with([
    "num_hidden_layers": "12", "hidden_size": "768", "num_attention_heads": "12", "ffn_dim": "3072",
    "word_embed_proj_dim": "768",
  ])

  /// The sizes of the released checkpoints.
  @Test(arguments: [(opt, 6_658_473_984), (small, 125_239_296)] as [(ConfigText, Int64)])
  func parametersAreThoseOfTheCheckpoints(_ config: ConfigText, _ parameters: Int64) throws {
    #expect(try config.graph().parameters == parameters)
  }

  /// The closed formula: 12 width² in every layer, scores and values over all positions, and the head.
  @Test func macsAreThoseOfTheFormula() throws {
    let layer: Int64 = 12 * 768 * 768 + 2 * 768 * 128
    let perPosition: Int64 = 12 * layer + 768 * 50272
    #expect(try Self.small.graph().exportedMACs(positions: 128, past: 0) == 128 * perPosition)
  }

  @Test func aNarrowEmbeddingIsProjectedInAndOut() throws {
    let narrow = try Self.small.with(["word_embed_proj_dim": "512"]).graph()
    let plain = try Self.small.graph().parameters
    #expect(narrow.parameters - plain == 2 * 512 * 768 - (768 - 512) * 50272)
    #expect(narrow.operators.filter { $0.name.contains("project_") }.count == 2)
  }

  @Test func twoRowsOfThePositionsAreNotUsed() throws {
    let kinds = try Self.small.graph().operators.map(\.kind)
    #expect(kinds.contains(.embedding(entries: 2050, width: 768, row: .position(after: 2))))
  }

  static let bad: [(ConfigText, String?, String)] = [
    (opt.with(["ffn_dim": ""]), nil, "missing key 'ffn_dim'"),
    (opt.with(["num_attention_heads": "30"]), "hidden_size", "hidden_size is not a multiple of num_attention_heads"),
    (opt.with(["activation_function": "\"selu\""]), "activation_function", "unsupported activation_function"),
    (opt.with(["do_layer_norm_before": "false"]), "do_layer_norm_before", "unsupported do_layer_norm_before"),
    (opt.with(["enable_bias": "false"]), "enable_bias", "unsupported enable_bias"),
    (opt.with(["word_embed_proj_dim": "0"]), "word_embed_proj_dim", "out of range"),
  ]

  @Test(arguments: bad)
  func badConfigurationsAreRefused(_ config: ConfigText, _ key: String?, _ fragment: String) throws {
    try config.expectRefusal(at: key, fragment)
  }
}
