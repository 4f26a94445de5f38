import Dataflow
import Files
import Foundation
import Testing

/// Exported graphs, recognised: the operators are those of the same model's configuration, every multiply-accumulate and
/// every weight is accounted for, and the operators compute what ONNX Runtime computed.
@Suite struct RecognizedGraphs {
  /// A file and the configuration of the model that it was exported from.
  struct Export: CustomTestStringConvertible {
    let name: String
    let configuration: String
    var layers = 2
    /// What the file does not have of the configuration's model.
    var lacks: Set<Lack> = []

    enum Lack {
      /// The encoder's pooler was not exported.
      case pooler
      /// The exporter drops vectors of zeros that are added.
      case biases
      /// The frequencies are an input: their base is not in the file.
      case rotaryBase
    }

    var testDescription: String { name }
    var isPresent: Bool { FileManager.default.fileExists(atPath: "\(ExportedGraphs.folder)/\(name).onnx") }
  }

  private static let gpt2 = """
    {"model_type": "gpt2", "n_layer": 2, "n_embd": 64, "n_head": 4, "n_positions": 128, "vocab_size": 256,
    "layer_norm_epsilon": 1e-5}
    """
  private static let llama = """
    {"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 8,
    "num_key_value_heads": 2, "intermediate_size": 172, "max_position_embeddings": 128, "vocab_size": 256,
    "rms_norm_eps": 1e-6, "hidden_act": "silu", "tie_word_embeddings": false}
    """
  private static let bert = """
    {"model_type": "bert", "num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4,
    "intermediate_size": 256, "max_position_embeddings": 128, "vocab_size": 256, "type_vocab_size": 2,
    "hidden_act": "gelu"}
    """
  private static let mixtral = """
    {"model_type": "mixtral", "num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 8,
    "num_key_value_heads": 2, "intermediate_size": 112, "max_position_embeddings": 128, "vocab_size": 256,
    "rms_norm_eps": 1e-5, "hidden_act": "silu", "tie_word_embeddings": false, "num_local_experts": 4,
    "num_experts_per_tok": 2, "rope_theta": 1000000.0}
    """
  private static let miniLM = """
    {"model_type": "bert", "num_hidden_layers": 6, "hidden_size": 384, "num_attention_heads": 12,
    "intermediate_size": 1536, "max_position_embeddings": 512, "vocab_size": 30522, "type_vocab_size": 2,
    "hidden_act": "gelu"}
    """
  static let exports = [
    Export(name: "tiny_gpt2_torchscript", configuration: gpt2),
    Export(name: "tiny_gpt2_dynamo", configuration: gpt2, lacks: [.biases]),
    Export(name: "tiny_llama_gqa_torchscript", configuration: llama),
    Export(name: "tiny_llama_gqa_dynamo", configuration: llama),
    Export(name: "tiny_llama_decode_kv31", configuration: llama),
    Export(name: "tiny_bert_torchscript", configuration: bert, lacks: [.pooler]),
    Export(name: "tiny_mixtral_perexpert_torchscript", configuration: mixtral),
    Export(name: "full_gpt2_s128_noweights", configuration: "gpt2", layers: 12),
    Export(name: "full_bert_base_s128_noweights", configuration: "bert_base", layers: 12, lacks: [.pooler]),
    Export(name: "full_llama2_7b_s128_noweights", configuration: "llama2_7b", layers: 32, lacks: [.rotaryBase]),
    Export(name: "full_mixtral_8x7b_s128_noweights", configuration: "mixtral_8x7b", layers: 32, lacks: [.rotaryBase]),
    Export(name: "minilm_l6_noweights", configuration: miniLM, layers: 6, lacks: [.pooler]),
  ]
  static let isPresent = exports.contains { $0.isPresent }
  static let recorded = exports.filter { $0.name.hasPrefix("tiny") }

