import Arch
import Dataflow

// The steps of one operator, on the memory and on the unit that supplies its data.
extension MemoryLowering {
  public func readVectors(_ index: Int, into builder: inout StepBuilder) {
    for placement in vectors[index] ?? [] {
      let buffer = builder.temporary()
      let step = read(
        placement, spread: 0..<placement.spread, stream: 0..<placement.stream, needs: [], to: buffer, into: &builder)
      builder.noteLoaded(step, buffer: buffer)
    }
  }

  public mutating func lower(
    _ index: Int, in graph: OperatorGraph, pass: Workload.Pass, into builder: inout StepBuilder
  ) {
    guard let home = homes[index] else { return }
    let op = graph.operators[index]
    let needs = builder.inputs(of: index, in: graph)
    let result = builder.result(of: index)
    func operand(_ position: Int) -> BufferSlice {
      BufferSlice(builder.result(of: op.inputs[position].producer), offset: op.inputs[position].offset)
    }
    switch op.kind {
    case .embedding(_, let width, let row):
      let entry = Self.entry(row, pass)
      read(
        home.placements[0], spread: entry..<(entry + 1), stream: 0..<width, needs: needs, to: result, into: &builder)
      builder.count(macs: 0, bytes: width * elementBytes)
    case .linear(let inputs, let outputs, let bias):
      linear(
        home.placements[0], operand(0), inputs, outputs, bias: bias ? builder.loadedBuffers.first : nil, needs,
        to: result, into: &builder)
      builder.count(macs: inputs * outputs, bytes: inputs * outputs * elementBytes)
    case .expertLinear(let experts, let slot, let inputs, let outputs):
      let choice = MemoryStep.Choice(
        step: Int64(builder.lastStep(of: op.inputs[1].producer)), slot: slot,
        rows: home.placements[0].rows(geometry), count: experts)
      linear(
        home.placements[0], operand(0), inputs, outputs, choice: choice, needs, to: result, into: &builder)
      builder.count(macs: inputs * outputs, bytes: inputs * outputs * elementBytes)
    case .appendKey(let heads, _):
      write(
        home.placements[Int(pass.sequence)], spread: pass.position..<(pass.position + 1), stream: nil,
        ValuePacking(
          operand(0), piece: home.piece, padded: home.padded, stride: home.piece, lists: [Array(0..<heads)]),
        needs: needs, into: &builder)
    case .appendValue(let heads, let dimension):
      write(
        home.placements[Int(pass.sequence)], spread: 0..<heads * dimension,
        stream: pass.position..<(pass.position + 1),
        ValuePacking(operand(0), piece: heads * dimension, padded: heads * dimension), needs: needs, into: &builder)
    case .attentionScores(let heads, let keyValueHeads, let dimension):
      scores(
        home.placements[Int(pass.sequence)], AttentionShape(heads, keyValueHeads, dimension, pass.context), operand(0),
        needs, to: result, into: &builder)
      builder.count(
        macs: heads * dimension * pass.context, bytes: keyValueHeads * dimension * pass.context * elementBytes)
    case .attentionValues(let heads, let keyValueHeads, let dimension):
      values(
        home.placements[Int(pass.sequence)], AttentionShape(heads, keyValueHeads, dimension, pass.context), operand(0),
        needs, to: result, into: &builder)
      builder.count(
        macs: heads * dimension * pass.context, bytes: keyValueHeads * dimension * pass.context * elementBytes)
    case .softmax, .layerNorm, .activation, .add, .alibi, .rmsNorm, .rotary, .multiply, .router, .combine,
      .convolution, .pool:
      break
    }
  }

  /// An expert's product names the step that chooses, which is another in every pass.
  public func isSameInEveryPass(_ index: Int, in graph: OperatorGraph) -> Bool {
    if case .linear = graph.operators[index].kind { true } else { false }
  }

  private static func entry(_ row: OperatorKind.TableRow, _ pass: Workload.Pass) -> Int64 {
    switch row {
    case .token: pass.token
    case .position(let unused): unused + pass.position
    case .segment: 0
    case .rotary: pass.position
    }
  }

