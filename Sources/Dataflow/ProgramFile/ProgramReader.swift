import Arch
import Files

/// Reads a program file back.
///
/// What it returns has the form of a program: every index is in range, every step waits for earlier ones only. Whether
/// the operands make sense is for the units to say when they load it.
public struct ProgramReader {
  private let file: String
  private let units: [ProgramUnit]
  private let unitOf: [String: Int]
  private let opcodeOf: [[String: Int]]

  /// The program and the units that it is for, or nil with errors.
  public static func read(
    _ document: Document, into d: inout Diagnostics
  ) -> (program: Program, units: [ProgramUnit])? {
    guard var fields = root(document, &d) else { return nil }
    let before = d.errorCount
    var program = Program()
    let units = readUnits(&fields, into: &program, &d)
    let reader = ProgramReader(file: document.file, units: units)
    if let origin = reader.origin(&fields, &d) { program.origin = origin }
    guard d.errorCount == before else { return nil }
    reader.readRows(&fields, into: &program, &d)
    guard d.errorCount == before else { return nil }
    reader.readSteps(&fields, into: &program, &d)
    guard d.errorCount == before else { return nil }
    reader.readPasses(&fields, into: &program, &d)
    reader.readOutputs(&fields, into: &program, &d)
    reader.readResidents(&fields, into: &program, &d)
    fields.finish(&d, knownKeys: keys)
    return d.errorCount == before ? (program, units) : nil
  }

  private static let keys = [
    "schema", "design", "set", "model", "workload", "macs", "units", "rows", "passes", "outputs", "residents", "steps",
  ]

