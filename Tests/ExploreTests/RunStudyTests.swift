import Arch
import Dataflow
import Explore
import Files
import Foundation
import Report
import Testing

@Suite struct RunStudyTests {
  private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardizedFileURL.path

  /// A folder with a small model, removed afterwards.
  private func withFolder(_ body: (String, RunStudy) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "accsim-run-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let model = """
      {"model_type": "gpt2", "n_layer": 2, "n_embd": 64, "n_head": 4, "n_positions": 64, "vocab_size": 300}
      """
    try AtomicFile.write(model, to: folder + "/tiny.config.json")
    let study = RunStudy(
      design: root + "/designs/pim-gpt.yaml", model: folder + "/tiny.config.json",
      workload: Workload(prompt: 2, generate: 2))
    try body(folder, study)
  }

  @Test func theSameInputsGiveTheSameBytes() throws {
    try withFolder { folder, study in
      var bytes: [Data] = []
      for name in ["first", "second"] {
        var study = study
        study.outputs = ["\(folder)/\(name).json", "\(folder)/\(name).csv"]
        _ = try study.run()
        bytes.append(try Data(contentsOf: URL(fileURLWithPath: study.outputs[0])))
        bytes.append(try Data(contentsOf: URL(fileURLWithPath: study.outputs[1])))
      }
      #expect(bytes[0] == bytes[2] && bytes[1] == bytes[3])
      let text = String(decoding: bytes[0], as: UTF8.self)
      #expect(!text.contains(folder) && !text.contains(root))
    }
  }

  @Test func theReportHasTheAgreedKeysAndAddsUp() throws {
    try withFolder { _, study in
      let text = try study.run().json.description
      let report = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      #expect(report["schema"] as? String == "accsim.report/1")
      for key in [
        "design", "model", "workload", "totals", "phases", "units", "operators", "unattributed", "memories",
        "baselines",
        "assumptions", "provenance",
      ] {
        #expect(report[key] != nil, "\(key)")
      }
      let totals = try #require(report["totals"] as? [String: Any])
      for key in [
        "cycles", "clock_hz", "latency_s", "ttft_s", "tpot_s", "tokens_per_s", "energy_j", "energy_exact",
        "energy_per_token_j", "average_power_w", "macs_executed", "macs_graph", "interface_bytes", "internal_bytes",
        "folded_cycles",
      ] {
        #expect(totals[key] != nil, "\(key)")
      }
      var rows: [[String: Any]] = []
      for unit in try #require(report["units"] as? [[String: Any]]) {
        rows.append(unit)
        rows += unit["parts"] as? [[String: Any]] ?? []
      }
      #expect(rows.count == 3 + 8)
      for row in rows {
        let stalls = try #require(row["stalls"] as? [String: Int])
        let sum = try #require(row["busy_cycles"] as? Int) + stalls.values.reduce(0, +)
        #expect(sum + (try #require(row["idle_cycles"] as? Int)) == row["total_cycles"] as? Int)
      }
      let operators = try #require(report["operators"] as? [[String: Any]])
      let cycles = operators.compactMap { $0["cycles"] as? Int }.reduce(0, +)
      #expect(cycles == totals["cycles"] as? Int)
      let phases = try #require(report["phases"] as? [[String: Any]])
      #expect(phases.compactMap { $0["cycles"] as? Int }.reduce(0, +) == cycles)
      let energies = operators.compactMap { $0["energy_j"] as? Double }.reduce(0, +)
      let others = try #require(report["unattributed"] as? [String: Any]).values
        .compactMap { $0 as? Double }.reduce(0, +)
      let energy = try #require(totals["energy_j"] as? Double)
      #expect(abs((energies + others) / energy - 1) < 1e-9)
    }
  }

  @Test func timesToTokensFollowTheirDefinitions() throws {
    try withFolder { _, study in
      var d = Diagnostics()
      let run = try study.price(&d)
      let passes = run.passSeconds
      #expect(passes.count == 4)
      #expect(run.timeToFirstToken == passes[0] + passes[1] + passes[2])
      #expect(run.timePerOutputToken.map { $0 + $0 } == passes[2] + passes[3])
      #expect(passes.reduce(.zero, +) == run.seconds)
    }
  }

  @Test func nothingToGenerateMeansNoTokenTimes() throws {
    try withFolder { folder, _ in
      let study = RunStudy(
        design: root + "/designs/pim-gpt.yaml", model: folder + "/tiny.config.json",
        workload: Workload(prompt: 2, generate: 0))
      var d = Diagnostics()
      let run = try study.price(&d)
      #expect(run.timeToFirstToken == nil && run.timePerOutputToken == nil && run.tokensPerSecond == nil)
    }
  }

  @Test func assumptionsAreListedWithTheirSources() throws {
    try withFolder { _, study in
      var d = Diagnostics()
      let listed = try study.price(&d).record.assumptions
      #expect(listed.contains { $0.parameter == "gddr6-pim timing.tRCD" && $0.source?.mark == .recalled })
      #expect(listed.contains { $0.parameter == "memory mac.accumulators" && $0.source?.mark == .assumption })
      // The publication's own figures are no assumptions.
      #expect(!listed.contains { $0.parameter == "memory channels" || $0.parameter == "memory mac.lanes" })
    }
  }
}
