import Arch

/// What a compiler makes of a model for a design: steps on units, with dependences. It names no kind of accelerator.
public struct Program: Sendable {
  /// One thing that one unit does. Opcode and operands mean what the unit's kind says they mean.
  ///
  /// A run may have millions, so that its numbers are kept in 32 bits each.
  public struct Step: Hashable, Sendable {
    @usableFromInline let unitNumber: Int32
    public let opcode: Int32
    /// Which list of operands it has: equal for equal unit, opcode and operands.
    let list: Int32
    @usableFromInline let operandRange: Range<Int32>
    @usableFromInline let dependenceRange: Range<Int32>
    /// Index into `rows`: the operator that it works for.
    public let row: Int32

    @inlinable public var unit: UnitIndex { UnitIndex(Int(unitNumber)) }
    /// Where its operands lie in the program's `operands`. Equal lists of a unit and opcode lie in the same place.
    @inlinable public var operands: Range<Int> { Int(operandRange.lowerBound)..<Int(operandRange.upperBound) }
    /// Where the steps that it waits for lie in the program's `dependences`.
    @inlinable public var dependences: Range<Int> {
      Int(dependenceRange.lowerBound)..<Int(dependenceRange.upperBound)
    }
  }

  /// One line of the report: an operator of the graph in a phase of the run, all its passes together.
  public struct Row: Hashable, Sendable {
    public let name: String
    public let kind: String
    public let phase: Workload.Phase
    public let unit: UnitIndex
    /// MACs of the matrix product that the steps really compute, padding not counted.
    public var macs: Int64 = 0
    /// Bytes of weights or cache that must be read, at least once each per pass.
    public var bytes: Int64 = 0

    public init(name: String, kind: String, phase: Workload.Phase, unit: UnitIndex) {
      self.name = name
      self.kind = kind
      self.phase = phase
      self.unit = unit
    }
  }

  /// One pass: which steps, which phase.
  public struct PassRange: Hashable, Sendable {
    public let phase: Workload.Phase
    public let steps: Range<Int>

    public init(phase: Workload.Phase, steps: Range<Int>) {
      self.phase = phase
      self.steps = steps
    }
  }

  /// Numbers that leave the run: the result of an operator that no other reads, for one position of a sequence.
  public struct Output: Hashable, Sendable {
    public let operatorName: String
    public let sequence: Int64
    public let position: Int64
    /// The step after which they are there, and where: a buffer of that step's unit.
    public let step: Int
    public let buffer: Int64
    public let elements: Int64

    public init(operatorName: String, sequence: Int64, position: Int64, step: Int, buffer: Int64, elements: Int64) {
      self.operatorName = operatorName
      self.sequence = sequence
      self.position = position
      self.step = step
      self.buffer = buffer
      self.elements = elements
    }
  }

  /// What lies in a unit from the start.
  public struct Resident: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
      /// The operator's matrix or table; which one, where it has one for each expert.
      case matrix(Int)
      /// One of its parameter vectors.
      case vector(Int)
      /// Keys or values of a sequence's earlier positions.
      case cache(sequence: Int64)
    }

    public let operatorName: String
    /// The operator's position in the graph.
    public let index: Int
    public let content: Content
    public let unit: UnitIndex
    /// Where in the unit, as its kind says.
    public let home: [Int64]

    public init(operatorName: String, index: Int, content: Content, unit: UnitIndex, home: [Int64]) {
      self.operatorName = operatorName
      self.index = index
      self.content = content
      self.unit = unit
      self.home = home
    }
  }

  /// What the program was made of.
  public struct Origin: Sendable {
    /// The design, as the user named it, and what stands in its files.
    public var design = ""
    public var designInputs: [InputFile] = []
    /// Values that replaced those of the design's files, by dotted path.
    public var designValues: [DesignValue] = []
    public var model = ""
    public var modelInputs: [InputFile] = []
    public var workload = Workload(prompt: 0, generate: 0)
    /// MACs of the same work as an exporter writes it, and those that the operators of all passes ask for.
    public var macsOfGraph: Int64 = 0
    public var macsOfOperators: Int64 = 0

    public init() {}
  }

  /// A value of the design that is not the one of its file.
  public struct DesignValue: Hashable, Sendable {
    public let path: String
    public let value: String

    public init(path: String, value: String) {
      self.path = path
      self.value = value
    }
  }

  /// A file by its base name, with the SHA-256 of what stands in it.
  public struct InputFile: Hashable, Sendable {
    public let name: String
    public let sha256: String

    public init(name: String, sha256: String) {
      self.name = name
      self.sha256 = sha256
    }
  }

  public var origin = Origin()
  public private(set) var steps: [Step] = []
  private var operandLists = OperandLists()
  /// Dependences of all steps, end to end: indices of earlier steps.
  public private(set) var dependences: [Int32] = []
  public var rows: [Row] = []
  public private(set) var passes: [PassRange] = []
  public private(set) var outputs: [Output] = []
  public var residents: [Resident] = []
  /// By unit: rows of one bank that a memory sets aside; 0 for other units.
  public var rowsUsed: [Int64] = []

  public init() {}

  /// How many different lists of operands the steps have.
  var listCount: Int { operandLists.count }

  /// Makes room for so many steps, so that no copy is made as they come.
  mutating func reserve(steps count: Int) { steps.reserveCapacity(count) }

  /// Operands of all steps: lists end to end, each once.
  public var operands: [Int64] { operandLists.values }

  /// Adds a step that starts when all of `after` are complete; returns its index.
  ///
  /// A program has at most 2^31 - 1 operands, and as many dependences.
  @discardableResult
  public mutating func append(
    unit: UnitIndex, opcode: Int32, operands values: [Int64], after: [Int], row: Int
  ) -> Int {
    let number = Int32(unit.rawValue)
    let list = operandLists.place(values, unit: number, opcode: opcode)
    return append(unit: number, opcode: opcode, list: list.number, operands: list.range, after: after, row: row)
  }

  /// Adds a step with the opcode and the operands of the earlier step `index` of the same unit.
  @discardableResult
  mutating func append(again index: Int, after: [Int], row: Int) -> Int {
    let step = steps[index]
    return append(
      unit: step.unitNumber, opcode: step.opcode, list: step.list, operands: step.operandRange, after: after, row: row)
  }

  private mutating func append(
    unit: Int32, opcode: Int32, list: Int32, operands: Range<Int32>, after: [Int], row: Int
  ) -> Int {
    let firstDependence = Int32(dependences.count)
    for step in after {
      precondition(step < steps.count, "a step depends on earlier steps only")
      dependences.append(Int32(step))
    }
    steps.append(
      Step(
        unitNumber: unit, opcode: opcode, list: list, operandRange: operands,
        dependenceRange: firstDependence..<Int32(dependences.count), row: Int32(row)))
    return steps.count - 1
  }

  /// Notes numbers that leave the run.
  public mutating func append(_ output: Output) { outputs.append(output) }

  /// Notes a pass.
  public mutating func append(_ pass: PassRange) { passes.append(pass) }

  /// Ends a pass that began at step `first`.
  public mutating func closePass(_ phase: Workload.Phase, from first: Int) {
    passes.append(PassRange(phase: phase, steps: first..<steps.count))
  }
}
