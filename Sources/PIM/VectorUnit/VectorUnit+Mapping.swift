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

  /// Checks that the operands and the result of every operator of the graph fit the SRAM at the longest context.
  public func checkCapacity(_ graph: OperatorGraph, context: Int64, at place: Place, _ d: inout Diagnostics) {
    for op in graph.operators {
      let inputs = op.inputs.reduce(Int64(0)) {
        $0 + graph.operators[$1.producer].kind.resultElements(context: context)
      }
      let bytes = (inputs + op.kind.resultElements(context: context)) * elementBytes
      guard bytes > capacity else { continue }
      d.error(
        "operator '\(op.name)' does not fit the SRAM of '\(name)'", at: place,
        value: "\(bytes) B of operands and result at \(context) positions", expected: "at most \(capacity) B")
      return
    }
  }

  public func lower(_ index: Int, in graph: OperatorGraph, pass: Workload.Pass, into builder: inout StepBuilder) {
    guard let kernel = kernel(graph.operators[index].kind, context: pass.context) else { return }
    let step = VectorStep.kernel(kernel)
    builder.step(
      unit, opcode: step.opcode.rawValue, operands: step.operands,
      needs: builder.inputs(of: index, in: graph) + builder.loaded)
  }

  public func size(_ index: Int, in graph: OperatorGraph, context: Int64) -> ProgramSize { ProgramSize(steps: 1) }

  private func kernel(_ kind: OperatorKind, context: Int64) -> VectorKernel? {
    switch kind {
    case .softmax(let heads, _): .softmax(rows: heads, length: context)
    case .layerNorm(let width, _): .layerNorm(elements: width)
    case .activation(.gelu, let width): .gelu(elements: width)
    case .add(let width): .add(elements: width)
    case .embedding, .linear, .appendKey, .appendValue, .attentionScores, .attentionValues, .expertLinear: nil
    case .alibi, .rmsNorm, .rotary, .activation, .multiply, .router, .combine, .convolution, .pool: nil
    }
  }
}
