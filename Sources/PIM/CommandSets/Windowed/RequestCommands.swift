import DRAM
import Files

/// The commands that the requests of one run may need, each with its place, and how long each holds back each other.
///
/// A run uses few of a device's commands at few places. So what the device's constraints say is worked out once for
/// every pair, and a channel keeps one time for each.
struct RequestCommands: Sendable {
  /// A command at a place.
  struct Slot: Sendable {
    let command: Int
    let address: CommandAddress
    let bus: Bus
  }

  /// Which of the two commands of a cycle it may be.
  enum Bus: UInt8, Sendable {
    case first
    case second
    /// Goes by itself.
    case neither
  }

  /// A request as it waits: what it wants, where, and in which row.
  struct Request: Hashable, Sendable {
    /// The command that does what it wants; −1 for a barrier.
    var slot: Int32
    /// Of a product: the place whose row must be open; −1 for others.
    var place: Int32
    var row: Int32
    var column: Int32

    static let barrier = Request(slot: -1, place: -1, row: 0, column: 0)
  }

  private(set) var slots: [Slot] = []
  /// What each slot holds back: `gapStart[s] ..< gapStart[s + 1]` of the two below.
  private(set) var gapStart: [Int] = [0]
  private(set) var gapNext: [Int32] = []
  private(set) var gapCycles: [Int64] = []
  /// By place of a product.
  private(set) var multiply: [Int32] = []
  private(set) var activate: [Int32] = []
  private(set) var precharge: [Int32] = []
  /// The bit of the bank that a product's place is named by, and that a slot is.
  private(set) var placeBank: [UInt64] = []
  private(set) var slotBank: [UInt64] = []
  /// The slots of a pattern of moves, one per place.
  private(set) var vectorWrites: [Int32] = []
  private(set) var scoreResults: [Int32] = []
  private(set) var vectorMoves: [Int32] = []
  private(set) var valueResults: [Int32] = []
  private(set) var softmax: Int32 = 0
  private(set) var closeAll: Int32 = 0
  /// −1 for a device without refresh.
  private(set) var refresh: Int32 = -1

  init(
    _ device: DeviceDescription, _ level: AttentionKernel.Level, _ kernel: AttentionKernel, closeAll: Int,
    pair: [String], at place: Place
  ) throws(Refusal) {
    let zero = CommandAddress(Array(repeating: 0, count: device.levels.count))
    func add(_ command: Int, _ named: CommandAddress) -> Int32 {
      let description = device.commands[command]
      let address = description.covering(named)
      let bank = device.bankIndex(named)
      if let known = slots.firstIndex(where: { $0.command == command && $0.address == address }),
        slotBank[known] == 1 << UInt64(bank)
      {
        return Int32(known)
      }
      let bus: Bus =
        pair.count == 2 && description.bus == pair[0]
        ? .first : pair.count == 2 && description.bus == pair[1] ? .second : .neither
      slots.append(Slot(command: command, address: address, bus: bus))
      slotBank.append(1 << UInt64(bank))
      return Int32(slots.count - 1)
    }
    // Places of products: every choice of the levels that bursts go over, the fastest first.
    let digits = level.bursts.compactMap { digit -> Int? in if case .level(let index) = digit { index } else { nil } }
    for named in device.addresses(of: digits.reversed(), from: zero) {
      multiply.append(add(level.multiply, named))
      activate.append(add(level.activate, named))
      precharge.append(add(level.precharge, named))
      placeBank.append(1 << UInt64(device.bankIndex(named)))
    }
    func moves(_ command: Int, _ levels: [Int]) -> [Int32] {
      device.addresses(of: levels, from: zero).map { add(command, $0) }
    }
    vectorWrites = moves(kernel.vectorWrite, level.vectorWrites)
    scoreResults = moves(kernel.resultMove, level.scoreResults)
    vectorMoves = moves(kernel.vectorMove, level.vectorMoves)
    valueResults = moves(kernel.resultMove, level.valueResults)
    softmax = add(kernel.softmax, zero)
    self.closeAll = add(closeAll, zero)
    if let description = device.refresh { refresh = add(description.command, zero) }
    try findGaps(device, at: place)
  }

  /// Works out, for every pair of slots, how long the second waits after the first.
  private mutating func findGaps(_ device: DeviceDescription, at place: Place) throws(Refusal) {
    let used = Set(slots.map(\.command))
    let constraints = device.constraints.filter {
      !used.isDisjoint(with: $0.previous) && !used.isDisjoint(with: $0.next)
    }
    if let odd = constraints.first(where: { $0.window > 1 || $0.sibling }) {
      throw Refusal(
        "the controller knows constraints that count from the last command only", at: place,
        value: "constraint \(odd.id): \(odd.expression)", expected: "no window and no sibling")
    }
    for first in slots {
      var longest = Array(repeating: Int64(0), count: slots.count)
      for constraint in constraints where constraint.previous.contains(first.command) {
        for (index, second) in slots.enumerated() where constraint.next.contains(second.command) {
          let meet = (0...constraint.level).allSatisfy { level in
            let (a, b) = (first.address.indices[level], second.address.indices[level])
            return a < 0 || b < 0 || a == b
          }
          if meet { longest[index] = max(longest[index], constraint.latency) }
        }
      }
      for (index, cycles) in longest.enumerated() where cycles > 0 {
        gapNext.append(Int32(index))
        gapCycles.append(cycles)
      }
      gapStart.append(gapNext.count)
    }
  }
}

extension DeviceDescription {
  /// The bank of a channel that an address names, 0 where it names none.
  fileprivate func bankIndex(_ address: CommandAddress) -> Int {
    var index = 0
    for level in 1..<max(levels.count, 1) { index = index * levelSizes[level] + max(0, Int(address.indices[level])) }
    return index
  }

  /// Every choice of the given levels, the first of them outermost; all others as in `start`.
  fileprivate func addresses(of chosen: [Int], from start: CommandAddress) -> [CommandAddress] {
    var result = [start]
    for level in chosen {
      result = result.flatMap { address in
        (0..<levelSizes[level]).map { index in
          var next = address
          next.indices[level] = Int32(index)
          return next
        }
      }
    }
    return result
  }
}
