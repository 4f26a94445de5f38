/// One instruction, decoded.
struct Instruction: Sendable {
  /// Index into the set's instructions; −1 for a read of memory by the host, −2 for a write.
  var kind: Int
  /// −1 for all banks.
  var bank = -1
  var row: Int64 = -1
  var column: Int64 = 0
  var count: Int64 = 1
  /// Bit c: channel c takes part.
  var channels: UInt64 = .max

  static let hostRead = -1
  static let hostWrite = -2

  init(_ kind: Int, row: Int64 = -1, count: Int64 = 1) {
    self.kind = kind
    self.row = row
    self.count = count
  }
}

/// A program: instructions, and parts that come several times with rows moved on each time.
enum InstructionPart: Sendable {
  case one(Instruction)
  case repeated([InstructionPart], times: Int64, rowStep: Int64)

  /// Commands that it becomes, as far as they matter for whether it is worth folding.
  var weight: Int64 {
    switch self {
    case .one(let instruction): instruction.count
    case .repeated(let parts, let times, _): parts.reduce(0) { $0 + $1.weight } * times
    }
  }
}

extension Instruction {
  /// One that takes a turn and does nothing to the memory.
  static let nothing = Instruction(-3)
}
