/// What the numbers of one kind of step mean: its name and its operands', for program files and messages.
///
/// A step's opcode is the position of its schema in the list of its unit's kind.
public struct StepSchema: Hashable, Sendable {
  public struct Operand: Hashable, Sendable {
    public enum Form: Hashable, Sendable {
      case integer
      /// A binary64 number; the operand is its bit pattern.
      case real
      /// All operands from here on; the last of a step.
      case rest
    }

    public let name: String
    public let form: Form

    public init(_ name: String, _ form: Form = .integer) {
      self.name = name
      self.form = form
    }
  }

  public let name: String
  public let operands: [Operand]

  public init(_ name: String, _ operands: [Operand]) {
    self.name = name
    self.operands = operands
  }

  public init(_ name: String, integers: [String], rest: String? = nil) {
    self.init(name, integers.map { Operand($0) } + (rest.map { [Operand($0, .rest)] } ?? []))
  }
}
