import DRAM
import Explore
import Files
import Foundation
import Testing

/// Runs of other simulators done again: the same commands in the same cycles, and the same sums.
@Suite struct RecordedControllers {
  /// What a recorded run says; which keys are there depends on the simulator.
  private struct Recorded: Decodable {
    let requests: Int64
    let commands: [String: Int64]
    let total_cycles: Int64?
    let last_callback_cycle: Int64?
    let cycles_simulated: Int64?
    let stats_per_channel: Statistics

    enum Statistics: Decodable {
      case sums(Sums)
      case channels([Channel])

      init(from decoder: any Decoder) throws {
        if let channels = try? [Channel](from: decoder) {
          self = .channels(channels)
        } else {
          self = .sums(try Sums(from: decoder))
        }
      }
    }

    /// By channel.
    struct Sums: Decodable {
      let row_hits: [Int64]
      let row_misses: [Int64]
      let row_conflicts: [Int64]
      let avg_read_latency: [Double]
    }

    struct Channel: Decodable {
      let num_read_row_hits: Int64
      let num_write_row_hits: Int64
      let hbm_dual_cmds: Int64
      let average_read_latency: Double?
      let total_energy: Double
      let act_energy: Double
      let read_energy: Double
      let write_energy: Double
      let ref_energy: Double
      let act_stb_energy: [String: Double]
      let pre_stb_energy: [String: Double]
      let sref_energy: [String: Double]
    }
  }

  /// What the command prints.
  private struct Report: Decodable {
    struct Latency: Decodable { let mean: Double? }
    struct Channel: Decodable {
      let row_hits: Int64
      let row_misses: Int64
      let row_conflicts: Int64
      let dual_commands: Int64
      let latency: Latency
      let energy_j: Double?
    }
    struct Rank: Decodable { let by_kind: [String: Double] }
    struct ChannelEnergy: Decodable { let ranks: [Rank] }
    struct Energies: Decodable { let channels: [ChannelEnergy] }
    let requests: Int64
    let cycles: Int64
    let cycles_simulated: Int64
    let clock_hz: Double
    let commands: [String: Int64]
    let channels: [Channel]
    let energy_j: Double?
    let energy_reason: String?
    let energy: Energies?
  }

