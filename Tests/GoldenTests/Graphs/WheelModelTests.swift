import Foundation
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
}
