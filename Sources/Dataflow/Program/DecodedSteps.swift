import Arch
import Files

/// One unit's own steps of a program, decoded once to the unit's own type when the program is loaded.
public struct DecodedSteps<Step: Sendable>: Sendable {
  /// By program step: position in `steps`, −1 for steps of other units.
  private let position: [Int32]
  private let steps: [Step]
  private let rows: [Int32]

  /// - Parameters:
  ///   - name: the unit's, for messages.
  ///   - decode: `nil` when the numbers are no step of this kind.
  /// - Throws: when a step does not decode, which only a damaged program has.
  public init(
    _ program: Program, unit: UnitIndex, name: String, kind: String,
    decode: (_ opcode: Int32, _ operands: ArraySlice<Int64>) -> Step?
  ) throws(Refusal) {
    var position = Array(repeating: Int32(-1), count: program.steps.count)
    var steps: [Step] = []
    var rows: [Int32] = []
    for (index, step) in program.steps.enumerated() where step.unit == unit {
      guard let decoded = decode(step.opcode, program.operands[step.operands]) else {
        throw Refusal(
          "step \(index) is no step of a \(kind)", at: Place(file: "program", detail: "unit '\(name)'"),
          value: "opcode \(step.opcode)")
      }
      position[index] = Int32(steps.count)
      steps.append(decoded)
      rows.append(step.row)
    }
    self.position = position
    self.steps = steps
    self.rows = rows
  }

  /// All of them, in order.
  public var all: [Step] { steps }

  /// The unit's step at position `index` of the program.
  public func step(_ index: Int) -> Step { steps[Int(position[index])] }

  /// The row of the report that it works for.
  public func row(_ index: Int) -> Int { Int(rows[Int(position[index])]) }
}
