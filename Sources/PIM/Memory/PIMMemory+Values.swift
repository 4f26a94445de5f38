import Arch
import Dataflow
import Files

// What lies in the memory before the run, when numbers flow.
extension PIMMemory {
  /// By opcode.
  public static let stepSchemas = MemoryOpcode.allCases.map(\.schema)

  /// Stores the model's numbers at their places.
  ///
  /// - Throws: when the memory's format is none that is computed with.
  public mutating func load(
    _ residents: [Program.Resident], _ values: ValueInput, plan: Plan, name: String
  ) throws(Refusal) {
    guard let format = plan.elementFormat else {
      throw Refusal(
        "numbers of this format cannot be computed with", at: Place(file: "design", detail: "unit '\(name)'"),
        expected: ElementFormat.formats.keys.sorted().joined(separator: ", "))
    }
    let g = model.geometry
    for channel in channels.indices {
      channels[channel].numbers = MemoryNumbers(g, format: values.arithmetic == .exact ? nil : format)
    }
    for resident in residents {
      guard let placement = Placement(operands: resident.home.prefix(Placement.operandCount)),
        resident.home.count == Placement.operandCount + 2
      else { continue }
      let (piece, padded) = (resident.home[Placement.operandCount], resident.home[Placement.operandCount + 1])
      for spread in 0..<placement.spread {
        let row = values.row(spread, of: resident, extent: placement.stream)
        for (index, value) in row.enumerated() {
          // Heads of keys are padded to whole bursts.
          let stream = piece > 0 ? Int64(index) / piece * padded + Int64(index) % piece : Int64(index)
          guard stream < placement.stream else { break }
          let cell = placement.cell(spread, stream, g)
          channels[Int(cell.channel)].numbers?[cell.bank, cell.row, cell.column] = value
        }
      }
    }
  }

  /// Overwrites single elements.
  ///
  /// - Throws: when one is not in the memory, or no numbers flow.
  public mutating func apply(_ faults: [MemoryFault], name: String) throws(Refusal) {
    let g = model.geometry
    for fault in faults {
      let isThere =
        (0..<g.channels).contains(fault.channel) && (0..<g.banks).contains(fault.bank)
        && (0..<g.rows).contains(fault.row) && (0..<g.rowElements).contains(fault.column)
      guard isThere, channels[0].numbers != nil else {
        throw Refusal(
          "the memory '\(name)' has no such element, or no numbers", at: Place(file: "fault"),
          value: "channel \(fault.channel), bank \(fault.bank), row \(fault.row), column \(fault.column)",
          expected: "\(g.channels) channels, \(g.banks) banks, \(g.rows) rows of \(g.rowElements) elements")
      }
      channels[Int(fault.channel)].numbers?[fault.bank, fault.row, fault.column] = fault.value
    }
  }
}

extension VectorUnit {
  /// By opcode.
  public static let stepSchemas = VectorOpcode.allCases.map(\.schema)
}
