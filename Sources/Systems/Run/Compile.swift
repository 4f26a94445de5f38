import Arch
import Dataflow
import Files
import PIM

/// Turns a model and a workload into a program for a design.
///
/// - Throws: when an operator matches no mapping rule, its unit cannot execute it, or the model does not fit.
public func compile(_ graph: OperatorGraph, for design: Design, workload: Workload) throws(Refusal) -> Program {
  var d = Diagnostics()
  design.checkRules(forImagesOf: graph, into: &d)
  workload.check(against: graph, into: &d)
  try d.throwIfErrors()
  try RunBudget.check(passes: workload, of: graph)
  var compilation = Compilation(graph, design, workload)
  compilation.reserve(&d)
  try d.throwIfErrors()
  try RunBudget.check(compilation.size(), workload)
  let longest = compilation.longestPass()
  try RunBudget.check(longest, on: design, workload)
  return compilation.program(stepsPerPass: longest.steps.count)
}

private struct Compilation {
  let graph: OperatorGraph
  let design: Design
  let workload: Workload
  let stages: [[Int]]
  /// By unit; `nil` for units that execute no operators.
  var lowerings: [(any OperatorLowering)?]
  /// By operator: the unit that executes it.
  var unitOf: [Int] = []
  /// By operator: the memory that keeps its parameter vectors.
  var storeOf: [Int?] = []
  /// By operator: whether every pass has the same steps of it.
  var isSameInEveryPass: [Bool] = []

  init(_ graph: OperatorGraph, _ design: Design, _ workload: Workload) {
    self.graph = graph
    self.design = design
    self.workload = workload
    stages = graph.stages
    let sites = Network(design).sites
    lowerings = zip(design.units, sites).map { unit, site in unit.plan.lowering(site) }
  }

  mutating func reserve(_ d: inout Diagnostics) {
    var unmatched: Set<String> = []
    for (index, op) in graph.operators.enumerated() {
      guard let rule = design.rule(for: op.kind) else {
        if unmatched.insert(op.kind.name).inserted { design.reportUnmatched(op, &d) }
        unitOf.append(0)
        storeOf.append(nil)
        continue
      }
      let unit = rule.unit.rawValue
      unitOf.append(unit)
      let faults = d.errorCount
      lowerings[unit]?.reserve(index, in: graph, rule: rule, workload: workload, &d)
      if lowerings[unit] == nil {
        d.error(
          "operator '\(op.name)' (\(op.kind.name)) is mapped to a unit that executes none", at: rule.place,
          value: design.units[unit].name)
      }
      // One fault of a kind is enough: the other layers have the same.
      guard d.errorCount == faults else { return }
      reserveVectors(index, op, unit, at: rule.place, &d)
      guard d.errorCount == faults else { return }
    }
    isSameInEveryPass = graph.operators.indices.map {
      lowerings[unitOf[$0]]?.isSameInEveryPass($0, in: graph) ?? false
    }
    for lowering in lowerings {
      if let vector = lowering as? VectorLowering {
        vector.checkCapacity(
          graph, context: workload.longestContext,
          temporary: { lowerings[unitOf[$0]]?.temporaryElements($0, in: graph) ?? 0 }, at: design.mappingPlace, &d)
      }
    }
  }

  private mutating func reserveVectors(
    _ index: Int, _ op: GraphOperator, _ unit: Int, at place: Place, _ d: inout Diagnostics
  ) {
    let lengths = op.kind.parameterVectors
    let memory =
      lowerings[unit] is any ParameterStore
      ? unit
      : design.links.lazy.compactMap { link in
        link.first == unit ? link.second : link.second == unit ? link.first : nil
      }.first { lowerings[$0] is any ParameterStore }
    storeOf.append(lengths.isEmpty ? nil : memory)
    guard !lengths.isEmpty else { return }
    guard let memory, var store = lowerings[memory] as? any OperatorLowering & ParameterStore else {
      d.error(
        "operator '\(op.name)' (\(op.kind.name)) has parameters, and its unit no link to a memory that keeps them",
        at: place, value: design.units[unit].name, expected: "a unit linked to a pim-memory")
      return
    }
    // A second owner would copy all that is set aside so far.
    lowerings[memory] = nil
    store.reserveVectors(index, of: op, lengths: lengths, at: place, &d)
    lowerings[memory] = store
  }

