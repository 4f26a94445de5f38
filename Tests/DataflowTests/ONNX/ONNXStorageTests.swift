import Dataflow
import Files
import Foundation
import OnnxProto
import Testing

/// The elements of initializers and constants: found where they lie, whatever form they have.
@Suite struct ONNXStorageTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("accsim-onnx-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func read(_ model: TinyModel, _ d: inout Diagnostics) throws -> ONNXGraph? {
    let path = folder.appendingPathComponent("m.onnx").path
    try model.data().write(to: URL(fileURLWithPath: path))
    return ONNXFile.read(path: path, displayName: "m.onnx", name: "m", into: &d)
  }

  private func graph(_ model: TinyModel) throws -> ONNXGraph {
    defer { try? FileManager.default.removeItem(at: folder) }
    var d = Diagnostics()
    let graph = try read(model, &d)
    try d.throwIfErrors()
    return try #require(graph)
  }

  private func storage(_ graph: ONNXGraph, _ name: String) throws -> ONNXStorage {
    try #require(graph.values.first { $0.name == name }?.storage)
  }

  private static func tensor(_ name: String, _ type: Int32, _ count: Int) -> Onnx_TensorProto {
    var tensor = Onnx_TensorProto()
    tensor.name = name
    tensor.dataType = type
    tensor.dims = [Int64(count)]
    return tensor
  }

  /// A model with a node, so that it is one.
  private static func model(_ tensors: [Onnx_TensorProto]) -> TinyModel {
    var model = TinyModel()
    model.input("x", [2, 4])
    model.proto.graph.initializer = tensors
    model.node("Relu", ["x"], ["y"])
    return model
  }

  /// Each field that may hold elements, above and below the size at which a payload is left in the file.
  @Test(arguments: [3, 4096, 4097, 50_000]) func everyFieldOfATensor(_ count: Int) throws {
    let floats = (0..<count).map { Float($0) / 8 - 100 }
    let integers = (0..<count).map { Int64($0) * 1_000_003 - 7 }
    var raw = Self.tensor("raw", 1, count)
    raw.rawData = floats.withUnsafeBytes { Data($0) }
    var typed = Self.tensor("typed", 1, count)
    typed.floatData = floats
    var doubles = Self.tensor("doubles", 11, count)
    doubles.doubleData = floats.map(Double.init)
    let longs = TinyModel.integers("longs", integers)
    var shorts = Self.tensor("shorts", 5, count)
    shorts.int32Data = (0..<count).map { Int32($0 % 60_000 - 30_000) }
    var halves = Self.tensor("halves", 16, count)
    halves.int32Data = (0..<count).map { Int32(Float($0 % 128).bitPattern >> 16) }
    var unsigned = Self.tensor("unsigned", 12, count)
    unsigned.uint64Data = (0..<count).map { UInt64(UInt32.max - UInt32($0)) }
    var truths = Self.tensor("truths", 9, count)
    truths.int32Data = (0..<count).map { Int32($0 % 2) }
    let graph = try graph(Self.model([raw, typed, doubles, longs, shorts, halves, unsigned, truths]))
    for name in ["raw", "typed", "doubles"] {
      #expect(try storage(graph, name).tensor().floats() == floats, "\(name)")
      #expect(try storage(graph, name).isMapped == (count * (name == "doubles" ? 8 : 4) > 32768), "\(name)")
    }
    let long = try storage(graph, "longs").tensor()
    #expect((0..<Int64(count)).map { long.integer(at: $0) } == integers)
    #expect(try storage(graph, "shorts").tensor().floats() == shorts.int32Data.map(Float.init))
    #expect(try storage(graph, "halves").tensor().floats() == (0..<count).map { Float($0 % 128) })
    #expect(try storage(graph, "unsigned").tensor().integer(at: 2) == 4_294_967_293)
    #expect(try storage(graph, "truths").tensor().floats() == (0..<count).map { Float($0 % 2) })
    // What is computed with while a graph is read is the same with either.
    #expect((graph.values.first { $0.name == "longs" }?.tensor.values != nil) == (count <= 4096))
  }

  @Test func constantsOfAllKinds() throws {
    var model = Self.model([])
    let floats = (0..<20_000).map { Float($0) }
    var large = Self.tensor("", 1, floats.count)
    large.rawData = floats.withUnsafeBytes { Data($0) }
    var value = Onnx_AttributeProto()
    value.name = "value"
    value.type = .tensor
    value.t = large
    var several = Onnx_AttributeProto()
    several.name = "value_floats"
    several.type = .floats
    several.floats = [1.5, -2]
    var one = Onnx_AttributeProto()
    one.name = "value_float"
    one.type = .float
    one.f = 0.25
    model.node("Constant", [], ["large"], [value])
    model.node("Constant", [], ["several"], [several])
    model.node("Constant", [], ["one"], [one])
    model.node("Constant", [], ["int"], [attribute("value_int", 42)])
    model.node("Constant", [], ["ints"], [attribute("value_ints", [4, -5])])
    // In a body, which is walked when its branch is taken.
    var body = Onnx_GraphProto()
    body.node = [TinyModel.node("Constant", [], ["inner"], [value])]
    body.output = [TinyModel.info("inner", 1, [20_000])]
    model.proto.graph.initializer = [TinyModel.integers("yes", [1], [])]
    model.proto.graph.initializer[0].dataType = 9
    model.proto.graph.initializer[0].int64Data = []
    model.proto.graph.initializer[0].int32Data = [1]
    model.node("If", ["yes"], ["outer"], [attribute("then_branch", body), attribute("else_branch", body)])
    let graph = try graph(model)
    for name in ["large", "inner"] {
      #expect(try storage(graph, name).isMapped)
      #expect(try storage(graph, name).tensor().floats() == floats)
    }
    #expect(try storage(graph, "several").tensor().floats() == [1.5, -2])
    #expect(try storage(graph, "one").tensor().floats() == [0.25])
    #expect(try storage(graph, "one").tensor().shape == [])
    #expect(try storage(graph, "int").tensor().integer(at: 0) == 42)
    #expect(try storage(graph, "ints").tensor().floats() == [4, -5])
    #expect(graph.values.first { $0.name == "y" }?.storage == nil)
  }

  /// A file cannot send the reader to a place of its choice, and odd encodings mean what they mean.
  @Test func forgedAndOddTensors() throws {
    var forged = TinyModel.floats("forged", [2])
    forged.docString = "9 0 8 8"
    forged.rawData = Data()
    var d = Diagnostics()
    #expect(try read(Self.model([forged]), &d) == nil)
    #expect(
      d.items.first?.description.hasPrefix("m.onnx: initializer \"forged\": error: raw_data has the wrong") == true)
    // Two stretches of one packed field belong together; so do those of a large one.
    let model = Self.model([])
    let half = [Float](repeating: 2, count: 10_000)
    let bytes = [UInt8](half.withUnsafeBytes { Data($0) })
    func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
      var count = content.count
      var varint: [UInt8] = []
      while count > 127 {
        varint.append(UInt8(count & 127) | 128)
        count >>= 7
      }
      return [number << 3 | 2] + varint + [UInt8(count)] + content
    }
    let tensor = [8, 0xA0, 0x9C, 1, 16, 1] + field(8, Array("split".utf8)) + field(4, bytes) + field(4, bytes)
    let split = try model.data() + field(7, field(5, tensor))
    d = Diagnostics()
    let read = try #require(ONNXFile.read(Data(split), displayName: "m", name: "m", into: &d))
    #expect(try storage(read, "split").tensor().floats() == half + half)
    try? FileManager.default.removeItem(at: folder)
  }

  @Test func elementsThatCannotBeHad() throws {
    var tiny = Self.tensor("tiny", 17, 3)
    tiny.rawData = Data(count: 3)
    var wide = Self.tensor("wide", 3, 2)
    wide.int32Data = [1, 300]
    var manyWide = Self.tensor("many", 2, 60_000)
    manyWide.int32Data = [Int32](repeating: 256, count: 60_000)
    var wrong = Self.tensor("wrong", 1, 2)
    wrong.int64Data = [1, 2]
    let graph = try graph(Self.model([tiny, wide, manyWide, wrong]))
    for (name, message) in [
      ("tiny", "the elements of this type cannot be read (got float8e4m3fn)"),
      ("wide", "the tensor's elements are in a field of another type"), ("many", "an element does not fit"),
      ("wrong", "the tensor's elements are in a field of another type"),
    ] {
      let storage = try storage(graph, name)
      let refusal = try #require(throws: Refusal.self) { try storage.tensor() }
      #expect(refusal.description.hasPrefix("m.onnx: initializer \"\(name)\": error: \(message)"), "\(refusal)")
    }
  }

  // MARK: External data

  private static func external(_ entries: [(String, String)], count: Int = 4) -> Onnx_TensorProto {
    var tensor = tensor("e", 1, count)
    tensor.dataLocation = .external
    tensor.externalData = entries.map { key, value in
      var entry = Onnx_StringStringEntryProto()
      entry.key = key
      entry.value = value
      return entry
    }
    return tensor
  }

  private func error(_ entries: [(String, String)]) throws -> String? {
    var d = Diagnostics()
    #expect(try read(Self.model([Self.external(entries)]), &d) == nil)
    return d.items.first?.description
  }

  @Test func externalData() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("weights/w.bin")
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try [Float]([9, 1, 2, 3, 4]).withUnsafeBytes { try Data($0).write(to: file) }
    var d = Diagnostics()
    let entries = [("location", "weights/w.bin"), ("offset", "4"), ("length", "16")]
    let graph = try #require(try read(Self.model([Self.external(entries)]), &d))
    #expect(try storage(graph, "e").tensor().floats() == [1, 2, 3, 4])
    #expect(try storage(graph, "e").isMapped)
    let whole = try #require(try read(Self.model([Self.external([("location", "weights/w.bin")], count: 5)]), &d))
    #expect(try storage(whole, "e").tensor().floats() == [9, 1, 2, 3, 4])
    // Counting does not need the file.
    let missing = try #require(try read(Self.model([Self.external([("location", "weights/none.bin")])]), &d))
    #expect(missing.initializerElements == 4)
    let storage = try storage(missing, "e")
    let refusal = try #require(throws: Refusal.self) { try storage.tensor() }
    #expect(
      refusal.description.hasPrefix(
        "m.onnx: initializer \"e\": error: the file with the external data is not there (got weights/none.bin"))
    #expect(d.items.isEmpty)

    let place = "m.onnx: initializer \"e\": error: "
    #expect(
      try error([("location", "weights/w.bin"), ("offset", "8")])
        == place + "the external data lies beyond the end of its file (got 16 bytes at 8; "
        + "expected within the 20 bytes of 'weights/w.bin')")
    #expect(
      try error([("location", "weights/w.bin"), ("offset", "9223372036854775807")])?.hasPrefix(
        place + "the external data lies beyond the end") == true)
    #expect(
      try error([("location", "weights/w.bin"), ("length", "12")])?.hasPrefix(
        place + "the external data has the wrong length (got 12") == true)
    #expect(
      try error([("location", "weights")])?.hasPrefix(
        place + "the file with the external data is a folder") == true)
    #expect(try error([("location", "weights/../../w.bin")])?.contains("outside the model's folder") == true)
  }

  @Test func filesBeyondTheLimit() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("large.onnx").path
    try #require(FileManager.default.createFile(atPath: path, contents: nil))
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    try handle.truncate(atOffset: 1 << 31)
    try handle.close()
    var d = Diagnostics()
    #expect(ONNXFile.read(path: path, displayName: "m.onnx", name: "m", into: &d) == nil)
    #expect(
      d.items.first?.description.hasPrefix("m.onnx: error: the file is too large (expected at most 2147483647") == true)
  }

  @Test func linksThatLeadOut() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let inside = folder.appendingPathComponent("inside.bin")
    try Data(count: 16).write(to: inside)
    let outside = folder.deletingLastPathComponent().appendingPathComponent("outside-\(UUID().uuidString)")
    try Data(count: 16).write(to: outside)
    defer { try? FileManager.default.removeItem(at: outside) }
    for (name, target) in [("in", inside), ("out", outside)] {
      try FileManager.default.createSymbolicLink(
        at: folder.appendingPathComponent(name), withDestinationURL: target)
    }
    var d = Diagnostics()
    let graph = try #require(try read(Self.model([Self.external([("location", "in")])]), &d))
    #expect(try storage(graph, "e").tensor().floats() == [0, 0, 0, 0])
    #expect(
      try error([("location", "out")])
        == "m.onnx: initializer \"e\": error: the external data lies outside the model's folder "
        + "(got out; expected no link that leads out of it)")
  }
}
