import Arch
import Dataflow

/// One sweep over vectors: every group of elements is read, taken through a chain of operations, and either written
/// back or reduced. A sweep ends before the next begins, since a reduction's result is needed everywhere.
package struct VectorSweep: Sendable {
  /// A vector that is read or written along: element e of row r is at `base` + r · `rowStride` + e.
  package enum Vector: Hashable, Sendable {
    case source(Int, base: Int64 = 0, rowStride: Int64)
    case result(base: Int64 = 0, rowStride: Int64)
    /// Numbers of the kernel's own, in the SRAM or, when few, in registers.
    case kept(rowStride: Int64, inRegisters: Bool = false)

    var usesSRAM: Bool { if case .kept(_, true) = self { false } else { true } }
  }

  /// How the rows end in one number each, in row register `register`.
  package struct Reduction: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
      case sum
      case maximum
      /// The largest that was not chosen before; also noted as chosen.
      case choice
    }
    var kind: Kind
    var value: LaneSource
    var register: Int
  }

  /// Independent rows, each starting a group of its own.
  package var rows: Int64 = 1
  /// Elements of one row.
  package var elements: Int64
  /// Whether the elements stand for rows of the other sweeps, and what they make goes to row registers.
  package var isOfRows = false
  package var inputs: [Vector] = []
  package var chain = LaneChain()
  package var outputs: [(value: LaneSource, to: Vector)] = []
  /// For a sweep of rows: the register that each element's result goes to.
  package var register: (value: LaneSource, index: Int)?
  package var reduction: Reduction?

  /// Vectors that cross the SRAM's ports.
  package var reads: Int { inputs.count { $0.usesSRAM } }
  package var writes: Int { outputs.count { $0.to.usesSRAM } }
  package var reduces: Bool { reduction != nil }
}

extension VectorKernel {
  /// The sweeps of the kernel, with every operation counted.
  package func sweeps(_ f: SpecialFunctions) -> [VectorSweep] {
    switch self {
    case .add(let n): [Self.pairwise(.add, n)]
    case .multiply(let n): [Self.pairwise(.multiply, n)]
    case .layerNorm(let n, let epsilon): Self.layerNorm(n, Float(epsilon), f)
    case .rmsNorm(let n, let epsilon): Self.rmsNorm(n, Float(epsilon), f)
    case .softmax(let rows, let length, let scale): Self.softmax(rows, length, Float(scale), f)
    case .activation(let function, let n): [Self.activation(function, n, f)]
    case .rotary(let heads, let dimension): [Self.rotary(heads, dimension)]
    case .alibi(let rows, let length, let scale): [Self.alibi(rows, length, scale)]
    case .router(let experts, let chosen): Self.router(experts, chosen, f)
    case .combine(let chosen, let n): [Self.combine(chosen, n)]
    }
  }

  private static func pairwise(_ function: LaneFunction, _ n: Int64) -> VectorSweep {
    var sweep = VectorSweep(elements: n, inputs: [.source(0, rowStride: 0), .source(1, rowStride: 0)])
    let sum = sweep.chain.apply(function, .operand(0), .operand(1))
    sweep.outputs = [(sum, .result(rowStride: 0))]
    return sweep
  }

  private static func activation(_ function: ActivationFunction, _ n: Int64, _ f: SpecialFunctions) -> VectorSweep {
    var sweep = VectorSweep(elements: n, inputs: [.source(0, rowStride: 0)])
    let value = sweep.chain.activation(function, .operand(0), f)
    sweep.outputs = [(value, .result(rowStride: 0))]
    return sweep
  }

  /// One number per row out of `register`s, into `register`.
  private static func perRow(
    _ rows: Int64, into register: Int, _ make: (inout LaneChain) -> LaneSource
  ) -> VectorSweep {
    var sweep = VectorSweep(elements: rows, isOfRows: true)
    sweep.register = (make(&sweep.chain), register)
    return sweep
  }

  private static func layerNorm(_ n: Int64, _ epsilon: Float, _ f: SpecialFunctions) -> [VectorSweep] {
    let x = VectorSweep.Vector.source(0, rowStride: 0)
    // Sum, and the mean by a multiplication with 1/n.
    var sum = VectorSweep(elements: n, inputs: [x])
    sum.reduction = .init(kind: .sum, value: .operand(0), register: 0)
    let mean = perRow(1, into: 0) { $0.multiply(.row(0), .constant(1 / Float(n))) }
    // Sum of (x − mean)², then variance, + ε, 1/sqrt.
    var squares = VectorSweep(elements: n, inputs: [x])
    let centred = squares.chain.subtract(.operand(0), .row(0))
    squares.reduction = .init(kind: .sum, value: squares.chain.multiply(centred, centred), register: 1)
    let inverse = perRow(1, into: 1) {
      $0.inverseRoot($0.add($0.multiply(.row(1), .constant(1 / Float(n))), .constant(epsilon)), f)
    }
    // (x − mean) · inverse · γ + β.
    var last = VectorSweep(elements: n, inputs: [x, .source(1, rowStride: 0), .source(2, rowStride: 0)])
    let normed = last.chain.multiply(last.chain.subtract(.operand(0), .row(0)), .row(1))
    let value = last.chain.add(last.chain.multiply(normed, .operand(1)), .operand(2))
    last.outputs = [(value, .result(rowStride: 0))]
    return [sum, mean, squares, inverse, last]
  }

