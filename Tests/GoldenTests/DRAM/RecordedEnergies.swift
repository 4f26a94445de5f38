import Arch
import DRAM
import Files
import Foundation
import Testing

/// Energies that DRAMsim3 printed, from the commands that it printed.
@Suite struct RecordedEnergies {
  private struct Run: Decodable {
    struct Channel: Decodable {
      let num_read_cmds: Int64
      let num_write_cmds: Int64
      let num_act_cmds: Int64
      let num_ref_cmds: Int64
      let num_refb_cmds: Int64
      let act_energy: Double
      let read_energy: Double
      let write_energy: Double
      let ref_energy: Double
      let refb_energy: Double
      let total_energy: Double
      let rank_active_cycles: [String: Int64]
      let all_bank_idle_cycles: [String: Int64]
      let sref_cycles: [String: Int64]
      let act_stb_energy: [String: Double]
      let pre_stb_energy: [String: Double]
      let sref_energy: [String: Double]
    }
    let cycles_simulated: Int64?
    let stats_per_channel: [Channel]?
  }

  static let devices = RecordedRuns.devices.filter { $0.hasPrefix("ds3-") }

  @Test(
    .enabled(if: RecordedRuns.isPresent, "skipped: the recorded DRAM runs are not here"), arguments: devices)
  func commandsGiveTheRecordedCountsAndEnergies(device name: String) throws {
    var d = Diagnostics()
    let folder = RecordedRuns.folder
    let device = try #require(
      DeviceFile.read(path: "\(folder)/devices/\(name).json", displayName: "\(name).json", into: &d), "\(d.items)")
    let runs = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/runs/\(name)")
      .filter { $0.hasSuffix(".cmd.csv.gz") }.map { String($0.dropLast(".cmd.csv.gz".count)) }.sorted()
    var compared = 0
    for trace in runs {
      let json = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/runs/\(name)/\(trace).json"))
      let run = try JSONDecoder().decode(Run.self, from: json)
      guard let cycles = run.cycles_simulated, let channels = run.stats_per_channel else { continue }
      let activity = try replay("\(folder)/runs/\(name)/\(trace).cmd.csv.gz", device, channels.count, cycles)
      let energy = MemoryEnergy(activity, of: device)
      for (channel, expected) in channels.enumerated() {
        compare(activity[channel], energy, channel, expected, device, "\(trace), channel \(channel)")
      }
      compared += 1
    }
    #expect(compared >= 4)
  }

  private func compare(
    _ ranks: [RankActivity], _ energy: MemoryEnergy, _ channel: Int, _ expected: Run.Channel,
    _ device: DeviceDescription, _ what: String
  ) {
    func sum(_ part: KeyPath<RankActivity, Int64>) -> Int64 { ranks.reduce(0) { $0 + $1[keyPath: part] } }
    #expect(sum(\.activates) == expected.num_act_cmds, "\(what)")
    #expect(sum(\.reads) == expected.num_read_cmds, "\(what)")
    #expect(sum(\.writes) == expected.num_write_cmds, "\(what)")
    #expect(sum(\.refreshes) == expected.num_ref_cmds, "\(what)")
    #expect(sum(\.bankRefreshes) == expected.num_refb_cmds, "\(what)")
    let mine = energy.ranks.filter { $0.channel == channel }
    func isEqual(_ energy: Energy, _ recorded: Double) -> Bool {
      // The recorded unit is V mA cycle.
      guard let joules = energy.joules else { return false }
      let value = (joules / device.period * Rational(1000)).double
      return abs(value - recorded) <= 1e-12 * abs(recorded)
    }
    func total(_ kind: MemoryEnergy.Kind) -> Energy { mine.reduce(.zero) { $0 + $1[kind] } }
    #expect(isEqual(total(.activate), expected.act_energy), "\(what)")
    #expect(isEqual(total(.read), expected.read_energy), "\(what)")
    #expect(isEqual(total(.write), expected.write_energy), "\(what)")
    #expect(isEqual(total(.refresh), expected.ref_energy), "\(what)")
    #expect(isEqual(total(.bankRefresh), expected.refb_energy), "\(what)")
    #expect(isEqual(energy.total(channel: channel), expected.total_energy), "\(what)")
    #expect(ranks.count == expected.rank_active_cycles.count, "\(what)")
    for (index, rank) in ranks.enumerated() {
      let key = "\(index)"
      #expect(rank.activeCycles == expected.rank_active_cycles[key], "\(what), rank \(key)")
      #expect(rank.prechargedCycles == expected.all_bank_idle_cycles[key], "\(what), rank \(key)")
      #expect(rank.selfRefreshCycles == expected.sref_cycles[key], "\(what), rank \(key)")
      #expect(rank.activePowerDownCycles == 0 && rank.prechargedPowerDownCycles == 0, "\(what)")
      #expect(isEqual(mine[index][.activeStandby], expected.act_stb_energy[key] ?? -1), "\(what), rank \(key)")
      #expect(isEqual(mine[index][.prechargeStandby], expected.pre_stb_energy[key] ?? -1), "\(what), rank \(key)")
      #expect(isEqual(mine[index][.selfRefresh], expected.sref_energy[key] ?? -1), "\(what), rank \(key)")
    }
  }

  /// What every rank of every channel did, from the commands of a trace.
  private func replay(
    _ path: String, _ device: DeviceDescription, _ channels: Int, _ cycles: Int64
  ) throws -> [[RankActivity]] {
    let reader = try LineReader(path: path)
    let header = try #require(try reader.nextLine()).split(separator: ",").map(String.init)
    let levels = try device.levels.map { try #require(header.firstIndex(of: $0)) }
    let (cycle, command) = (
      try #require(header.firstIndex(of: "cycle")), try #require(header.firstIndex(of: "command"))
    )
    var lines: [[Substring]] = []
    while let line = try reader.nextLine() { lines.append(line.split(separator: ",")) }
    return try (0..<channels).map { channel in
      var meter = ActivityMeter(device)
      for fields in lines where Int(fields[levels[0]]) == channel {
        let indices = try levels.map { max(try #require(Int(fields[$0])), 0) }
        let bank = zip(indices, device.levelSizes).dropFirst().reduce(0) { $0 * $1.1 + $1.0 }
        meter.note(
          try #require(device.command(named: String(fields[command]))), bank: bank,
          at: try #require(Int64(fields[cycle])))
      }
      return meter.finish(at: cycles)
    }
  }
}
