import Arch

/// Builds a program operator by operator and decides what each step waits for.
public struct StepBuilder: Sendable {
  /// What may run at the same time.
  public enum Overlap: String, Hashable, Sendable, CaseIterable {
    /// One step after the other, as a controller does that issues only when every unit is idle; steps that belong
    /// together (a transfer's two ends) still go together.
    case none
    /// Whatever the data allow.
    case dependences
  }

  public private(set) var program: Program
  private let overlap: Overlap
  /// Program row of each operator in the present phase.
  private var row = 0
  /// The steps that make each operator's result, for each position of the present pass.
  private var results: [[Int]] = []
  private let graph: OperatorGraph
  /// Operators whose results leave the run.
  private let sinks: Set<Int>
  /// The passes that go side by side, and which of them is being lowered.
  private var passes: [Workload.Pass] = []
  private var position = 0
  /// Temporary buffers of the present operator.
  private var temporaries: Int64 = 0
  /// What the next step waits for when nothing may overlap: the steps of the slot before.
  private var barrier: [Int] = []
  private var slot: [Int] = []
  private var passStart = 0
  /// By unit: its last step so far, −1 before any. Units work in order, so these stand for all steps before.
  private var lastOfUnit: [Int] = []
  /// The first step of the operator being lowered, and of each of its steps whether another of them waits for it.
  private var firstStep = 0
  private var isAwaited: [Bool] = []
  /// What the steps of the operator are, so that later passes can have them again, and those that can be.
  private var made = RepeatedSteps()
  private var repeated: [RepeatedSteps?]
  /// What the step being added waits for.
  private var after: [Int] = []
  /// Steps that bring the operator's parameter vectors, and the buffers that they go to.
  public private(set) var loaded: [Int] = []
  public private(set) var loadedBuffers: [Int64] = []

  public init(rows: [Program.Row], graph: OperatorGraph, overlap: Overlap) {
    var program = Program()
    program.rows = rows
    self.program = program
    self.overlap = overlap
    self.graph = graph
    sinks = graph.sinks
    repeated = Array(repeating: nil, count: graph.operators.count)
  }

  /// Makes room for a program of about so many steps.
  public mutating func reserve(steps count: Int) { program.reserve(steps: count) }

  /// Starts passes that go side by side.
  public mutating func begin(_ passes: [Workload.Pass]) {
    passStart = program.steps.count
    self.passes = passes
    position = 0
    results = Array(repeating: [], count: passes.count * graph.operators.count)
    // A pass starts when the one before is complete: its token comes from there.
    if overlap == .dependences { barrier = lastOfUnit.filter { $0 >= 0 } }
  }

  public mutating func endPasses() { program.closePass(passes[0].phase, from: passStart) }

  /// What follows is for pass `index` of those side by side.
  public mutating func enter(position index: Int) { position = index }

  /// Starts the steps of operator `index`, booked under program row `row`.
  public mutating func beginOperator(row: Int) {
    self.row = row
    firstStep = program.steps.count
    isAwaited.removeAll(keepingCapacity: true)
    made = RepeatedSteps(first: firstStep)
    loaded.removeAll(keepingCapacity: true)
    loadedBuffers.removeAll(keepingCapacity: true)
    temporaries = 0
  }

  /// Adds the steps that operator `index` had in an earlier pass, where `endOperator` was told that they are the same in
  /// every pass.
  ///
  /// - Returns: whether it did; else they have to be made.
  public mutating func repeatOperator(_ index: Int) -> Bool {
    guard passes.count == 1, let before = repeated[index] else { return false }
    let inputs = before.readsInputs ? inputs(of: index, in: graph) : []
    var needs: [Int] = []
    for (offset, step) in before.steps.enumerated() {
      needs.removeAll(keepingCapacity: true)
      if step.waitsForInputs { needs += inputs }
      for own in before.needs[step.needs] { needs.append(firstStep + Int(own)) }
      wait(for: needs, together: step.together)
      place(program.append(again: before.first + offset, after: after, row: row))
    }
    count(macs: before.macs, bytes: before.bytes)
    return true
  }