  public func size(_ index: Int, in graph: OperatorGraph, context: Int64) -> ProgramSize {
    guard let placement = homes[index]?.placements.first else { return ProgramSize(steps: 0) }
    let chunks = Double(placement.chunks)
    switch graph.operators[index].kind {
    case .linear(let inputs, let outputs, _), .expertLinear(_, _, let inputs, let outputs):
      let blocks = Double(placement.slots(geometry)) / Double(partSlots(placement, inputs, outputs)) + 1
      return ProgramSize(steps: (2 + 3 * blocks) * chunks + 1)
    case .attentionScores(let heads, let keyValueHeads, _):
      let steps = Double(heads / keyValueHeads) * (5 * chunks + 1)
      return ProgramSize(steps: steps, operands: 32 * steps + 2 * Double(heads))
    case .attentionValues(let heads, let keyValueHeads, let dimension):
      let used = Double((context + placement.chunk - 1) / placement.chunk)
      // A run of slots ends where a bank comes to another head, at the earliest.
      let slots = Double(placement.slots(geometry))
      let runs = min(slots, Double(geometry.channels * geometry.banks) * (slots / Double(dimension) + 2))
      let steps = Double(heads / keyValueHeads) * used * (4 * runs + 1)
      return ProgramSize(
        steps: steps, operands: 32 * steps + 2 * steps * Double(geometry.channels) * (slots / Double(dimension) + 2))
    case .appendKey(let heads, _): return ProgramSize(steps: 2, operands: 64 + Double(heads))
    default: return ProgramSize(steps: 2)
    }
  }

  /// Chunk by chunk: the vector goes in, all outputs' products with it come out, and partial sums are added up.
  private func linear(
    _ placement: Placement, _ input: BufferSlice, _ inputs: Int64, _ outputs: Int64, bias: Int64? = nil,
    choice: MemoryStep.Choice? = nil, _ needs: [Int], to result: Int64, into builder: inout StepBuilder
  ) {
    var sum: [Int] = []
    let total = bias == nil ? result : builder.temporary()
    let part = placement.chunks > 1 ? builder.temporary() : total
    let block = partSlots(placement, inputs, outputs)
    for chunk in 0..<placement.chunks {
      let length = placement.chunkLength(chunk)
      let padded = bursts(length) * geometry.burstElements
      let filled = fill(
        ValuePacking(
          BufferSlice(input.buffer, offset: input.offset + chunk * placement.chunk), piece: length, padded: padded),
        needs: needs, into: &builder)
      func product(_ slots: Range<Int64>) -> MemoryStep.Multiply {
        MemoryStep.Multiply(
          placement: placement, chunk: chunk, slots: slots, used: outputs, length: length, useful: length,
          segment: padded, vectorSpan: 0, vectors: 0..<1, choice: choice)
      }
      guard chunk > 0 else {
        let whole = product(0..<placement.slots(geometry))
        sum = [multiply(whole, ValueUnpacking(total, elements: outputs), needs: filled, into: &builder)]
        continue
      }
      let before = sum
      sum = []
      for first in stride(from: 0, to: placement.slots(geometry), by: Int(block)) {
        let slots = first..<min(first + block, placement.slots(geometry))
        let range = block < placement.slots(geometry) ? indices(slots, below: outputs) : 0..<outputs
        let received = multiply(
          product(slots), ValueUnpacking(part, elements: Int64(range.count), offset: -range.lowerBound), needs: filled,
          into: &builder)
        let step = VectorStep.kernel(
          .add(elements: Int64(range.count)),
          from: [BufferSlice(total, offset: range.lowerBound), BufferSlice(part)], to: total,
          at: block < placement.slots(geometry) ? range.lowerBound : nil)
        sum.append(
          builder.step(
            dataUnit, opcode: step.opcode.rawValue, operands: step.operands, needs: before + [received]))
      }
    }
    if let bias { add(total, bias, outputs, needs: sum + builder.loaded, to: result, into: &builder) }
  }

  /// How many slots' partial sums go to the data unit at a time: all of them, or, where the last level of the layout is
  /// the row so that slots hold neighbouring outputs, as many as there is room for beside the sums and the input.
  private func partSlots(_ placement: Placement, _ inputs: Int64, _ outputs: Int64) -> Int64 {
    let slots = placement.slots(geometry)
    guard placement.chunks > 1, placement.order.last == .row else { return slots }
    let room = dataElements - outputs - inputs
    return min(slots, max(1, room / (geometry.channels * geometry.banks)))
  }

