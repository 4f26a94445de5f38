import Arch
import DRAM

/// Random programs, as lines of a file and as steps of the cyclewise controller.
struct RandomInstructions {
  private(set) var lines: [String] = []
  private(set) var steps: [CyclewiseController.Step] = []
  private let device: DeviceDescription
  private let channels: Int

  init(_ device: DeviceDescription, channels: Int, count: Int, hasHost: Bool, _ random: inout SplitMix64) {
    self.device = device
    self.channels = channels
    for _ in 0..<count {
      switch Int.random(in: 0..<(hasHost ? 22 : 16), using: &random) {
      case 0, 1: many("MAC_ABK", "MAC16", &random, row: true)
      case 2: many("MAC_SBK", "MAC", &random, row: true, bank: true)
      case 3: many("WR_GB", "WRGB", &random, register: true)
      case 4, 5: many("WR_BIAS", "WRMAC16", &random, register: true, counted: false)
      case 6, 7: many("RD_MAC", "RDMAC16", &random, register: true, counted: false, isReader: true)
      case 8: many("RD_AF", "RDAF16", &random, register: true, counted: false, isReader: true)
      case 9: many("AF", "AF16", &random, counted: false, table: true)
      case 10: many("EWMUL", "EWMUL16", &random, row: true)
      case 11: many("COPY_BKGB", "RDCP", &random, row: true, bank: true)
      case 12: many("COPY_GBBK", "WRCP", &random, row: true, bank: true)
      case 13: many("WR_ABK", "WRA16", &random, row: true, register: true, counted: false, one: true)
      case 14:
        let idle = Int.random(in: 1...60, using: &random)
        for _ in 0..<idle { add("EWADD 1 2 3", CyclewiseController.Step(kind: .nothing)) }
      case 15: add("SYNC", CyclewiseController.Step(kind: .wait(ends: false)))
      case 16, 17, 18: burst(isWrite: false, &random)
      default: burst(isWrite: true, &random)
      }
    }
    add("EOC", CyclewiseController.Step(kind: .wait(ends: true)))
  }

  private mutating func add(_ line: String, _ step: CyclewiseController.Step) {
    lines.append("AiM " + line)
    steps.append(step)
  }

  private mutating func many(
    _ name: String, _ command: String, _ random: inout SplitMix64, row: Bool = false, bank: Bool = false,
    register: Bool = false, counted: Bool = true, isReader: Bool = false, table: Bool = false, one: Bool = false
  ) {
    var step = CyclewiseController.Step(kind: .commands(device.command(named: command) ?? 0, isReader: isReader))
    var words = [name]
    if counted {
      step.count = [1, 2, 33, 64, Int.random(in: 1...64, using: &random)].randomElement(using: &random) ?? 1
      words.append("\(step.count)")
    }
    if register { words.append("0") }
    if one || Int.random(in: 0..<4, using: &random) == 0 {
      step.channels = [Int.random(in: 0..<channels, using: &random)]
    } else if Int.random(in: 0..<3, using: &random) == 0 {
      step.channels = (0..<channels).filter { _ in Bool.random(using: &random) }
    }
    if step.channels.isEmpty { step.channels = Array(0..<channels) }
    if one { step.channels = [step.channels[0]] }
    let mask = step.channels.reduce(UInt64(0)) { $0 | 1 << UInt64(31 - $1) }
    words.append("0x" + String(mask, radix: 16))
    if bank {
      step.bank = Int.random(in: 0..<16, using: &random)
      words.append("\(step.bank)")
    }
    if row {
      step.row = Int64.random(in: 0..<3, using: &random)
      words.append("\(step.row)")
    }
    if table { step.row = device.tableRows?.lowerBound ?? 0 }
    add(words.joined(separator: " "), step)
  }

  /// Some accesses of the host one after the other, more than wait at a time now and then.
  private mutating func burst(isWrite: Bool, _ random: inout SplitMix64) {
    let banks = [1, 3, 16].randomElement(using: &random) ?? 1
    let count = [1, 2, 5, 20, 50].randomElement(using: &random) ?? 1
    let channel = Int.random(in: 0..<channels, using: &random)
    for _ in 0..<count {
      let turns = Int.random(in: 0..<8, using: &random) == 0
      var step = CyclewiseController.Step(kind: .host(isWrite: isWrite != turns))
      step.channels = [channel]
      step.bank = Int.random(in: 0..<banks, using: &random)
      step.row = Int64.random(in: 0..<2, using: &random)
      step.column = -1
      let word = step.kind == CyclewiseController.Kind.host(isWrite: true) ? "W" : "R"
      lines.append("\(word) MEM \(channel) \(step.bank) \(step.row)")
      steps.append(step)
    }
  }
}
