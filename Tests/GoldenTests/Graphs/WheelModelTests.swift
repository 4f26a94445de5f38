import Dataflow
import Files
import Foundation
import OnnxProto
import Testing

/// Every model of the `onnx` wheel's own tests: imported with the recorded shapes, or refused by name.
/// `scripts/test-onnx` fetches them.
@Suite struct WheelModelTests {
  static let folder = ProcessInfo.processInfo.environment["ACCSIM_ONNX_MODELS"] ?? ""

  struct Tally {
    var models = 0
    var equal = 0
    var undecided = 0
    var notCompared = 0
    var refused: [String: Int] = [:]
    var failed: [String] = []

    mutating func add(_ outcome: WheelModel.Outcome, _ name: String) {
      models += 1
      switch outcome {
      case .equal: equal += 1
      case .undecided: undecided += 1
      case .notCompared: notCompared += 1
      case .refused(let op): refused[op, default: 0] += 1
      case .failed(let what): failed.append("\(name): \(what)")
      }
    }

    func report(_ title: String) {
      let all = refused.values.reduce(0, +)
      print(
        "\(title): \(models) models: \(equal) with equal shapes, \(undecided) with shapes that data decide, "
          + "\(notCompared) not compared, \(all) refused by operator, \(failed.count) failed")
      let list = refused.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
      if !list.isEmpty { print("  refused: " + list.joined(separator: ", ")) }
    }
  }

  static func names() -> [String] {
    FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String }.filter { $0.hasSuffix(".onnx") }
      .sorted() ?? []
  }

  @Test(.enabled(if: !folder.isEmpty, "skipped: ACCSIM_ONNX_MODELS names no folder (scripts/test-onnx sets it)"))
  func everyModelIsImportedOrRefusedByName() throws {
    let names = Self.names()
    try #require(names.count > 1000, "there are \(names.count) models in \(Self.folder)")
    var (plain, undeclared, held, nodes) = (Tally(), Tally(), Tally(), Tally())
    for name in names {
      let model = try WheelModel(folder: Self.folder, name: name)
      plain.add(try model.outcome(.plain), name)
      undeclared.add(try model.outcome(.undeclared), name)
      let outcome = try model.outcome(.held)
      held.add(outcome, name)
      if model.isNodeTest { nodes.add(outcome, name) }
      if ProcessInfo.processInfo.environment["ACCSIM_ONNX_VERBOSE"] != nil, outcome != .equal {
        print("  \(name): \(outcome)")
      }
    }
    plain.report("as they stand")
    undeclared.report("without declared shapes")
    held.report("without declared shapes, inputs known")
    nodes.report("of these, tests of single operators")
    for failure in plain.failed { Issue.record("as it stands: \(failure)") }
    for failure in undeclared.failed { Issue.record("without declarations: \(failure)") }
    for failure in held.failed { Issue.record("with its inputs held: \(failure)") }
    #expect(10 * nodes.equal >= 9 * nodes.models)
  }

  /// The same models with damaged bytes, and with other numbers where they say counts, axes and shapes: refused or read,
  /// and nothing worse.
  @Test(.enabled(if: !folder.isEmpty, "skipped: ACCSIM_ONNX_MODELS names no folder (scripts/test-onnx sets it)"))
  func damagedModelsNeverTrap() throws {
    var damage = Damage()
    print("damaged ONNX models: seed \(damage.state)")
    var (read, refused) = (0, 0)
    func check(_ data: Data) {
      var d = Diagnostics()
      let graph = ONNXFile.read(data, displayName: "m.onnx", name: "m", into: &d)
      #expect((graph != nil) != d.hasErrors)
      if let graph { for node in graph.nodes { _ = graph.bytes(of: node) } }
      if graph == nil { refused += 1 } else { read += 1 }
    }
    for name in Self.names() {
      let model = try WheelModel(folder: Self.folder, name: name)
      let good = try Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/\(name)"))
      guard good.count < 16384 else { continue }
      for _ in 0..<10 { check(damage.bytes(good)) }
      for held in model.held() {
        for _ in 0..<20 { check(try damage.numbers(held).serializedData(partial: true)) }
      }
    }
    print("  damaged models: \(read) read, \(refused) refused")
    #expect(read > 0 && refused > 0)
  }

  /// Faults at random places.
  struct Damage {
    var state = UInt64.random(in: 0...UInt64.max)

    mutating func next(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }

    mutating func bytes(_ good: Data) -> Data {
      var bytes = Array(good)
      for _ in 0...next(3) { bytes[next(bytes.count)] = UInt8(next(256)) }
      return Data(bytes)
    }

    mutating func number() -> Int64 {
      [0, 1, -1, 2, 7, -9, 64, 4097, 1 << 31, 1 << 40, 1 << 56, 1 << 62, .max, .min][next(14)]
    }

    mutating func numbers(_ model: Onnx_ModelProto) -> Onnx_ModelProto {
      var model = model
      damage(&model.graph)
      if next(4) == 0, !model.opsetImport.isEmpty { model.opsetImport[0].version = Int64(1 + next(25)) }
      return model
    }

    private mutating func damage(_ graph: inout Onnx_GraphProto) {
      for index in graph.node.indices {
        for place in graph.node[index].attribute.indices where next(2) == 0 {
          if graph.node[index].attribute[place].hasG {
            damage(&graph.node[index].attribute[place].g)
          } else if graph.node[index].attribute[place].hasI {
            graph.node[index].attribute[place].i = number()
          } else if !graph.node[index].attribute[place].ints.isEmpty {
            let list = next(graph.node[index].attribute[place].ints.count)
            graph.node[index].attribute[place].ints[list] = number()
          }
        }
        if next(8) == 0, !graph.node[index].input.isEmpty { graph.node[index].input.removeLast() }
      }
      for index in graph.initializer.indices where graph.initializer[index].dataType == 7 && next(2) == 0 {
        guard let count = graph.initializer[index].numbers?.count, count > 0 else { continue }
        graph.initializer[index].rawData = Data()
        graph.initializer[index].int64Data = (0..<count).map { _ in number() }
      }
      for index in graph.initializer.indices where next(8) == 0 && !graph.initializer[index].dims.isEmpty {
        // A weight of another shape, its elements elsewhere.
        graph.initializer[index].dims[0] = number()
        graph.initializer[index].rawData = Data()
        var location = Onnx_StringStringEntryProto()
        (location.key, location.value) = ("location", "weights")
        graph.initializer[index].externalData = [location]
        graph.initializer[index].dataLocation = .external
      }
    }
  }
}
