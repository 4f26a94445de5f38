import Baselines
import DRAM
import Dataflow
import Files
import Report
import Systems

/// Validates files of any kind that accsim reads.
public enum FileCheck {
  /// Reads each file to its end and reports all faults of all of them.
  public static func check(_ paths: [String]) throws(Refusal) -> CommandOutput {
    let data = try DataDirectory.locate()
    var text = ""
    var results: [JSONValue] = []
    var isGood = true
    var messages: [Diagnostic] = []
    for path in paths {
      var d = Diagnostics()
      let what = check(path, data, &d)
      isGood = isGood && !d.hasErrors
      messages += d.items
      if let what, !d.hasErrors { text += "\(path): \(what)\n" }
      results.append(
        .object([
          ("file", .text(path)), ("good", .boolean(!d.hasErrors)),
          ("is", what.map { .text($0) } ?? .null),
          ("messages", .array(d.items.map { .text($0.description) })),
        ]))
    }
    return CommandOutput(text: text, json: .object([("files", .array(results))]), isGood: isGood, messages: messages)
  }

  private static func check(_ path: String, _ data: String, _ d: inout Diagnostics) -> String? {
    if path.lowercased().hasSuffix(".onnx") {
      let name = RunStudy.baseName(path)
      guard let graph = ONNXFile.read(path: path, displayName: path, name: String(name.dropLast(5)), into: &d) else {
        return nil
      }
      return "model '\(graph.name)' with \(graph.origin.nodes) nodes is good"
    }
    if [".npz", ".npy", ".safetensors"].contains(where: path.lowercased().hasSuffix) {
      return TensorFile.read(path: path, displayName: path, into: &d).map { "\($0.count) tensors are good" }
    }
    // Programs alone are large, and JSON.
    let limit = path.lowercased().hasSuffix(".json") ? ProgramFormat.maximumBytes : DesignFile.maximumBytes
    guard let document = DocumentReader.read(path: path, maximumBytes: limit, into: &d) else {
      return nil
    }
    let keys = document.root.entries?.map(\.key) ?? []
    if keys.contains("steps") && keys.contains("schema") {
      guard let (program, _) = ProgramReader.read(document, into: &d) else { return nil }
      return "program of '\(program.origin.model)' with \(program.steps.count) steps is good"
    }
    if keys.contains("paper") {
      return ReproduceStudy.check(path, data, into: &d).map {
        "study of '\($0.name)' with \($0.claims.count) claims and \($0.sweeps.count) sweeps is good"
      }
    }
    if keys.contains("baseline") {
      guard let baseline = BaselineFile.read(path: path, displayName: path, into: &d) else { return nil }
      let formats = baseline.formats.map(\.rawValue).joined(separator: ", ")
      return "baseline '\(baseline.name)' (\(baseline.kind.rawValue)) for \(formats) is good"
    }
    if keys.contains("design") {
      guard let design = DesignFile.read(path: path, displayName: path, data: data, into: &d) else { return nil }
      return "design '\(design.name)' with \(design.units.count) units is good"
    }
    if keys.contains("controller"), !keys.contains("device") {
      guard let controller = ControllerFile.read(document, device: nil, into: &d) else { return nil }
      return "controller '\(controller.name)' is good"
    }
    if keys.contains("device") {
      guard let device = DeviceFile.read(document, into: &d) else { return nil }
      CommandSetSession.check(device, at: Place(file: path), &d)
      return "device '\(device.name)' (\(device.standard)) with \(device.constraints.count) constraints is good"
    }
    if keys.contains("model_type") || keys.contains("network") {
      guard let graph = ModelFile.read(document, name: RunStudy.modelName(path), into: &d) else { return nil }
      return "model '\(graph.name)' with \(graph.operators.count) operators and \(graph.parameters) parameters is good"
    }
    d.error(
      "not a file that accsim knows", at: Place(file: path), value: keys.prefix(4).joined(separator: ", "),
      expected:
        "a top-level key 'baseline', 'controller', 'design', 'device', 'model_type', 'network', 'paper' or 'steps'")
    return nil
  }
}
