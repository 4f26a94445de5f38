/// What a program file says about the units of its design, and what is needed to read it again.
public struct ProgramUnit: Hashable, Sendable {
  public let name: String
  public let kind: String
  /// By opcode.
  public let steps: [StepSchema]

  public init(name: String, kind: String, steps: [StepSchema]) {
    self.name = name
    self.kind = kind
    self.steps = steps
  }
}

/// The text form of programs: JSON, `"schema": "accsim.program/1"`, one step to a line.
///
/// A step is `[unit, operation, row, [steps that it waits for], [operands]]`. What the operands are stands with the
/// unit, under `operations`; the last may be a list (its name ends in `...`), a name with `~` in front is a real number.
/// A multiply whose `choice-step` is not −1 takes its matrix, and so its rows, from what that step chooses in the run.
public enum ProgramFormat {
  public static let schema = "accsim.program/1"
  /// Larger files are refused.
  public static let maximumBytes = 1 << 30

  static func label(_ operand: StepSchema.Operand) -> String {
    switch operand.form {
    case .integer: operand.name
    case .real: "~" + operand.name
    case .rest: operand.name + "..."
    }
  }

  static func operand(_ label: String) -> StepSchema.Operand {
    if label.hasPrefix("~") { return .init(String(label.dropFirst()), .real) }
    if label.hasSuffix("...") { return .init(String(label.dropLast(3)), .rest) }
    return .init(label)
  }
}
