import DRAM
import Files

/// Reads files of instructions: one to a line, a word and numbers between blanks or commas, `#` for comments.
///
/// `PREFIX NAME field…` is an instruction of the set. `R MEM channel bank row` and `W MEM channel bank row` are accesses of
/// the host; `R` and `W` of `GPR` and `CFR` reach registers and settings beside the memory.
struct InstructionFile {
  let set: InstructionSet
  let device: DeviceDescription
  let channels: Int
  /// The value of the setting that chooses a table.
  private var table: Int64 = 0
  private var hasEnded = false
  private(set) var instructions: [InstructionPart] = []

  /// About 150 MB of them.
  static let maximumInstructions = 1 << 21

  init(_ set: InstructionSet, _ device: DeviceDescription, channels: Int) {
    self.set = set
    self.device = device
    self.channels = channels
  }

  /// - Throws: at the first fault, with its line and column.
  static func read(
    path: String, displayName: String, _ set: InstructionSet, _ device: DeviceDescription, channels: Int
  ) throws(Refusal) -> [InstructionPart] {
    var file = InstructionFile(set, device, channels: channels)
    let reader = try LineReader(path: path, displayName: displayName, maximumLineBytes: 4096)
    while let line = try reader.nextLine() {
      let words = Self.words(line, reader.lineNumber, displayName)
      guard let first = words.first, !first.text.hasPrefix("#") else { continue }
      if file.hasEnded {
        throw Refusal("an instruction after the end of the program", at: first.place, value: clipped(line))
      }
      guard file.instructions.count < maximumInstructions else {
        throw Refusal(
          "the file has too many instructions", at: first.place, expected: "at most \(maximumInstructions)")
      }
      try file.decode(
        words, at: Place(file: displayName, mark: Mark(line: reader.lineNumber, column: line.utf8.count + 1)))
    }
    guard file.hasEnded else {
      let end = set.instructions.first { $0.wait == .end }?.name ?? ""
      throw Refusal(
        "the program does not end", at: Place(file: displayName, mark: Mark(line: reader.lineNumber + 1, column: 1)),
        expected: "a last line '\(set.prefix) \(end)'")
    }
    return file.instructions
  }

  private struct Word {
    let text: String
    let place: Place
  }

  private static func words(_ line: String, _ number: Int, _ file: String) -> [Word] {
    var words: [Word] = []
    var start: Int?
    let bytes = Array(line.utf8)
    for index in 0...bytes.count {
      let isGap = index == bytes.count || [32, 9, 44].contains(bytes[index])
      if let from = start, isGap {
        let mark = Mark(line: number, column: from + 1)
        words.append(
          Word(text: String(decoding: bytes[from..<index], as: UTF8.self), place: Place(file: file, mark: mark)))
        start = nil
      } else if start == nil, !isGap {
        start = index
      }
    }
    return words
  }

  private mutating func decode(_ words: [Word], at end: Place) throws(Refusal) {
    switch words[0].text {
    case set.prefix: try decodeInstruction(words, at: end)
    case "R": try decodeAccess(words, isWrite: false, at: end)
    case "W": try decodeAccess(words, isWrite: true, at: end)
    default:
      let known = [set.prefix, "R", "W"]
      throw Refusal(
        "a line begins with an unknown word", at: words[0].place, value: clipped(words[0].text),
        expected: known.joined(separator: ", "),
        suggestion: nearMiss(of: words[0].text, among: known).map { "did you mean '\($0)'?" })
    }
  }

  private mutating func decodeInstruction(_ words: [Word], at end: Place) throws(Refusal) {
    guard words.count > 1 else { throw Refusal("an instruction has no name", at: end) }
    var name = words[1].text
    if name.hasPrefix("ISR_") { name.removeFirst(4) }
    guard let kind = set.index(of: name) else {
      let known = set.instructions.map(\.name)
      throw Refusal(
        "unknown instruction", at: words[1].place, value: clipped(words[1].text),
        expected: "one of \(known.joined(separator: ", "))",
        suggestion: nearMiss(of: name, among: known).map { "did you mean '\($0)'?" })
    }
    let described = set.instructions[kind]
    try checkCount(words, 2 + described.fields.count, described.fields.map(\.rawValue), at: end)
    var instruction = Instruction(kind)
    for (field, word) in zip(described.fields, words.dropFirst(2)) {
      switch field {
      case .count: instruction.count = try number(word, "count", in: 1...columns)
      case .register: _ = try number(word, "register", in: 0...Int64.max)
      case .bank: instruction.bank = Int(try number(word, "bank", in: 0...Int64(device.banksPerChannel - 1)))
      case .row: instruction.row = try number(word, "row", in: 0...(device.rows - 1))
      case .channels:
        instruction.channels = try channelSet(word)
        if described.takesOneChannel, instruction.channels.nonzeroBitCount != 1 {
          throw Refusal("'\(name)' takes one channel", at: word.place, value: word.text, expected: "a mask of one bit")
        }
      }
    }
    if described.command >= 0, device.commands[described.command].scope == 0 { instruction.bank = -1 }
    if described.usesTable { instruction.row = (device.tableRows?.lowerBound ?? 0) + table }
    if described.wait == .end { hasEnded = true }
    instructions.append(.one(instruction))
  }

