import Arch

/// One unit's own steps of a program, those with equal opcode and operands taken together.
public struct DistinctSteps: Sendable {
  private struct Key: Hashable {
    let opcode: Int32
    let operands: Range<Int>
  }

  /// Of each distinct step the first in the program, in order.
  public private(set) var first: [Program.Step] = []
  /// Where it stands in the program, and how often it occurs.
  public private(set) var firstIndex: [Int] = []
  public private(set) var counts: [Int] = []
  /// By program step: position in the lists above, −1 for steps of other units.
  public private(set) var identity: [Int32]

  public init(_ program: Program, unit: UnitIndex) {
    identity = Array(repeating: -1, count: program.steps.count)
    // A program keeps equal lists of a unit and opcode once, so the place of a list stands for what is in it.
    var known: [Key: Int32] = [:]
    for (index, step) in program.steps.enumerated() where step.unit == unit {
      let key = Key(opcode: step.opcode, operands: step.operands)
      if let position = known[key] {
        identity[index] = position
        counts[Int(position)] += 1
      } else {
        let position = Int32(first.count)
        known[key] = position
        identity[index] = position
        first.append(step)
        firstIndex.append(index)
        counts.append(1)
      }
    }
  }

  /// How many steps the unit has in the program.
  public var total: Int { counts.reduce(0, +) }
}