  @Test(
    .enabled(if: RecordedRuns.isPresent, "skipped: the recorded DRAM runs are not here"),
    arguments: RecordedRuns.devices)
  func everyRunIsDoneAgain(device: String) throws {
    let folder = "\(RecordedRuns.folder)/runs/\(device)"
    let runs = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".req.csv.gz") }.map { String($0.dropLast(".req.csv.gz".count)) }.sorted()
    try #require(runs.count >= 4)
    for run in runs {
      let what = "\(device)/\(run)"
      let recorded = try JSONDecoder().decode(
        Recorded.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(run).json")))
      let report = try again(device, run, skips: true)
      compare(report, recorded, what)
      // Every clock visited: the same. The longest of these has 151,041.
      if recorded.requests <= 1000 { compare(try again(device, run, skips: false), recorded, "\(what), no skipping") }
    }
  }

  /// The report of a run done again, its commands compared.
  private func again(_ device: String, _ run: String, skips: Bool) throws -> Report {
    let folder = "\(RecordedRuns.folder)/runs/\(device)"
    let path = NSTemporaryDirectory() + "accsim-commands-\(UUID().uuidString).csv.gz"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var study = DRAMRunStudy(
      device: "\(RecordedRuns.folder)/devices/\(device).json", requests: "\(folder)/\(run).req.csv.gz",
      controller: "\(folder)/\(run).json")
    study.commandTrace = path
    study.skips = skips
    let output = try study.run()
    #expect(output.messages.isEmpty, "\(output.messages)")
    let mine = try LineReader(path: path)
    let theirs = try LineReader(path: "\(folder)/\(run).cmd.csv.gz")
    while true {
      let (line, expected) = (try mine.nextLine(), try theirs.nextLine())
      if line == nil && expected == nil { break }
      // The last two columns are the checker's.
      let first = expected.map { $0.split(separator: ",").prefix(9).joined(separator: ",") }
      try #require(line == first, "\(device)/\(run): line \(mine.lineNumber)")
    }
    return try JSONDecoder().decode(Report.self, from: Data(output.json.description.utf8))
  }

  private func compare(_ report: Report, _ recorded: Recorded, _ what: String) {
    #expect(report.requests == recorded.requests, "\(what)")
    #expect(report.cycles == recorded.total_cycles ?? recorded.last_callback_cycle, "\(what)")
    #expect(report.cycles_simulated == recorded.total_cycles ?? recorded.cycles_simulated, "\(what)")
    #expect(report.commands == recorded.commands.filter { $0.value > 0 }, "\(what)")
    switch recorded.stats_per_channel {
    case .sums(let sums):
      #expect(report.channels.map(\.row_hits) == sums.row_hits, "\(what)")
      #expect(report.channels.map(\.row_misses) == sums.row_misses, "\(what)")
      #expect(report.channels.map(\.row_conflicts) == sums.row_conflicts, "\(what)")
      for (mine, theirs) in zip(report.channels, sums.avg_read_latency) {
        #expect(Self.isEqual(mine.latency.mean ?? 0, theirs, within: 5e-6), "\(what)")
      }
      // These devices come without currents.
      #expect(report.energy_j == nil && report.energy_reason != nil && report.energy == nil, "\(what)")
    case .channels(let channels):
      #expect(report.channels.count == channels.count, "\(what)")
      for (index, (mine, theirs)) in zip(report.channels, channels).enumerated() {
        #expect(mine.row_hits == theirs.num_read_row_hits + theirs.num_write_row_hits, "\(what)")
        #expect(mine.dual_commands == theirs.hbm_dual_cmds, "\(what)")
        #expect(Self.isEqual(mine.latency.mean ?? 0, theirs.average_read_latency ?? 0, within: 1e-12), "\(what)")
        #expect(Self.isEqual(mine.energy_j, theirs.total_energy, at: report.clock_hz), "\(what)")
        compareEnergies(report, theirs, index, what)
      }
    }
  }

  private func compareEnergies(_ report: Report, _ theirs: Recorded.Channel, _ channel: Int, _ what: String) {
    let ranks = report.energy?.channels[channel].ranks ?? []
    #expect(ranks.count == theirs.act_stb_energy.count, "\(what)")
    func sum(_ kind: String) -> Double { ranks.reduce(0) { $0 + ($1.by_kind[kind] ?? .nan) } }
    let sums = [
      ("activate", theirs.act_energy), ("read", theirs.read_energy), ("write", theirs.write_energy),
      ("refresh", theirs.ref_energy),
    ]
    for (kind, value) in sums { #expect(Self.isEqual(sum(kind), value, at: report.clock_hz), "\(what), \(kind)") }
    for (index, rank) in ranks.enumerated() {
      let states = [
        ("active-standby", theirs.act_stb_energy), ("precharge-standby", theirs.pre_stb_energy),
        ("self-refresh", theirs.sref_energy),
      ]
      for (kind, values) in states {
        #expect(
          Self.isEqual(rank.by_kind[kind], values["\(index)"] ?? .nan, at: report.clock_hz), "\(what), rank \(index)")
      }
    }
  }

  /// The recorded unit is V mA cycle.
  private static func isEqual(_ joules: Double?, _ recorded: Double, at hertz: Double) -> Bool {
    joules.map { isEqual($0 * hertz * 1000, recorded, within: 1e-12) } ?? false
  }

  private static func isEqual(_ value: Double, _ other: Double, within tolerance: Double) -> Bool {
    abs(value - other) <= tolerance * abs(other)
  }
}
