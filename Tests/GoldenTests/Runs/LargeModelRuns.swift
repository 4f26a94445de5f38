import Arch
import Dataflow
import Explore
import Files
import Report
import Testing

/// LLaMA-2 7B on the design that was scaled for it.
@Suite struct LargeModelRuns {
  /// The last position of the longest context: what lies in the memory, what is multiplied, and how fast at the most.
  @Test func sevenBillionParametersFitWithTheirCache() throws {
    var d = Diagnostics()
    let study = RunStudy(
      design: "pim-gpt-16gb", model: "llama2-7b", workload: Workload(prompt: 0, generate: 1, past: 4095))
    let run = try study.price(&d)
    let layer: Int64 = 4 * 4096 * 4096 + 3 * 4096 * 11008 + 2 * 4096 * 4096
    let macs = 32 * layer + 4096 * 32000
    #expect(run.macsExecuted == macs)
    // 32 channels of 16 banks take 16 elements per nanosecond.
    let fastest = Double(macs) / (32 * 16 * 16) * 1e-9
    #expect(run.seconds.double > fastest && run.seconds.double < 3 * fastest)
    let memory = try #require(run.record.activity.units.compactMap(\.memory).first)
    // Weights, table, head and cache in bf16, in rows of 2 KiB; packing them wastes less than a tenth.
    let elements = 32 * (4 * 4096 * 4096 + 3 * 4096 * 11008 + 2 * 4096 * 4096) + 2 * 4096 * 32000
    let rows = Double(elements) / Double(1024 * 32 * 16)
    #expect(Double(memory.rowsUsed) >= rows && Double(memory.rowsUsed) < 1.1 * rows)
    #expect(run.total.joules != nil)
  }

  @Test(arguments: [("pim-gpt", "llama2-7b"), ("pim-gpt-16gb", "mixtral-8x7b")])
  func aModelThatDoesNotFitIsRefused(_ design: String, _ model: String) throws {
    var d = Diagnostics()
    do throws(Refusal) {
      _ = try RunStudy(design: design, model: model, workload: Workload(prompt: 0, generate: 1)).price(&d)
      Issue.record("\(model) was run on \(design)")
    } catch {
      #expect(error.diagnostics.contains { $0.message.contains("does not fit the memory") })
    }
  }
}
