import Dataflow
import Files
import Testing

@Suite struct ViTConfigTests {
  static let base = ConfigText([
    "architectures": "[\"ViTModel\"]", "model_type": "\"vit\"", "num_hidden_layers": "12", "hidden_size": "768",
    "num_attention_heads": "12", "intermediate_size": "3072", "image_size": "224", "patch_size": "16",
    "num_channels": "3", "hidden_act": "\"gelu\"", "qkv_bias": "true",
  ])
  static let classifier = base.with(["architectures": "[\"ViTForImageClassification\"]", "num_labels": "1000"])
  static let large = classifier.with([
    "num_hidden_layers": "24", "hidden_size": "1024", "num_attention_heads": "16", "intermediate_size": "4096",
    "image_size": "384",
  ])
  static let tiny = base.with([
    "num_hidden_layers": "2", "hidden_size": "48", "num_attention_heads": "3", "intermediate_size": "96",
    "image_size": "32", "patch_size": "8", "num_channels": "1", "qkv_bias": "false", "pooler_output_size": "20",
  ])

  /// Parameters and multiply-accumulates as torch 2.15.0 counts them (`torch.utils.flop_counter` halved, of the models
  /// of transformers 5.23.0, eager attention, one image).
  static let counted: [(ConfigText, parameters: Int64, macs: Int64)] = [
    (base, 86_389_248, 17_563_650_048), (classifier, 86_567_656, 17_563_828_224),
    (large, 304_715_752, 191_066_300_416), (tiny, 42_692, 732_288),
  ]

  @Test(arguments: counted) func countsAreTorchs(_ config: ConfigText, _ parameters: Int64, _ macs: Int64) throws {
    let graph = try config.graph()
    #expect(graph.parameters == parameters)
    let positions = try #require(graph.fixedPositions)
    #expect(graph.exportedMACs(positions: positions, past: 0) == macs)
  }

  /// The products written down by hand: each patch of p × p × C elements is projected, and each of the P + 1 positions
  /// goes through L layers of four square projections, scores and values over all positions, and the network.
  @Test func macsAreThoseOfTheProducts() throws {
    let (l, d, m, c, p, side, labels) = (12, 768, 3072, 3, 16, 224, 1000)
    let patches = (side / p) * (side / p)
    let n = patches + 1
    let layer = 4 * n * d * d + 2 * n * n * d + 2 * n * d * m
    let formula = patches * p * p * c * d + l * layer + d * labels
    #expect(formula == 17_563_828_224)
    #expect(try Self.classifier.graph().exportedMACs(positions: 197, past: 0) == Int64(formula))
  }

  @Test func theImageGivesThePositions() throws {
    let graph = try Self.base.graph()
    #expect(graph.fixedPositions == 197)
    #expect(!graph.isCausal)
    #expect(graph.input == .image(channels: 3, height: 224, width: 224))
    #expect(graph.operators.first?.positions == .whole)
    let results: Int64 = 196 * 768
    #expect(graph.operators.first?.kind.resultElements(context: 0) == results)
    for (index, op) in graph.operators.enumerated() { #expect(op.inputs.allSatisfy { $0.producer < index }) }
  }

  @Test func aWorkloadMustBeTheImage() throws {
    let graph = try Self.base.graph()
    func fault(_ workload: Workload) -> String? {
      var d = Diagnostics()
      workload.check(against: graph, into: &d)
      return d.items.first?.description
    }
    #expect(fault(Workload(prompt: 197, generate: 0, batch: 3)) == nil)
    for wrong in [
      Workload(prompt: 196, generate: 0), Workload(prompt: 197, generate: 1),
      Workload(prompt: 197, generate: 0, past: 1),
      Workload(prompt: 0, generate: 0),
    ] {
      let text = try #require(fault(wrong))
      #expect(text.contains("reads one image") && text.contains("expected --prompt 197 --generate 0 --past 0"))
    }
  }

  @Test func labelsAreThoseThatHaveNames() throws {
    let named = Self.base.with([
      "architectures": "[\"ViTForImageClassification\"]", "id2label": "{\"0\": \"cat\", \"1\": \"dog\", \"2\": \"no\"}",
    ])
    let parameters = try Self.base.graph().parameters - (768 * 768 + 768)
    #expect(try named.graph().parameters == parameters + 3 * 769)
    let (graph, findings) = named.with(["id2label": ""]).read()
    #expect(graph?.parameters == parameters + 2 * 769)
    #expect(findings.items.map(\.severity) == [.warning])
  }

  @Test func aHeadThatIsNotReadIsAWarning() {
    let (graph, findings) = Self.base.with(["architectures": "[\"ViTForMaskedImageModeling\"]"]).read()
    #expect(graph?.parameters == 86_389_248)
    #expect(findings.items.map(\.severity) == [.warning])
    #expect(findings.items.first?.description.contains("not the head of 'ViTForMaskedImageModeling'") == true)
  }

  @Test func theActivationsAreTheConfigurations() throws {
    let config = Self.tiny.with(["hidden_act": "\"relu\"", "pooler_act": "\"sigmoid\""])
    #expect(try config.graph().operators.filter { $0.kind.name == "relu" }.count == 2)
    #expect(try config.graph().operators.last?.kind == .activation(.sigmoid, width: 20))
  }

  static let bad: [(ConfigText, String?, String)] = [
    (base.with(["hidden_act": ""]), nil, "missing key 'hidden_act'"),
    (base.with(["hidden_act": "\"gelu_mew\""]), "hidden_act", "did you mean 'gelu_new'?"),
    (base.with(["num_attention_heads": "10"]), "hidden_size", "hidden_size is not a multiple of num_attention_heads"),
    (base.with(["patch_size": "15"]), "image_size", "image_size is not a multiple of patch_size (got 224 over 15"),
    (base.with(["patch_size": "448"]), "image_size", "image_size is not a multiple of patch_size (got 224 over 448"),
    (base.with(["image_size": "16384", "patch_size": "1"]), "patch_size", "too many patches (got 16384 x 16384"),
    (base.with(["image_size": "[224, 224]"]), "image_size", "is a list"),
    (base.with(["qkv_bias": "\"yes\""]), "qkv_bias", "not a truth value"),
    (base.with(["pooler_act": "\"tahn\""]), "pooler_act", "did you mean 'tanh'?"),
    (base.with(["pooler_output_size": "0"]), "pooler_output_size", "out of range"),
    (base.with(["layer_norm_eps": "-1"]), "layer_norm_eps", "no number in range"),
    (classifier.with(["num_labels": "0"]), "num_labels", "out of range"),
    (classifier.with(["id2label": "{}"]), "id2label", "names no label"),
    (classifier.with(["id2label": "{\"0\": \"cat\"}"]), "num_labels", "differ (got 1000; expected 1,"),
    (classifier.with(["id2label": "7"]), "id2label", "not a mapping"),
  ]

  @Test(arguments: bad)
  func badConfigurationsAreRefused(_ config: ConfigText, _ key: String?, _ fragment: String) throws {
    try config.expectRefusal(at: key, fragment)
  }
}
