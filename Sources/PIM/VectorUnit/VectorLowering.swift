import Arch
import Dataflow
import Files

/// How operators become steps of a vector unit.
public struct VectorLowering: OperatorLowering {
  private let unit: UnitIndex
  private let name: String
  private let capacity: Int64
  private let elementBytes: Int64

  public init(plan: VectorUnit.Plan, unit: UnitIndex, name: String) {
    self.unit = unit
    self.name = name
    capacity = plan.sram.capacity.rawValue
    elementBytes = plan.elementBytes
  }

  public mutating func reserve(
    _ index: Int, in graph: OperatorGraph, rule: MappingRule, workload: Workload, _ d: inout Diagnostics
  ) {
    let op = graph.operators[index]
    guard kernel(op.kind, context: 1) != nil else {
      let needsMatrix = op.kind.parameters > op.kind.parameterVectors.reduce(0, +) || op.kind.macs(context: 1) > 0
      d.error(
        "operator '\(op.name)' (\(op.kind.name)) cannot run on a vector-unit", at: rule.place, value: name,
        expected: needsMatrix ? "a memory that multiplies matrices" : "a unit that has this function")
      return
    }
  }

  /// Whether the operands and the result of every operator of the graph fit the SRAM at the longest context, beside
  /// what positions that go side by side keep meanwhile.
  ///
  /// - Parameters:
  ///   - waiting: the elements that they keep during an operator, by its position.
  ///   - temporary: what an operator's steps keep besides.
  public func holds(
    _ graph: OperatorGraph, context: Int64, waiting: (Int) -> Int64, temporary: (Int) -> Int64
  ) -> Bool {
    graph.operators.indices.allSatisfy {
      (needed($0, graph, context) + waiting($0) + temporary($0)) * elementBytes <= capacity
    }
  }

  private func needed(_ index: Int, _ graph: OperatorGraph, _ context: Int64) -> Int64 {
    let op = graph.operators[index]
    return ([op.kind] + op.inputs.map { graph.operators[$0.producer].kind }).reduce(Int64(0)) {
      $0 + $1.resultElements(context: context)
    }
  }

  /// As `holds`, for a pass of its own, beside what all positions of an encoder keep from one stage to the next; says
  /// which operator does not fit.
  public func checkCapacity(
    _ graph: OperatorGraph, context: Int64, temporary: (Int) -> Int64, at place: Place, _ d: inout Diagnostics
  ) {
    let waiting = graph.isCausal ? 0 : graph.elementsBetweenStages * context
    guard waiting * elementBytes <= capacity else {
      d.error(
        "what the positions of an encoder keep between its layers does not fit the SRAM of '\(name)'", at: place,
        value: "\(waiting * elementBytes) B for \(context) positions", expected: "at most \(capacity) B")
      return
    }
    for (index, op) in graph.operators.enumerated() {
      let bytes = (needed(index, graph, context) + waiting + temporary(index)) * elementBytes
      guard bytes > capacity else { continue }
      let beside = waiting > 0 ? " beside what all positions keep between the layers of an encoder" : ""
      d.error(
        "operator '\(op.name)' does not fit the SRAM of '\(name)'\(beside)", at: place,
        value: "\(bytes) B at \(context) positions", expected: "at most \(capacity) B")
      return
    }
  }

  public func lower(_ index: Int, in graph: OperatorGraph, pass: Workload.Pass, into builder: inout StepBuilder) {
    guard let kernel = kernel(graph.operators[index].kind, context: pass.context) else { return }
    let inputs = graph.operators[index].inputs.map { BufferSlice(builder.result(of: $0.producer), offset: $0.offset) }
    let step = VectorStep.kernel(
      kernel, from: inputs + builder.loadedBuffers.map { BufferSlice($0) }, to: builder.result(of: index))
    builder.step(
      unit, opcode: step.opcode.rawValue, operands: step.operands,
      needs: builder.inputs(of: index, in: graph) + builder.loaded)
  }

  public func isSameInEveryPass(_ index: Int, in graph: OperatorGraph) -> Bool {
    let kind = graph.operators[index].kind
    return kernel(kind, context: 1) == kernel(kind, context: 2)
  }

  public func size(_ index: Int, in graph: OperatorGraph, context: Int64) -> ProgramSize {
    ProgramSize(steps: 1, operands: 16 + 2 * Double(graph.operators[index].inputs.count))
  }

  private func kernel(_ kind: OperatorKind, context: Int64) -> VectorKernel? {
    switch kind {
    case .softmax(let heads, let scale): .softmax(rows: heads, length: context, scale: scale)
    case .layerNorm(let width, let epsilon): .layerNorm(elements: width, epsilon: epsilon)
    case .rmsNorm(let width, let epsilon): .rmsNorm(elements: width, epsilon: epsilon)
    case .activation(let function, let width): .activation(function, elements: width)
    case .rotary(let heads, let dimension): .rotary(heads: heads, dimension: dimension)
    case .alibi(let heads, let scale): .alibi(rows: heads, length: context, scale: scale)
    case .multiply(let width): .multiply(elements: width)
    case .router(let experts, let chosen): .router(experts: experts, chosen: chosen)
    case .combine(let chosen, let width): .combine(chosen: chosen, elements: width)
    case .add(let width): .add(elements: width)
    case .embedding, .linear, .appendKey, .appendValue, .attentionScores, .attentionValues, .expertLinear,
      .convolution, .pool:
      nil
    }
  }
}
