import Arch
import Dataflow

/// The opcodes of a PIM memory, as a program's steps carry them.
enum MemoryOpcode: Int32, CaseIterable {
  case writeVector = 0
  case multiply = 1
  case write = 2
  case read = 3

  var name: String {
    switch self {
    case .writeVector: "write-vector"
    case .multiply: "multiply"
    case .write: "write"
    case .read: "read"
    }
  }
}

/// A step of a PIM memory, decoded once when the program is loaded.
enum MemoryStep: Hashable, Sendable {
  /// Fills the vector buffers from the link: so many bursts per channel (one entry when all are alike).
  case writeVector(bursts: [Int64])
  /// Multiplies part of a matrix with what the vector buffers hold.
  case multiply(Multiply)
  /// Writes a rectangle of a matrix from the link, or reads one onto it.
  case write(Rectangle)
  case read(Rectangle)

  struct Multiply: Hashable, Sendable {
    let placement: Placement
    let chunk: Int64
    /// Slots of each bank, so that one step can stop where the vector buffers end.
    let slots: Range<Int64>
    /// Spread indices below this take part.
    let used: Int64
    /// Elements of the chunk's stream that take part, from its start.
    let length: Int64
    /// Elements of `length` that are no padding between results.
    let useful: Int64
    /// A result leaves the MAC unit after so many elements.
    let segment: Int64
    /// So many neighbouring spread indices share a vector; 0 when all do.
    let vectorSpan: Int64
    /// Which of the vectors that a slot needs in a channel take part, in the order of the banks: those that are in the
    /// buffer. All of them where one vector serves everybody.
    let vectors: Range<Int64>
  }

  struct Rectangle: Hashable, Sendable {
    let placement: Placement
    let spread: Range<Int64>
    let stream: Range<Int64>
  }

  var opcode: MemoryOpcode {
    switch self {
    case .writeVector: .writeVector
    case .multiply: .multiply
    case .write: .write
    case .read: .read
    }
  }

  var operands: [Int64] {
    switch self {
    case .writeVector(let bursts): bursts
    case .multiply(let m):
      m.placement.operands + [
        m.chunk, m.slots.lowerBound, m.slots.upperBound, m.used, m.length, m.segment, m.vectorSpan, m.useful,
        m.vectors.lowerBound, m.vectors.upperBound,
      ]
    case .write(let r), .read(let r):
      r.placement.operands + [r.spread.lowerBound, r.spread.upperBound, r.stream.lowerBound, r.stream.upperBound]
    }
  }

  /// Whether the step addresses only what the memory has.
  func fits(_ g: MemoryGeometry, bufferBursts: Int64) -> Bool {
    switch self {
    case .writeVector(let bursts):
      (bursts.count == 1 || Int64(bursts.count) == g.channels) && bursts.allSatisfy { $0 <= bufferBursts }
    case .multiply(let m):
      m.used <= m.placement.spread && m.length <= m.placement.chunkLength(m.chunk)
        && m.slots.upperBound <= m.placement.slots(g) && m.segment % g.burstElements == 0
        && m.placement.baseRow + m.placement.rows(g) <= g.rows
    case .write(let r), .read(let r):
      r.spread.upperBound <= r.placement.spread && r.stream.upperBound <= r.placement.stream
        && r.placement.baseRow + r.placement.rows(g) <= g.rows
    }
  }

  /// - Returns: `nil` when the numbers are not a step of this kind, which only a damaged program has.
  init?(opcode: Int32, operands: ArraySlice<Int64>) {
    let placed = Placement(operands: operands.prefix(Placement.operandCount))
    let rest = Array(operands.dropFirst(Placement.operandCount))
    switch MemoryOpcode(rawValue: opcode) {
    case .writeVector:
      guard !operands.isEmpty, operands.allSatisfy({ $0 >= 0 }) else { return nil }
      self = .writeVector(bursts: Array(operands))
    case .multiply:
      guard let placed, rest.count == 10, rest[0] >= 0, rest[0] < placed.chunks, rest[1] >= 0, rest[1] < rest[2],
        rest[3] > 0, rest[4] > 0, rest[5] > 0, rest[6] >= 0,
        (1...rest[4]).contains(rest[7]), rest[8] >= 0, rest[8] < rest[9]
      else { return nil }
      self = .multiply(
        Multiply(
          placement: placed, chunk: rest[0], slots: rest[1]..<rest[2], used: rest[3], length: rest[4],
          useful: rest[7], segment: rest[5], vectorSpan: rest[6], vectors: rest[8]..<rest[9]))
    case .write, .read:
      guard let placed, rest.count == 4, rest[0] >= 0, rest[0] < rest[1], rest[2] >= 0, rest[2] < rest[3] else {
        return nil
      }
      let rectangle = Rectangle(placement: placed, spread: rest[0]..<rest[1], stream: rest[2]..<rest[3])
      self = opcode == MemoryOpcode.write.rawValue ? .write(rectangle) : .read(rectangle)
    case nil: return nil
    }
  }
}

extension MemoryStep.Multiply {
  /// Slots of `channel` that take part.
  func slots(of channel: Int64, _ g: MemoryGeometry) -> Range<Int64> {
    let end = min(slots.upperBound, placement.usedSlots(channel: channel, below: used, g))
    return min(slots.lowerBound, end)..<end
  }

  /// Results of one index: its stream is cut into so many segments.
  var segments: Int64 { (length + segment - 1) / segment }

  /// A slot takes one pass per vector that its banks need and that takes part, in the order of the banks: for each how
  /// many banks need it.
  func banksByPass(channel: Int64, slot: Int64, _ g: MemoryGeometry) -> [Int64] {
    let banks = placement.usedBanks(channel: channel, slot: slot, below: used, g)
    guard vectorSpan > 0 else { return banks > 0 ? [banks] : [] }
    var counts: [Int64] = []
    var last: Int64 = -1
    for bank in 0..<banks {
      // The index grows with the bank, so equal vectors are neighbours.
      let vector = placement.index(channel: channel, bank: bank, slot: slot, g) / vectorSpan
      if vector != last { counts.append(0) }
      counts[counts.count - 1] += 1
      last = vector
    }
    let first = Int(min(vectors.lowerBound, Int64(counts.count)))
    return Array(counts[first..<Int(min(vectors.upperBound, Int64(counts.count)))])
  }

  /// Banks of a slot whose result counts.
  func takingPart(channel: Int64, slot: Int64, _ g: MemoryGeometry) -> Int64 {
    banksByPass(channel: channel, slot: slot, g).reduce(0, +)
  }
}
