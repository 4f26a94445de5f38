import Dataflow
import Files
import Testing

/// Configurations of every family with each of their numbers made wrong in turn, and cut off after each field.
@Suite struct BadConfigTests {
  struct Family: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let config: ConfigText
    /// Numbers that the family cannot do without.
    let numbers: [String]
  }

  private static let decoder = [
    "num_hidden_layers", "hidden_size", "intermediate_size", "num_attention_heads", "max_position_embeddings",
    "vocab_size",
  ]

  static let families: [Family] = [
    Family(testDescription: "LLaMA", config: GatedDecoderTests.llama, numbers: decoder),
    Family(
      testDescription: "Mistral",
      config: GatedDecoderTests.grouped.with(["model_type": "\"mistral\"", "sliding_window": "4096"]), numbers: decoder),
    Family(
      testDescription: "Mixtral", config: GatedDecoderTests.mixtral,
      numbers: decoder + ["num_local_experts", "num_experts_per_tok"]),
    Family(testDescription: "Qwen2", config: GatedDecoderTests.qwen2, numbers: decoder),
    Family(testDescription: "BERT", config: BERTConfigTests.base, numbers: decoder + ["type_vocab_size"]),
    Family(
      testDescription: "OPT", config: OPTConfigTests.opt,
      numbers: [
        "num_hidden_layers", "hidden_size", "num_attention_heads", "ffn_dim", "max_position_embeddings", "vocab_size",
      ]),
    Family(
      testDescription: "BLOOM", config: BLOOMConfigTests.bloom,
      numbers: ["n_layer", "hidden_size", "n_head", "vocab_size"]),
    Family(
      testDescription: "ViT", config: ViTConfigTests.base,
      numbers: [
        "num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size", "image_size", "patch_size",
        "num_channels",
      ]),
  ]

  /// What stands for the number, and how its message goes on after the name of the key.
  static let wrong: [(String, String)] = [
    ("\"64\"", "is a text in quotes (got 64; expected an integer from 1 to "),
    ("-3", "is out of range (got -3; expected an integer from 1 to "),
    ("0", "is out of range (got 0; expected an integer from 1 to "),
    ("4611686018427387904", "is out of range (got 4611686018427387904; expected an integer from 1 to "),
    ("null", "has no value (got null; expected an integer from 1 to "),
    ("[64]", "is a list (expected an integer from 1 to "),
    ("{}", "is a mapping (expected an integer from 1 to "),
    ("6.5", "is not a decimal integer (got 6.5; expected an integer from 1 to "),
    ("true", "is not a decimal integer (got true; expected an integer from 1 to "),
  ]

  private func firstError(_ config: ConfigText) -> String? {
    let (graph, findings) = config.read()
    #expect(graph == nil, "accepted: \(config.text)")
    return findings.items.first { $0.severity == .error }?.description
  }

  @Test(arguments: families) func aNumberOfTheWrongKindIsRefusedAtItsPlace(_ family: Family) throws {
    for key in family.numbers {
      for (value, message) in Self.wrong {
        let config = family.config.with([key: value])
        let lines = config.text.split(separator: "\n", omittingEmptySubsequences: false)
        let line = try #require(lines.firstIndex { $0.hasPrefix("\"\(key)\":") }) + 1
        // Behind the key's quotes, a colon and a space.
        let column = key.count + 5
        let error = firstError(config) ?? "no error"
        let expected = "config.json:\(line):\(column): error: '\(key)' of the model configuration \(message)"
        #expect(error.hasPrefix(expected), "\(error)")
      }
    }
  }

  @Test(arguments: families) func aMissingNumberIsRefused(_ family: Family) {
    for key in family.numbers {
      let error = firstError(family.config.with([key: ""])) ?? "no error"
      #expect(error.hasPrefix("config.json:1:1: error: missing key '\(key)' in the model configuration"), "\(error)")
    }
  }

  /// Text that ends behind any field ends too early, there and nowhere else.
  @Test(arguments: families) func aTruncatedFileIsRefusedAtItsEnd(_ family: Family) throws {
    let lines = family.config.text.split(separator: "\n").map(String.init)
    #expect(lines.count > 6)
    for count in 1..<lines.count {
      var d = Diagnostics()
      let document = DocumentReader.json(lines.prefix(count).joined(separator: "\n"), file: "config.json", into: &d)
      #expect(document == nil)
      let error = try #require(d.items.first).description
      let place = "config.json:\(count):\(lines[count - 1].count + 1)"
      #expect(error.hasPrefix("\(place): error: not valid JSON: the text ends too early (expected "), "\(error)")
    }
  }
}