  private var columns: Int64 { max(device.rowBytes / max(device.accessBytes, 1), 1) }

  private mutating func decodeAccess(_ words: [Word], isWrite: Bool, at end: Place) throws(Refusal) {
    guard words.count > 1 else {
      throw Refusal("an access names no place", at: end, expected: "MEM, GPR or CFR")
    }
    switch words[1].text {
    case "MEM":
      try checkCount(words, 5, ["channel", "bank", "row"], at: end)
      guard (isWrite ? set.host.write : set.host.read) >= 0 else {
        throw Refusal("the device has no accesses of the host", at: words[0].place)
      }
      var access = Instruction(isWrite ? Instruction.hostWrite : Instruction.hostRead)
      access.channels = 1 << UInt64(try number(words[2], "channel", in: 0...Int64(channels - 1)))
      access.bank = Int(try number(words[3], "bank", in: 0...Int64(device.banksPerChannel - 1)))
      access.row = try number(words[4], "row", in: 0...(device.rows - 1))
      access.column = -1
      instructions.append(.one(access))
    case "GPR":
      try checkCount(words, 3, ["register"], at: end)
      _ = try number(words[2], "register", in: 0...Int64.max)
      instructions.append(.one(Instruction.nothing))
    case "CFR":
      try checkCount(words, 4, ["setting", "value"], at: end)
      let address = try number(words[2], "setting", in: 0...Int64.max)
      guard set.settings.contains(address) else {
        throw Refusal(
          "unknown setting", at: words[2].place, value: words[2].text,
          expected: "one of \(set.settings.map(String.init).joined(separator: ", "))")
      }
      let limit = address == set.tableSetting ? Int64(device.tableRows?.count ?? 1) - 1 : Int64.max
      let value = try number(words[3], "value", in: 0...limit)
      if isWrite, address == set.tableSetting { table = value }
      instructions.append(.one(Instruction.nothing))
    default:
      throw Refusal(
        "unknown place of an access", at: words[1].place, value: clipped(words[1].text), expected: "MEM, GPR or CFR",
        suggestion: nearMiss(of: words[1].text, among: ["MEM", "GPR", "CFR"]).map { "did you mean '\($0)'?" })
    }
  }

  private func checkCount(_ words: [Word], _ count: Int, _ fields: [String], at end: Place) throws(Refusal) {
    guard words.count != count else { return }
    throw Refusal(
      "'\(words[1].text)' has \(words.count - 2) fields", at: words.count > count ? words[count].place : end,
      expected: fields.isEmpty ? "none" : fields.joined(separator: ", "))
  }

  /// A decimal number, or a hexadecimal one behind `0x`.
  private func number(_ word: Word, _ what: String, in range: ClosedRange<Int64>) throws(Refusal) -> Int64 {
    let lower = word.text.lowercased()
    let value = lower.hasPrefix("0x") ? Int64(lower.dropFirst(2), radix: 16) : Int64(word.text)
    guard let value, !lower.contains("+") else {
      throw Refusal(
        "\(what) is not a number", at: word.place, value: clipped(word.text), expected: "such as 12 or 0x0c")
    }
    guard range.contains(value) else {
      throw Refusal(
        "\(what) is out of range", at: word.place, value: clipped(word.text),
        expected: range.upperBound == .max
          ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// The channels of a mask of 32 bits, the highest of which is channel 0.
  private func channelSet(_ word: Word) throws(Refusal) -> UInt64 {
    let mask = try number(word, "channels", in: 1...0xFFFF_FFFF)
    var set: UInt64 = 0
    for bit in 0..<32 where mask & 1 << Int64(bit) != 0 {
      let channel = 31 - bit
      guard channel < channels else {
        throw Refusal(
          "the instruction names channel \(channel)", at: word.place, value: word.text,
          expected: "channels 0 to \(channels - 1)")
      }
      set |= 1 << UInt64(channel)
    }
    return set
  }
}
