import Files
import Foundation
import Systems
import Testing

/// GDDR6 with PIM commands against aim_simulator: cycles, counts and every command.
@Suite struct RecordedInstructionRuns {
  struct Product: CustomTestStringConvertible, Sendable {
    let row: [String: String]
    var testDescription: String { ["out", "in", "channels", "order"].map { row[$0] ?? "" }.joined(separator: " ") }
    func number(_ column: String) -> Int64 { row[column].flatMap { Int64($0) } ?? -1 }
  }

  static let products = RecordedCommandSets.rows("aim_gemv_cycles.csv").map(Product.init)
  static let isPresent = !products.isEmpty
  static let counted = ["ACT16", "PREA", "MAC16", "WRGB", "WRMAC16", "RDMAC16", "TMOD", "REFab"]

  @Test(.enabled(if: isPresent, RecordedCommandSets.absence), arguments: products)
  func everyProductTakesThePeersCycles(_ product: Product) throws {
    let session = try RecordedCommandSets.session("gddr6-aim")
    let shape = [
      ("out", product.row["out"] ?? ""), ("in", product.row["in"] ?? ""), ("order", product.row["order"] ?? ""),
    ]
    for folds in [true, false] {
      let result = try session.run(
        CommandSetSession.Request(
          kernel: "gemv", options: shape.map { (name: $0.0, text: $0.1) }, channels: product.number("channels"),
          isRefreshed: false, folds: folds))
      #expect(result.cycles == product.number("memory_cycles"))
      #expect(result.lowerBound == product.number("lb1_plus_row_cycles"))
      let counts = RecordedCommandSets.counts(result)
      for command in Self.counted { #expect(counts[command] ?? 0 == product.number(command), "\(command)") }
      #expect(Set(counts.keys).isSubset(of: Self.counted))
    }
  }

  struct Sequence: CustomTestStringConvertible, Sendable {
    let name: String
    let cycles: Int64
    let commands: [String: Int64]
    let lines: [String]

    var testDescription: String { name }
  }

  static let sequences: [Sequence] = RecordedCommandSets.rows("aim_micro_cycles.csv").map { row in
    let commands = (row["ch0_commands"] ?? "").split(separator: " ").map { $0.split(separator: ":") }
    return Sequence(
      name: row["case"] ?? "", cycles: row["memory_cycles"].flatMap { Int64($0) } ?? -1,
      commands: Dictionary(uniqueKeysWithValues: commands.map { (String($0[0]), Int64($0[1]) ?? -1) }),
      lines: lines(row["trace_lines_then_EOC"] ?? ""))
  }

  /// The lines of a recorded case. Of long ones the first six are there and how many there are: the pattern goes on.
  private static func lines(_ text: String) -> [String] {
    var lines = text.components(separatedBy: " | ")
    guard let last = lines.last, last.hasPrefix("... ("), let count = Int(last.dropFirst(5).prefix { $0.isNumber })
    else {
      return lines
    }
    lines.removeLast()
    // One line follows the other, or three lines the three before, each number as far on as the first two times.
    let period = lines[0].split(separator: " ")[1] == lines[1].split(separator: " ")[1] ? 1 : 3
    while lines.count < count {
      let (a, b) = (lines[lines.count - 2 * period], lines[lines.count - period])
      let words = zip(a.split(separator: " "), b.split(separator: " ")).map { first, second in
        guard let x = Int(first), let y = Int(second) else { return String(second) }
        return String(2 * y - x)
      }
      lines.append(words.joined(separator: " "))
    }
    return lines
  }

  /// Cases in which the peer's end of a program comes before accesses whose row is being opened: equal with its quirks.
  static let quirky = ["RD_SBK_x1_samerow", "R_MEM_x16_banks", "R_MEM_x8_rowconflict"]

  @Test(.enabled(if: isPresent, RecordedCommandSets.absence), arguments: sequences)
  func everySequenceTakesThePeersCycles(_ sequence: Sequence) throws {
    let session = try RecordedCommandSets.session("gddr6-aim")
    let path = NSTemporaryDirectory() + "accsim-pim-\(UUID().uuidString).trace"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AtomicFile.write((sequence.lines + ["AiM EOC", ""]).joined(separator: "\n"), to: path)
    for quirks in [false, true] {
      let result = try session.run(
        CommandSetSession.Request(instructions: path, isRefreshed: false, hasPeerQuirks: quirks))
      if quirks || !Self.quirky.contains(sequence.name) {
        #expect(result.cycles == sequence.cycles)
        #expect(RecordedCommandSets.counts(result) == sequence.commands)
      } else {
        #expect(result.cycles > sequence.cycles)
      }
    }
  }

  @Test(
    .enabled(if: isPresent, RecordedCommandSets.absence),
    arguments: [(1024, 1024, "noreuse"), (4096, 4096, "reuseGB32")], [true, false])
  func everyCommandGoesInThePeersCycle(_ product: (out: Int, inputs: Int, order: String), fromKernel: Bool) throws {
    let session = try RecordedCommandSets.session("gddr6-aim")
    let name = "gemv_\(product.out)x\(product.inputs)_\(product.order)"
    let kernel = CommandSetSession.Request(
      kernel: "gemv",
      options: [("out", "\(product.out)"), ("in", "\(product.inputs)"), ("order", product.order)],
      isRefreshed: false, logLimit: 1 << 20)
    let instructions = CommandSetSession.Request(
      instructions: "\(RecordedCommandSets.folder)/aim_isrtrace_\(name).trace", isRefreshed: false, logLimit: 1 << 20)
    let result = try session.run(fromKernel ? kernel : instructions)
    var mine: [String] = []
    result.forEachCommand { entry in
      guard entry.channel == 0 else { return }
      mine.append(
        "\(entry.cycle),\(entry.command),\(entry.path[0]),\(entry.path[1]),\(entry.row),\(entry.column)")
    }
    let recorded = try String(
      contentsOfFile: "\(RecordedCommandSets.folder)/aim_cmdtrace_ch0_\(name).csv", encoding: .utf8)
    #expect(mine == recorded.split(separator: "\n").dropFirst().map(String.init))
  }
}