  /// The spread indices that lie in `slots`, where the row is the last level of the layout.
  private func indices(_ slots: Range<Int64>, below outputs: Int64) -> Range<Int64> {
    let perSlot = geometry.channels * geometry.banks
    return min(slots.lowerBound * perSlot, outputs)..<min(slots.upperBound * perSlot, outputs)
  }

  public func temporaryElements(_ index: Int, in graph: OperatorGraph) -> Int64 {
    guard let placement = homes[index]?.placements.first, placement.chunks > 1 else { return 0 }
    switch graph.operators[index].kind {
    case .linear(let inputs, let outputs, _), .expertLinear(_, _, let inputs, let outputs):
      let block = partSlots(placement, inputs, outputs)
      return block < placement.slots(geometry) ? block * geometry.channels * geometry.banks : outputs
    default: return 0
    }
  }

  /// The sizes of one attention layer in one pass.
  private struct AttentionShape {
    let heads: Int64
    let keyValueHeads: Int64
    let dimension: Int64
    let context: Int64
    /// Query heads that share keys and values.
    var group: Int64 { heads / keyValueHeads }

    init(_ heads: Int64, _ keyValueHeads: Int64, _ dimension: Int64, _ context: Int64) {
      self.heads = heads
      self.keyValueHeads = keyValueHeads
      self.dimension = dimension
      self.context = context
    }
  }

  /// q in the buffer against every cached key: one result per head and position. Query heads that share keys go one
  /// after the other, each time one for every head of keys.
  private func scores(
    _ placement: Placement, _ a: AttentionShape, _ query: BufferSlice, _ needs: [Int], to result: Int64,
    into builder: inout StepBuilder
  ) {
    let segment = placement.stream / a.keyValueHeads
    for member in 0..<a.group {
      // A chunk ends where a head does.
      for chunk in 0..<placement.chunks {
        let length = placement.chunkLength(chunk)
        let first = chunk * placement.chunk / segment
        let filled = fill(
          ValuePacking(
            BufferSlice(query.buffer, offset: query.offset + member * a.dimension), piece: a.dimension,
            padded: segment, stride: a.group * a.dimension, lists: [Array(first..<(first + length / segment))]),
          asOne: true, needs: needs, into: &builder)
        multiply(
          MemoryStep.Multiply(
            placement: placement, chunk: chunk, slots: 0..<placement.slots(geometry), used: a.context, length: length,
            useful: length / segment * a.dimension, segment: segment, vectorSpan: 0, vectors: 0..<1),
          ValueUnpacking(
            result, elements: a.heads * a.context, offset: (first * a.group + member) * a.context,
            segments: length / segment, segmentStride: a.group * a.context),
          needs: filled, into: &builder)
      }
    }
  }

  /// As many heads' weights at a time as the buffers hold against the cached values of their dimensions.
  private mutating func values(
    _ placement: Placement, _ a: AttentionShape, _ weights: BufferSlice, _ needs: [Int], to result: Int64,
    into builder: inout StepBuilder
  ) {
    let used = a.keyValueHeads * a.dimension
    let chunks = (a.context + placement.chunk - 1) / placement.chunk
    let part = chunks > 1 ? builder.temporary() : result
    var sum: [Int] = []
    for chunk in 0..<chunks {
      let length = min(placement.chunk, a.context - chunk * placement.chunk)
      let padded = bursts(length) * geometry.burstElements
      var received: [Int] = []
      for round in rounds(placement, used, a.dimension, capacity: max(1, bufferElements / padded)) {
        for member in 0..<a.group {
          let filled = fill(
            ValuePacking(
              BufferSlice(
                weights.buffer, offset: weights.offset + member * a.context + chunk * placement.chunk),
              piece: length, padded: padded, stride: a.group * a.context, lists: round.heads),
            needs: needs, into: &builder)
          received.append(
            multiply(
              MemoryStep.Multiply(
                placement: placement, chunk: chunk, slots: round.slots, used: used, length: length, useful: length,
                segment: padded, vectorSpan: a.dimension, vectors: round.vectors),
              indices: round.indices,
              ValueUnpacking(
                chunk == 0 ? result : part, elements: a.heads * a.dimension, offset: member * a.dimension,
                span: a.dimension, spanStride: a.group * a.dimension),
              needs: filled, into: &builder))
        }
      }
      sum =
        chunk == 0
        ? received : [add(result, part, a.heads * a.dimension, needs: sum + received, to: result, into: &builder)]
    }
  }
}
