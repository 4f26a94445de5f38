import Dataflow
import Explore
import Files
import Foundation
import OnnxProto
import Testing

/// Graphs that real exporters wrote, with the counts of another program beside them.
@Suite struct ExportedGraphs {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../../shared/reference/graphs").standardizedFileURL.path
  static let names: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }.sorted()
  static let isPresent = !names.isEmpty

  /// The experts of this graph get as many tokens as the data say, and a graph has no data: of each product of theirs
  /// nothing is known, but they share a number of tokens that is the same in every run. The counts were made in one.
  static let dataDependent: Set<String> = ["tiny_mixtral_perexpert_torchscript"]

  struct Stats: Decodable {
    struct Row: Decodable {
      let name: String
      let out: [Int64]
      let macs: Int64
    }
    let nodes: Int
    let op_counts: [String: Int]
    let macs_total: Int64
    let float_initializer_elements: Int64
    let weight_graph_input_elements: Int64
    let inputs: [String: [Int64]]
    let rows: [Row]
  }

  private func stats(_ name: String) throws -> Stats {
    try JSONDecoder().decode(
      Stats.self, from: Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/\(name).stats.json")))
  }

  /// The tokens with which the counts were made.
  private func dimensions(_ stats: Stats) -> ONNXDimensions {
    ONNXDimensions(prompt: stats.inputs["input_ids"]?.last ?? 128)
  }

  private func compare(_ graph: ONNXGraph, _ stats: Stats, _ name: String) {
    #expect(graph.origin.nodes == stats.nodes)
    #expect(Dictionary(uniqueKeysWithValues: graph.origin.operators.map { ($0.name, $0.count) }) == stats.op_counts)
    #expect(graph.initializerElements == stats.float_initializer_elements)
    #expect(graph.weightInputElements == stats.weight_graph_input_elements)
    var data: [String: [Int64]] = [:]
    for input in graph.inputs where graph.values[input].role == .data {
      data[graph.values[input].name] = graph.values[input].tensor.extents
    }
    #expect(data == stats.inputs)
    let products = graph.nodes.filter { ["MatMul", "Gemm", "Conv"].contains($0.op) }
    #expect(products.map(\.name) == stats.rows.map(\.name))
    var unknown = 0
    for (node, row) in zip(products, stats.rows) {
      guard let macs = node.macs else {
        unknown += 1
        continue
      }
      #expect(macs == row.macs, "\(row.name)")
      #expect(graph.values[node.outputs[0]].tensor.extents == row.out, "\(row.name)")
    }
    if Self.dataDependent.contains(name) {
      #expect(graph.macs == stats.macs_total)
      #expect(graph.macsDoubt == nil)
      #expect(products.allSatisfy { ($0.macs == nil) == ($0.macsDoubt?.contains("NonZero") == true) })
      // The experts' products, three each of four experts in two layers, and no other.
      #expect(unknown == 24)
    } else {
      #expect(graph.macs == stats.macs_total)
      #expect(unknown == 0)
    }
  }

  @Test(.enabled(if: isPresent, "skipped: the exported graphs are not here"), arguments: names)
  func countsAreThoseOfTheExporter(_ name: String) throws {
    let stats = try stats(name)
    var d = Diagnostics()
    let graph = ONNXFile.read(
      path: "\(Self.folder)/\(name).onnx", displayName: name, name: name, dimensions: dimensions(stats), into: &d)
    try d.throwIfErrors()
    compare(try #require(graph), stats, name)
  }

  /// Without the shapes that the file declares: ours are inferred, and equal to every static one declared.
  @Test(.enabled(if: isPresent, "skipped: the exported graphs are not here"), arguments: names)
  func shapesNeedNoDeclarations(_ name: String) throws {
    let stats = try stats(name)
    var model = try Onnx_ModelProto(
      serializedBytes: Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/\(name).onnx")))
    let declared = model.graph.valueInfo + model.graph.output
    model.graph.valueInfo = []
    for index in model.graph.output.indices { model.graph.output[index].clearType() }
    var d = Diagnostics()
    let graph = ONNXFile.read(
      try model.serializedData(), displayName: name, name: name, dimensions: dimensions(stats), into: &d)
    try d.throwIfErrors()
    let read = try #require(graph)
    compare(read, stats, name)
    let tensors = Dictionary(read.values.map { ($0.name, $0.tensor) }) { first, _ in first }
    var compared = 0
    for info in declared {
      let dims = info.type.tensorType.shape.dim
      let isStatic = dims.allSatisfy { if case .dimValue? = $0.value { true } else { false } }
      guard info.type.tensorType.hasShape, isStatic else { continue }
      compared += 1
      #expect(tensors[info.name]?.extents == dims.map(\.dimValue), "\(info.name)")
      #expect(tensors[info.name]?.element?.rawValue == info.type.tensorType.elemType, "\(info.name)")
    }
    if name.hasPrefix("full_") { #expect(compared > 300) }
  }

  /// Our own graph of GPT-2 and the exported one are the same model.
  @Test(.enabled(if: isPresent, "skipped: the exported graphs are not here"))
  func theConfigurationMakesTheSameModel() throws {
    let exported = try stats("full_gpt2_s128_noweights")
    let json = try GraphStudy(model: "gpt2", prompt: 128).run().json.description
    #expect(json.contains("\"macs\": \(exported.macs_total)"))
    #expect(json.contains("\"parameters\": \(exported.weight_graph_input_elements)"))
  }
}
