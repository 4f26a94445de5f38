import Explore
import Files
import Testing

/// The shipped models of images, as the commands show and refuse them.
@Suite struct ImageModelTests {
  private func refusal(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "accepted"
    } catch {
      return "\(error)"
    }
  }

  /// One image is counted unless a batch is asked for: 17,563,828,224 is what torch counts for one.
  @Test(
    arguments: [
      ("vit-base", 197, 17_563_828_224), ("resnet18", 1, 1_814_073_344), ("resnet50", 1, 4_089_184_256),
      ("vgg19", 1, 19_632_062_464),
    ] as [(String, Int, Int64)])
  func oneImageIsCounted(_ model: String, _ positions: Int, _ macs: Int64) throws {
    for batch in [nil, 3] as [Int64?] {
      let output = try GraphStudy(model: model, batch: batch).run()
      let json = output.json.description
      #expect(json.contains("\"macs\": \(macs * (batch ?? 1)),\n    \"parameters\""), "\(json.prefix(400))")
      #expect(json.contains("\"prompt\": \(positions),"))
      #expect(output.text.contains("past 0, batch \(batch ?? 1) (each an image of 3 x 224 x 224)"))
    }
    #expect(try GraphStudy(model: model, prompt: Int64(positions)).run().messages.isEmpty)
  }

  @Test(arguments: ["vit-base", "resnet50"]) func anImageHasNoOtherPositions(_ model: String) {
    let positions = model == "resnet50" ? 1 : 197
    for study in [GraphStudy(model: model, prompt: 128), GraphStudy(model: model, past: 5)] {
      let text = refusal { _ = try study.run() }
      #expect(text.contains("the model '\(model)' reads one image, which has a fixed number of positions"), "\(text)")
      #expect(
        text.contains(study.past == nil ? "(got --prompt 128; expected --prompt \(positions)," : "(got --past 5;"))
    }
  }

  @Test func imagesHaveShapes() throws {
    let json = try GraphStudy(model: "resnet18", batch: 2).run().json.description
    #expect(json.contains("\"shape\": [2, 64, 112, 112]"))
    #expect(json.contains("\"shape\": [2, 1000]"))
    let vit = try GraphStudy(model: "vit-base").run().json.description
    #expect(vit.contains("\"shape\": [1, 768, 14, 14]"))
    #expect(vit.contains("\"shape\": [1, 197, 3072]"))
    #expect(vit.contains("\"shape\": [1, 1, 1000]"))
  }

  /// A convolution reads the image before it and its weights, and writes its result, each element two bytes long.
  @Test func bytesAreThoseOfTheOperands() throws {
    let json = try GraphStudy(model: "resnet18").run().json.description
    let first = 2 * (3 * 224 * 224 + 64 * 112 * 112 + 64 * 3 * 7 * 7 + 2 * 64)
    #expect(json.contains("\"bytes\": \(first),"))
    let vit = try GraphStudy(model: "vit-base").run().json.description
    // All patches are read once to be put behind the class token.
    #expect(vit.contains("\"bytes\": \(2 * (196 * 768 + 768 + 197 * 768)),"))
  }

  @Test func theGraphIsDrawn() throws {
    var study = GraphStudy(model: "resnet18")
    study.drawsDot = true
    let text = try study.run().text
    #expect(text.hasPrefix("digraph \"resnet18\""))
    // The first block adds what the pool made.
    #expect(text.contains("label=\"add\\nlayers.2.0.add"))
    #expect(text.contains("n2 -> n6;"))
  }

  @Test(arguments: [
    ("vit-base", "embeddings.patch_embeddings.projection"), ("resnet18", "layers.0.conv"), ("vgg19", "layers.0.0.conv"),
  ])
  func aDesignWithoutARuleRefusesByTheFirstOperator(_ model: String, _ first: String) {
    for workload in [RunStudy.Work(prompt: 32, generate: 32), .init(prompt: 197, generate: 0)] {
      let text = refusal { _ = try RunStudy(design: "pim-gpt", model: model, workload: workload).run() }
      let error = text.split(separator: "\n").first ?? ""
      #expect(error.contains("operator '\(first)' (convolution) matches no mapping rule"), "\(text)")
      #expect(error.contains("'accsim graph' counts the model") && !error.contains("a rule with"))
    }
  }

  @Test func theyAreListedAndChecked() throws {
    let list = try Catalogue.list(.models).text
    for name in ["resnet18", "resnet50", "vgg19", "vit-base"] {
      let line = try #require(list.split(separator: "\n").first { $0.hasPrefix(name + " ") })
      #expect(line.hasSuffix("images of 3 x 224 x 224"))
      let path = try DataDirectory.find(kind: .models, name: name)
      let checked = try FileCheck.check([path])
      #expect(checked.isGood && checked.messages.isEmpty)
      #expect(checked.text.contains("model '\(name)' with "))
    }
  }
}
