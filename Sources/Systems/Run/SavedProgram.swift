import Arch
import Dataflow
import Files

extension Design {
  /// The design's units as program files know them.
  public var programUnits: [ProgramUnit] {
    units.map { ProgramUnit(name: $0.name, kind: $0.kind, steps: $0.plan.stepSchemas) }
  }

  /// Refuses a saved program that was compiled for another design, or another version of this one.
  ///
  /// - Parameter file: the program's, for messages.
  public func check(_ program: Program, for units: [ProgramUnit], file: String) throws(Refusal) {
    var d = Diagnostics()
    let place = Place(file: file)
    func names(_ units: [ProgramUnit]) -> [String] { units.map { "\($0.name) (\($0.kind))" } }
    if units != programUnits, names(units) == names(programUnits) {
      d.error(
        "the operations of the program are those of another version of accsim", at: place,
        suggestion: "compile the model again")
    } else if units != programUnits {
      d.error(
        "the program is for other units than the design '\(name)' has", at: place,
        value: names(units).joined(separator: ", "), expected: names(programUnits).joined(separator: ", "))
    }
    for (mine, theirs) in zip(inputs, program.origin.designInputs)
    where mine.name != theirs.name || mine.sha256 != theirs.sha256 {
      d.error(
        "the design has changed since the program was compiled", at: place, value: theirs.name,
        expected: "\(mine.name) with SHA-256 \(mine.sha256)", suggestion: "compile the model again")
    }
    if inputs.count != program.origin.designInputs.count {
      d.error(
        "the program was compiled from other files than the design '\(name)' has", at: place,
        value: "\(program.origin.designInputs.count) files", expected: "\(inputs.count)")
    }
    checkTotals(program, place, &d)
    try d.throwIfErrors()
    try RunBudget.check(program, on: self)
  }

  /// What a report would say of the whole run must be what its parts say.
  private func checkTotals(_ program: Program, _ place: Place, _ d: inout Diagnostics) {
    let w = program.origin.workload
    var end = 0
    for pass in program.passes {
      if pass.steps.lowerBound != end || pass.steps.isEmpty {
        d.error(
          "the passes do not follow each other step by step", at: place,
          value: "a pass from step \(pass.steps.lowerBound)",
          expected: "step \(end)")
      }
      end = pass.steps.upperBound
    }
    if end != program.steps.count || program.steps.isEmpty {
      d.error(
        "the passes do not cover the steps", at: place, value: "\(end) of \(program.steps.count)",
        expected: "every step in one pass")
    }
    let prefill = program.passes.count { $0.phase == .prefill }
    let decode = program.passes.count - prefill
    // Positions of a sequence that go side by side make one pass: all of an encoder's, a few of a prompt.
    let fewest = w.prompt > 0 ? w.batch : 0
    if Int64(prefill) < fewest || Int64(prefill) > w.prompt * w.batch || Int64(decode) != w.generate * w.batch {
      d.error(
        "the passes are not those of the workload", at: place, value: "\(prefill) of the prompt, \(decode) generated",
        expected: "\(w.prompt * w.batch) and \(w.generate * w.batch)")
    }
    let (macs, overflow) = program.rows.reduce((Int64(0), false)) { sum, row in
      let (next, overflow) = sum.0.addingReportingOverflow(row.macs)
      return (next, sum.1 || overflow)
    }
    if overflow || macs != program.origin.macsOfOperators {
      d.error(
        "the rows' MACs do not add up to those of the operators", at: place, value: "\(macs)",
        expected: "\(program.origin.macsOfOperators)")
    }
  }
}