  static func recognize(_ export: Export) throws -> (ONNXGraph, RecognizedModel) {
    let path = "\(ExportedGraphs.folder)/\(export.name)"
    let stats = try JSONDecoder().decode(
      ExportedGraphs.Stats.self, from: Data(contentsOf: URL(fileURLWithPath: "\(path).stats.json")))
    var d = Diagnostics()
    let graph = ONNXFile.read(
      path: "\(path).onnx", displayName: export.name, name: export.name,
      dimensions: ONNXDimensions(prompt: stats.inputs["input_ids"]?.last ?? 128), into: &d)
    try d.throwIfErrors()
    let read = try #require(graph)
    let model = GraphRecognition.recognize(read, into: &d)
    try d.throwIfErrors()
    return (read, try #require(model))
  }

  static func configured(_ export: Export) throws -> OperatorGraph {
    var text = export.configuration
    if !text.hasPrefix("{") {
      text = try String(
        contentsOfFile: "\(ExportedGraphs.folder)/configs/\(text).config.json", encoding: .utf8)
    }
    var d = Diagnostics()
    let document = DocumentReader.json(text, file: "config.json", into: &d)
    let graph = document.flatMap { ModelFile.read($0, name: export.name, into: &d) }
    try d.throwIfErrors()
    return try #require(graph)
  }

  /// An operator without its name, and without what the file cannot say.
  private func plain(_ op: GraphOperator, _ lacks: Set<Export.Lack>) -> String {
    var kind = op.kind
    switch kind {
    case .linear(let inputs, let outputs, _) where lacks.contains(.biases):
      kind = .linear(inputs: inputs, outputs: outputs, bias: false)
    // The rows of the angles are computed, a model has no number of its own for them.
    case .embedding(_, let width, .rotary(let base)):
      kind = .embedding(entries: 0, width: width, row: .rotary(base: lacks.contains(.rotaryBase) ? 0 : base))
    default: break
    }
    return "\(kind) \(op.inputs) \(String(describing: op.weightsOf)) \(op.positions)"
  }

  @Test(.enabled(if: isPresent, "skipped: the exported graphs are not here"), arguments: exports)
  func operatorsAreThoseOfTheConfiguration(_ export: Export) throws {
    let (_, model) = try Self.recognize(export)
    let configured = try Self.configured(export)
    let expected = export.lacks.contains(.pooler) ? configured.operators.dropLast(2) : configured.operators[...]
    #expect(model.graph.operators.count == expected.count)
    for (index, (op, other)) in zip(model.graph.operators, expected).enumerated() {
      let (found, wanted) = (plain(op, export.lacks), plain(other, export.lacks))
      #expect(found == wanted, "\(index): \(op.name) for \(other.name)")
      guard found == wanted else { return }
    }
    #expect(model.graph.isCausal == configured.isCausal)
    #expect(model.graph.vocabulary == configured.vocabulary)
    #expect(model.graph.window == configured.window)
    #expect(Set(model.graph.operators.map(\.name)).count == expected.count)
  }

  @Test(.enabled(if: isPresent, "skipped: the exported graphs are not here"), arguments: exports)
  func everythingIsAccountedFor(_ export: Export) throws {
    let (graph, model) = try Self.recognize(export)
    let stats = try JSONDecoder().decode(
      ExportedGraphs.Stats.self,
      from: Data(contentsOf: URL(fileURLWithPath: "\(ExportedGraphs.folder)/\(export.name).stats.json")))
    let books = model.reconciliation
    #expect(books.operatorMACs + books.otherMACs.reduce(0) { $0 + $1.count } == stats.macs_total, "\(books)")
    let elements = stats.float_initializer_elements + stats.weight_graph_input_elements
    #expect(books.operatorParameters + books.otherElements.reduce(0) { $0 + $1.count } == elements, "\(books)")
    #expect(books.operatorParameters == model.graph.parameters)
    #expect(books.isComplete)
    _ = graph
  }
}
