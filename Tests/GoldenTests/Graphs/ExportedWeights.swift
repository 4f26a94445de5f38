import Dataflow
import Files
import Testing

/// The weights of an exported model against what another program reads from the same file.
@Suite struct ExportedWeights {
  static let name = "tiny_gpt2_torchscript"

  private func graph() throws -> ONNXGraph {
    var d = Diagnostics()
    let graph = ONNXFile.read(
      path: "\(ExportedGraphs.folder)/\(Self.name).onnx", displayName: Self.name, name: Self.name, into: &d)
    try d.throwIfErrors()
    return try #require(graph)
  }

  /// SHA-256 of `numpy_helper.to_array(tensor).tobytes()` and the bits of the first three elements, by the Python
  /// package onnx 1.23.2.
  static let recorded: [(name: String, shape: [Int64], digest: String, first: [UInt32])] = [
    (
      "m.transformer.wte.weight", [256, 64], "e31236d9e7eb9061e584bf6f2b6c198cec8a71c8e558ec964b93c53f1039accc",
      [0x3cbd_dddb, 0x3b9c_c2cc, 0x3997_9179]
    ),
    (
      "m.transformer.h.0.mlp.c_fc.weight", [64, 256],
      "ee3890a9a727eb18c2685f92f10655cdd5d5d753f12de0581ed391ea3e5b0c6b", [0x3aef_5866, 0xbd04_95b6, 0xba1e_5f12]
    ),
    (
      "m.transformer.h.1.mlp.c_proj.weight", [256, 64],
      "0d62571cd37851913e6b20b7a5e15762660840d130a245ad9add1f991b7329a9", [0x3c4e_5c09, 0xbcaf_9116, 0x3c9b_b7fb]
    ),
    (
      "onnx::MatMul_592", [64, 256], "a1b7ed5f48e278853df9dd75594145ad2009e32748bf8cab1bdc5ef95622e3f1",
      [0x3cbd_dddb, 0x3cb0_05a9, 0xbc50_696f]
    ),
  ]

  @Test(.enabled(if: ExportedGraphs.isPresent, "skipped: the exported graphs are not here"), arguments: recorded)
  func weightsAreThoseOfTheFile(_ weight: (name: String, shape: [Int64], digest: String, first: [UInt32])) throws {
    let storage = try #require(try graph().values.first { $0.name == weight.name }?.storage)
    #expect(storage.isMapped)
    let tensor = try storage.tensor()
    #expect(tensor.element == .float32 && tensor.shape == weight.shape)
    #expect(tensor.floats(0..<3).map(\.bitPattern) == weight.first)
    #expect(tensor.withBytes { SHA256.hex(of: Array($0)) } == weight.digest)
  }

  /// All float initializers one after the other in the order of the file, and the float constants of its nodes.
  @Test(.enabled(if: ExportedGraphs.isPresent, "skipped: the exported graphs are not here"))
  func allOfThemTogether() throws {
    let graph = try graph()
    let weights = graph.values.filter { $0.role == .initializer && $0.tensor.element == .float32 }
    #expect(weights.count == 15)
    var bytes: [UInt8] = []
    for weight in weights { try bytes += #require(weight.storage).tensor().withBytes { Array($0) } }
    #expect(bytes.count == 4 * 139840)
    #expect(SHA256.hex(of: bytes) == "e61415c309943a43a46d5b52ec4714f6aede3901e6e78216ca4f1893ee6fa107")
    let constants = graph.values.filter { $0.role == .result && $0.storage?.element == .float32 }
    #expect(constants.count == 14)
    let lowest = try #require(graph.values.first { $0.name == "/m/transformer/Constant_32_output_0" }?.storage)
    #expect(try lowest.tensor().floats() == [-Float.greatestFiniteMagnitude])
  }
}
