import Baselines
import Dataflow
import Files
import Systems

/// Which CPUs and GPUs a run is held against, and in which number format they compute.
public struct BaselineChoice: Sendable {
  /// Shipped names or paths.
  public var names: [String]
  /// nil for the format of the design's MAC units.
  public var format: OperandFormat?

  public init(_ names: [String] = [], format: OperandFormat? = nil) {
    self.names = names
    self.format = format
  }

  /// The choice with a format given by its name.
  ///
  /// - Throws: when no device computes in such a format.
  public init(_ names: [String], formatName: String?) throws(Refusal) {
    self.names = names
    guard let formatName else { return }
    let known = OperandFormat.allCases.map(\.rawValue)
    guard let format = OperandFormat(rawValue: formatName) else {
      throw Refusal(
        "the number format of the baselines is unknown", at: Place(file: "baselines"), value: formatName,
        expected: "one of \(known.joined(separator: ", "))",
        suggestion: nearMiss(of: formatName, among: known).map { "did you mean '\($0)'?" })
    }
    self.format = format
  }

  /// What the work of a prepared run takes on each of them, in the order in which they are named.
  func estimates(_ prepared: RunStudy.Prepared) throws(Refusal) -> [NamedEstimate] {
    guard !names.isEmpty else { return [] }
    guard let graph = prepared.graph else {
      throw Refusal(
        "a saved program has no operators of its model with it: it cannot be held against a baseline",
        at: Place(file: "baselines"), value: names.joined(separator: ", "), suggestion: "run the model instead")
    }
    let format = try format(of: prepared.design)
    let data = try DataDirectory.locate()
    var d = Diagnostics()
    var result: [NamedEstimate] = []
    for name in names {
      do throws(Refusal) {
        let baseline = try Baseline(named: name, in: data)
        let label = SystemLabel.of(name)
        let estimate = try baseline.estimate(graph, prepared.program.origin.workload, format: format)
        result.append(NamedEstimate(name: label, estimate: estimate))
      } catch {
        d.add(error)
      }
    }
    try d.throwIfErrors()
    try SystemLabel.check(result.map(\.name))
    return result
  }

  private func format(of design: Design) throws(Refusal) -> OperandFormat {
    if let format { return format }
    let stated = design.formats.first?.format
    guard let found = stated.flatMap(OperandFormat.init(rawValue:)) else {
      throw Refusal(
        "no baseline computes in the number format of the design '\(design.name)'", at: Place(file: design.name),
        value: stated, suggestion: "choose one of \(OperandFormat.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return found
  }
}

/// An estimate under the name by which it was asked for.
struct NamedEstimate: Sendable {
  let name: String
  let estimate: BaselineEstimate
}

/// What a system is called in a comparison: the name of its file, so that copies of one design can be told apart.
enum SystemLabel {
  static func of(_ name: String) -> String {
    let base = RunStudy.baseName(name)
    for ending in [".yaml", ".yml", ".json"] where base.lowercased().hasSuffix(ending) && base.count > ending.count {
      return String(base.dropLast(ending.count))
    }
    return base
  }

  /// Refuses two systems of the same name.
  static func check(_ labels: [String]) throws(Refusal) {
    var seen: Set<String> = []
    for label in labels where !seen.insert(label).inserted {
      throw Refusal(
        "two systems have the same name", at: Place(file: "comparison"), value: label,
        expected: "files of different names")
    }
  }
}
