import Explore
import Files
import Foundation
import Testing

@Suite struct GraphStudyTests {
  /// One MatMul of x [seq, 4] and w [4, 3], and a Relu: written by hand, field by field.
  private static let model: [UInt8] = {
    func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(bytes.count)] + bytes }
    func text(_ number: UInt8, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }
    func value(_ name: String, _ dims: [[UInt8]]) -> [UInt8] {
      text(1, name) + field(2, field(1, [8, 1] + field(2, dims.flatMap { field(1, $0) })))
    }
    let product =
      text(1, "x") + text(1, "layers.0.w") + text(2, "h") + text(3, "layers.0.\"product\"") + text(4, "MatMul")
    let relu = text(1, "h") + text(2, "y") + text(3, "layers.0.relu") + text(4, "Relu")
    let graph =
      field(1, product) + field(1, relu) + field(11, value("x", [text(2, "seq"), [8, 4]]))
      + field(11, value("layers.0.w", [[8, 4], [8, 3]])) + field(12, text(1, "y"))
    return [8, 8] + [7 << 3 | 2, UInt8(graph.count & 127) | 128, UInt8(graph.count >> 7)] + graph + field(8, [16, 17])
  }()

  private func withModel(_ body: (String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "accsim-\(UUID().uuidString).onnx"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(Self.model).write(to: URL(fileURLWithPath: path))
    try body(path)
  }

  @Test func anONNXFileIsCounted() throws {
    try withModel { path in
      let json = try GraphStudy(model: path, prompt: 5).run().json.description
      #expect(json.contains("\"nodes\": 2"))
      #expect(json.contains("\"MatMul\": 1"))
      #expect(json.contains("\"macs\": 60,\n    \"parameters\": 12,\n    \"weight_bytes\": 48"))
      #expect(json.contains("\"shape\": [5, 3]"))
      let text = try GraphStudy(model: path, prompt: 5).run().text
      #expect(text.contains("layers.*.\"product\"  MatMul"))
    }
  }

  @Test func theDrawingQuotesNames() throws {
    try withModel { path in
      var study = GraphStudy(model: path)
      study.drawsDot = true
      let text = try study.run().text
      #expect(text.contains("layers.0.\\\"product\\\""))
      #expect(text.contains("n0 -> n1;"))
    }
  }

  @Test func wrongExtentsAreRefused() throws {
    try withModel { path in
      #expect(throws: Refusal.self) { try GraphStudy(model: path, prompt: -1).run() }
      #expect(throws: Refusal.self) { try GraphStudy(model: path, prompt: 1 << 60).run() }
      #expect(throws: Refusal.self) { try GraphStudy(model: path, batch: 0).run() }
    }
    #expect(throws: Refusal.self) { try GraphStudy(model: "/nowhere/m.onnx").run() }
    #expect(throws: Refusal.self) { try GraphStudy(model: "gpt2", prompt: 2000).run() }
  }

  @Test func checkReadsONNXFiles() throws {
    try withModel { path in
      let output = try FileCheck.check([path])
      #expect(output.isGood)
      #expect(output.text.contains("with 2 nodes is good"))
    }
  }
}
