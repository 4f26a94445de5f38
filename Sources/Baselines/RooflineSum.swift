import Dataflow

/// A workload added up over all operators and passes.
///
/// Layers repeat: operators of the same kind in the same place of their layers are computed once and counted.
struct RooflineSum {
  let graph: OperatorGraph
  let workload: Workload
  let secondsPerOperation: Double
  let secondsPerElement: Double
  let elementBytes: Double
  let framework: Baseline.Framework?

  private(set) var prefill = 0.0
  private(set) var decode = 0.0
  /// The first decode step alone.
  private(set) var firstStep = 0.0
  private(set) var prefillOverhead = 0.0
  private(set) var decodeOverhead = 0.0
  /// Of one decode step.
  private(set) var stepOverhead = 0.0
  private(set) var operators: [BaselineEstimate.OperatorShare] = []

  /// Operators that take the same time.
  private struct Line: Hashable {
    let name: String
    let kind: OperatorKind
    let positions: GraphOperator.Positions
    let chosen: Int64
  }

  init(
    graph: OperatorGraph, workload: Workload, secondsPerOperation: Double, secondsPerElement: Double,
    elementBytes: Double, framework: Baseline.Framework?
  ) {
    self.graph = graph
    self.workload = workload
    self.secondsPerOperation = secondsPerOperation
    self.secondsPerElement = secondsPerElement
    self.elementBytes = elementBytes
    self.framework = framework
    let lines = lines()
    let w = workload
    if w.prompt > 0 {
      let context = w.past + w.prompt
      for (line, count) in lines {
        let share = share(
          line, count, .prefill, positions: positionsInPrefill(line.positions), from: context, through: context)
        guard let share else { continue }
        prefill += share.computeBound + share.memoryBound
        prefillOverhead += share.overhead
        operators.append(share)
      }
      prefillOverhead += addPasses(1, .prefill)
    }
    guard w.generate > 0 else { return }
    let first = w.past + w.prompt + 1
    for (line, count) in lines where line.positions == .each || line.positions == .wanted {
      let all = share(line, count, .decode, positions: 1, from: first, through: first + w.generate - 1)
      guard let all, let one = share(line, count, .decode, positions: 1, from: first, through: first) else { continue }
      decode += all.computeBound + all.memoryBound
      decodeOverhead += all.overhead
      firstStep += one.computeBound + one.memoryBound
      stepOverhead += one.overhead
      operators.append(all)
    }
    let overhead = addPasses(w.generate, .decode)
    decodeOverhead += overhead
    stepOverhead += overhead / Double(w.generate)
  }

  /// What the framework launches once in a pass; the seconds of all of them.
  private mutating func addPasses(_ passes: Int64, _ phase: Workload.Phase) -> Double {
    guard let framework, framework.kernelsPerPass.value > 0 else { return 0 }
    let kernels = Double(framework.kernelsPerPass.value) * Double(passes)
    let seconds = kernels * framework.overhead.value.value.double
    operators.append(
      BaselineEstimate.OperatorShare(
        phase: phase, name: "pass", kind: "framework", count: 1, kernels: kernels, operations: 0, bytes: 0,
        computeBound: 0, memoryBound: 0, overhead: seconds))
    return seconds
  }

  private func lines() -> [(line: Line, count: Int64)] {
    var result: [(line: Line, count: Int64)] = []
    var places: [Line: Int] = [:]
    for op in graph.operators {
      let name = op.name.split(separator: ".").map { Int($0) == nil ? String($0) : "*" }.joined(separator: ".")
      let line = Line(name: name, kind: op.kind, positions: op.positions, chosen: chosen(of: op))
      if let place = places[line] {
        result[place].count += 1
      } else {
        places[line] = result.count
        result.append((line, 1))
      }
    }
    return result
  }

  /// How many experts the router before an expert's product chooses.
  private func chosen(of op: GraphOperator) -> Int64 {
    guard case .expertLinear = op.kind else { return 1 }
    for edge in op.inputs {
      if case .router(_, let chosen) = graph.operators[edge.producer].kind { return max(1, chosen) }
    }
    return 1
  }

  /// Positions of one sequence for which an operator runs in the prefill pass.
  private func positionsInPrefill(_ positions: GraphOperator.Positions) -> Int64 {
    switch positions {
    case .each: workload.prompt
    case .wanted: workload.logits == .all ? workload.prompt : 1
    case .first: workload.past == 0 ? 1 : 0
    case .whole: 1
    }
  }

  /// The passes with contexts `first ... last` of `count` equal operators; nil where there is nothing to run.
  private func share(
    _ line: Line, _ count: Int64, _ phase: Workload.Phase, positions: Int64, from first: Int64, through last: Int64
  ) -> BaselineEstimate.OperatorShare? {
    guard positions > 0 else { return nil }
    let sequences = Double(workload.batch)
    let demand = OperatorDemand(
      line.kind, rows: Double(positions) * sequences, sequences: sequences, chosen: Double(line.chosen))
    let time = RooflineTime.sum(
      compute: demand.operations * secondsPerOperation, memory: demand.elements * secondsPerElement, from: first,
      through: last, window: graph.window)
    let passes = Double(last - first + 1)
    let kernels = Double(framework?.kernels(for: line.kind) ?? 0) * passes * Double(count)
    return BaselineEstimate.OperatorShare(
      phase: phase, name: line.name, kind: line.kind.name, count: count, kernels: kernels,
      operations: Double(count) * total(demand.operations, first, last),
      bytes: Double(count) * elementBytes * total(demand.elements, first, last),
      computeBound: Double(count) * time.compute, memoryBound: Double(count) * time.memory,
      overhead: kernels * (framework?.overhead.value.value.double ?? 0))
  }

  /// A count over contexts `first ... last`.
  private func total(_ count: ContextCount, _ first: Int64, _ last: Int64) -> Double {
    RooflineTime.sum(compute: ContextCount(), memory: count, from: first, through: last, window: graph.window).total
  }
}
