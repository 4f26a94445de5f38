import Dataflow
import Explore
import Files
import Foundation

/// A reader that is given arbitrary bytes. Whatever they are, it accepts or refuses them; a trap, a hang or a result
/// that is neither ends the fuzzer.
enum Target: String {
  case onnx, config, yaml, safetensors, npz
  /// No reader, but a fault that AddressSanitizer has to find.
  case overrun

  func run(_ bytes: Data) {
    switch self {
    case .onnx: readONNX(bytes)
    case .config: readConfiguration(bytes)
    case .yaml: check(bytes)
    case .overrun: overrun(8 + bytes.count)
    case .safetensors:
      readTensors(bytes) { SafetensorsFile.read($0, into: &$1) }
    case .npz:
      readTensors(bytes) { file, d in
        file.withBytes { $0.first } == 0x93
          ? NPYFile.read(file, name: "f", into: &d).map { [$0] } : NPZFile.read(file, into: &d)
      }
    }
  }

  private func readONNX(_ bytes: Data) {
    var d = Diagnostics()
    let graph = ONNXFile.read(bytes, displayName: "f", name: "f", into: &d)
    expect(graph, d)
    guard let graph else { return }
    for node in graph.nodes { _ = graph.bytes(of: node) }
    for value in graph.values {
      guard let storage = value.storage else { continue }
      do {
        read(try storage.tensor())
      } catch {
        precondition(!error.diagnostics.isEmpty, "a refusal without a reason")
      }
    }
  }

  private func readConfiguration(_ bytes: Data) {
    var d = Diagnostics()
    guard let document = DocumentReader.json(String(decoding: bytes, as: UTF8.self), file: "f", into: &d) else {
      return expect(nil as Int?, d)
    }
    let graph = ModelFile.read(document, name: "f", into: &d)
    // What stands twice is an error, and the document is read all the same.
    precondition(graph != nil || d.hasErrors, "neither accepted nor refused")
  }

  /// Designs, devices and models in YAML, as `accsim check` reads them.
  private func check(_ bytes: Data) {
    let path = Scratch.path + "/f.yaml"
    do {
      try bytes.write(to: URL(fileURLWithPath: path))
      let checked = try FileCheck.check([path])
      precondition(
        checked.isGood == !checked.messages.contains { $0.severity == .error }, "neither accepted nor refused")
    } catch {
      fatalError("\(error)")
    }
  }

  private func readTensors(_ bytes: Data, _ reader: (MappedFile, inout Diagnostics) -> [StoredTensor]?) {
    var d = Diagnostics()
    let tensors = reader(MappedFile(copying: bytes, displayName: "f"), &d)
    expect(tensors, d)
    tensors?.forEach(read)
  }

  private func read(_ tensor: StoredTensor) {
    precondition(tensor.floats().count == Int(tensor.count), "elements are missing")
    if tensor.count > 0 { _ = tensor.integer(at: tensor.count - 1) }
  }

  private func overrun(_ count: Int) {
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
    memory.initialize(repeating: 1, count: count)
    print(memory[count])
    memory.deallocate()
  }

  private func expect<Result>(_ result: Result?, _ d: Diagnostics) {
    precondition((result == nil) == d.hasErrors, "neither accepted nor refused")
    for item in d.items { precondition(!item.description.contains("\n"), "a message of several lines") }
  }
}
