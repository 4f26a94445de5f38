import Arch

/// Writes a program as text: equal programs are equal bytes.
public struct ProgramWriter {
  private let program: Program
  private let units: [ProgramUnit]
  private var text = ""

  /// The text of a program for units in the order of the design.
  public static func text(_ program: Program, units: [ProgramUnit]) -> String {
    var writer = ProgramWriter(program: program, units: units)
    writer.write()
    return writer.text
  }

  private init(program: Program, units: [ProgramUnit]) {
    self.program = program
    self.units = units
  }

  private mutating func write() {
    let origin = program.origin
    // Lines are made while the text grows.
    let line = self
    let w = origin.workload
    text = "{\n  \"schema\": \(quoted(ProgramFormat.schema)),\n"
    text += "  \"design\": \(source(origin.design, origin.designInputs)),\n"
    if !origin.designValues.isEmpty {
      let values = origin.designValues.map { "\(quoted($0.path)): \(quoted($0.value))" }
      text += "  \"set\": {\(values.joined(separator: ", "))},\n"
    }
    text += "  \"model\": \(source(origin.model, origin.modelInputs)),\n"
    text += "  \"workload\": {\"prompt\": \(w.prompt), \"generate\": \(w.generate), \"past\": \(w.past), "
    text += "\"batch\": \(w.batch), \"logits\": \(quoted(w.logits.rawValue)), \"seed\": \(w.seed)},\n"
    text += "  \"macs\": {\"graph\": \(origin.macsOfGraph), \"operators\": \(origin.macsOfOperators)},\n"
    list("units", units.indices, line.unit)
    list("rows", program.rows, line.row)
    list("passes", program.passes) { "[\(line.quoted($0.phase.name)), \($0.steps.lowerBound), \($0.steps.upperBound)]" }
    list("outputs", program.outputs, line.output)
    list("residents", program.residents, line.resident)
    writeSteps()
    text += "}\n"
  }

  private mutating func list<Items: Collection>(
    _ key: String, _ items: Items, _ line: (Items.Element) -> String
  ) {
    text += "  \(quoted(key)): ["
    var isFirst = true
    for item in items {
      text += isFirst ? "\n    " : ",\n    "
      text += line(item)
      isFirst = false
    }
    text += items.isEmpty ? "],\n" : "\n  ],\n"
  }

  private func source(_ name: String, _ inputs: [Program.InputFile]) -> String {
    let files = inputs.map { "{\"name\": \(quoted($0.name)), \"sha256\": \(quoted($0.sha256))}" }
    return "{\"name\": \(quoted(name)), \"inputs\": [\(files.joined(separator: ", "))]}"
  }

  private func unit(_ index: Int) -> String {
    let unit = units[index]
    let operations = unit.steps.map { schema in
      "\(quoted(schema.name)): [\(schema.operands.map { quoted(ProgramFormat.label($0)) }.joined(separator: ", "))]"
    }
    return "{\"name\": \(quoted(unit.name)), \"kind\": \(quoted(unit.kind)), "
      + "\"rows_used\": \(program.rowsUsed[index]), \"operations\": {\(operations.joined(separator: ", "))}}"
  }

  private func row(_ row: Program.Row) -> String {
    "[\(quoted(row.name)), \(quoted(row.kind)), \(quoted(row.phase.name)), \(name(row.unit)), \(row.macs), \(row.bytes)]"
  }

  private func output(_ o: Program.Output) -> String {
    "[\(quoted(o.operatorName)), \(o.sequence), \(o.position), \(o.step), \(o.buffer), \(o.elements)]"
  }

  private func resident(_ r: Program.Resident) -> String {
    let (content, which): (String, Int64) =
      switch r.content {
      case .matrix(let index): ("matrix", Int64(index))
      case .vector(let index): ("vector", Int64(index))
      case .cache(let sequence): ("cache", sequence)
      }
    return "[\(quoted(r.operatorName)), \(r.index), \(quoted(content)), \(which), \(name(r.unit)), \(numbers(r.home))]"
  }

  /// There may be millions: no line is made by itself before it is appended.
  private mutating func writeSteps() {
    let heads = units.map { unit in unit.steps.map { "[\(quoted(unit.name)), \(quoted($0.name)), " } }
    let reals = units.map { unit in unit.steps.map { schema in schema.operands.map { $0.form == .real } } }
    text += "  \"steps\": ["
    var start = "\n    "
    for step in program.steps {
      let (unit, opcode) = (step.unit.rawValue, Int(step.opcode))
      text += start
      text += heads[unit][opcode]
      text += String(step.row)
      text += ", ["
      var separator = ""
      for index in step.dependences {
        text += separator
        text += String(program.dependences[index])
        separator = ", "
      }
      text += "], ["
      separator = ""
      for (position, operand) in program.operands[step.operands].enumerated() {
        text += separator
        let isReal = position < reals[unit][opcode].count && reals[unit][opcode][position]
        text += isReal ? "\(Double(bitPattern: UInt64(bitPattern: operand)))" : String(operand)
        separator = ", "
      }
      text += "]]"
      start = ",\n    "
    }
    text += program.steps.isEmpty ? "]\n" : "\n  ]\n"
  }

  private func name(_ unit: UnitIndex) -> String { quoted(units[unit.rawValue].name) }

  private func numbers(_ values: [Int64]) -> String { "[" + values.map(String.init).joined(separator: ", ") + "]" }

  private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\" + String(scalar)
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
