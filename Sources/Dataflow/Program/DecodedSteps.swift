import Arch
import Files

/// One unit's own steps of a program, decoded to the unit's own type when the program is loaded; equal ones once.
public struct DecodedSteps<Step: Sendable>: Sendable {
  /// By program step: position in `all`, −1 for steps of other units.
  private let identities: [Int32]
  /// The distinct steps, in the order of their first occurrence.
  public let all: [Step]
  private let program: Program

  /// - Parameters:
  ///   - name: the unit's, for messages.
  ///   - decode: `nil` when the numbers are no step of this kind.
  /// - Throws: when a step does not decode, which only a damaged program has.
  public init(
    _ program: Program, unit: UnitIndex, name: String, kind: String,
    decode: (_ opcode: Int32, _ operands: ArraySlice<Int64>) -> Step?
  ) throws(Refusal) {
    let distinct = DistinctSteps(program, unit: unit)
    var steps: [Step] = []
    steps.reserveCapacity(distinct.first.count)
    for (step, index) in zip(distinct.first, distinct.firstIndex) {
      guard let decoded = decode(step.opcode, program.operands[step.operands]) else {
        throw Refusal(
          "step \(index) is no step of a \(kind)", at: Place(file: "program", detail: "unit '\(name)'"),
          value: "opcode \(step.opcode)")
      }
      steps.append(decoded)
    }
    identities = distinct.identity
    all = steps
    self.program = program
  }

  /// How many distinct steps the unit has.
  public var uniqueCount: Int { all.count }

  /// Which of the distinct steps stands at position `index` of the program, in `0..<uniqueCount`: steps of the unit
  /// with equal opcode and operands have the same.
  public func identity(_ index: Int) -> Int { Int(identities[index]) }

  /// The unit's step at position `index` of the program.
  public func step(_ index: Int) -> Step { all[Int(identities[index])] }

  /// The row of the report that it works for.
  public func row(_ index: Int) -> Int { Int(program.steps[index].row) }
}
