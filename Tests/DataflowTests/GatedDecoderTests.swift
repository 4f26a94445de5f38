import Dataflow
import Files
import Testing

@Suite struct GatedDecoderTests {
  static let llama = ConfigText([
    "model_type": "\"llama\"", "num_hidden_layers": "32", "hidden_size": "4096", "intermediate_size": "11008",
    "num_attention_heads": "32", "num_key_value_heads": "32", "max_position_embeddings": "4096",
    "vocab_size": "32000", "hidden_act": "\"silu\"", "tie_word_embeddings": "false",
  ])
  static let grouped = llama.with([
    "intermediate_size": "14336", "num_key_value_heads": "8", "max_position_embeddings": "32768",
  ])
  static let mixtral = grouped.with([
    "model_type": "\"mixtral\"", "num_local_experts": "8", "num_experts_per_tok": "2", "sliding_window": "null",
  ])
  static let qwen2 = ConfigText([
    "model_type": "\"qwen2\"", "num_hidden_layers": "28", "hidden_size": "3584", "intermediate_size": "18944",
    "num_attention_heads": "28", "num_key_value_heads": "4", "max_position_embeddings": "131072",
    "vocab_size": "152064", "hidden_act": "\"silu\"", "use_sliding_window": "false", "sliding_window": "131072",
  ])
  static let qwen2Small = qwen2.with([
    "num_hidden_layers": "24", "hidden_size": "896", "intermediate_size": "4864", "num_attention_heads": "14",
    "num_key_value_heads": "2", "vocab_size": "151936", "tie_word_embeddings": "true",
  ])

  /// LLaMA 2 7B and Mixtral as torch counts them, the others as released.
  static let totals: [(String, ConfigText, Int64)] = [
    ("LLaMA 2 7B", llama, 6_738_415_616),
    (
      "LLaMA 2 70B",
      llama.with([
        "num_hidden_layers": "80", "hidden_size": "8192", "intermediate_size": "28672", "num_attention_heads": "64",
        "num_key_value_heads": "8",
      ]), 68_976_648_192
    ),
    ("LLaMA 3 8B", grouped.with(["vocab_size": "128256"]), 8_030_261_248),
    ("Mistral 7B", grouped.with(["model_type": "\"mistral\"", "sliding_window": "4096"]), 7_241_732_096),
    ("Mixtral 8x7B", mixtral, 46_702_792_704),
    ("Qwen2 7B", qwen2, 7_615_616_512),
    ("Qwen2 0.5B", qwen2Small, 494_032_768),
  ]

  @Test(arguments: totals)
  func parametersAreThoseOfTheCheckpoints(_ model: String, _ config: ConfigText, _ parameters: Int64) throws {
    #expect(try config.graph().parameters == parameters, "\(model)")
  }

  /// MACs of the MatMul and Gemm nodes of graphs that torch exported at 128 tokens.
  @Test(arguments: [(llama, 850_000_871_424), (mixtral, 1_636_114_104_320)] as [(ConfigText, Int64)])
  func macsAreThoseOfTheExportedGraph(_ config: ConfigText, _ macs: Int64) throws {
    #expect(try config.graph().exportedMACs(positions: 128, past: 0) == macs)
  }

