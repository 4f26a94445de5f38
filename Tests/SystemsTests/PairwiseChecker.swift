import DRAM
import Dataflow

/// Checks a command log against a device's constraints pair by pair, straight from their definition: for each command
/// every earlier one that is near enough to matter. It keeps no next-allowed cycles and shares nothing with the engine
/// that scheduled the commands.
struct PairwiseChecker {
  private let device: DeviceDescription
  /// By previous command: how far back its rules look, and what was issued in that time.
  private var reach: [Int64]
  private var recent: [[(cycle: Int64, path: [Int])]]

  init(_ device: DeviceDescription) {
    self.device = device
    reach = device.commands.indices.map { command in
      device.constraints.filter { $0.previous.contains(command) }.map { $0.latency }.max() ?? 0
    }
    recent = Array(repeating: [], count: device.commands.count)
  }

  /// The rule that a command breaks, if any; notes the command.
  mutating func fault(_ command: Int, _ path: [Int], at cycle: Int64) -> String? {
    var fault: String?
    for rule in device.constraints where rule.next.contains(command) {
      for previous in rule.previous {
        let earlier = recent[previous].filter { entry in
          (0...rule.level).allSatisfy { entry.path[$0] == path[$0] || entry.path[$0] < 0 || path[$0] < 0 }
        }
        guard earlier.count >= rule.window else { continue }
        let since = earlier[earlier.count - rule.window].cycle
        if cycle < since + rule.latency {
          fault = "\(device.commands[previous].name) at \(since), \(device.commands[command].name) at \(cycle): \(rule)"
        }
      }
    }
    recent[command].append((cycle, path))
    let horizon = cycle - reach[command]
    recent[command].removeAll { $0.cycle < horizon }
    return fault
  }
}
