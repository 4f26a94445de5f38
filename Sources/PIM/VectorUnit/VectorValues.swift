import Arch
import Dataflow

/// The numbers in a vector unit's SRAM, and what its kernels do with them while they are timed.
package struct VectorValues: Sendable {
  let format: LaneFormat
  /// Whether kernels give what they stand for, instead of what their approximations come to.
  let isExact: Bool
  /// By buffer number of the program.
  private(set) var buffers: [Int64: [Float]] = [:]

  // The present kernel.
  private var kernel: VectorKernel?
  private var sources: [[Float]] = []
  private var result: [Float] = []
  private var kept: [Float] = []
  /// By register, then by row.
  private var registers: [[Float]] = []
  private var partials: [[Float]] = []
  private var chosen: [Int] = []

  package init(format: LaneFormat, isExact: Bool) {
    self.format = format
    self.isExact = isExact
  }

  func round(_ value: Float) -> Float { isExact ? value : format.round(value) }

  /// Writes numbers into a buffer of so many elements, which is made when it is not there.
  package mutating func store(_ values: some Sequence<(at: Int64, value: Float)>, in buffer: Int64, of elements: Int64)
  {
    var numbers = buffers.removeValue(forKey: buffer) ?? []
    if numbers.count != elements { numbers = Array(repeating: 0, count: Int(elements)) }
    for (at, value) in values where (0..<elements).contains(at) { numbers[Int(at)] = round(value) }
    buffers[buffer] = numbers
  }

  /// `count` numbers of a buffer from `offset` on; zeros where nothing was written.
  package func load(_ slice: BufferSlice, _ count: Int64) -> [Float] {
    let numbers = buffers[slice.buffer] ?? []
    return (slice.offset..<slice.offset + count).map { $0 < numbers.count ? numbers[Int($0)] : 0 }
  }

  /// The numbers of a transfer, pieces end to end with their padding.
  func packed(_ packing: ValuePacking) -> [[Float]] {
    packing.lists.map { list in
      list.flatMap { id in
        let piece = load(
          BufferSlice(
            packing.source.buffer + id * packing.bufferStride, offset: packing.source.offset + id * packing.stride),
          packing.piece)
        return piece + Array(repeating: MemoryNumbers.blank, count: Int(packing.padded - packing.piece))
      }
    }
  }

  package mutating func begin(_ kernel: VectorKernel, _ operands: [BufferSlice]) {
    self.kernel = kernel
    sources = operands.enumerated().map { load($1, kernel.sourceElements($0)) }
    result = Array(repeating: 0, count: Int(kernel.resultElements))
    kept = []
    registers = [[], []]
    chosen = []
  }

  package mutating func beginSweep(_ sweep: VectorSweep) {
    partials = Array(repeating: [], count: sweep.reduces ? Int(sweep.rows) : 0)
    for output in sweep.outputs {
      if case .kept = output.to, kept.count < sweep.rows * sweep.elements {
        kept = Array(repeating: 0, count: Int(sweep.rows * sweep.elements))
      }
    }
    for register in [sweep.register?.index, sweep.reduction?.register].compactMap(\.self) {
      let rows = Int(sweep.isOfRows ? sweep.elements : sweep.rows)
      if registers[register].count < rows { registers[register] = Array(repeating: 0, count: rows) }
    }
  }

  /// Takes a group of elements of one row through the sweep's chain.
  ///
  /// - Parameter group: its number in the row: groups may end in another order than they began.
  mutating func run(_ sweep: VectorSweep, row: Int64, group: Int, elements: Range<Int64>) {
    guard !isExact else { return }
    var reduced: [Float] = []
    var made = Array(repeating: Float(0), count: sweep.chain.steps.count)
    for element in elements {
      for (index, step) in sweep.chain.steps.enumerated() {
        let a = number(step.a, sweep, row, element, made)
        let b = number(step.b, sweep, row, element, made)
        made[index] = apply(step.function, a, b)
      }
      for output in sweep.outputs { write(number(output.value, sweep, row, element, made), output.to, row, element) }
      if let register = sweep.register {
        registers[register.index][Int(element)] = number(register.value, sweep, row, element, made)
      }
      if let reduction = sweep.reduction {
        var value = number(reduction.value, sweep, row, element, made)
        if reduction.kind == .choice, chosen.contains(Int(element)) { value = -.infinity }
        reduced.append(value)
      }
    }
    guard let reduction = sweep.reduction else { return }
    while partials[Int(row)].count <= group { partials[Int(row)].append(0) }
    partials[Int(row)][group] = tree(reduced, reduction.kind)
  }

  mutating func endSweep(_ sweep: VectorSweep) {
    guard !isExact, let reduction = sweep.reduction else { return }
    for row in partials.indices {
      let value = tree(partials[row], reduction.kind)
      guard reduction.kind == .choice else {
        registers[reduction.register][row] = value
        continue
      }
      // The lower number of equal ones.
      let index = sources[0].indices.first { !chosen.contains($0) && sources[0][$0] == value } ?? 0
      if chosen.isEmpty { registers[reduction.register][row] = value }
      chosen.append(index)
      kept.append(value)
    }
  }

  /// The kernel's result goes to its buffer.
  package mutating func finish(into buffer: Int64, at offset: Int64? = nil) {
    guard let kernel else { return }
    if isExact {
      result = kernel.exact(sources.map { $0.map(Double.init) }).map { Float($0) }
    } else if case .router(_, let count) = kernel {
      // The numbers of experts are integers and no elements of the format.
      for (slot, expert) in chosen.enumerated() { result[Int(count) + slot] = Float(expert) }
    }
    if let offset, var whole = buffers.removeValue(forKey: buffer), Int(offset) + result.count <= whole.count {
      whole.replaceSubrange(Int(offset)..<Int(offset) + result.count, with: result)
      buffers[buffer] = whole
    } else {
      buffers[buffer] = result
    }
    self.kernel = nil
  }

  private func number(
    _ source: LaneSource, _ sweep: VectorSweep, _ row: Int64, _ element: Int64, _ made: [Float]
  ) -> Float {
    switch source {
    case .operand(let index): read(sweep.inputs[index], row, element)
    case .result(let index): made[index]
    case .constant(let value): format.round(value)
    case .row(let register): registers[register][Int(sweep.isOfRows ? element : row)]
    case .element(let source, let index): sources[source][Int(index)]
    case .table(let values): format.round(values[Int(row)])
    case .distance: Float(element - sweep.elements + 1)
    }
  }

  private func read(_ vector: VectorSweep.Vector, _ row: Int64, _ element: Int64) -> Float {
    switch vector {
    case .source(let index, let base, let stride): sources[index][Int(base + row * stride + element)]
    case .result(let base, let stride): result[Int(base + row * stride + element)]
    case .kept(let stride, _): kept[Int(row * stride + element)]
    }
  }

  private mutating func write(_ value: Float, _ vector: VectorSweep.Vector, _ row: Int64, _ element: Int64) {
    switch vector {
    case .source: preconditionFailure("a sweep writes no source")
    case .result(let base, let stride): result[Int(base + row * stride + element)] = value
    case .kept(let stride, _): kept[Int(row * stride + element)] = value
    }
  }

  private func apply(_ function: LaneFunction, _ a: Float, _ b: Float) -> Float {
    switch function {
    case .add: format.round(a + b)
    case .subtract: format.round(a - b)
    case .multiply: format.round(a * b)
    // What is not a number stays so.
    case .maximum: a > b || a.isNaN ? a : b
    case .minimum: a < b || a.isNaN ? a : b
    case .scaleByPowerOfTwo: format.scaled(a, byPowerOfTwo: b)
    case .reciprocalGuess: format.reciprocalGuess(a)
    case .inverseRootGuess: format.inverseRootGuess(a)
    }
  }

  /// Pair by pair, as the adders' tree does it.
  private func tree(_ values: [Float], _ kind: VectorSweep.Reduction.Kind) -> Float {
    var level = values
    while level.count > 1 {
      level = stride(from: 0, to: level.count, by: 2).map { first in
        guard first + 1 < level.count else { return level[first] }
        return kind == .sum
          ? format.round(level[first] + level[first + 1]) : max(level[first], level[first + 1])
      }
    }
    return level.first ?? 0
  }
}
