import Dataflow
import Testing

@Suite struct BERTConfigTests {
  static let base = ConfigText([
    "architectures": "[\"BertModel\"]", "model_type": "\"bert\"", "num_hidden_layers": "12", "hidden_size": "768",
    "num_attention_heads": "12", "intermediate_size": "3072", "max_position_embeddings": "512",
    "type_vocab_size": "2", "vocab_size": "30522", "hidden_act": "\"gelu\"",
  ])
  static let large = base.with([
    "num_hidden_layers": "24", "hidden_size": "1024", "num_attention_heads": "16", "intermediate_size": "4096",
  ])

  /// BERT base as torch counts it, BERT large as released.
  @Test(arguments: [(base, 109_482_240), (large, 335_141_888)] as [(ConfigText, Int64)])
  func parametersAreThoseOfTheCheckpoints(_ config: ConfigText, _ parameters: Int64) throws {
    #expect(try config.graph().parameters == parameters)
  }

  /// The exported graph of BERT base at 128 tokens has 11,173,625,856 MACs, and no pooler, which takes 768 × 768.
  @Test func macsAreThoseOfTheExportedGraphAndThePooler() throws {
    #expect(try Self.base.graph().exportedMACs(positions: 128, past: 0) == 11_173_625_856 + 768 * 768)
  }

  @Test func positionsAttendToAll() throws { #expect(try !Self.base.graph().isCausal) }

  @Test func theActivationIsTheConfigurations() throws {
    func names(_ config: ConfigText) throws -> [String] { try config.graph().operators.map(\.kind.name) }
    #expect(try names(Self.base).filter { $0 == "gelu-erf" }.count == 12)
    #expect(try names(Self.base.with(["hidden_act": "\"gelu_new\""])).filter { $0 == "gelu" }.count == 12)
    #expect(try names(Self.base.with(["hidden_act": "\"relu\""])).filter { $0 == "relu" }.count == 12)
  }

  @Test func aHeadThatIsNotReadIsAWarning() {
    let (graph, findings) = Self.base.with(["architectures": "[\"BertForMaskedLM\"]"]).read()
    #expect(graph != nil)
    #expect(findings.items.map(\.severity) == [.warning])
    #expect(findings.items.first?.description.contains("not the head of 'BertForMaskedLM'") == true)
  }

  static let bad: [(ConfigText, String?, String)] = [
    (base.with(["type_vocab_size": ""]), nil, "missing key 'type_vocab_size'"),
    (base.with(["hidden_act": ""]), nil, "missing key 'hidden_act'"),
    (base.with(["hidden_act": "\"gelu_mew\""]), "hidden_act", "did you mean 'gelu_new'?"),
    (base.with(["num_attention_heads": "10"]), "hidden_size", "hidden_size is not a multiple of num_attention_heads"),
    (base.with(["is_decoder": "true"]), "is_decoder", "unsupported is_decoder"),
    (
      base.with(["position_embedding_type": "\"relative_key\""]), "position_embedding_type",
      "unsupported position_embedding_type"
    ),
    (base.with(["max_position_embeddings": "-1"]), "max_position_embeddings", "out of range"),
  ]

  @Test(arguments: bad)
  func badConfigurationsAreRefused(_ config: ConfigText, _ key: String?, _ fragment: String) throws {
    try config.expectRefusal(at: key, fragment)
  }
}

extension BERTConfigTests {
  /// Queries, keys and values are made in one stage, and everything from the scores to the next layer's in another.
  @Test func layersEndWhereAttentionBegins() throws {
    let graph = try Self.base.graph()
    let stages = graph.stages
    #expect(stages.count == 13)
    #expect(stages.joined().sorted() == Array(graph.operators.indices))
    for (number, stage) in stages.enumerated() {
      let names = stage.map { graph.operators[$0].kind.name }
      #expect(names.contains("attention.scores") == (number > 0))
      #expect(names.contains("attention.append-key") == (number < 12))
    }
  }
}
