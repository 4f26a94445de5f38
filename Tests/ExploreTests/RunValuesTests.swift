import Dataflow
import Explore
import Files
import Foundation
import Testing

@Suite struct RunValuesTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardizedFileURL.path

  private static let config = """
    {"model_type": "gpt2", "n_layer": 1, "n_embd": 32, "n_head": 2, "n_positions": 16, "vocab_size": 40}
    """

  private func withFolder(_ body: (_ folder: String, _ graph: OperatorGraph) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "accsim-values-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try AtomicFile.write(Self.config, to: folder + "/tiny.config.json")
    var d = Diagnostics()
    let graph = ModelFile.read(
      path: folder + "/tiny.config.json", displayName: "tiny", name: "tiny", into: &d)
    try body(folder, try #require(graph))
  }

  private func study(_ folder: String, prompt: Int64 = 3, past: Int64 = 0) -> RunStudy {
    RunStudy(
      design: Self.root + "/designs/pim-gpt.yaml", model: folder + "/tiny.config.json",
      workload: Workload(prompt: prompt, generate: 0, past: past, logits: .all))
  }

  private func results(_ folder: String, _ values: RunValues, prompt: Int64 = 3, past: Int64 = 0) throws -> [Float] {
    var study = study(folder, prompt: prompt, past: past)
    var values = values
    values.output = folder + "/out.safetensors"
    study.values = values
    _ = try study.run()
    var d = Diagnostics()
    let written = TensorFile.read(path: folder + "/out.safetensors", displayName: "out", into: &d)
    let tensor = try #require(written?.first)
    #expect(tensor.name == "lm_head" && tensor.shape == [1, prompt, 40])
    return tensor.floats()
  }

  /// The random weights of `graph` as a checkpoint by transformers' names; GPT-2's matrices are [inputs, outputs].
  private func checkpoint(
    of graph: OperatorGraph, transposed: Bool = true, without missing: String? = nil
  ) throws -> [StoredTensor] {
    var tensors: [StoredTensor] = []
    let weights = ModelWeights.random(for: graph, seed: 1)
    for (index, op) in graph.operators.enumerated() {
      guard let entry = weights.entries[index] else { continue }
      if let matrix = entry.matrices.first {
        let rows = (0..<matrix.rows).map(matrix.row)
        var (shape, floats) = ([matrix.rows, matrix.columns], rows.flatMap(\.self))
        if transposed, case .linear = op.kind {
          shape.reverse()
          floats = (0..<Int(matrix.columns)).flatMap { column in rows.map { $0[column] } }
        }
        tensors.append(try #require(StoredTensor(name: "transformer.\(op.name).weight", shape: shape, floats: floats)))
      }
      let names = entry.matrices.isEmpty ? ["weight", "bias"] : ["bias"]
      for (name, vector) in zip(names, entry.vectors) {
        tensors.append(
          try #require(
            StoredTensor(name: "transformer.\(op.name).\(name)", shape: [Int64(vector.count)], floats: vector)))
      }
    }
    return tensors.filter { $0.name != missing }
  }

  private func tokens(_ numbers: [Int64], shape: [Int64]) throws -> StoredTensor {
    let bytes = numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
    return try #require(StoredTensor(name: "input_ids", element: .int64, shape: shape, bytes: bytes))
  }

  @Test func aCheckpointIsTheModelsNumbersEitherWayRound() throws {
    try withFolder { folder, graph in
      let random = try results(folder, RunValues(arithmetic: .exact))
      for transposed in [true, false] {
        let path = folder + "/weights.safetensors"
        try TensorFile.write(try checkpoint(of: graph, transposed: transposed), to: path)
        #expect(try results(folder, RunValues(file: path, arithmetic: .exact)) == random)
      }
    }
  }

  @Test func givenTokensAreTheOnesThatAreRead() throws {
    try withFolder { folder, _ in
      let drawn = try results(folder, RunValues(arithmetic: .exact))
      let passes = Workload(prompt: 3, generate: 0).passes(
        of: OperatorGraph(name: "", operators: [], contextLimit: 16, vocabulary: 40))
      try TensorFile.write([try tokens(passes.map(\.token), shape: [1, 3])], to: folder + "/same.npz")
      #expect(try results(folder, RunValues(file: folder + "/same.npz", arithmetic: .exact)) == drawn)
      try TensorFile.write([try tokens([1, 2, 39], shape: [3])], to: folder + "/other.npz")
      #expect(try results(folder, RunValues(file: folder + "/other.npz", arithmetic: .exact)) != drawn)
    }
  }

  /// Keys and values of earlier positions that no file gives come from the seed.
  @Test func aPastThatNobodyGivesIsRandom() throws {
    try withFolder { folder, _ in
      let first = try results(folder, RunValues(arithmetic: .exact), prompt: 2, past: 3)
      #expect(try results(folder, RunValues(arithmetic: .exact), prompt: 2, past: 3) == first)
      #expect(first.allSatisfy { $0.isFinite })
    }
  }

  struct Bad: CustomTestStringConvertible, Sendable {
    let what: String
    let message: String
    var ending = "npz"
    let tensors: @Sendable (RunValuesTests, OperatorGraph) throws -> [StoredTensor]
    var testDescription: String { what }
  }

  static let bad = [
    Bad(what: "too many positions", message: "has other positions than the run") { test, _ in
      [try test.tokens([1, 2, 3, 4, 5], shape: [1, 5])]
    },
    Bad(what: "another batch", message: "--prompt 3 --batch 2") { test, _ in
      [try test.tokens([1, 2, 3, 4, 5, 6], shape: [2, 3])]
    },
    Bad(what: "three axes", message: "are no token numbers") { test, _ in
      [try test.tokens([1, 2, 3], shape: [1, 1, 3])]
    },
    Bad(what: "a token beyond the vocabulary", message: "expected 0 to 39") { test, _ in
      [try test.tokens([1, 40, 3], shape: [1, 3])]
    },
    Bad(what: "a negative token", message: "has a token that the vocabulary has not") { test, _ in
      [try test.tokens([1, -1, 3], shape: [1, 3])]
    },
    Bad(what: "tokens that are no integers", message: "are no token numbers") { _, _ in
      [try #require(StoredTensor(name: "input_ids", shape: [1, 3], floats: [1, 2, 3]))]
    },
    Bad(what: "a missing tensor", message: "the file has no tensor 'h.0.ln_1.bias'", ending: "safetensors") {
      try $0.checkpoint(of: $1, without: "transformer.h.0.ln_1.bias")
    },
    Bad(what: "a misspelt tensor", message: "did you mean 'transformer.ln_g.weight'?", ending: "safetensors") {
      try $0.checkpoint(of: $1).map {
        $0.name == "transformer.ln_f.weight" ? $0.named("transformer.ln_g.weight") : $0
      }
    },
    Bad(what: "another shape", message: "expected [40, 32] for operator 'wte'", ending: "safetensors") {
      try $0.checkpoint(of: $1).map {
        $0.name == "transformer.wte.weight"
          ? StoredTensor(name: $0.name, shape: [32, 40], floats: $0.floats()) ?? $0 : $0
      }
    },
    Bad(what: "a vector of another length", message: "expected [32] for operator 'ln_f'", ending: "safetensors") {
      try $0.checkpoint(of: $1).map {
        $0.name == "transformer.ln_f.bias"
          ? StoredTensor(name: $0.name, shape: [2], floats: [1, 2]) ?? $0 : $0
      }
    },
  ]

  @Test(arguments: bad) func badNumbersAreRefused(_ bad: Bad) throws {
    try withFolder { folder, graph in
      let path = "\(folder)/bad.\(bad.ending)"
      try TensorFile.write(try bad.tensors(self, graph), to: path)
      var study = study(folder)
      study.values = RunValues(file: path, output: folder + "/out.npz")
      do {
        _ = try study.run()
        Issue.record("accepted")
      } catch {
        #expect("\(error)".contains(bad.message) && "\(error)".contains("bad.\(bad.ending)"), "\(error)")
      }
      #expect(!FileManager.default.fileExists(atPath: folder + "/out.npz"))
    }
  }

  /// BLOOM's queries, keys and values take turns head by head.
  @Test func aProjectionThatInterleavesHeadsIsRefused() throws {
    var d = Diagnostics()
    let document = DocumentReader.json(
      """
      {"model_type": "bloom", "n_layer": 1, "hidden_size": 32, "n_head": 2, "vocab_size": 40, "seq_length": 16}
      """, file: "config.json", into: &d)
    let graph = try #require(document.flatMap { ModelFile.read($0, name: "bloom", into: &d) })
    #expect(CheckpointWeights.find(for: graph, in: try checkpoint(of: graph), file: "w.npz", into: &d) == nil)
    #expect(d.items.contains { $0.description.contains("interleaves heads") }, "\(d.items)")
  }

  /// What exporters make of tables of positions and of scales: see the fixtures' page.
  @Test(arguments: ["gpt2_folded_positions", "llama_scaled_in_halves"])
  func exportsGiveTheLogitsThatTorchComputed(_ name: String) throws {
    let fixture = "\(Self.root)/Tests/ExploreTests/Fixtures/\(name)"
    let path = NSTemporaryDirectory() + "accsim-logits-\(UUID().uuidString).npz"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var study = RunStudy(
      design: Self.root + "/designs/pim-gpt.yaml", model: fixture + ".onnx",
      workload: Workload(prompt: 6, generate: 0, logits: .all))
    study.values = RunValues(file: fixture + ".npz", arithmetic: .exact, output: path)
    _ = try study.run()
    var d = Diagnostics()
    let found = try #require(TensorFile.read(path: path, displayName: "found", into: &d)?.first).floats()
    let wanted = try #require(
      TensorFile.read(path: fixture + ".npz", displayName: "wanted", into: &d)?.first { $0.name == "logits" }
    ).floats()
    try #require(found.count == wanted.count)
    #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(wanted.contains { abs($0) > 0.1 })
  }

  @Test func filesAreCheckedBeforeTheRun() throws {
    try withFolder { folder, graph in
      func refusal(_ values: RunValues) -> String {
        var study = study(folder)
        study.values = values
        do {
          _ = try study.run()
          return "accepted"
        } catch { return "\(error)" }
      }
      #expect(refusal(RunValues(file: folder + "/none.npz")).contains("no such file"))
      #expect(refusal(RunValues(output: folder + "/out.csv")).contains("the results have no form for this ending"))
      #expect(refusal(RunValues(output: folder + "/no/out.npz")).contains("the folder for the report does not exist"))
      let path = folder + "/weights.npz"
      try TensorFile.write(try checkpoint(of: graph), to: path)
      #expect(refusal(RunValues(file: path, output: path)).contains("written over an input of the run"))
    }
  }
}
