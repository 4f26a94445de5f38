import DRAM
import Files
import Foundation
import Reference
import Testing

/// The reference that goes from clock to clock, held to the runs of the simulators that it describes: what is held to it
/// is held to them.
@Suite struct ClockedRuns {
  @Test(
    .enabled(if: RecordedRuns.isPresent, "skipped: the recorded DRAM runs are not here"),
    arguments: RecordedRuns.devices)
  func theReferenceIssuesTheRecordedCommands(device name: String) throws {
    var d = Diagnostics()
    let path = "\(RecordedRuns.folder)/devices/\(name).json"
    let device = try #require(DeviceFile.read(path: path, displayName: "\(name).json", into: &d))
    let folder = "\(RecordedRuns.folder)/runs/\(name)"
    let runs = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .filter { $0.hasSuffix(".req.csv.gz") }.map { String($0.dropLast(".req.csv.gz".count)) }
    try #require(runs.count >= 4)
    for run in runs {
      let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(run).json"))
      let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      let requests = try rows("\(folder)/\(run).req.csv.gz").map {
        MemoryRequest(
          arrival: try #require(Int64($0[0])), address: try #require(UInt64($0[2].dropFirst(2), radix: 16)),
          isWrite: $0[1] == "W")
      }
      let result = ClockedMemory.run(requests, on: device, settings: try settings(json))
      let recorded = try rows("\(folder)/\(run).cmd.csv.gz")
      #expect(result.commands.count == recorded.count, "\(run)")
      let different = zip(result.commands, recorded).first { fields($0, device) != Array($1.prefix(9)) }
      #expect(different == nil, "\(run)")
      let cycles = try #require((json["total_cycles"] ?? json["last_callback_cycle"]) as? Int64)
      #expect(result.cycles == cycles, "\(run)")
      if let simulated = json["cycles_simulated"] as? Int64 { #expect(result.cyclesSimulated == simulated, "\(run)") }
      expectStatistics(result, json, run)
    }
  }

  private func settings(_ run: [String: Any]) throws -> ControllerSettings {
    let controller = try #require(run["controller"] as? [String: Any])
    let policy = controller["row_policy"] ?? controller["row_buf_policy"]
    let isRecordedByClass = controller["class"] != nil
    var settings = try #require(ControllerSettings.preset(isRecordedByClass ? "ramulator2.1" : "dramsim3"))
    settings.requestsPerCycle = run["requests_offered_per_cycle_max"] as? Int
    if ["ClosedCAP(cap=1)", "CLOSE_PAGE"].contains(policy as? String) { settings.rowPolicy = .closed(cap: 1) }
    if controller["refresh"] as? String == "PerBank" { settings.refresh = .perBank }
    if controller["enable_self_refresh"] as? Int == 1 {
      settings.selfRefreshAfter = controller["sref_threshold"] as? Int64
    }
    return settings
  }

  /// A command in the columns of a recorded trace.
  private func fields(_ command: ClockedCommand, _ device: DeviceDescription) -> [String] {
    let description = device.commands[command.command]
    var indices = Array(repeating: 0, count: device.levels.count)
    var rest = command.bank
    for level in device.levels.indices.dropFirst().reversed() {
      indices[level] = rest % device.levelSizes[level]
      rest /= device.levelSizes[level]
    }
    indices[0] = command.channel
    let address = ["channel", "pseudochannel", "rank", "bankgroup", "bank"].map { name in
      guard let level = device.levels.firstIndex(of: name), level <= description.scope ?? level else { return "-1" }
      return String(indices[level])
    }
    return ["\(command.cycle)", description.name] + address + ["\(command.row)", "\(command.column)"]
  }

  private func expectStatistics(_ result: ClockedRun, _ json: [String: Any], _ run: String) {
    if let sums = json["stats_per_channel"] as? [String: Any] {
      #expect(result.channels.map(\.rowHits) == sums["row_hits"] as? [Int64], "\(run)")
      #expect(result.channels.map(\.rowMisses) == sums["row_misses"] as? [Int64], "\(run)")
      #expect(result.channels.map(\.rowConflicts) == sums["row_conflicts"] as? [Int64], "\(run)")
      let latencies = sums["avg_read_latency"] as? [Double] ?? []
      for (channel, latency) in zip(result.channels, latencies) where channel.reads > 0 {
        // Printed with six digits.
        #expect(abs(Double(channel.latencySum) / Double(channel.reads) / latency - 1) < 1e-5, "\(run)")
      }
    }
    for (channel, sums) in zip(result.channels, json["stats_per_channel"] as? [[String: Any]] ?? []) {
      let hits = (sums["num_read_row_hits"] as? Int64 ?? 0) + (sums["num_write_row_hits"] as? Int64 ?? 0)
      #expect(channel.rowHits == hits, "\(run)")
      #expect(channel.dualCommands == sums["hbm_dual_cmds"] as? Int64, "\(run)")
      if let latency = sums["average_read_latency"] as? Double, channel.reads > 0 {
        #expect(abs(Double(channel.latencySum) / Double(channel.reads) / latency - 1) < 1e-9, "\(run)")
      }
    }
  }

  /// The fields of each line of a CSV file but the first.
  private func rows(_ path: String) throws -> [[String]] {
    let reader = try LineReader(path: path, displayName: path)
    var rows: [[String]] = []
    _ = try reader.nextLine()
    while let line = try reader.nextLine() { rows.append(line.split(separator: ",").map(String.init)) }
    return rows
  }
}