  private init(file: String, units: [ProgramUnit]) {
    self.file = file
    self.units = units
    unitOf = Dictionary(units.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    opcodeOf = units.map { unit in
      Dictionary(unit.steps.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }
  }

  private static func root(_ document: Document, _ d: inout Diagnostics) -> Fields? {
    guard var fields = Fields(document, of: "the program", &d) else { return nil }
    guard fields.requiredChoice("schema", of: [ProgramFormat.schema], &d) != nil else { return nil }
    return fields
  }

  // MARK: Where it comes from

  private func origin(_ fields: inout Fields, _ d: inout Diagnostics) -> Program.Origin? {
    let before = d.errorCount
    var origin = Program.Origin()
    (origin.design, origin.designInputs) = source("design", &fields, &d)
    if var values = fields.fields("set", of: "the replaced values", &d) {
      origin.designValues = values.keys.compactMap { path in
        values.text(path, &d).map { Program.DesignValue(path: path, value: $0) }
      }
    }
    (origin.model, origin.modelInputs) = source("model", &fields, &d)
    if var w = fields.requiredFields("workload", of: "the workload", &d) {
      let range = 0...Workload.limit
      origin.workload = Workload(
        prompt: w.requiredInteger("prompt", in: range, &d) ?? 0,
        generate: w.requiredInteger("generate", in: range, &d) ?? 0,
        past: w.requiredInteger("past", in: range, &d) ?? 0,
        batch: w.requiredInteger("batch", in: 1...Workload.limit, &d) ?? 1,
        logits: w.requiredChoice("logits", of: Workload.Logits.allCases.map(\.rawValue), &d)
          .flatMap(Workload.Logits.init) ?? .last,
        seed: seed(&w, &d))
      w.finish(&d, knownKeys: ["prompt", "generate", "past", "batch", "logits", "seed"])
    }
    if var macs = fields.requiredFields("macs", of: "the MACs", &d) {
      origin.macsOfGraph = macs.requiredInteger("graph", in: 0...(1 << 62), &d) ?? 0
      origin.macsOfOperators = macs.requiredInteger("operators", in: 0...(1 << 62), &d) ?? 0
      macs.finish(&d, knownKeys: ["graph", "operators"])
    }
    return d.errorCount == before ? origin : nil
  }

  private func seed(_ fields: inout Fields, _ d: inout Diagnostics) -> UInt64 {
    guard let text = fields.requiredText("seed", &d) else { return 0 }
    if let value = UInt64(text) { return value }
    d.error("the seed is no number", at: fields.place("seed"), value: text, expected: "0 to 2^64 - 1")
    return 0
  }

  private func source(
    _ key: String, _ fields: inout Fields, _ d: inout Diagnostics
  ) -> (String, [Program.InputFile]) {
    guard var source = fields.requiredFields(key, of: "the \(key)", &d) else { return ("", []) }
    let name = source.requiredText("name", &d).flatMap { printable($0, at: source.place("name"), &d) } ?? ""
    var inputs: [Program.InputFile] = []
    for node in source.requiredList("inputs", &d) ?? [] {
      guard var input = Fields(node, of: "an input of the \(key)", in: file, &d) else { continue }
      inputs.append(
        Program.InputFile(
          name: input.requiredText("name", &d).flatMap { printable($0, at: input.place("name"), &d) } ?? "",
          sha256: input.requiredText("sha256", &d) ?? ""))
      input.finish(&d, knownKeys: ["name", "sha256"])
    }
    source.finish(&d, knownKeys: ["name", "inputs"])
    return (name, inputs)
  }

  // MARK: Lists

  private static func readUnits(
    _ fields: inout Fields, into program: inout Program, _ d: inout Diagnostics
  ) -> [ProgramUnit] {
    var units: [ProgramUnit] = []
    for node in fields.requiredList("units", &d) ?? [] {
      guard var entry = Fields(node, of: "a unit of the program", in: fields.file, &d) else { continue }
      let name = entry.requiredText("name", &d) ?? ""
      if units.contains(where: { $0.name == name }) {
        d.error("two units have the same name", at: entry.place("name"), value: name)
      }
      program.rowsUsed.append(entry.requiredInteger("rows_used", in: 0...(1 << 40), &d) ?? 0)
      var schemas: [StepSchema] = []
      if var operations = entry.requiredFields("operations", of: "the operations of '\(name)'", &d) {
        for key in operations.keys {
          schemas.append(StepSchema(key, (operations.texts(key, &d) ?? []).map(ProgramFormat.operand)))
        }
      }
      units.append(ProgramUnit(name: name, kind: entry.requiredText("kind", &d) ?? "", steps: schemas))
      entry.finish(&d, knownKeys: ["name", "kind", "rows_used", "operations"])
    }
    return units
  }

  private func readRows(_ fields: inout Fields, into program: inout Program, _ d: inout Diagnostics) {
    for node in fields.requiredList("rows", &d) ?? [] {
      guard let items = items(node, 6, "a row", &d), let phase = phase(items[2], &d), let unit = unit(items[3], &d),
        let name = text(items[0], "a row's name", &d), let kind = text(items[1], "a row's kind", &d),
        let macs = integer(items[4], in: 0...(1 << 62), "a row's MACs", &d),
        let bytes = integer(items[5], in: 0...(1 << 62), "a row's bytes", &d)
      else { return }
      var row = Program.Row(name: name, kind: kind, phase: phase, unit: unit)
      row.macs = macs
      row.bytes = bytes
      program.rows.append(row)
    }
    if program.rows.isEmpty {
      d.error("the program has no rows", at: fields.place("rows"), expected: "a row for every operator")
    }
  }

  private func readSteps(_ fields: inout Fields, into program: inout Program, _ d: inout Diagnostics) {
    for (index, node) in (fields.requiredList("steps", &d) ?? []).enumerated() {
      guard let items = items(node, 5, "a step", &d), let unit = unit(items[0], &d),
        let operation = text(items[1], "a step's operation", &d),
        let row = integer(items[2], in: 0...Int64(max(program.rows.count, 1) - 1), "a step's row", &d)
      else { return }
      guard let opcode = opcodeOf[unit.rawValue][operation] else {
        let known = units[unit.rawValue].steps.map(\.name)
        d.error(
          "unknown operation of '\(units[unit.rawValue].name)'", at: place(items[1]), value: operation,
          expected: known.isEmpty ? "no step of this unit" : "one of \(known.joined(separator: ", "))",
          suggestion: nearMiss(of: operation, among: known).map { "did you mean '\($0)'?" })
        return
      }
      var after: [Int] = []
      for item in list(items[3], "the steps that step \(index) waits for", &d) {
        guard index > 0 else {
          d.error("the first step waits for another", at: place(item), expected: "no step before it")
          return
        }
        guard let earlier = integer(item, in: 0...Int64(index - 1), "a step that step \(index) waits for", &d) else {
          return
        }
        after.append(Int(earlier))
      }
      let schema = units[unit.rawValue].steps[opcode]
      var operands: [Int64] = []
      for (position, item) in list(items[4], "the operands of step \(index)", &d).enumerated() {
        let form = position < schema.operands.count ? schema.operands[position].form : .rest
        guard let operand = form == .real ? real(item, &d) : integer(item, in: .min ... .max, "an operand", &d) else {
          return
        }
        operands.append(operand)
      }
      guard !d.hasErrors else { return }
      program.append(unit: unit, opcode: Int32(opcode), operands: operands, after: after, row: Int(row))
    }
  }

  private func readPasses(_ fields: inout Fields, into program: inout Program, _ d: inout Diagnostics) {
    var ranges: [(Workload.Phase, Range<Int>)] = []
    for node in fields.requiredList("passes", &d) ?? [] {
      guard let items = items(node, 3, "a pass", &d), let phase = phase(items[0], &d),
        let first = integer(items[1], in: 0...Int64(program.steps.count), "a pass' first step", &d),
        let end = integer(items[2], in: first...Int64(program.steps.count), "a pass' end", &d)
      else { return }
      ranges.append((phase, Int(first)..<Int(end)))
    }
    for (phase, range) in ranges { program.append(Program.PassRange(phase: phase, steps: range)) }
  }

  private func readOutputs(_ fields: inout Fields, into program: inout Program, _ d: inout Diagnostics) {
    for node in fields.requiredList("outputs", &d) ?? [] {
      guard let items = items(node, 6, "an output", &d), let name = text(items[0], "an output's operator", &d) else {
        return
      }
      let numbers = items.dropFirst().compactMap { integer($0, in: 0...(1 << 40), "a number of an output", &d) }
      guard numbers.count == 5 else { return }
      guard numbers[2] < program.steps.count else {
        d.error("an output after a step that is not there", at: place(items[3]), value: "\(numbers[2])")
        return
      }
      program.append(
        Program.Output(
          operatorName: name, sequence: numbers[0], position: numbers[1], step: Int(numbers[2]), buffer: numbers[3],
          elements: numbers[4]))
    }
  }

  private func readResidents(_ fields: inout Fields, into program: inout Program, _ d: inout Diagnostics) {
    for node in fields.requiredList("residents", &d) ?? [] {
      guard let items = items(node, 6, "a resident", &d), let name = text(items[0], "a resident's operator", &d),
        let index = integer(items[1], in: 0...(1 << 31), "a resident's operator", &d),
        let kind = text(items[2], "a resident's content", &d),
        let which = integer(items[3], in: 0...(1 << 31), "which of them", &d), let unit = unit(items[4], &d)
      else { return }
      let content: Program.Resident.Content
      switch kind {
      case "matrix": content = .matrix(Int(which))
      case "vector": content = .vector(Int(which))
      case "cache": content = .cache(sequence: which)
      default:
        d.error("unknown content", at: place(items[2]), value: kind, expected: "one of matrix, vector, cache")
        return
      }
      let home = list(items[5], "a resident's home", &d).compactMap { integer($0, in: .min ... .max, "a home", &d) }
      program.residents.append(
        Program.Resident(operatorName: name, index: Int(index), content: content, unit: unit, home: home))
    }
  }

  // MARK: Single values

  private func place(_ node: DocumentNode) -> Place { Place(file: file, mark: node.mark) }

  private func items(_ node: DocumentNode, _ count: Int, _ what: String, _ d: inout Diagnostics) -> [DocumentNode]? {
    if let items = node.items, items.count == count { return items }
    d.error(
      "\(what) is not a list of \(count)", at: place(node),
      value: node.items.map { "\($0.count) items" } ?? node.kindName)
    return nil
  }

  private func list(_ node: DocumentNode, _ what: String, _ d: inout Diagnostics) -> [DocumentNode] {
    if let items = node.items { return items }
    d.error("\(what) are not a list", at: place(node), value: node.kindName)
    return []
  }

  private func text(_ node: DocumentNode, _ what: String, _ d: inout Diagnostics) -> String? {
    guard let text = Scalars.text(of: node, what, file: file, &d) else { return nil }
    return printable(text, at: place(node), &d)
  }

  /// Names go to terminals and reports.
  private func printable(_ text: String, at place: Place, _ d: inout Diagnostics) -> String? {
    guard text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) }) else {
      return text
    }
    d.error("a name has control characters", at: place, value: clipped(text), expected: "text that can be printed")
    return nil
  }

  private func integer(
    _ node: DocumentNode, in range: ClosedRange<Int64>, _ what: String, _ d: inout Diagnostics
  ) -> Int64? {
    Scalars.integer(of: node, in: range, what, file: file, &d)
  }

  private func real(_ node: DocumentNode, _ d: inout Diagnostics) -> Int64? {
    guard let text = text(node, "an operand", &d) else { return nil }
    if let value = Double(text), value.isFinite { return Int64(bitPattern: value.bitPattern) }
    d.error("an operand is no number", at: place(node), value: text)
    return nil
  }

  private func phase(_ node: DocumentNode, _ d: inout Diagnostics) -> Workload.Phase? {
    let names = Workload.Phase.allCases.map(\.name)
    guard let name = Scalars.choice(of: node, among: names, "a phase", file: file, &d) else { return nil }
    return Workload.Phase.allCases.first { $0.name == name }
  }

  private func unit(_ node: DocumentNode, _ d: inout Diagnostics) -> UnitIndex? {
    guard let name = text(node, "a unit", &d) else { return nil }
    if let index = unitOf[name] { return UnitIndex(index) }
    d.error(
      "unknown unit", at: place(node), value: name, expected: "one of \(units.map(\.name).joined(separator: ", "))")
    return nil
  }
}
