import Arch
import Dataflow

// What goes between the memory and the unit that supplies its data, both ends of it.
extension MemoryLowering {
  func bursts(_ elements: Int64) -> Int64 { (elements + geometry.burstElements - 1) / geometry.burstElements }

  /// The two ends of filling the vector buffers.
  ///
  /// - Parameter asOne: whether the pieces make one vector rather than one each.
  /// - Returns: the step after which they are full.
  func fill(
    _ packing: ValuePacking, asOne: Bool = false, needs: [Int], into builder: inout StepBuilder
  ) -> [Int] {
    let pieceBursts = packing.padded / geometry.burstElements
    let counts = packing.lists.map { Int64($0.count) * pieceBursts }
    let beats = counts.max() ?? 0
    guard beats > 0 else { return needs }
    send(beats: beats, bytes: counts.reduce(0, +) * accessBytes, packing, needs: needs, into: &builder)
    let step =
      asOne
      ? MemoryStep.writeVector(pieceBursts: beats, MemoryStep.Vectors(lists: [[0]]))
      : MemoryStep.writeVector(pieceBursts: pieceBursts, MemoryStep.Vectors(lists: packing.lists))
    return [builder.step(unit, opcode: step.opcode.rawValue, operands: step.operands, needs: needs, together: true)]
  }

  /// Multiplies, and takes in one result per index that takes part and segment. Returns the step that has them.
  ///
  /// - Parameter indices: how many take part, where that is known.
  @discardableResult
  func multiply(
    _ m: MemoryStep.Multiply, indices: Int64? = nil, _ unpacking: ValueUnpacking, needs: [Int],
    into builder: inout StepBuilder
  ) -> Int {
    let step = MemoryStep.multiply(m)
    let done = builder.step(unit, opcode: step.opcode.rawValue, operands: step.operands, needs: needs)
    let results = (indices ?? takingPart(m)) * m.segments
    return receive(bytes: results * elementBytes, unpacking, needs: [done], into: &builder)
  }

  /// Spread indices that take part in a product.
  func takingPart(_ m: MemoryStep.Multiply) -> Int64 {
    let servesAll = m.vectorSpan == 0 || m.vectors == Self.allVectors
    // Every index lies in one slot of one bank.
    if servesAll, m.slots == 0..<m.placement.slots(geometry) { return m.used }
    return (0..<geometry.channels).reduce(0) { sum, channel in
      m.slots(of: channel, geometry).reduce(sum) {
        $0
          + (servesAll
            ? m.placement.usedBanks(channel: channel, slot: $1, below: m.used, geometry)
            : m.takingPart(channel: channel, slot: $1, geometry))
      }
    }
  }

  /// Reads a rectangle into a buffer, row after row.
  @discardableResult
  func read(
    _ placement: Placement, spread: Range<Int64>, stream: Range<Int64>, needs: [Int], to buffer: Int64,
    into builder: inout StepBuilder
  ) -> Int {
    let step = MemoryStep.read(MemoryStep.Rectangle(placement: placement, spread: spread, stream: stream))
    let done = builder.step(unit, opcode: step.opcode.rawValue, operands: step.operands, needs: needs)
    let elements = Int64(spread.count) * Int64(stream.count)
    return receive(
      bytes: elements * elementBytes, ValueUnpacking(buffer, elements: elements), needs: [done], into: &builder)
  }

  /// Writes a rectangle; without `stream`, whole rows of the placement.
  func write(
    _ placement: Placement, spread: Range<Int64>, stream: Range<Int64>?, _ packing: ValuePacking, needs: [Int],
    into builder: inout StepBuilder
  ) {
    let stream = stream ?? 0..<placement.stream
    // Every access is a beat to its channel; the beats go out to all channels side by side.
    let perIndex = bursts(Int64(stream.count))
    let beats = (0..<geometry.channels).map { placement.count(channel: $0, in: spread, geometry) }.max() ?? 0
    send(
      beats: beats * perIndex, bytes: Int64(spread.count) * Int64(stream.count) * elementBytes, packing, needs: needs,
      into: &builder)
    let step = MemoryStep.write(MemoryStep.Rectangle(placement: placement, spread: spread, stream: stream))
    builder.step(unit, opcode: step.opcode.rawValue, operands: step.operands, needs: needs, together: true)
  }

  private func send(
    beats: Int64, bytes: Int64, _ packing: ValuePacking, needs: [Int], into builder: inout StepBuilder
  ) {
    let step = VectorStep.send(peer: dataPeer, beats: beats, beatBytes: accessBytes, bytes: bytes, packing)
    builder.step(dataUnit, opcode: step.opcode.rawValue, operands: step.operands, needs: needs)
  }

  private func receive(
    bytes: Int64, _ unpacking: ValueUnpacking, needs: [Int], into builder: inout StepBuilder
  ) -> Int {
    let step = VectorStep.receive(peer: dataPeer, bytes: bytes, unpacking)
    return builder.step(dataUnit, opcode: step.opcode.rawValue, operands: step.operands, needs: needs)
  }

  @discardableResult
  func add(
    _ a: Int64, _ b: Int64, _ elements: Int64, needs: [Int], to result: Int64, into builder: inout StepBuilder
  ) -> Int {
    let step = VectorStep.kernel(.add(elements: elements), from: [BufferSlice(a), BufferSlice(b)], to: result)
    return builder.step(dataUnit, opcode: step.opcode.rawValue, operands: step.operands, needs: needs)
  }
}
