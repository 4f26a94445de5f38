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
    let text = try refusal([("[gelu, gelu-erf,", "[gelu-erf,")])
    #expect(text.contains("operator 'h.0.mlp.act' (gelu) matches no mapping rule"), "\(text)")
  }

  /// The first operator of a LLaMA that a design has no rule for.
  @Test(arguments: ["llama", "mistral", "qwen2", "mixtral"])
  func theFirstOperatorThatADesignCannotRunIsNamed(_ family: String) throws {
    let graph = try Checkout.model(
      text: """
        {"model_type": "\(family)", "num_hidden_layers": 2, "hidden_size": 64, "intermediate_size": 128,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "vocab_size": 300,
         "num_local_experts": 4, "num_experts_per_tok": 2}
        """)
    let first = try refusal([("rms-norm, ", "")], graph).split(separator: "\n").first ?? ""
    #expect(
      first.contains("error: operator 'model.layers.0.input_layernorm' (rms-norm) matches no mapping rule"), "\(first)")
    let moved = try refusal(
      [("norm, rms-norm, ", "norm, "), ("operator: embedding", "operator: [embedding, rms-norm]")], graph)
    #expect(moved.contains("(rms-norm) cannot run on a pim-memory"), "\(moved)")
  }

  /// A layer of an encoder keeps a position's stream and queries until the keys of all positions are there.
  @Test func anEncoderThatNeedsMoreRoomThanThereIsIsRefused() throws {
    let graph = try Checkout.model(
      text: """
        {"model_type": "bert", "num_hidden_layers": 2, "hidden_size": 768, "intermediate_size": 3072,
         "num_attention_heads": 12, "max_position_embeddings": 512, "type_vocab_size": 2, "vocab_size": 300,
         "hidden_act": "gelu"}
        """)
    #expect(try refusal([], graph).contains("it reads all positions at once"))
    let text = try refusal([], graph, Workload(prompt: 128, generate: 0))
    #expect(text.contains("does not fit the SRAM of 'asic'"), "\(text)")
    #expect(text.contains("what the positions of an encoder keep between its layers"), "\(text)")
    // 128 positions of two vectors of 768 elements of 2 B, and 12 heads' scores and weights.
    let room = 128 * 2 * 768 * 2 + 3072 * 2 * 2
    #expect(try refusal([("128 KiB", "\(room) B")], graph, Workload(prompt: 128, generate: 0)) == "accepted")
    #expect(try refusal([("128 KiB", "\(room - 2) B")], graph, Workload(prompt: 128, generate: 0)) != "accepted")
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
