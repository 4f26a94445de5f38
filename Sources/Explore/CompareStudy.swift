import Dataflow
import Files
import Foundation
import Report

/// One model on several designs and baselines, side by side.
public struct CompareStudy: Sendable {
  /// Shipped names or paths; at least one.
  public var designs: [String]
  public var baselines: BaselineChoice
  public var model: String
  public var workload: Workload
  /// The system that ratios are relative to, by the name of its file; the first design when nil.
  public var reference: String?
  /// Files to write; the ending decides the form.
  public var outputs: [String] = []

  /// The forms that a comparison can be written in, by the ending of the file.
  public static let endings = [".json", ".csv", ".md"]

  public init(designs: [String], baselines: BaselineChoice = BaselineChoice(), model: String, workload: Workload) {
    self.designs = designs
    self.baselines = baselines
    self.model = model
    self.workload = workload
  }

  /// Simulates every design, estimates every baseline, and writes the comparison.
  ///
  /// - Throws: when anything about the inputs is wrong; then no file is written.
  public func run() throws(Refusal) -> CommandOutput {
    try checkOutputs()
    let labels = (designs + baselines.names).map(SystemLabel.of)
    try SystemLabel.check(labels)
    let reference = try position(of: self.reference, among: labels)
    var d = Diagnostics()
    // Everything is read and checked before the first simulation.
    var prepared: [(study: RunStudy, work: RunStudy.Prepared)] = []
    for design in designs {
      let study = RunStudy(design: design, model: model, workload: workload)
      prepared.append((study, try study.prepare(&d)))
    }
    guard let first = prepared.first else {
      throw Refusal("nothing to compare: no design is given", at: Place(file: "comparison"))
    }
    let estimates = try baselines.estimates(first.work)
    var systems: [ComparedSystem] = []
    for (label, each) in zip(labels, prepared) {
      let run = try each.study.price(each.work)
      let format = each.work.design.formats.first?.format ?? "unknown"
      systems.append(ComparedSystem(name: label, outcome: .simulated(run, format: format)))
    }
    systems += estimates.map { ComparedSystem(name: $0.name, outcome: .estimated($0.estimate)) }
    let comparison = Comparison(
      model: first.work.program.origin.model, workload: workload, systems: systems, reference: reference)
    let json = ComparisonForms.json(comparison)
    for path in outputs {
      let text =
        if path.hasSuffix(".csv") {
          ComparisonForms.csv(comparison)
        } else if path.hasSuffix(".md") {
          ComparisonForms.markdown(comparison)
        } else {
          json.description
        }
      try AtomicFile.write(text, to: path)
    }
    var shown: [Diagnostic] = []
    for warning in d.warnings where !shown.contains(where: { $0.description == warning.description }) {
      shown.append(warning)
    }
    return CommandOutput(text: ComparisonForms.text(comparison), json: json, messages: shown)
  }

  private func position(of name: String?, among labels: [String]) throws(Refusal) -> Int {
    guard let name else { return 0 }
    guard let found = labels.firstIndex(of: name) else {
      throw Refusal(
        "no system of the comparison has this name", at: Place(file: "--relative-to"), value: name,
        expected: "one of \(labels.joined(separator: ", "))",
        suggestion: nearMiss(of: name, among: labels).map { "did you mean '\($0)'?" })
    }
    return found
  }

  private func checkOutputs() throws(Refusal) {
    var d = Diagnostics()
    for path in outputs {
      if !Self.endings.contains(where: path.hasSuffix) {
        d.error(
          "the comparison has no form for this ending", at: Place(file: path), value: RunStudy.baseName(path),
          expected: "a file ending in .json, .csv or .md")
      }
    }
    OutputPaths.check(
      outputs, of: "the comparison", beside: designs + baselines.names + [model], called: "an input",
      others: "another output", &d)
    try d.throwIfErrors()
  }
}
