import Files
import Foundation
import Systems
import Testing

/// SIMD units between pairs of banks against PIMSimulator b464dde0: cycles, counts over all channels and every command
/// of channel 0; of the kernels on the units as of their data on the interface.
@Suite struct RecordedAllBankRuns {
  struct Kernel: CustomTestStringConvertible, Sendable {
    let row: [String: String]
    var testDescription: String {
      ["kernel", "out", "in", "batch", "cmds_cover"].map { row[$0] ?? "" }.joined(separator: " ")
    }
    func number(_ column: String) -> Int64? { row[column].flatMap { Int64($0) } }

    /// Which of our kernels the row's commands are of, and the column of each one's cycles.
    var runs: [(kernel: String, cycles: String)] {
      let name = (row["kernel"] ?? "").lowercased()
      switch row["cmds_cover"] {
      case "pim": return [(name, "pim_cycles")]
      case "nopim": return [("host-\(name)", "host_only_cycles")]
      default: return [("host-\(name)", "host_only_cycles"), (name, "pim_cycles")]
      }
    }

    var options: [(name: String, text: String)] {
      ["out", "in", "batch"].map { (name: $0, text: row[$0] ?? "") }
    }
  }

  static let kernels = RecordedCommandSets.rows("pimsimulator_hbm_pim_kernels.csv").map(Kernel.init)
  static let isPresent = !kernels.isEmpty

  @Test(.enabled(if: isPresent, RecordedCommandSets.absence), arguments: kernels)
  func everyKernelTakesTheirCycles(_ kernel: Kernel) throws {
    let session = try RecordedCommandSets.session("hbm-pim")
    var counts: [String: Int64] = [:]
    for (name, column) in kernel.runs {
      let result = try session.run(
        CommandSetSession.Request(kernel: name, options: kernel.options, hasPeerQuirks: true))
      #expect(result.cycles == kernel.number(column), "\(name)")
      for (command, count) in result.allCommands { counts[command, default: 0] += count }
      // Their bound counts what is padded to whole tiles as if it were not.
      if !name.hasPrefix("host-") { #expect(result.lowerBound == kernel.number("lb0_mac_stream_cycles")) }
      // Not slower than they say a controller must be, nor than itself without what it need not do.
      let own = try session.run(CommandSetSession.Request(kernel: name, options: kernel.options))
      #expect(own.cycles >= own.lowerBound)
    }
    for command in ["RD", "WR", "ACT", "PRE", "REF"] {
      #expect(counts[command] ?? 0 == kernel.number("\(command.lowercased())_cmds"), "\(command)")
    }
  }

  struct Trace: CustomTestStringConvertible, Sendable {
    let file: String
    let kernels: [String]
    let out: String
    let inputs: String?
    var testDescription: String { file }
  }

  static let traces = [
    Trace(file: "gemv_1024x1024", kernels: ["gemv"], out: "1024", inputs: "1024"),
    Trace(file: "gemv_4096x4096", kernels: ["gemv"], out: "4096", inputs: "4096"),
    Trace(file: "add_262144_host_then_pim", kernels: ["host-add", "add"], out: "262144", inputs: nil),
    Trace(file: "relu_4194304", kernels: ["host-relu", "relu"], out: "4194304", inputs: nil),
  ]

  /// The recorded trace names banks of a rank from 0 to 15 and does not say which rank a refresh is of.
  @Test(.enabled(if: isPresent, RecordedCommandSets.absence), arguments: traces)
  func everyCommandIsTheirs(_ trace: Trace) throws {
    let session = try RecordedCommandSets.session("hbm-pim")
    let recorded = RecordedCommandSets.rows("pimsimulator_trace_ch0_\(trace.file).csv")
    try #require(recorded.count > 500)
    var index = 0
    var different = 0
    for kernel in trace.kernels {
      var options = [(name: "out", text: trace.out)]
      if let inputs = trace.inputs { options.append((name: "in", text: inputs)) }
      let result = try session.run(
        CommandSetSession.Request(kernel: kernel, options: options, hasPeerQuirks: true, logLimit: 1 << 24))
      try #require(result.unloggedCommands == 0)
      result.forEachCommand { entry in
        guard entry.channel == 0 else { return }
        defer { index += 1 }
        let bank = entry.path[2] < 0 ? 0 : entry.path[1] * 4 + entry.path[2]
        let ours = [
          "\(entry.cycle)", entry.command, "\(bank)", "\(max(entry.row, 0))", "\(max(entry.column, 0))",
        ]
        let theirs = index < recorded.count ? recorded[index] : [:]
        if ours != ["cycle", "command", "bank", "row", "column"].map({ theirs[$0] ?? "" }) {
          different += 1
          if different == 1 { Issue.record("command \(index): \(ours), recorded \(theirs)") }
        }
      }
    }
    #expect(different == 0 && index == recorded.count)
  }
}
