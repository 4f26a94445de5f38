import DRAM
import Files

/// The commands of a device by what they do, for a controller that works on one rank of it.
struct RankCommands: Sendable {
  let activate: Int
  let precharge: Int
  let read: Int
  let write: Int
  let refresh: Int

  var inOrder: [Int] { [activate, precharge, read, write, refresh] }

  /// Commands by number, as the loop knows them.
  static let activate = 0
  static let precharge = 1
  static let read = 2
  static let write = 3
  static let refresh = 4
  static let count = 5
}

/// Banks and rows of a rank.
struct RankGeometry: Sendable {
  let ranks: Int
  let groups: Int
  let banksPerGroup: Int
  let rows: Int64
  /// Bursts of a row.
  let columns: Int64
  let burstBytes: Int64

  var banks: Int { groups * banksPerGroup }
}

/// A device's constraints among the commands of one rank: by level, the cycles from one command to another.
struct RankTiming: Sendable {
  let commands: RankCommands
  let geometry: RankGeometry
  /// `level * 25 + previous * 5 + next`, level 0 the rank, 1 a group of banks, 2 a bank; 0 where nothing is said.
  let latencies: [Int64]
  /// Activates of a rank that may go within `windowCycles`; 0 without such a rule.
  let window: Int
  let windowCycles: Int64

  static let levels = ["channel", "rank", "bankgroup", "bank"]

  /// Refuses devices that are built otherwise, and constraints that reach beyond a rank.
  init?(_ device: DeviceDescription, at place: Place, _ d: inout Diagnostics) {
    let before = d.errorCount
    guard device.levels == Self.levels else {
      d.error(
        "the controller does not know these levels", at: place, value: device.levels.joined(separator: ", "),
        expected: Self.levels.joined(separator: ", "))
      return nil
    }
    guard (1...64).contains(device.levelSizes[2] * device.levelSizes[3]), device.levelSizes[1] <= 64,
      (1...(1 << 30)).contains(device.rows), device.rowBytes > 0
    else {
      d.error(
        "the controller does not work on this organisation", at: place,
        value: "\(device.levelSizes[1]) ranks of \(device.levelSizes[2]) × \(device.levelSizes[3]) banks",
        expected: "at most 64 banks of a rank, 64 ranks, 2^30 rows, and row-size")
      return nil
    }
    geometry = RankGeometry(
      ranks: device.levelSizes[1], groups: device.levelSizes[2], banksPerGroup: device.levelSizes[3],
      rows: device.rows, columns: device.rowBytes / device.accessBytes, burstBytes: device.accessBytes)
    func command(_ kind: CommandKind, scope: String) -> Int {
      let found = device.commands.indices.filter { device.commands[$0].kind == kind }
      let level = device.levels.firstIndex(of: scope)
      if found.count != 1 || device.commands[found[0]].scope != level {
        d.error(
          "the controller wants one command of kind '\(kind.rawValue)' with scope '\(scope)'", at: place,
          value: "\(found.count) of that kind")
      }
      return found.first ?? 0
    }
    commands = RankCommands(
      activate: command(.activate, scope: "bank"), precharge: command(.precharge, scope: "bank"),
      read: command(.read, scope: "bank"), write: command(.write, scope: "bank"),
      refresh: command(.refresh, scope: "rank"))
    guard d.errorCount == before else { return nil }
    let known = commands.inOrder
    let width = RankCommands.count
    var table = Array(repeating: Int64(0), count: 3 * width * width)
    var window = (count: 0, cycles: Int64(0))
    for constraint in device.constraints {
      let previous = constraint.previous.compactMap { known.firstIndex(of: $0) }
      let next = constraint.next.compactMap { known.firstIndex(of: $0) }
      let isActivates = previous == [RankCommands.activate] && next == [RankCommands.activate]
      if constraint.window > 1, isActivates, constraint.level == 1, window.count == 0, constraint.window <= 64 {
        window = (constraint.window, constraint.latency)
      } else if constraint.level == 0 || constraint.sibling || constraint.window > 1 {
        d.error(
          "the controller does not know such a constraint", at: place, value: "\(constraint.expression)",
          expected: "no sibling, no level 'channel', one window of activates of a rank")
      } else {
        for previous in previous {
          for next in next {
            // A refresh covers the rank, and with it every group and bank.
            let level = previous == RankCommands.refresh ? 0 : constraint.level - 1
            let slot = (level * width + previous) * width + next
            table[slot] = max(table[slot], constraint.latency)
          }
        }
      }
    }
    latencies = table
    self.window = window.count
    windowCycles = window.cycles
    if d.errorCount != before { return nil }
  }

  /// The latency between two commands at a level.
  func latency(_ level: Int, _ previous: Int, _ next: Int) -> Int64 {
    latencies[(level * RankCommands.count + previous) * RankCommands.count + next]
  }

  /// The longest latency between two commands, over all levels.
  func longest(_ previous: Int, _ next: Int) -> Int64 {
    (0..<3).map { latency($0, previous, next) }.max() ?? 0
  }
}
