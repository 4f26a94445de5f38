import Dataflow
import Explore
import Files
import Foundation
import Reference
import Testing

/// Exported graphs with an input and what ONNX Runtime computed: by the plain reference, and on a simulated design.
@Suite struct RecordedLogits {
  private static let isPresent = RecognizedGraphs.isPresent
  private static let recorded = RecognizedGraphs.recorded

  private func path(_ export: RecognizedGraphs.Export, _ ending: String) -> String {
    "\(ExportedGraphs.folder)/\(export.name)\(ending)"
  }

  private func recordedOutput(_ export: RecognizedGraphs.Export) throws -> [Float] {
    var d = Diagnostics()
    let tensors = try #require(
      TensorFile.read(path: path(export, ".io.npz"), displayName: export.name, into: &d), "\(d.items)")
    return try #require(tensors.first { ["out:out", "out:logits"].contains($0.name) }).floats()
  }

  private func workload(_ export: RecognizedGraphs.Export) -> Workload {
    export.name.contains("kv31")
      ? Workload(prompt: 1, generate: 0, past: 31, logits: .all) : Workload(prompt: 32, generate: 0, logits: .all)
  }

  /// A run on `design`, its results and the numbers that it computed with.
  private func run(
    _ export: RecognizedGraphs.Export, _ arithmetic: ValueArithmetic, design: String = "pim-gpt"
  ) throws -> (found: [Float], macs: Int64, graph: OperatorGraph) {
    let folder = NSTemporaryDirectory() + "accsim-values-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let work = workload(export)
    var study = RunStudy(design: design, model: path(export, ".onnx"), workload: work)
    study.values = RunValues(file: path(export, ".io.npz"), arithmetic: arithmetic, output: folder + "/out.npz")
    let report = try study.run().json.description
    var d = Diagnostics()
    let written = try #require(TensorFile.read(path: folder + "/out.npz", displayName: "out.npz", into: &d))
    let object = try #require(try JSONSerialization.jsonObject(with: Data(report.utf8)) as? [String: Any])
    let values = try #require(object["values"] as? [String: Any])
    #expect(values["weights"] as? String == "the model's initializers" && values["tokens"] as? String == "given")
    let totals = try #require(object["totals"] as? [String: Any])
    let computed = try #require(values["macs_computed"] as? Int64)
    #expect(totals["macs_executed"] as? Int64 == computed)
    let (_, model) = try RecognizedGraphs.recognize(export)
    return (written[0].floats(), computed, model.graph)
  }

  /// The weights are bound the right way round: embeddings, projections, rotary angles, shared heads, experts.
  @Test(.enabled(if: isPresent, "skipped: the exported graphs are not here"), arguments: recorded)
  func operatorsComputeWhatWasRecorded(_ export: RecognizedGraphs.Export) throws {
    var study = RunStudy(design: "pim-gpt", model: path(export, ".onnx"), workload: workload(export))
    study.values = RunValues(file: path(export, ".io.npz"))
    let (input, tokens) = try study.numbers()
    let wanted = try recordedOutput(export)
    let results = ReferenceModel(input).run(tokens: tokens[0], past: export.name.contains("kv31") ? 31 : 0)
    let found = try #require(results.last).flatMap(\.self)
    try #require(found.count == wanted.count)
    #expect(zip(found, wanted).reduce(0) { max($0, abs($1.0 - Double($1.1))) } < 1e-4)
    #expect(wanted.contains { abs($0) > 0.1 })
  }

  @Test(.enabled(if: isPresent, "skipped: the exported graphs are not here"), arguments: recorded)
  func exactRunsGiveTheRecordedLogits(_ export: RecognizedGraphs.Export) throws {
    let wanted = try recordedOutput(export)
    let (found, macs, graph) = try run(export, .exact)
    try #require(found.count == wanted.count)
    #expect(zip(found, wanted).reduce(0) { max($0, abs($1.0 - $1.1)) } < 1e-4)
    #expect(macs == workload(export).macsOfOperators(graph))
  }

  @Test(.enabled(if: isPresent, "skipped: the exported graphs are not here"), arguments: recorded)
  func theDesignsArithmeticComesAsCloseAsRoundingAllows(_ export: RecognizedGraphs.Export) throws {
    let wanted = try recordedOutput(export)
    let (found, _, graph) = try run(export, .design)
    try #require(found.count == wanted.count)
    let scale = (wanted.reduce(0) { $0 + Double($1) * Double($1) } / Double(wanted.count)).squareRoot()
    let largest = zip(found, wanted).reduce(0) { max($0, abs(Double($1.0) - Double($1.1))) } / scale
    let tolerance = RoundingTolerance.largest(of: wanted.count, in: graph)
    print("\(export.name): largest difference \(largest) of the logits' root mean square, tolerance \(tolerance)")
    #expect(largest < tolerance)
    #expect(largest > 1e-3, "no bfloat16 run is exact")
  }
}