  @Test func headsThatShareKeysShrinkTheCacheAndNotTheProducts() throws {
    let own = try Self.llama.graph()
    let shared = try Self.llama.with(["num_key_value_heads": "4"]).graph()
    func elements(_ graph: OperatorGraph, _ name: String) -> [Int64] {
      graph.operators.filter { $0.kind.name == name }.map { $0.kind.resultElements(context: 10) }
    }
    func macs(_ graph: OperatorGraph, _ name: String) -> [Int64] {
      graph.operators.filter { $0.kind.name == name }.map { $0.kind.macs(context: 10) }
    }
    for name in ["attention.append-key", "attention.append-value"] {
      #expect(elements(shared, name).map { $0 * 8 } == elements(own, name))
    }
    for name in ["attention.scores", "attention.values"] { #expect(macs(shared, name) == macs(own, name)) }
  }

  @Test func keysOfBiasesAddBiases() throws {
    let plain = try Self.llama.graph().parameters
    #expect(try Self.llama.with(["attention_bias": "true"]).graph().parameters == plain + 32 * 4 * 4096)
    #expect(try Self.llama.with(["mlp_bias": "true"]).graph().parameters == plain + 32 * (2 * 11008 + 4096))
  }

  @Test func headsMayBeWiderThanTheirShare() throws {
    let wide = try Self.llama.with(["head_dim": "256"]).graph()
    #expect(try wide.parameters - Self.llama.graph().parameters == 32 * 4 * 4096 * 4096)
    #expect(try Self.llama.with(["head_dim": "null"]).graph() == Self.llama.graph())
    #expect(try Self.llama.with(["num_key_value_heads": ""]).graph() == Self.llama.graph())
  }

  @Test func theWindowIsKept() throws {
    #expect(try Self.mixtral.graph().window == nil)
    #expect(try Self.mixtral.with(["sliding_window": "4096"]).graph().window == 4096)
    #expect(try Self.qwen2.graph().window == nil)
    #expect(try Self.qwen2.with(["use_sliding_window": "true"]).graph().window == 131072)
  }

  @Test func operatorsReadEarlierOnes() throws {
    for config in [Self.llama, Self.mixtral] {
      for (index, op) in try config.graph().operators.enumerated() {
        #expect(op.inputs.allSatisfy { $0.producer < index }, "\(op.name)")
      }
    }
  }

  @Test func otherKeysAreWarningsThatNameTheNearest() {
    let (graph, findings) = Self.llama.with(["head_dims": "128"]).read()
    #expect(graph != nil)
    #expect(findings.items.map(\.severity) == [.warning])
    #expect(findings.items.first?.description.contains("did you mean 'head_dim'?") == true, "\(findings.items)")
  }

  static let bad: [(ConfigText, String?, String)] = [
    (llama.with(["hidden_size": ""]), nil, "missing key 'hidden_size'"),
    (llama.with(["hidden_size": "", "hiden_size": "4096"]), nil, "is 'hiden_size' meant to be 'hidden_size'?"),
    (llama.with(["hidden_size": "4100"]), "hidden_size", "hidden_size is not a multiple of num_attention_heads"),
    (
      llama.with(["num_key_value_heads": "5"]), "num_key_value_heads",
      "num_attention_heads is not a multiple of num_key_value_heads"
    ),
    (llama.with(["num_key_value_heads": "64"]), "num_key_value_heads", "is not a multiple"),
    (llama.with(["num_key_value_heads": "0"]), "num_key_value_heads", "out of range"),
    (llama.with(["head_dim": "63"]), "head_dim", "an even number of elements per head"),
    (llama.with(["head_dim": "65536", "num_attention_heads": "65536"]), "num_attention_heads", "too wide"),
    (llama.with(["hidden_act": "\"gelu\""]), "hidden_act", "unsupported hidden_act"),
    (llama.with(["attention_bias": "1"]), "attention_bias", "not a truth value"),
    (llama.with(["model_type": "\"lama\""]), "model_type", "did you mean 'llama'?"),
    (grouped.with(["model_type": "\"mistral\"", "num_key_value_heads": ""]), nil, "missing key 'num_key_value_heads'"),
    (grouped.with(["model_type": "\"mistral\"", "sliding_window": "0"]), "sliding_window", "out of range"),
    (grouped.with(["model_type": "\"mistral\"", "hidden_size": "33"]), "hidden_size", "is not a multiple"),
    (mixtral.with(["num_local_experts": ""]), nil, "missing key 'num_local_experts'"),
    (mixtral.with(["num_experts_per_tok": "9"]), "num_experts_per_tok", "more experts per token than there are"),
    (mixtral.with(["num_experts_per_tok": "0"]), "num_experts_per_tok", "out of range"),
    (mixtral.with(["num_local_experts": "65536"]), "num_local_experts", "too wide"),
    (mixtral.with(["hidden_act": "\"relu\""]), "hidden_act", "unsupported hidden_act"),
    (qwen2.with(["vocab_size": ""]), nil, "missing key 'vocab_size'"),
    (qwen2.with(["num_key_value_heads": "3"]), "num_key_value_heads", "is not a multiple"),
    (qwen2.with(["use_sliding_window": "\"no\""]), "use_sliding_window", "not a truth value"),
  ]

  @Test(arguments: bad)
  func badConfigurationsAreRefused(_ config: ConfigText, _ key: String?, _ fragment: String) throws {
    try config.expectRefusal(at: key, fragment)
  }
}
