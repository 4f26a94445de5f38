/// How two programs differ, told by operator.
public struct ProgramDifference: Sendable {
  /// What is said once for a whole program: design, model, workload, units.
  public struct Heading: Hashable, Sendable {
    public let what: String
    public let first: String
    public let second: String
  }

  /// One row of the report: an operator in a phase.
  public struct Row: Sendable {
    public let name: String
    public let phase: Workload.Phase
    /// Steps of the row in either program, and how many of them, taken in order, are not the same.
    public let steps: (first: Int, second: Int)
    public let different: Int
    /// The first step that is not the same, as each program has it; nil where one has no more.
    public let example: (first: String?, second: String?)
  }

  /// A program with the units that it is for.
  public typealias Side = (program: Program, units: [ProgramUnit])

  public private(set) var headings: [Heading] = []
  /// Rows with a difference, in the order of the first program, then those that only the second has.
  public private(set) var rows: [Row] = []

  public var isEmpty: Bool { headings.isEmpty && rows.isEmpty }

  public init(_ first: Side, _ second: Side) {
    compareHeadings(first, second)
    let mine = Self.steps(first.program)
    let theirs = Self.steps(second.program)
    for key in mine.order + theirs.order.filter({ mine.byRow[$0] == nil }) {
      let (a, b) = (mine.byRow[key] ?? Entry(), theirs.byRow[key] ?? Entry())
      var different = 0
      var example: Int?
      for index in 0..<max(a.steps.count, b.steps.count) {
        if index < a.steps.count, index < b.steps.count,
          Self.isSame(first, a.steps[index], second, b.steps[index])
        {
          continue
        }
        different += 1
        example = example ?? index
      }
      guard different > 0 || a.facts != b.facts else { continue }
      func told(_ side: Side, _ entry: Entry) -> String? {
        guard let example else { return entry.facts }
        return example < entry.steps.count ? Self.describe(side, entry.steps[example]) : nil
      }
      rows.append(
        Row(
          name: key.name, phase: key.phase, steps: (a.steps.count, b.steps.count), different: different,
          example: (told(first, a), told(second, b))))
    }
  }

  private mutating func compareHeadings(_ first: Side, _ second: Side) {
    let (a, b) = (first.program, second.program)
    note("design", a.origin.design, b.origin.design)
    note("files of the design", Self.text(a.origin.designInputs), Self.text(b.origin.designInputs))
    note(
      "values of the design", a.origin.designValues.map { "\($0.path)=\($0.value)" }.joined(separator: " "),
      b.origin.designValues.map { "\($0.path)=\($0.value)" }.joined(separator: " "))
    note("model", a.origin.model, b.origin.model)
    note("files of the model", Self.text(a.origin.modelInputs), Self.text(b.origin.modelInputs))
    note("workload", Self.text(a.origin.workload), Self.text(b.origin.workload))
    note("MACs of the graph", "\(a.origin.macsOfGraph)", "\(b.origin.macsOfGraph)")
    note("MACs of the operators", "\(a.origin.macsOfOperators)", "\(b.origin.macsOfOperators)")
    note("units", Self.text(first), Self.text(second))
    note("steps", "\(a.steps.count)", "\(b.steps.count)")
    note("passes", Self.text(a.passes), Self.text(b.passes))
    if a.outputs != b.outputs {
      headings.append(Heading(what: "outputs", first: "\(a.outputs.count)", second: "\(b.outputs.count), others"))
    }
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

  private static func text(_ passes: [Program.PassRange]) -> String {
    let ends = passes.prefix(3).map { "\($0.phase.name) to step \($0.steps.upperBound)" }
    return "\(passes.count): \(ends.joined(separator: ", "))\(passes.count > 3 ? ", ..." : "")"
  }

  private static func text(_ side: Side) -> String {
    zip(side.units, side.program.rowsUsed).map { "\($0.name) (\($0.kind), \($1) rows)" }.joined(separator: ", ")
  }

  private struct Key: Hashable {
    let name: String
    let phase: Workload.Phase
  }

  /// What belongs to one row: its steps, by position in the program, and what is said of it.
  private struct Entry {
    var steps: [Int] = []
    var facts = ""
  }

  private static func steps(_ program: Program) -> (order: [Key], byRow: [Key: Entry]) {
    var order: [Key] = []
    var byRow: [Key: Entry] = [:]
    let keys = program.rows.map { Key(name: $0.name, phase: $0.phase) }
    for (key, row) in zip(keys, program.rows) {
      if byRow[key] == nil { order.append(key) }
      byRow[key, default: Entry()].facts += "\(row.kind) on unit \(row.unit.rawValue): \(row.macs) MACs, \(row.bytes) B"
    }
    var stepsOf = Array(repeating: [Int](), count: program.rows.count)
    for (index, step) in program.steps.enumerated() { stepsOf[Int(step.row)].append(index) }
    for (key, steps) in zip(keys, stepsOf) { byRow[key]?.steps += steps }
    return (order, byRow)
  }

  /// What a step waits for counts from the step itself: an extra step before changes nothing for those after.
  private static func isSame(_ a: Side, _ i: Int, _ b: Side, _ j: Int) -> Bool {
    let (first, second) = (a.program.steps[i], b.program.steps[j])
    let (mine, theirs) = (a.program.dependences[first.dependences], b.program.dependences[second.dependences])
    return first.unit == second.unit && first.opcode == second.opcode
      && a.program.operands[first.operands] == b.program.operands[second.operands]
      && mine.elementsEqual(theirs, by: { i - Int($0) == j - Int($1) })
  }

  private static func describe(_ side: Side, _ index: Int) -> String {
    let step = side.program.steps[index]
    let unit = side.units[step.unit.rawValue]
    let schema = unit.steps[Int(step.opcode)]
    var parts: [String] = []
    for (position, operand) in side.program.operands[step.operands].enumerated() {
      let form = position < schema.operands.count ? schema.operands[position] : nil
      let value = form?.form == .real ? "\(Double(bitPattern: UInt64(bitPattern: operand)))" : "\(operand)"
      parts.append(form.map { "\($0.name) \(value)" } ?? value)
    }
    let after = side.program.dependences[step.dependences].map { "\(index - Int($0))" }
    return "\(unit.name): \(schema.name) \(parts.joined(separator: " ")); waits for the step "
      + (after.isEmpty ? "of nobody" : "\(after.joined(separator: ", ")) before")
  }
}