  /// Notes a step that brings one of the operator's parameter vectors to a buffer.
  public mutating func noteLoaded(_ step: Int, buffer: Int64) {
    loaded.append(step)
    loadedBuffers.append(buffer)
  }

  /// The buffer of an operator's result, in the present pass. Units work in order, so later passes use it again.
  public func result(of index: Int) -> Int64 { Int64(position * graph.operators.count + index) }

  /// A buffer for the present operator alone.
  public mutating func temporary() -> Int64 {
    temporaries += 1
    return Int64(passes.count * graph.operators.count) + temporaries - 1
  }

  /// The step that ends an operator's work in the present pass.
  public func lastStep(of index: Int) -> Int {
    guard let last = results[position * graph.operators.count + index].last else {
      preconditionFailure("an operator before those that it reads")
    }
    return last
  }

  /// Ends the steps of operator `index`: what reads its result waits for those that no other of its steps waited for.
  ///
  /// - Parameter isSameInEveryPass: its steps are the same in every pass that goes alone, and wait for all that makes its
  ///   inputs or for none of it.
  public mutating func endOperator(_ index: Int, isSameInEveryPass: Bool = false) {
    results[position * graph.operators.count + index] = isAwaited.indices.filter { !isAwaited[$0] }
      .map { firstStep + $0 }
    if isSameInEveryPass, passes.count == 1, repeated[index] == nil {
      repeated[index] = made.isRepeatable(inputs: inputs(of: index, in: graph)) ? made : nil
    }
    let last = program.steps.count - 1
    guard sinks.contains(index), last >= firstStep else { return }
    let pass = passes[position]
    program.append(
      Program.Output(
        operatorName: graph.operators[index].name, sequence: pass.sequence, position: pass.position, step: last,
        buffer: result(of: index), elements: graph.operators[index].kind.resultElements(context: pass.context)))
  }

  /// The steps that make the results which operator `index` reads.
  public func inputs(of index: Int, in graph: OperatorGraph) -> [Int] {
    graph.operators[index].inputs.flatMap { results[position * graph.operators.count + $0.producer] }
  }

  /// Adds work to the present row of the report.
  public mutating func count(macs: Int64, bytes: Int64) {
    program.rows[row].macs += macs
    program.rows[row].bytes += bytes
    made.macs += macs
    made.bytes += bytes
  }

  /// Adds a step. Without overlap `needs` is ignored, and the step waits for everything before it.
  ///
  /// - Parameter together: the step starts with the one before it, of which it is the other end.
  @discardableResult
  public mutating func step(
    _ unit: UnitIndex, opcode: Int32, operands: [Int64], needs: [Int], together: Bool = false
  ) -> Int {
    wait(for: needs, together: together)
    made.add(needs: needs, together: together)
    let index = program.append(unit: unit, opcode: opcode, operands: operands, after: after, row: row)
    place(index)
    return index
  }

  /// Decides what the next step waits for.
  private mutating func wait(for needs: [Int], together: Bool) {
    after.removeAll(keepingCapacity: true)
    switch overlap {
    case .none:
      if !together, !slot.isEmpty {
        barrier = slot
        slot.removeAll(keepingCapacity: true)
      }
      after += barrier
    case .dependences:
      var all = needs + barrier
      all.sort()
      for step in all where step != after.last { after.append(step) }
    }
    for step in needs where step >= firstStep { isAwaited[step - firstStep] = true }
  }

  /// Notes a step that was added.
  private mutating func place(_ index: Int) {
    let unit = program.steps[index].unit.rawValue
    while lastOfUnit.count <= unit { lastOfUnit.append(-1) }
    lastOfUnit[unit] = index
    if overlap == .none { slot.append(index) }
    isAwaited.append(false)
  }
}
