import Dataflow
import Files
import Systems
import Testing

@Suite struct MappingRefusalTests {
  private func refusal(_ pieces: [(String, String)], _ graph: OperatorGraph? = nil) throws -> String {
    do {
      let design = try Checkout.design("pim-gpt", replacing: pieces)
      _ = try Checkout.run(design, try graph ?? Checkout.model(), Workload(prompt: 1, generate: 1))
      return "accepted"
    } catch let refusal as Refusal {
      return refusal.description
    }
  }

  @Test func anOperatorWithoutARuleIsNamed() throws {
    let text = try refusal([("[softmax, norm, gelu, add]", "[softmax, norm, add]")])
    #expect(text.contains("operator 'h.0.mlp.act' (gelu) matches no mapping rule"), "\(text)")
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
