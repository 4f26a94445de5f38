import Arch
import Dataflow

/// The opcodes of a PIM memory, in the order of its step schemas.
enum MemoryOpcode: Int32, CaseIterable {
  case writeVector, multiply, write, read

  var schema: StepSchema {
    let rectangle = Placement.operandNames + ["spread-from", "spread-to", "stream-from", "stream-to"]
    return switch self {
    case .writeVector: StepSchema("write-vector", integers: ["piece-bursts"], rest: "vectors")
    case .multiply:
      StepSchema(
        "multiply",
        integers: Placement.operandNames + [
          "chunk", "slots-from", "slots-to", "used", "length", "segment", "vector-span", "useful", "vectors-from",
          "vectors-to", "choice-step", "choice-slot", "choice-rows", "choices", "held",
        ])
    case .write: StepSchema("write", integers: rectangle)
    case .read: StepSchema("read", integers: rectangle)
    }
  }
}

/// A step of a PIM memory, decoded once when the program is loaded.
enum MemoryStep: Hashable, Sendable {
  /// Fills the vector buffers from the link, each vector with so many bursts.
  case writeVector(pieceBursts: Int64, Vectors)
  /// Multiplies part of a matrix with what the vector buffers hold.
  case multiply(Multiply)
  /// Writes a rectangle of a matrix from the link, or reads one onto it.
  case write(Rectangle)
  case read(Rectangle)

  /// By channel, the numbers of the vectors that its buffer gets; one list when all are alike.
  struct Vectors: Hashable, Sendable {
    let lists: [[Int64]]

    func list(_ channel: Int64) -> [Int64] { lists.count == 1 ? lists[0] : lists[Int(channel)] }

    var operands: [Int64] { lists.flatMap { [Int64($0.count)] + $0 } }

    init(lists: [[Int64]]) { self.lists = lists }

    init?(operands: ArraySlice<Int64>) {
      var lists: [[Int64]] = []
      var rest = operands
      while let count = rest.popFirst() {
        guard count >= 0, count <= rest.count else { return nil }
        lists.append(Array(rest.prefix(Int(count))))
        rest = rest.dropFirst(Int(count))
      }
      guard !lists.isEmpty, lists.joined().allSatisfy({ $0 >= 0 }) else { return nil }
      self.lists = lists
    }
  }

  /// Which of several equal matrices, one behind the other, is multiplied: what another step of the run chose.
  struct Choice: Hashable, Sendable {
    /// The step that chooses, and which of its choices.
    let step: Int64
    let slot: Int64
    /// Rows from one matrix to the next, and how many matrices there are.
    let rows: Int64
    let count: Int64
  }

  struct Multiply: Hashable, Sendable {
    var placement: Placement
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
    /// Where the matrix is chosen by the run.
    var choice: Choice?
    /// Vectors in the buffer, end to end, each of which every index is multiplied with; only where one serves all banks.
    var held: Int64 = 1
  }

  struct Rectangle: Hashable, Sendable {
    var placement: Placement
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
    case .writeVector(let bursts, let vectors): [bursts] + vectors.operands
    case .multiply(let m):
      m.placement.operands + [
        m.chunk, m.slots.lowerBound, m.slots.upperBound, m.used, m.length, m.segment, m.vectorSpan, m.useful,
        m.vectors.lowerBound, m.vectors.upperBound, m.choice?.step ?? -1, m.choice?.slot ?? 0, m.choice?.rows ?? 0,
        m.choice?.count ?? 1, m.held,
      ]
    case .write(let r), .read(let r):
      r.placement.operands + [r.spread.lowerBound, r.spread.upperBound, r.stream.lowerBound, r.stream.upperBound]
    }
  }

  /// Whether the step addresses only what the memory has.
  func fits(_ g: MemoryGeometry, bufferBursts: Int64) -> Bool {
    switch self {
    case .writeVector(let bursts, let vectors):
      (vectors.lists.count == 1 || Int64(vectors.lists.count) == g.channels)
        && vectors.lists.allSatisfy { Int64($0.count) * bursts <= bufferBursts }
    case .multiply(let m):
      m.used <= m.placement.spread && m.length <= m.placement.chunkLength(m.chunk)
        && m.slots.upperBound <= m.placement.slots(g) && m.segment % g.burstElements == 0
        && (m.held == 1
          || (m.vectorSpan == 0 && m.segments == 1 && m.held * m.segment <= bufferBursts * g.burstElements))
        && m.placement.baseRow + m.placement.rows(g) + (m.choice.map { ($0.count - 1) * $0.rows } ?? 0) <= g.rows
    case .write(let r), .read(let r):
      r.spread.upperBound <= r.placement.spread && r.stream.upperBound <= r.placement.stream
        && r.placement.baseRow + r.placement.rows(g) <= g.rows
    }
  }

  /// - Returns: `nil` when the numbers are not a step of this kind, which only a damaged program has.
  init?(opcode: Int32, operands: ArraySlice<Int64>) {
    // No operand of a step that a compiler makes is larger, and products of two of them fit.
    // The end of the vectors alone may stand for "all".
    let all = operands.count > 15 ? operands.startIndex + 15 : nil
    guard operands.indices.allSatisfy({ (-1...($0 == all ? 1 << 32 : 1 << 30)).contains(operands[$0]) }) else {
      return nil
    }
    let placed = Placement(operands: operands.prefix(Placement.operandCount))
    let rest = Array(operands.dropFirst(Placement.operandCount))
    switch MemoryOpcode(rawValue: opcode) {
    case .writeVector:
      guard let bursts = operands.first, bursts > 0, let vectors = Vectors(operands: operands.dropFirst()) else {
        return nil
      }
      self = .writeVector(pieceBursts: bursts, vectors)
    case .multiply:
      guard let placed, rest.count == 15, rest[0] >= 0, rest[0] < placed.chunks, rest[1] >= 0, rest[1] < rest[2],
        rest[3] > 0, rest[4] > 0, rest[5] > 0, rest[6] >= 0,
        (1...rest[4]).contains(rest[7]), rest[8] >= 0, rest[8] < rest[9],
        rest[10] < 0 || (rest[11] >= 0 && rest[12] > 0 && rest[13] > 0), rest[14] > 0
      else { return nil }
      self = .multiply(
        Multiply(
          placement: placed, chunk: rest[0], slots: rest[1]..<rest[2], used: rest[3], length: rest[4],
          useful: rest[7], segment: rest[5], vectorSpan: rest[6], vectors: rest[8]..<rest[9],
          choice: rest[10] < 0 ? nil : Choice(step: rest[10], slot: rest[11], rows: rest[12], count: rest[13]),
          held: rest[14]))
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

  /// Whether a row ends where slot `slot` begins, so that the slots before and after share none.
  func startsRow(_ slot: Int64, _ g: MemoryGeometry) -> Bool {
    slot * placement.pitch(chunk, g) % g.rowElements == 0
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
