import Arch
import Files

/// How a unit kind turns operators into its own steps. One value per unit of a design, used at compile time only.
public protocol OperatorLowering {
  /// Sets aside what the operator needs for the whole run: rows for its weights or cache, room for its results.
  ///
  /// Faults are recorded at the rule that mapped the operator.
  mutating func reserve(
    _ index: Int, in graph: OperatorGraph, rule: MappingRule, workload: Workload, _ d: inout Diagnostics)

  /// For how many passes at once the operator's steps can be made; `builder.together` says for how many they are.
  func passesAtOnce(_ index: Int, in graph: OperatorGraph) -> Int64

  /// Adds the steps of one operator for one pass, the first of those that they are made for. What it works out may be
  /// kept for the next.
  mutating func lower(_ index: Int, in graph: OperatorGraph, pass: Workload.Pass, into builder: inout StepBuilder)

  /// Whether `lower` adds the same steps in every pass that goes alone: neither position nor context nor sequence make a
  /// difference, and a step waits for all that makes the operator's inputs or for none of it.
  func isSameInEveryPass(_ index: Int, in graph: OperatorGraph) -> Bool

  /// Elements that the operator's steps keep beside its operands and its result: partial sums of `passes` passes.
  func temporaryElements(_ index: Int, in graph: OperatorGraph, passes: Int64) -> Int64

  /// What `lower` adds at the most for a pass that attends to `context` positions, from counts alone.
  func size(_ index: Int, in graph: OperatorGraph, context: Int64) -> ProgramSize
}

extension OperatorLowering {
  public func passesAtOnce(_ index: Int, in graph: OperatorGraph) -> Int64 { 1 }
  public func temporaryElements(_ index: Int, in graph: OperatorGraph, passes: Int64) -> Int64 { 0 }

  public func isSameInEveryPass(_ index: Int, in graph: OperatorGraph) -> Bool { false }
}

/// How large a program or a part of one is at the most. Rough by intent, so that no sum can overflow.
public struct ProgramSize: Hashable, Sendable {
  public var steps: Double
  public var operands: Double

  public init(steps: Double, operands: Double) {
    self.steps = steps
    self.operands = operands
  }

  /// So many steps with few operands each.
  public init(steps: Double) { self.init(steps: steps, operands: 16 * steps) }

  public static func + (a: ProgramSize, b: ProgramSize) -> ProgramSize {
    ProgramSize(steps: a.steps + b.steps, operands: a.operands + b.operands)
  }
}

/// A unit that keeps the parameter vectors (biases, norm scales) that other units need.
public protocol ParameterStore {
  /// Sets aside room for the vectors of an operator.
  mutating func reserveVectors(
    _ index: Int, of op: GraphOperator, lengths: [Int64], at place: Place, _ d: inout Diagnostics)

  /// Adds the steps that bring an operator's vectors to the unit that computes with them, and notes them.
  func readVectors(_ index: Int, into builder: inout StepBuilder)

  /// Rows of one bank that are set aside, and what lies in them from the start.
  var rowsUsed: Int64 { get }
  var residents: [Program.Resident] { get }
}
