import Arch

/// One unit's own steps of a program, those with equal opcode and operands taken together.
public struct DistinctSteps: Sendable {
  /// Of each distinct step the first in the program, in order.
  public private(set) var first: [Program.Step] = []
  /// Where it stands in the program, and how often it occurs.
  public private(set) var firstIndex: [Int] = []
  public private(set) var counts: [Int] = []
  /// By program step: position in the lists above, −1 for steps of other units.
  public private(set) var identity: [Int32]

  public init(_ program: Program, unit: UnitIndex) {
    identity = Array(repeating: -1, count: program.steps.count)
    var known = Array(repeating: Int32(-1), count: program.listCount)
    for (index, step) in program.steps.enumerated() where step.unit == unit {
      let list = Int(step.list)
      if known[list] < 0 {
        known[list] = Int32(first.count)
        first.append(step)
        firstIndex.append(index)
        counts.append(0)
      }
      identity[index] = known[list]
      counts[Int(known[list])] += 1
    }
  }

  /// How many steps the unit has in the program.
  public var total: Int { counts.reduce(0, +) }
}
