import DRAM
import Files

/// The instructions of a device, as its file lists them: what each carries and which command it becomes.
struct InstructionSet: Sendable {
  /// What an instruction carries, in the order of its words.
  enum Field: String, Sendable, CaseIterable {
    /// How many commands it becomes, on neighbouring columns.
    case count
    /// A register beside the memory, which costs no time here.
    case register
    /// Which channels, a bit each; the first channel is the highest of 32.
    case channels
    case bank
    case row
  }

  /// What holds the instructions after it back.
  enum Wait: String, Sendable, CaseIterable {
    case none
    /// Until its own data are there.
    case data
    /// Until all that went before is done, in every channel.
    case all
    /// As `all`, and it ends the program.
    case end
  }

  /// How its command gets to the memory.
  enum Path: String, Sendable, CaseIterable {
    /// In the order of the instructions.
    case order
    /// As a read or write of a host, which may overtake each other.
    case host
  }

  struct Instruction: Sendable {
    let name: String
    /// Index into the device's commands; −1 for one that costs the memory nothing.
    let command: Int
    let fields: [Field]
    let wait: Wait
    let path: Path
    /// Whether it works on a row of tables, chosen by a setting.
    let usesTable: Bool
    let takesOneChannel: Bool
  }

  var instructions: [Instruction] = []
  /// The word that begins a line with an instruction.
  var prefix = ""
  /// Reads and writes of memory by the host.
  var host = HostRules()
  /// Settings by address, and the one that chooses a table's row.
  var settings: [Int64] = []
  var tableSetting: Int64 = -1

  func index(of name: String) -> Int? { instructions.firstIndex { $0.name == name } }

  static let keys = ["prefix", "instructions", "host", "settings", "table-setting"]

  init?(_ fields: inout Fields, _ device: DeviceDescription, _ d: inout Diagnostics) {
    let errors = d.errorCount
    prefix = fields.requiredText("prefix", &d) ?? ""
    if var host = fields.fields("host", of: "the host's accesses", &d) {
      self.host.read = Self.command(&host, "read", device, &d) ?? -1
      self.host.write = Self.command(&host, "write", device, &d) ?? -1
      self.host.capacity = Int(host.requiredInteger("queue", in: 1...4096, &d) ?? 1)
      self.host.manyWrites = Int(host.requiredInteger("writes-above", in: 0...4096, &d) ?? 0)
      self.host.fewWrites = Int(host.requiredInteger("writes-below", in: 0...4096, &d) ?? 0)
      host.finish(&d, knownKeys: ["read", "write", "queue", "writes-above", "writes-below"])
    }
    for node in fields.list("settings", &d) ?? [] {
      let range: ClosedRange<Int64> = 0...(1 << 30)
      if let address = Scalars.integer(of: node, in: range, "a setting", file: fields.file, &d) {
        settings.append(address)
      }
    }
    if let setting = fields.integer("table-setting", in: 0...(1 << 30), &d) { tableSetting = setting }
    if var list = fields.requiredFields("instructions", of: "the instructions", &d) {
      for name in list.keys {
        guard var entry = list.fields(name, of: "instruction '\(name)'", &d) else { continue }
        read(&entry, name, device, &d)
      }
      if !instructions.contains(where: { $0.wait == .end }) {
        d.error("no instruction ends a program", at: fields.place("instructions"), expected: "one with waits: end")
      }
    }
    guard d.errorCount == errors else { return nil }
  }

  private mutating func read(
    _ entry: inout Fields, _ name: String, _ device: DeviceDescription, _ d: inout Diagnostics
  ) {
    let command = entry.contains("command") ? Self.command(&entry, "command", device, &d) ?? -1 : -1
    let words = entry.texts("fields", &d) ?? []
    let wait = entry.choice("waits", of: Wait.allCases.map(\.rawValue), &d)
    let path = entry.choice("path", of: Path.allCases.map(\.rawValue), &d)
    let usesTable = entry.boolean("table", &d) ?? false
    let takesOneChannel = entry.boolean("one-channel", &d) ?? false
    var carried: [Field] = []
    for word in words {
      guard let field = Field(rawValue: word) else {
        let known = Field.allCases.map(\.rawValue)
        d.error(
          "unknown field in instruction '\(name)'", at: entry.place("fields"), value: word,
          expected: "one of \(known.joined(separator: ", "))",
          suggestion: nearMiss(of: word, among: known).map { "did you mean '\($0)'?" })
        continue
      }
      if carried.contains(field), field != .register {
        d.error("instruction '\(name)' carries a field twice", at: entry.place("fields"), value: word)
      }
      carried.append(field)
    }
    if usesTable, device.tableRows == nil {
      d.error("instruction '\(name)' works on a table, and the device has no table-rows", at: entry.place("table"))
    }
    if command >= 0 {
      let described = device.commands[command]
      let needed: [Field] =
        (described.kind.needsOpenRow && !usesTable ? [.row] : []) + (described.scope == 0 ? [] : [.bank])
      for field in needed where !carried.contains(field) {
        d.error(
          "instruction '\(name)' carries no \(field.rawValue), which \(described.name) needs", at: entry.place(),
          expected: "\(field.rawValue) among its fields")
      }
    }
    entry.finish(&d, knownKeys: ["command", "fields", "waits", "path", "table", "one-channel"])
    instructions.append(
      Instruction(
        name: name, command: command, fields: carried, wait: wait.flatMap(Wait.init(rawValue:)) ?? .none,
        path: path.flatMap(Path.init(rawValue:)) ?? .order, usesTable: usesTable, takesOneChannel: takesOneChannel))
  }

  private static func command(
    _ fields: inout Fields, _ key: String, _ device: DeviceDescription, _ d: inout Diagnostics
  ) -> Int? {
    fields.requiredChoice(key, of: device.commands.map(\.name), &d).flatMap { device.command(named: $0) }
  }
}
