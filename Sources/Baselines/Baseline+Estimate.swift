import Arch
import Dataflow
import Files

extension Baseline {
  /// What the workload takes by the roofline: for each operator of each pass, the longer of operations / peak and bytes /
  /// bandwidth (Williams, Waterman and Patterson 2009), with and without the framework's overhead.
  ///
  /// Prefill is one pass over all prompt positions, with full scores; each decode step is one pass of all sequences.
  ///
  /// - Parameter asked: the number format of weights, caches and activations.
  /// - Throws: when the model cannot run the workload, or the device not compute in the format.
  public func estimate(
    _ graph: OperatorGraph, _ workload: Workload, format asked: OperandFormat
  ) throws(Refusal) -> BaselineEstimate {
    var d = Diagnostics()
    workload.check(against: graph, into: &d)
    try d.throwIfErrors()
    guard let format = format(for: asked), let peak = peaks[format] else {
      throw Refusal(
        "the baseline '\(name)' does not compute in this format, nor says in which wider one it would",
        at: Place(file: name), value: asked.rawValue,
        expected: "one of \(formats.map(\.rawValue).joined(separator: ", "))")
    }
    let sum = RooflineSum(
      graph: graph, workload: workload, secondsPerOperation: 1 / peak.value.value.double,
      secondsPerElement: Double(format.bytes) / (bandwidth.value.value * achievable.value.value).double,
      elementBytes: Double(format.bytes), framework: framework)
    return BaselineEstimate(
      baseline: self, model: graph.name, workload: workload, asked: asked, format: format,
      device: figures(sum.prefill, sum.decode, first: sum.firstStep, workload),
      withFramework: framework.map { _ in
        figures(
          sum.prefill + sum.prefillOverhead, sum.decode + sum.decodeOverhead, first: sum.firstStep + sum.stepOverhead,
          workload)
      },
      operators: sum.operators, footprint: footprint(of: graph, workload, format),
      assumptions: assumptions + estimateAssumptions(graph))
  }

  private func figures(
    _ prefill: Double, _ decode: Double, first: Double, _ w: Workload
  ) -> BaselineEstimate.Figures {
    let tokens = Double(w.generate) * Double(w.batch)
    let energy = power.value.value.double * (prefill + decode)
    return BaselineEstimate.Figures(
      latency: prefill + decode, prefill: prefill, decode: decode,
      timeToFirstToken: w.generate > 0 ? prefill + first : nil,
      timePerOutputToken: w.generate > 0 ? decode / Double(w.generate) : nil,
      tokensPerSecond: decode > 0 ? tokens / decode : nil, energy: energy,
      energyPerToken: tokens > 0 ? energy / tokens : nil)
  }

  private func footprint(
    of graph: OperatorGraph, _ w: Workload, _ format: OperandFormat
  ) -> BaselineEstimate.Footprint {
    let context = Double(min(w.longestContext, graph.window ?? .max)) * Double(w.batch)
    let cached = graph.operators.reduce(0.0) { sum, op in
      switch op.kind {
      case .appendKey(let heads, let dimension), .appendValue(let heads, let dimension):
        sum + Double(heads) * Double(dimension)
      default: sum
      }
    }
    return BaselineEstimate.Footprint(
      weights: Double(graph.parameters) * Double(format.bytes), caches: cached * context * Double(format.bytes),
      capacity: capacity.value.value.double)
  }

  private func estimateAssumptions(_ graph: OperatorGraph) -> [Assumption] {
    var found: [Assumption] = []
    if framework != nil {
      found.append(
        Assumption(
          parameter: "\(name) launches", value: "one after the other",
          source: Source(mark: .assumption, text: "a launch does not overlap the kernels before it")))
    }
    let hasExperts = graph.operators.contains { if case .router = $0.kind { true } else { false } }
    if hasExperts {
      found.append(
        Assumption(
          parameter: "\(name) experts", value: "equal chance",
          source: Source(mark: .assumption, text: "the expected number of different experts is read in each pass")))
    }
    return found
  }
}
