import Arch
import DRAM
import Dataflow
import Explore
import Files
import Foundation
import Report
import Testing

/// GPT-2 itself, at full size, on the shipped designs.
@Suite struct GPT2Runs {
  static let designs = ["pim-gpt", "hbm2-bank-pim"]

  private func study(_ design: String, _ workload: Workload) -> RunStudy {
    RunStudy(design: design, model: "gpt2", workload: workload)
  }

  /// A report but for how much of it was folded.
  private func report(_ study: RunStudy) throws -> String {
    try study.run().json.description.replacing(#/"folded_cycles": \d+/#, with: "")
  }

  /// The report holds times, counts, energies and the digest of every unit's event log.
  @Test(arguments: designs) func visitingEveryCycleGivesTheSameReport(_ design: String) throws {
    var study = study(design, Workload(prompt: 2, generate: 2, past: 60))
    let expected = try report(study)
    study.options.skipping = false
    #expect(try report(study) == expected)
    study.options.skipping = true
    study.options.shuffleSeed = 42
    #expect(try report(study) == expected)
    study.options.folding = false
    #expect(try report(study) == expected)
    study.options.lockstep = false
    #expect(try report(study) == expected)
    study.options.folding = true
    #expect(try report(study) == expected)
  }

  /// The largest model of the PIM-GPT evaluation: folded and simulated command by command, with refresh.
  @Test func foldingGPT3XLChangesNoNumber() throws {
    var study = RunStudy(design: "pim-gpt", model: "gpt3-xl", workload: Workload(prompt: 0, generate: 48))
    var d = Diagnostics()
    let run = try study.price(&d)
    let record = run.record
    #expect(record.activity.units.compactMap(\.memory).flatMap(\.refreshesPerScope).allSatisfy { $0 > 1000 })
    let folded = record.activity.foldedTicks / record.referencePeriod
    #expect(Double(folded) > 0.9 * Double(run.cycles), "\(folded) of \(run.cycles)")
    let expected = try report(study)
    (study.options.folding, study.options.lockstep) = (false, false)
    #expect(try report(study) == expected)
    #expect(try study.price(&d).record.activity.foldedTicks == 0)
  }

  @Test(arguments: designs) func theDemoRunAddsUp(_ design: String) throws {
    var d = Diagnostics()
    // The audit inside refuses a run whose cycles, energies, refreshes or bounds do not add up.
    let run = try study(design, Workload(prompt: 32, generate: 32)).price(&d)
    let graph = try #require(
      ModelFile.read(
        path: try DataDirectory.find(kind: .models, name: "gpt2", in: try DataDirectory.locate()),
        displayName: "gpt2", name: "gpt2", into: &d))
    // Per-token passes skip the masked half of the scores and the head of all prompt positions but the last.
    var expected: Int64 = 0
    for position in Int64(0)..<64 {
      for op in graph.operators where op.positions == .each || position >= 31 {
        expected += op.kind.macs(context: position + 1)
      }
    }
    #expect(run.macsExecuted == expected)
    #expect(run.macsInGraph > expected)
    // Without overlap an operator's own cycles are all its own.
    guard design == "pim-gpt" else { return }
    for (bound, cycles) in zip(run.lowerBounds, run.rowCycles) {
      if let bound { #expect(bound <= cycles) }
    }
  }

  /// Every command of a whole token against the device's rules from the outside.
  @Test(arguments: [("pim-gpt", "gddr6-pim"), ("hbm2-bank-pim", "hbm2-pim")])
  func everyCommandOfATokenIsLegal(_ design: String, _ device: String) throws {
    let path = NSTemporaryDirectory() + "accsim-\(UUID().uuidString).csv"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var study = study(design, Workload(prompt: 0, generate: 1, past: 500))
    study.commandTrace = path
    _ = try study.run()
    let result = try TraceStudy.check(device: device, commands: path, channels: 16)
    #expect(result.isGood, "\(result.text)")
  }
}
