import DRAM
import Files

/// Writes the runs of attention, round by round.
struct AttentionStages {
  let shape: AttentionShape
  let kernel: AttentionKernel
  private(set) var runs: [AttentionProgram.Run] = []
  /// Bytes of a bank from one round's head to the next one's, and to the values.
  private var stride: Int64 = 0
  private var valuesBase: Int64 = 0
  /// Stages of a product with the keys.
  private let stages: Int64

  init(_ shape: AttentionShape, _ kernel: AttentionKernel) {
    self.shape = shape
    self.kernel = kernel
    stages = AttentionShape.ceil(shape.scoreRows, kernel.scoresPerMove)
  }

  /// Decides where heads lie.
  ///
  /// - Throws: where they do not fit.
  mutating func place(_ placement: BurstPlacement, _ device: DeviceDescription, at place: Place) throws(Refusal) {
    // At most 2^24 positions of 2^16 elements.
    let bursts = shape.scoreRows * shape.parts
    let rows = placement.rows(of: bursts)
    let needed = rows * device.rowBytes
    let (room, overflow) = kernel.room.multipliedReportingOverflow(by: shape.dimension)
    let stated = AttentionShape.ceil(room, Int64(device.banksPerChannel))
    stride = shape.hasPeerQuirks ? stated : max(stated, needed)
    valuesBase = kernel.valuesRow * device.rowBytes
    let (before, second) = (shape.rounds - 1).multipliedReportingOverflow(by: stride)
    let (end, third) = before.addingReportingOverflow(needed + device.rowBytes)
    let space = min(kernel.valuesRow, device.rows - kernel.valuesRow) * device.rowBytes
    guard !overflow, !second, !third, end <= space else {
      throw Refusal(
        "the keys and values do not fit the device", at: place,
        value: "\(shape.rounds) heads of \(rows) rows in each bank",
        expected: "at most \(space / device.rowBytes) rows",
        suggestion: "fewer --heads, a smaller --length")
    }
  }

  private func base(_ round: Int64) -> Int64 { round * stride }

  // MARK: Lists of requests of one round

  private mutating func add(
    _ kind: AttentionProgram.Kind, _ round: Int64, _ requests: Range<Int64>, values: Bool = false
  ) {
    let channels = shape.channels(inRound: round)
    add(kind, round, channels, (requests.lowerBound * channels)..<(requests.upperBound * channels), values)
  }

  private mutating func add(
    _ kind: AttentionProgram.Kind, _ round: Int64, _ channels: Int64, _ part: Range<Int64>, _ values: Bool
  ) {
    guard !part.isEmpty else { return }
    runs.append(
      AttentionProgram.Run(
        kind: kind, channels: channels, from: part.lowerBound, to: part.upperBound,
        base: kind == .softmax ? 0 : base(round) + (values ? valuesBase : 0)))
  }

  private mutating func barrier() {
    runs.append(
      AttentionProgram.Run(kind: .barrier, channels: shape.channels, from: 0, to: shape.channels, base: 0))
  }

  /// One of `parts` equal shares of a list of moves; the last takes what division leaves, and the peer loses.
  private mutating func share(
    _ kind: AttentionProgram.Kind, _ round: Int64, requests: Int64, _ part: Int64, of parts: Int64, values: Bool = false
  ) {
    let channels = shape.channels(inRound: round)
    let all = requests * channels
    let share = all / parts
    let end = part == parts - 1 && !shape.hasPeerQuirks ? all : (part + 1) * share
    add(kind, round, channels, (part * share)..<end, values)
  }

  private var vectorWrites: Int64 { Int64(places(shape.level.vectorWrites)) * shape.parts }
  private var vectorMoves: Int64 { Int64(places(shape.level.vectorMoves)) * shape.probabilityBursts }

  private func places(_ levels: [Int]) -> Int { levels.reduce(1) { $0 * sizes[$1] } }
  private var sizes: [Int] { shape.levelSizes }

  private mutating func scores(_ round: Int64, stage: Int64) {
    let first = stage * kernel.scoresPerMove
    let last = min(first + kernel.scoresPerMove, shape.scoreRows)
    add(.multiply, round, (first * shape.parts)..<(last * shape.parts))
  }

  private mutating func scoreResults(_ round: Int64) {
    add(.scoreResult, round, 0..<Int64(places(shape.level.scoreResults)))
  }

  private mutating func values(_ round: Int64, part: Int64) {
    add(.multiply, round, (part * shape.scoreRows)..<((part + 1) * shape.scoreRows), values: true)
  }

  private mutating func valueResults(_ round: Int64) {
    add(.valueResult, round, 0..<Int64(places(shape.level.valueResults)), values: true)
  }

  /// Vector moves go in the second half of the stages of another product.
  private mutating func vectorMoves(_ round: Int64, beside stage: Int64, of count: Int64) {
    guard stage >= count / 2 else { return }
    share(
      .vectorMove, round, requests: vectorMoves, stage - count / 2, of: AttentionShape.ceil(count, 2), values: true)
  }

  // MARK: Rounds

  /// Two rounds, each with the moves of the other beside its products.
  mutating func addPair(_ a: Int64, _ b: Int64) {
    add(.vectorWrite, a, 0..<vectorWrites)
    // The first row opens while the first vector is written.
    if a == 0 { add(.multiply, a, 0..<1) }
    barrier()
    for stage in 0..<stages {
      scores(a, stage: stage)
      if stage > 0 { scoreResults(a) }
      share(.vectorWrite, b, requests: vectorWrites, stage, of: stages)
      barrier()
    }
    scoreResults(a)
    for stage in 0..<stages {
      scores(b, stage: stage)
      if stage > 0 { scoreResults(b) }
      if stage == 0 { add(.softmax, a, 0..<1) }
      vectorMoves(a, beside: stage, of: stages)
      barrier()
    }
    scoreResults(b)
    for part in 0..<shape.parts {
      values(a, part: part)
      if part > 0 { valueResults(a) }
      if part == 0 { add(.softmax, b, 0..<1) }
      vectorMoves(b, beside: part, of: shape.parts)
      barrier()
    }
    valueResults(a)
    let second = kernel.repeatsFirstValues ? a : b
    for part in 0..<shape.parts {
      values(second, part: part)
      if part > 0 { valueResults(second) }
      barrier()
    }
    valueResults(second)
  }

  /// A round by itself.
  mutating func addSingle(_ round: Int64) {
    add(.vectorWrite, round, 0..<vectorWrites)
    barrier()
    for stage in 0..<stages {
      scores(round, stage: stage)
      if stage > 0 { scoreResults(round) }
      barrier()
    }
    scoreResults(round)
    add(.softmax, round, 0..<1)
    add(.vectorMove, round, 0..<vectorMoves, values: true)
    barrier()
    for part in 0..<shape.parts {
      values(round, part: part)
      if part > 0 { valueResults(round) }
      barrier()
    }
    valueResults(round)
  }
}
