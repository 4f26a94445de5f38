import DRAM
import Files

/// The requests of attention in the order in which they are handed out, as runs: stretches of one kind of request, over
/// neighbouring channels.
///
/// Heads go in rounds, one head to a channel. Two rounds make a pair that overlaps: while one multiplies, the other's
/// vectors and results move. Every stage ends with a barrier in every channel.
struct AttentionProgram: Sendable {
  /// What the requests of a run are.
  enum Kind: UInt8, Sendable {
    case barrier
    case multiply
    case vectorWrite
    case scoreResult
    case softmax
    case vectorMove
    case valueResult
  }

  /// Requests `from ..< to` of a list in which each stands once for each of `channels` channels, channel 0 first.
  struct Run: Sendable {
    let kind: Kind
    let channels: Int64
    let from: Int64
    let to: Int64
    /// Bytes from the beginning of a bank to what the requests are about.
    let base: Int64
  }

  private(set) var runs: [Run] = []
  let channels: Int
  /// Requests of one place before the next place's, of vector writes and of vector moves.
  let writesPerPlace: Int64
  let movesPerPlace: Int64
  let placement: BurstPlacement

  /// More runs than any program of a sensible size has; each takes 40 B.
  private static let limit: Int64 = 1 << 22

  init(
    _ shape: AttentionShape, _ kernel: AttentionKernel, _ device: DeviceDescription, _ options: CommandSetOptions
  ) throws(Refusal) {
    channels = Int(shape.channels)
    writesPerPlace = shape.parts
    movesPerPlace = shape.probabilityBursts
    placement = BurstPlacement(shape.level.bursts, device)
    guard options.channels == channels else {
      throw Refusal(
        "attention takes all channels", at: options.place, value: "\(options.channels)", expected: "\(channels)")
    }
    let stages = AttentionShape.ceil(shape.scoreRows, kernel.scoresPerMove)
    let (perRound, first) = (stages + shape.parts + 4).multipliedReportingOverflow(by: 8)
    let (all, second) = perRound.multipliedReportingOverflow(by: shape.rounds)
    guard !first, !second, all <= Self.limit else {
      throw Refusal(
        "too much attention for one run", at: options.place,
        value: "\(shape.rounds) rounds of \(stages) stages", expected: "at most \(Self.limit) runs of requests")
    }
    var writer = AttentionStages(shape, kernel)
    try writer.place(placement, device, at: options.place)
    var round: Int64 = 0
    while round + 1 < shape.rounds {
      writer.addPair(round, round + 1)
      round += 2
    }
    if round < shape.rounds { writer.addSingle(round) }
    runs = writer.runs
  }

  /// Whether channels at the two numbers get the same requests in the same order, one beside the other: no run ends or
  /// begins between them.
  func cuts(joinsChannels: Bool) -> [Int] {
    guard joinsChannels else { return Array(0...channels) }
    var isCut = Array(repeating: false, count: channels + 1)
    isCut[0] = true
    isCut[channels] = true
    for run in runs {
      isCut[Int(run.channels)] = true
      isCut[Int(run.from % run.channels)] = true
      isCut[Int(run.to % run.channels)] = true
    }
    return isCut.indices.filter { isCut[$0] }
  }

  /// The request of a run with the given number.
  @inline(__always)
  func request(_ run: Run, _ number: Int64, _ commands: borrowing RequestCommands) -> RequestCommands.Request {
    switch run.kind {
    case .barrier: return .barrier
    case .multiply:
      let burst = placement.place(number, from: run.base)
      return RequestCommands.Request(
        slot: commands.multiply[burst.place], place: Int32(burst.place), row: burst.row, column: burst.column)
    case .vectorWrite: return move(commands.vectorWrites, number, writesPerPlace, run.base)
    case .vectorMove: return move(commands.vectorMoves, number, movesPerPlace, run.base)
    case .scoreResult: return move(commands.scoreResults, number, 1, run.base)
    case .valueResult: return move(commands.valueResults, number, 1, run.base)
    case .softmax: return RequestCommands.Request(slot: commands.softmax, place: -1, row: 0, column: 0)
    }
  }

  @inline(__always)
  private func move(
    _ slots: [Int32], _ number: Int64, _ perPlace: Int64, _ base: Int64
  ) -> RequestCommands.Request {
    let (place, offset) = number.quotientAndRemainder(dividingBy: perPlace)
    let (row, column) = placement.rowAndColumn(base + offset)
    return RequestCommands.Request(slot: slots[Int(place)], place: -1, row: row, column: column)
  }
}
