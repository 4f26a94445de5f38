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
    keepsEachCommand = true
    lockstep.separate()
    for channel in lockstep.groups.indices {
      lockstep.groups[channel].replica.numbers = MemoryNumbers(g, format: values.arithmetic == .exact ? nil : format)
    }
    for resident in residents {
      guard let placement = Placement(operands: resident.home.prefix(Placement.operandCount)),
        resident.home.count == Placement.operandCount + 2
      else { continue }
      let (piece, padded) = (resident.home[Placement.operandCount], resident.home[Placement.operandCount + 1])
      for spread in 0..<placement.spread {
        let row = values.row(spread, of: resident, extent: placement.stream)
        // Heads of keys are padded to whole bursts.
        let step = piece > 0 ? Int(piece) : row.count
        for (number, first) in stride(from: 0, to: row.count, by: max(step, 1)).enumerated() {
          store(
            row[first..<min(first + step, row.count)], at: spread, from: Int64(number) * (piece > 0 ? padded : 0),
            placement)
        }
      }
    }
  }

  /// Stores neighbouring elements of one spread index, a row of a bank at a time.
  private mutating func store(
    _ values: ArraySlice<Float>, at spread: Int64, from first: Int64, _ placement: Placement
  ) {
    let g = model.geometry
    var rest = values
    var stream = first
    while !rest.isEmpty, stream < placement.stream {
      let cell = placement.cell(spread, stream, g)
      let inChunk = placement.chunk - stream % placement.chunk
      let count = min(Int64(rest.count), g.rowElements - cell.column, inChunk, placement.stream - stream)
      lockstep.groups[Int(cell.channel)].replica.numbers?.store(
        rest.prefix(Int(count)), bank: cell.bank, row: cell.row, column: cell.column)
      rest = rest.dropFirst(Int(count))
      stream += count
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
      guard isThere, lockstep.groups[0].replica.numbers != nil else {
        throw Refusal(
          "the memory '\(name)' has no such element, or no numbers", at: Place(file: "fault"),
          value: "channel \(fault.channel), bank \(fault.bank), row \(fault.row), column \(fault.column)",
          expected: "\(g.channels) channels, \(g.banks) banks, \(g.rows) rows of \(g.rowElements) elements")
      }
      lockstep.groups[Int(fault.channel)].replica.numbers?[fault.bank, fault.row, fault.column] = fault.value
    }
  }
}
