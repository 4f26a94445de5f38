import Dataflow
import Files
import Systems
import Testing

@Suite struct MappingRefusalTests {
  private func refusal(
    _ pieces: [(String, String)], _ graph: OperatorGraph? = nil, _ workload: Workload = .init(prompt: 1, generate: 1)
  ) throws -> String {
    do {
      let design = try Checkout.design("pim-gpt", replacing: pieces)
      _ = try Checkout.run(design, try graph ?? Checkout.model(), workload)
      return "accepted"
    } catch let refusal as Refusal {
      return refusal.description
    }
  }

  @Test func anOperatorWithoutARuleIsNamed() throws {
    let text = try refusal([("[softmax, norm, gelu, add]", "[softmax, norm, add]")])
    #expect(text.contains("operator 'h.0.mlp.act' (gelu) matches no mapping rule"), "\(text)")
  }

  /// The designs have no unit for RMS norms: that is the first operator of a LLaMA that they cannot run.
  @Test(arguments: ["llama", "mistral", "qwen2", "mixtral"])
  func theFirstOperatorThatADesignCannotRunIsNamed(_ family: String) throws {
    let graph = try Checkout.model(
      text: """
        {"model_type": "\(family)", "num_hidden_layers": 2, "hidden_size": 64, "intermediate_size": 128,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "vocab_size": 300,
         "num_local_experts": 4, "num_experts_per_tok": 2}
        """)
    let first = try refusal([], graph).split(separator: "\n").first ?? ""
    #expect(
      first.contains("error: operator 'model.layers.0.input_layernorm' (rms-norm) matches no mapping rule"), "\(first)")
  }

  @Test func anActivationThatADesignDoesNotHaveIsNamed() throws {
    let graph = try Checkout.model(
      text: """
        {"model_type": "opt", "num_hidden_layers": 2, "hidden_size": 64, "ffn_dim": 128, "num_attention_heads": 4,
         "max_position_embeddings": 64, "vocab_size": 300, "activation_function": "relu"}
        """)
    #expect(try refusal([], graph).contains("operator 'decoder.layers.0.act' (relu) matches no mapping rule"))
    let mapped = try refusal([("[softmax, norm, gelu, add]", "[softmax, norm, gelu, add, relu]")], graph)
    #expect(mapped.contains("(relu) cannot run on a vector-unit"), "\(mapped)")
  }

  @Test func anEncoderIsRefused() throws {
    let graph = try Checkout.model(
      text: """
        {"model_type": "bert", "num_hidden_layers": 2, "hidden_size": 64, "intermediate_size": 128,
         "num_attention_heads": 4, "max_position_embeddings": 64, "type_vocab_size": 2, "vocab_size": 300,
         "hidden_act": "gelu"}
        """)
    #expect(try refusal([], graph).contains("it reads all positions at once"))
    let text = try refusal([], graph, Workload(prompt: 4, generate: 0))
    #expect(text.contains("operator 'encoder.layer.0.attention.scores' (attention.scores) cannot run"), "\(text)")
    #expect(text.contains("positions attend to later ones"), "\(text)")
  }

  @Test func aModelThatDoesNotFitIsRefused() throws {
    let text = try refusal([("channels: 8", "channels: 1")], Checkout.model(layers: 60, width: 1024, heads: 16))
    #expect(text.contains("the model does not fit the memory 'memory'"), "\(text)")
  }

  @Test func deadlocksCannotComeFromCapacities() throws {
    #expect(try refusal([("capacity: 4", "capacity: 1")]) == "accepted")
    #expect(try refusal([("capacity: 4", "capacity: 1"), ("overlap: none", "overlap: dependences")]) == "accepted")
  }
}
