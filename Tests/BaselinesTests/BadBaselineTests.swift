import Baselines
import Files
import Testing

/// Faults put into a good file are refused where they stand.
@Suite struct BadBaselineTests {
  struct Fault: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let old: String
    let new: String
    let messages: [String]

    init(_ name: String, _ old: String, _ new: String, _ messages: String...) {
      testDescription = name
      self.old = old
      self.new = new
      self.messages = messages
    }
  }

  private static let peaks = "peaks: { fp32: 1 TOP/s, fp16: 2 TOP/s }"

  static let faults: [Fault] = [
    Fault("unknown key", "title:", "titel:", "2:1: error: unknown key 'titel'", "is 'titel' meant to be 'title'?"),
    Fault("no name", "baseline: round\n", "", "missing key 'baseline' in the baseline"),
    Fault(
      "unknown kind", "kind: gpu", "kind: gpus", "3:7: error: 'kind' of the baseline is unknown", "did you mean 'gpu'?"),
    Fault(
      "source without a mark", "assumption: a device", "a device", "4:9: error: 'source' of the baseline has no mark"),
    Fault("no peaks", peaks, "", "missing key 'peaks'"),
    Fault(
      "empty peaks", peaks, "peaks: {}", "5:8: error: the baseline has no peak",
      "at least one of fp32, fp16, bf16, int8"),
    Fault(
      "zero peak", "1 TOP/s", "0 TOP/s",
      "5:16: error: 'fp32' of the peaks is out of range (got 0 TOP/s; expected greater"),
    Fault("negative peak", "1 TOP/s", "-1 TOP/s", "5:16: error: 'fp32' of the peaks is out of range"),
    Fault(
      "peak that is no number", "1 TOP/s", "nan",
      "5:16: error: 'fp32' of the peaks does not begin with a decimal number"),
    Fault("peak without a unit", "1 TOP/s", "1e12", "has no unit", "expected a throughput such as 8.1 TOP/s"),
    Fault("peak in bytes", "1 TOP/s", "1 GB/s", "is a bandwidth, not a throughput"),
    Fault("peak in other letters", "1 TOP/s", "1 Top/s", "did you mean 'TOP/s'?"),
    Fault("peak beyond all bounds", "1 TOP/s", "1e20 TOP/s", "'fp32' of the peaks is out of range"),
    Fault(
      "unknown format", "fp16: 2", "fp61: 2", "5:25: error: unknown key 'fp61' in the peaks (did you mean 'fp16'?)"),
    Fault("runs as itself", "bf16: fp32", "fp16: fp32", "6:18: error: 'fp16' has a peak of its own"),
    Fault(
      "runs as what is not there", "bf16: fp32", "bf16: int8", "runs as a format without a peak", "one of fp32, fp16"),
    Fault("runs as a narrower format", "bf16: fp32", "bf16: fp16", "'fp16' does not hold every number of 'bf16'"),
    Fault("zero bandwidth", "100 GB/s", "0 GB/s", "7:22: error: 'bandwidth' of the memory is out of range"),
    Fault("bandwidth in bits", "100 GB/s", "100 Gb/s", "did you mean 'GB/s'?"),
    Fault("bandwidth as a size", "100 GB/s", "100 GB", "is a size, not a bandwidth"),
    Fault("more than all of the bandwidth", "achievable: 1", "achievable: 1.1", "expected greater than 0, at most 1"),
    Fault("none of the bandwidth", "achievable: 1", "achievable: 0", "'achievable' of the memory is out of range"),
    Fault("no achievable part", "achievable: 1, ", "", "missing key 'achievable' in the memory"),
    Fault("no capacity", "capacity: 1 GB", "capacity: 0 B", "'capacity' of the memory is out of range"),
    Fault("no power", "load: 10 W, ", "", "missing key 'load' in the power"),
    Fault("negative power", "10 W", "-10 W", "'load' of the power is out of range"),
    Fault(
      "unknown scope", "scope: board", "scope: rack", "'scope' of the power is unknown (got rack; expected one of board"
    ),
    Fault("more power idle", "scope: board", "scope: board, idle: 11 W", "the idle power is more than that at load"),
    Fault("negative overhead", "1 us", "-1 us", "'overhead' of the framework is out of range"),
    Fault("overhead of minutes", "1 us", "100 s", "'overhead' of the framework is out of range"),
    Fault(
      "unknown kernel", "linear: 2", "linaer: 2",
      "unknown key 'linaer' in the kernels of the framework (did you mean 'linear'?)"),
    Fault("half a kernel", "linear: 2", "linear: 2.5", "is not a decimal integer"),
    Fault("negative kernels", "linear: 2", "linear: -2", "an integer from 0 to 10000"),
    Fault("no count for the others", "other: 1, ", "", "missing key 'other' in the kernels of the framework"),
    Fault("no count for a pass", ", pass: 3", "", "missing key 'pass' in the kernels of the framework"),
    Fault("value without a source", "1 us", "{ value: 1 us }", "missing key 'source'"),
  ]

  @Test(arguments: faults) func isRefused(_ fault: Fault) throws {
    let text = ShippedBaselines.roundText
    #expect(text.contains(fault.old))
    let refusal = try #require(throws: Refusal.self) {
      try ShippedBaselines.read(text.replacing(fault.old, with: fault.new))
    }
    for message in fault.messages { #expect(refusal.description.contains(message), "\(refusal)") }
    #expect(refusal.diagnostics.allSatisfy { $0.description.hasPrefix("round.yaml:") })
  }

  @Test func allFaultsAreReportedInOneGo() throws {
    let changes = [
      ("kind: gpu", "kind: tpu"), ("100 GB/s", "0 GB/s"), ("10 W", "nan"), ("linear: 2", "liner: x"),
      ("title", "tilte"),
    ]
    let refusal = try #require(throws: Refusal.self) { try ShippedBaselines.round(changes) }
    // Both titles are misspelt, each unknown under the one name and missing under the other.
    #expect(refusal.diagnostics.count == 4 + 2 * 2, "\(refusal)")
  }

  @Test func filesThatAreNoneAreRefused() throws {
    for text in ["", "- a\n", "baseline: [", "baseline: " + String(repeating: "[", count: 100_000)] {
      #expect(throws: Refusal.self) { try ShippedBaselines.read(text) }
    }
    #expect(throws: Refusal.self) { try Baseline(contentsOf: "/dev/zero") }
    #expect(throws: Refusal.self) { try Baseline(contentsOf: ShippedBaselines.root) }
    let refusal = try #require(throws: Refusal.self) { try Baseline(named: "v100x", in: ShippedBaselines.root) }
    #expect(
      refusal.description.contains("did you mean 'v100'?") || refusal.description.contains("did you mean 'v100s'?"))
  }

  @Test func aFileWithoutAFrameworkHasNoOverhead() throws {
    let text = ShippedBaselines.roundText
    let cut = try #require(text.range(of: "framework:"))
    let baseline = try ShippedBaselines.read(String(text[..<cut.lowerBound]))
    let estimate = try baseline.estimate(RooflineTests.decoder(), .init(prompt: 3, generate: 3), format: .fp32)
    #expect(baseline.framework == nil && estimate.withFramework == nil && estimate.figures == estimate.device)
    #expect(estimate.operators.allSatisfy { $0.kernels == 0 && $0.overhead == 0 })
  }
}