  private static func rmsNorm(_ n: Int64, _ epsilon: Float, _ f: SpecialFunctions) -> [VectorSweep] {
    let x = VectorSweep.Vector.source(0, rowStride: 0)
    var squares = VectorSweep(elements: n, inputs: [x])
    squares.reduction = .init(kind: .sum, value: squares.chain.multiply(.operand(0), .operand(0)), register: 0)
    let inverse = perRow(1, into: 0) {
      $0.inverseRoot($0.add($0.multiply(.row(0), .constant(1 / Float(n))), .constant(epsilon)), f)
    }
    var last = VectorSweep(elements: n, inputs: [x, .source(1, rowStride: 0)])
    let value = last.chain.multiply(last.chain.multiply(.operand(0), .row(0)), .operand(1))
    last.outputs = [(value, .result(rowStride: 0))]
    return [squares, inverse, last]
  }

  private static func softmax(
    _ rows: Int64, _ length: Int64, _ scale: Float, _ f: SpecialFunctions
  ) -> [VectorSweep] {
    // Row maximum of the raw scores: the scale is positive and comes later.
    var maximum = VectorSweep(rows: rows, elements: length, inputs: [.source(0, rowStride: length)])
    maximum.reduction = .init(kind: .maximum, value: .operand(0), register: 0)
    // exp(scale · (s − max)), kept, and its row sum.
    var exponents = maximum
    let shifted = exponents.chain.multiply(exponents.chain.subtract(.operand(0), .row(0)), .constant(scale))
    let power = exponents.chain.exp(shifted, f)
    exponents.outputs = [(power, .kept(rowStride: length))]
    exponents.reduction = .init(kind: .sum, value: power, register: 1)
    let inverse = perRow(rows, into: 1) { $0.reciprocal(.row(1), f) }
    var last = VectorSweep(rows: rows, elements: length, inputs: [.kept(rowStride: length)])
    last.outputs = [(last.chain.multiply(.operand(0), .row(1)), .result(rowStride: length))]
    return [maximum, exponents, inverse, last]
  }

  /// Elements i and i + dimension/2 of each head turn by one angle.
  private static func rotary(_ heads: Int64, _ dimension: Int64) -> VectorSweep {
    let half = dimension / 2
    var sweep = VectorSweep(
      rows: heads, elements: half,
      inputs: [
        .source(0, rowStride: dimension), .source(0, base: half, rowStride: dimension), .source(1, rowStride: 0),
        .source(1, base: half, rowStride: 0),
      ])
    let (low, high, cosine, sine) = (
      LaneSource.operand(0), LaneSource.operand(1), LaneSource.operand(2), LaneSource.operand(3)
    )
    let first = sweep.chain.subtract(sweep.chain.multiply(low, cosine), sweep.chain.multiply(high, sine))
    let second = sweep.chain.add(sweep.chain.multiply(high, cosine), sweep.chain.multiply(low, sine))
    sweep.outputs = [
      (first, .result(rowStride: dimension)), (second, .result(base: half, rowStride: dimension)),
    ]
    return sweep
  }

  private static func alibi(_ rows: Int64, _ length: Int64, _ scale: Double) -> VectorSweep {
    var sweep = VectorSweep(rows: rows, elements: length, inputs: [.source(0, rowStride: length)])
    let slopes = (0..<rows).map { Float(alibiSlope($0, of: rows) / scale) }
    let bias = sweep.chain.multiply(.table(slopes), .distance)
    sweep.outputs = [(sweep.chain.add(.operand(0), bias), .result(rowStride: length))]
    return sweep
  }

  private static func router(_ experts: Int64, _ chosen: Int64, _ f: SpecialFunctions) -> [VectorSweep] {
    // The largest, the largest of the others, and so on, each kept in a register.
    var choice = VectorSweep(elements: experts, inputs: [.source(0, rowStride: 0)])
    choice.reduction = .init(kind: .choice, value: .operand(0), register: 0)
    // Softmax over them.
    var exponents = VectorSweep(elements: chosen, inputs: [.kept(rowStride: 0, inRegisters: true)])
    let power = exponents.chain.exp(exponents.chain.subtract(.operand(0), .row(0)), f)
    exponents.outputs = [(power, .kept(rowStride: 0, inRegisters: true))]
    exponents.reduction = .init(kind: .sum, value: power, register: 1)
    let inverse = perRow(1, into: 1) { $0.reciprocal(.row(1), f) }
    var last = VectorSweep(elements: chosen, inputs: [.kept(rowStride: 0, inRegisters: true)])
    last.outputs = [(last.chain.multiply(.operand(0), .row(1)), .result(rowStride: 0))]
    return Array(repeating: choice, count: Int(chosen)) + [exponents, inverse, last]
  }

  private static func combine(_ chosen: Int64, _ n: Int64) -> VectorSweep {
    var sweep = VectorSweep(elements: n)
    var sum: LaneSource?
    for slot in 0..<Int(chosen) {
      sweep.inputs.append(.source(slot, rowStride: 0))
      let part = sweep.chain.multiply(.operand(slot), .element(source: Int(chosen), index: Int64(slot)))
      sum = sum.map { sweep.chain.add($0, part) } ?? part
    }
    if let sum { sweep.outputs = [(sum, .result(rowStride: 0))] }
    return sweep
  }
}
