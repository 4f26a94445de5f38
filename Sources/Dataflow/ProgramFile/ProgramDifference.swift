/// How two programs differ, told by operator.
public struct ProgramDifference: Sendable {
  /// What is said once for a whole program: design, model, workload, units.
  public struct Heading: Hashable, Sendable {
    public let what: String
    public let first: String
    public let second: String
  }

  /// One row of the report: an operator in a phase.
  public struct Row: Hashable, Sendable {
    public let name: String
    public let phase: Workload.Phase
    /// Steps of the row in either program, and how many of them, taken in order, are not the same.
    public let steps: (first: Int, second: Int)
    public let different: Int
    /// The first step that is not the same, as each program has it; nil where one has no more.
    public let example: (first: String?, second: String?)

    public static func == (a: Row, b: Row) -> Bool {
      a.name == b.name && a.phase == b.phase && a.steps == b.steps && a.different == b.different
        && a.example == b.example
    }

    public func hash(into hasher: inout Hasher) {
      hasher.combine(name)
      hasher.combine(different)
    }
  }

  public private(set) var headings: [Heading] = []
  /// Rows with a difference, in the order of the first program, then those that only the second has.
  public private(set) var rows: [Row] = []

  public var isEmpty: Bool { headings.isEmpty && rows.isEmpty }

  public init(
    _ first: (program: Program, units: [ProgramUnit]), _ second: (program: Program, units: [ProgramUnit])
  ) {
    compareHeadings(first, second)
    let mine = Self.steps(first.program, first.units)
    let theirs = Self.steps(second.program, second.units)
    for key in mine.order + theirs.order.filter({ mine.byRow[$0] == nil }) {
      let (a, b) = (mine.byRow[key] ?? [], theirs.byRow[key] ?? [])
      guard a != b else { continue }
      let different = (0..<max(a.count, b.count)).filter { index in
        index >= a.count || index >= b.count || a[index] != b[index]
      }
      let at = different.first ?? 0
      rows.append(
        Row(
          name: key.name, phase: key.phase, steps: (a.count, b.count), different: different.count,
          example: (at < a.count ? a[at] : nil, at < b.count ? b[at] : nil)))
    }
  }

  private mutating func compareHeadings(
    _ first: (program: Program, units: [ProgramUnit]), _ second: (program: Program, units: [ProgramUnit])
  ) {
    let (a, b) = (first.program, second.program)
    note("design", a.origin.design, b.origin.design)
    note("files of the design", Self.text(a.origin.designInputs), Self.text(b.origin.designInputs))
    note("model", a.origin.model, b.origin.model)
    note("files of the model", Self.text(a.origin.modelInputs), Self.text(b.origin.modelInputs))
    note("workload", Self.text(a.origin.workload), Self.text(b.origin.workload))
    note("MACs of the operators", "\(a.origin.macsOfOperators)", "\(b.origin.macsOfOperators)")
    note("units", Self.text(first), Self.text(second))
    note("steps", "\(a.steps.count)", "\(b.steps.count)")
    note("passes", "\(a.passes.count)", "\(b.passes.count)")
    let moved = Set(a.residents).symmetricDifference(b.residents).map(\.operatorName)
    if let name = moved.min() {
      headings.append(
        Heading(what: "what lies in the memories", first: "\(moved.count) places differ", second: "such as \(name)"))
    }
  }

  private mutating func note(_ what: String, _ first: String, _ second: String) {
    if first != second { headings.append(Heading(what: what, first: first, second: second)) }
  }

  private static func text(_ inputs: [Program.InputFile]) -> String {
    inputs.map { "\($0.name) \($0.sha256.prefix(12))" }.joined(separator: ", ")
  }

  private static func text(_ w: Workload) -> String {
    "prompt \(w.prompt), generate \(w.generate), past \(w.past), batch \(w.batch), logits \(w.logits.rawValue), "
      + "seed \(w.seed)"
  }

  private static func text(_ side: (program: Program, units: [ProgramUnit])) -> String {
    zip(side.units, side.program.rowsUsed).map { "\($0.name) (\($0.kind), \($1) rows)" }.joined(separator: ", ")
  }

  private struct Key: Hashable {
    let name: String
    let phase: Workload.Phase
  }

  /// The steps of each row as text, without what they wait for, which an extra step before would change for all.
  private static func steps(
    _ program: Program, _ units: [ProgramUnit]
  ) -> (order: [Key], byRow: [Key: [String]]) {
    var order: [Key] = []
    var byRow: [Key: [String]] = [:]
    for row in program.rows {
      let key = Key(name: row.name, phase: row.phase)
      if byRow[key] == nil { order.append(key) }
      byRow[key] = []
    }
    for step in program.steps {
      let row = program.rows[Int(step.row)]
      byRow[Key(name: row.name, phase: row.phase), default: []].append(describe(step, program, units))
    }
    return (order, byRow)
  }

  private static func describe(_ step: Program.Step, _ program: Program, _ units: [ProgramUnit]) -> String {
    let unit = units[step.unit.rawValue]
    let schema = unit.steps[Int(step.opcode)]
    var parts: [String] = []
    for (position, operand) in program.operands[step.operands].enumerated() {
      let form = position < schema.operands.count ? schema.operands[position] : nil
      switch form?.form {
      case .real: parts.append("\(form?.name ?? "") \(Double(bitPattern: UInt64(bitPattern: operand)))")
      case .integer: parts.append("\(form?.name ?? "") \(operand)")
      case .rest: parts.append("\(form?.name ?? "") \(operand)")
      case nil: parts.append("\(operand)")
      }
    }
    return "\(unit.name): \(schema.name) \(parts.joined(separator: " "))"
  }
}
