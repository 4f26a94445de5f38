import Arch
import Files

/// Which column of a command trace holds what, and how one line becomes a command.
package struct TraceColumns {
  /// One command of a trace.
  package struct Entry {
    package var cycle: Int64 = 0
    package var command = 0
    package var address = CommandAddress.all
    package var row: Int64 = -1
    package var earliest: Int64?
  }

  private enum Role: Equatable {
    case cycle, command, level(Int), row, earliest, ignored
  }

  private let roles: [Role]
  private let commandNames: [[UInt8]]
  /// By command: the levels that it covers wholly, whatever a line says there.
  private let covered: [SIMDMask<SIMD8<Int32>>]

  var hasEarliest: Bool { roles.contains(.earliest) }

  package init(header line: UnsafeRawBufferPointer, _ device: DeviceDescription, at place: Place) throws(Refusal) {
    let names = String(decoding: line, as: UTF8.self).split(separator: ",", omittingEmptySubsequences: false)
    roles = names.map { name in
      switch name {
      case "cycle": return .cycle
      case "command": return .command
      case "row": return .row
      case "earliest": return .earliest
      default: return device.levels.firstIndex(of: String(name)).map { .level($0) } ?? .ignored
      }
    }
    commandNames = device.commands.map { Array($0.name.utf8) }
    let somewhere = CommandAddress(indices: SIMD8(repeating: 0))
    covered = device.commands.map { $0.covering(somewhere).indices .< 0 }
    for index in names.indices where roles[index] != .ignored && names[..<index].contains(names[index]) {
      throw Refusal("the trace has two columns '\(names[index])'", at: place, expected: "each column once")
    }
    for (role, name) in [(Role.cycle, "cycle"), (.command, "command"), (.row, "row")] where !roles.contains(role) {
      throw Refusal(
        "the trace has no column '\(name)'", at: place, value: String(decoding: line.prefix(80), as: UTF8.self),
        expected: "a header such as cycle,command,channel,…,row,column")
    }
    for level in device.levels.indices where !roles.contains(.level(level)) {
      throw Refusal(
        "the trace has no column '\(device.levels[level])', a level of the device", at: place,
        value: String(decoding: line.prefix(80), as: UTF8.self))
    }
  }

  package func entry(
    _ line: UnsafeRawBufferPointer, _ device: DeviceDescription, _ levelSizes: [Int], at place: Place
  ) throws(Refusal) -> Entry {
    var entry = Entry()
    var column = 0
    var start = 0
    for end in 0...line.count where end == line.count || line[end] == UInt8(ascii: ",") {
      defer {
        start = end + 1
        column += 1
      }
      guard column < roles.count, roles[column] != .ignored else { continue }
      let field = UnsafeRawBufferPointer(rebasing: line[start..<end])
      if roles[column] == .command {
        guard let index = commandNames.firstIndex(where: { $0.elementsEqual(field) }) else {
          let name = String(decoding: field.prefix(60), as: UTF8.self)
          throw Refusal(
            "unknown command", at: at(place, start), value: name,
            expected: "one of \(device.commands.map(\.name).joined(separator: ", "))",
            suggestion: nearMiss(of: name, among: device.commands.map(\.name)).map { "did you mean '\($0)'?" })
        }
        entry.command = index
        continue
      }
      guard let number = Self.integer(field) else {
        throw Refusal(
          "not an integer", at: at(place, start), value: String(decoding: field.prefix(60), as: UTF8.self),
          expected: "a decimal integer of at most 18 digits")
      }
      switch roles[column] {
      case .cycle:
        guard (0..<(1 << 46)).contains(number) else {
          throw Refusal("cycle out of range", at: at(place, start), value: "\(number)", expected: "0 to 2^46")
        }
        entry.cycle = number
      case .row:
        guard number >= -1 else {
          throw Refusal(
            "row out of range", at: at(place, start), value: "\(number)", expected: "a row, or -1 for a command of none"
          )
        }
        entry.row = number
      case .earliest: entry.earliest = number
      case .level(let level):
        guard number >= -1, number < Int64(levelSizes[level]) else {
          throw Refusal(
            "\(device.levels[level]) beyond the device", at: at(place, start), value: "\(number)",
            expected: "0 to \(levelSizes[level] - 1), or -1 for all")
        }
        entry.address.indices[level] = Int32(number)
      default: break
      }
    }
    guard column == roles.count else {
      throw Refusal("the line has \(column) fields", at: place, expected: "\(roles.count) as in the header")
    }
    let kind = device.commands[entry.command].kind
    if entry.row < 0 && (kind == .activate || kind == .activateFirst) {
      throw Refusal("an activation of no row", at: place, value: "row \(entry.row)", expected: "the row that it opens")
    }
    entry.address.indices.replace(with: -1, where: covered[entry.command])
    return entry
  }

  private func at(_ place: Place, _ offset: Int) -> Place {
    Place(file: place.file, mark: place.mark.map { Mark(line: $0.line, column: offset + 1) })
  }

  private static func integer(_ field: UnsafeRawBufferPointer) -> Int64? {
    var index = 0
    let isNegative = field.first == UInt8(ascii: "-")
    if isNegative { index = 1 }
    guard index < field.count, field.count - index <= 18 else { return nil }
    var value: Int64 = 0
    while index < field.count {
      guard (48...57).contains(field[index]) else { return nil }
      value = value * 10 + Int64(field[index] - 48)
      index += 1
    }
    return isNegative ? -value : value
  }
}
