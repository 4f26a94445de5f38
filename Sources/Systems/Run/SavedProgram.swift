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
    if units != programUnits {
      d.error(
        "the program is for other units than the design '\(name)' has", at: place,
        value: units.map { "\($0.name) (\($0.kind))" }.joined(separator: ", "),
        expected: programUnits.map { "\($0.name) (\($0.kind))" }.joined(separator: ", "))
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
    try d.throwIfErrors()
    try RunBudget.check(program, on: self)
  }
}
