import Dataflow
import Files
import Report
import Systems

/// Programs by themselves: compiled into a file, read again, compared.
public enum ProgramStudy {
  /// Compiles a model for a design and writes the program to `path`.
  public static func compile(
    design: String, variant: DesignVariant = .init(), model: String, workload: Workload, to path: String
  ) throws(Refusal) -> CommandOutput {
    guard path.hasSuffix(".json") else {
      throw Refusal("a program is written as JSON", at: Place(file: path), expected: "a file ending in .json")
    }
    var study = RunStudy(design: design, model: model, workload: workload)
    study.variant = variant
    study.outputs = [path]
    try study.checkOutputs()
    var d = Diagnostics()
    let prepared = try study.prepare(&d)
    let (program, chosen) = (prepared.program, prepared.design)
    try AtomicFile.write(ProgramWriter.text(program, units: chosen.programUnits), to: path)
    let name = RunStudy.baseName(path)
    return CommandOutput(
      text: "\(name): \(program.steps.count) steps of \(program.origin.model) on \(chosen.name)\n",
      json: .object([
        ("schema", .text("accsim.compiled/1")), ("program", .text(name)), ("design", .text(chosen.name)),
        ("model", .text(program.origin.model)), ("steps", .integer(Int64(program.steps.count))),
        ("macs", .integer(program.origin.macsOfOperators)),
      ]), messages: d.warnings)
  }

  /// The program in the file at `path`.
  static func read(
    _ path: String, _ d: inout Diagnostics
  ) throws(Refusal) -> (program: Program, units: [ProgramUnit]) {
    let document = DocumentReader.read(path: path, maximumBytes: ProgramFormat.maximumBytes, into: &d)
    let read = document.flatMap { ProgramReader.read($0, into: &d) }
    try d.throwIfErrors()
    guard let read else { throw Refusal("no program", at: Place(file: path)) }
    return read
  }

  /// Rows that a table shows; JSON has all.
  private static let shownRows = 40

  /// How two programs differ. Good news when they do not.
  public static func difference(_ first: String, _ second: String) throws(Refusal) -> CommandOutput {
    var d = Diagnostics()
    let difference = ProgramDifference(try read(first, &d), try read(second, &d))
    var text = ""
    for heading in difference.headings { text += "\(heading.what): \(heading.first) | \(heading.second)\n" }
    var table = TextTable([
      ("phase", .left), ("operator", .left), ("steps", .right), ("steps", .right), ("different", .right),
    ])
    for row in difference.rows.prefix(shownRows) {
      table.add([row.phase.name, row.name, "\(row.steps.first)", "\(row.steps.second)", "\(row.different)"])
    }
    if !difference.rows.isEmpty { text += table.text() }
    if difference.rows.count > shownRows { text += "and \(difference.rows.count - shownRows) more operators\n" }
    if let row = difference.rows.first {
      text += "first of \(row.name):\n  \(row.example.first ?? "no step") \n  \(row.example.second ?? "no step")\n"
    }
    if difference.isEmpty { text = "the programs are the same\n" }
    return CommandOutput(text: text, json: json(difference), isGood: difference.isEmpty, messages: d.warnings)
  }

  private static func json(_ difference: ProgramDifference) -> JSONValue {
    .object([
      ("schema", .text("accsim.diff/1")), ("equal", .boolean(difference.isEmpty)),
      (
        "headings",
        .array(
          difference.headings.map {
            .object([("what", .text($0.what)), ("first", .text($0.first)), ("second", .text($0.second))])
          })
      ),
      (
        "operators",
        .array(
          difference.rows.map { row in
            .object([
              ("name", .text(row.name)), ("phase", .text(row.phase.name)),
              ("steps", .array([.integer(Int64(row.steps.first)), .integer(Int64(row.steps.second))])),
              ("different", .integer(Int64(row.different))),
              ("first", row.example.first.map { .text($0) } ?? .null),
              ("second", row.example.second.map { .text($0) } ?? .null),
            ])
          })
      ),
    ])
  }
}
