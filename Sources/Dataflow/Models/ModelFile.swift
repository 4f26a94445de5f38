import Arch
import Files

/// Reads a model file, a `config.json` or an ONNX model, and makes its operator graph.
public enum ModelFile {
  /// Families of `config.json` that are understood, by `model_type`.
  public static let families = ["bert", "bloom", "gpt2", "opt", "vit"] + GatedDecoder.Family.allCases.map(\.rawValue)

  public static func read(path: String, displayName: String, name: String, into d: inout Diagnostics) -> OperatorGraph?
  {
    load(path: path, displayName: displayName, name: name, into: &d)?.graph
  }

  /// The model in the file at `path`, with its numbers where the file has them.
  ///
  /// - Parameter dimensions: what the symbolic extents of an ONNX model stand for.
  public static func load(
    path: String, displayName: String, name: String, dimensions: ONNXDimensions = ONNXDimensions(),
    into d: inout Diagnostics
  ) -> LoadedModel? {
    guard path.lowercased().hasSuffix(".onnx") else {
      let document = DocumentReader.read(path: path, displayName: displayName, into: &d)
      return document.flatMap { read($0, name: name, into: &d) }.map { LoadedModel(graph: $0) }
    }
    guard
      let file = ONNXFile.read(path: path, displayName: displayName, name: name, dimensions: dimensions, into: &d),
      let found = GraphRecognition.recognize(file, file: displayName, into: &d)
    else { return nil }
    return LoadedModel(
      graph: found.graph, weights: found.weights, weightsReason: found.weightsReason,
      lacksWeights: file.initializerElements == 0, inputs: found.inputs)
  }

  public static func read(_ document: Document, name: String, into d: inout Diagnostics) -> OperatorGraph? {
    guard var fields = Fields(document.root, of: "the model configuration", in: document.file, &d) else { return nil }
    // A text that is neither is a network with a misspelt key when it is YAML, and a configuration when it is JSON.
    if !fields.contains("model_type"), fields.contains("network") || !document.file.lowercased().hasSuffix(".json") {
      guard var fields = Fields(document.root, of: "the network", in: document.file, &d) else { return nil }
      return ImageNetworkFile.read(&fields, name: name, &d)
    }
    guard let family = fields.requiredText("model_type", &d) else { return nil }
    if let gated = GatedDecoder.Family(rawValue: family) {
      return GatedDecoder.read(&fields, gated, name: name, &d)
    }
    switch family {
    case "bert": return BERTConfig.read(&fields, name: name, &d)
    case "bloom": return BLOOMConfig.read(&fields, name: name, &d)
    case "gpt2": return GPT2Config.read(&fields, name: name, &d)
    case "opt": return OPTConfig.read(&fields, name: name, &d)
    case "vit": return ViTConfig.read(&fields, name: name, &d)
    default:
      d.error(
        "unsupported model_type", at: fields.place("model_type"), value: family,
        expected: "one of \(families.joined(separator: ", "))",
        suggestion: nearMiss(of: family, among: families).map { "did you mean '\($0)'?" })
      return nil
    }
  }
}
