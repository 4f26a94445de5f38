import DRAM
import Files

/// Writes the commands of a run as they are issued, in the form that `accsim dram check` reads.
///
/// The columns are those of recorded traces: −1 where a device lacks the level, or a command covers all of it.
final class IssuedCommandCSV {
  private static let usual = ["channel", "pseudochannel", "rank", "bankgroup", "bank"]

  /// Why no more is written.
  private(set) var failure: Refusal?
  private let file: TextStream
  private let names: [[UInt8]]
  /// By command and column of the address: the level's index, or −1 where the column is −1.
  private let columns: [[Int]]
  private let levelSizes: [Int]
  private let strides: [Int]

  init(path: String, device: DeviceDescription) throws(Refusal) {
    file = try TextStream(path: path)
    names = device.commands.map { Array($0.name.utf8) }
    let levels = Self.usual + device.levels.filter { !Self.usual.contains($0) }
    columns = device.commands.map { command in
      levels.map { name in
        guard let level = device.levels.firstIndex(of: name), level <= command.scope ?? device.bankLevel,
          !command.across.contains(level)
        else { return -1 }
        return level
      }
    }
    levelSizes = device.levelSizes
    strides = device.levelSizes.indices.map { device.levelSizes[($0 + 1)...].reduce(1, *) }
    let header = "cycle,command,\(levels.joined(separator: ",")),row,column\n"
    try file.reserve(header.utf8.count)
    file.add(Array(header.utf8))
  }

  /// Appends commands; after a failure nothing is written any more.
  func write(_ commands: ArraySlice<IssuedCommand>) {
    guard failure == nil else { return }
    do throws(Refusal) {
      for command in commands { try write(command) }
    } catch {
      failure = error
    }
  }

  @inline(__always)
  private func write(_ issued: IssuedCommand) throws(Refusal) {
    let comma = UInt8(ascii: ",")
    let command = Int(issued.command)
    try file.reserve(512 + names[command].count)
    file.add(decimal: issued.cycle)
    file.add(comma)
    file.add(names[command])
    for level in columns[command] {
      file.add(comma)
      switch level {
      case -1: file.add(decimal: -1)
      case 0: file.add(decimal: Int64(issued.channel))
      default: file.add(decimal: Int64(Int(issued.bank) / strides[level] % levelSizes[level]))
      }
    }
    file.add(comma)
    file.add(decimal: Int64(issued.row))
    file.add(comma)
    file.add(decimal: Int64(issued.column))
    file.add(UInt8(ascii: "\n"))
  }

  /// Puts the trace in its place.
  func commit() throws(Refusal) {
    if let failure { throw failure }
    try file.commit()
  }
}