  /// At the most, for one pass at the longest context.
  func size() -> ProgramSize {
    graph.operators.indices.reduce(ProgramSize(steps: 0)) { sum, index in
      let vectors = ProgramSize(steps: 2 * Double(graph.operators[index].kind.parameterVectors.count))
      return sum + vectors
        + (lowerings[unitOf[index]]?.size(index, in: graph, context: workload.longestContext) ?? ProgramSize(steps: 0))
    }
  }

  /// The last pass of the run alone, with logits: no pass has more to do.
  mutating func longestPass() -> Program {
    let rows = graph.operators.indices.map {
      Program.Row(name: "", kind: "", phase: .decode, unit: UnitIndex(unitOf[$0]))
    }
    var builder = StepBuilder(rows: rows, graph: graph, overlap: design.overlap)
    // Position 0 has the operators of a sequence's first position as well.
    let pass = Workload.Pass(
      phase: .decode, sequence: 0, position: graph.isCausal ? workload.longestContext - 1 : 0,
      context: workload.longestContext, token: 0, wantsLogits: true)
    lower([pass], firstRow: 0, into: &builder)
    return builder.program
  }

  /// Passes side by side: each stage of the graph for all of them before the next.
  private mutating func lower(_ passes: [Workload.Pass], firstRow: Int, into builder: inout StepBuilder) {
    builder.begin(passes)
    for stage in stages {
      for (position, pass) in passes.enumerated() {
        builder.enter(position: position)
        for index in stage where pass.runs(graph.operators[index]) {
          builder.beginOperator(row: firstRow + index)
          defer { builder.endOperator(index, isSameInEveryPass: isSameInEveryPass[index]) }
          if builder.repeatOperator(index) { continue }
          if let memory = storeOf[index], let store = lowerings[memory] as? any ParameterStore {
            store.readVectors(index, into: &builder)
          }
          lowerings[unitOf[index]]?.lower(index, in: graph, pass: pass, into: &builder)
        }
      }
    }
    builder.endPasses()
  }

  /// All passes, operator by operator; none has more than so many steps.
  mutating func program(stepsPerPass: Int) -> Program {
    let count = graph.operators.count
    let phases = Workload.Phase.allCases.filter { $0 == .prefill ? workload.prompt > 0 : workload.generate > 0 }
    var rows: [Program.Row] = []
    for phase in phases {
      for (index, op) in graph.operators.enumerated() {
        rows.append(
          Program.Row(name: op.name, kind: op.kind.name, phase: phase, unit: UnitIndex(unitOf[index])))
      }
    }
    var builder = StepBuilder(rows: rows, graph: graph, overlap: design.overlap)
    // Within the budget, so that the product is small.
    builder.reserve(steps: stepsPerPass * Int(workload.batch * (workload.prompt + workload.generate)))
    for passes in workload.groups(of: graph) {
      lower(passes, firstRow: (phases.firstIndex(of: passes[0].phase) ?? 0) * count, into: &builder)
    }
    var program = builder.program
    let stores = lowerings.map { $0 as? any ParameterStore }
    program.rowsUsed = stores.map { $0?.rowsUsed ?? 0 }
    program.origin.design = design.name
    program.origin.designInputs = design.inputs.map { Program.InputFile(name: $0.name, sha256: $0.sha256) }
    program.origin.model = graph.name
    program.origin.workload = workload
    program.origin.macsOfGraph = workload.macsOfGraph(graph)
    program.origin.macsOfOperators = workload.macsOfOperators(graph)
    program.residents = stores.flatMap { $0?.residents ?? [] }
    return program
  }
}
