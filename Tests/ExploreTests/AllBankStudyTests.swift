import Explore
import Files
import Foundation
import Report
import Testing

/// `accsim pim run` on SIMD units between pairs of banks, as a library call.
@Suite struct AllBankStudyTests {
  private func json(_ inquiry: CommandSetStudy.Inquiry) throws -> [String: Any] {
    let text = try CommandSetStudy.run(inquiry).json.description
    return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  /// Figures of PIMSimulator b464dde0 (pimsimulator_hbm_pim_kernels.csv: GEMV 1024, 1024), all channels together.
  @Test func theReportHasItsKeys() throws {
    let report = try json(
      CommandSetStudy.Inquiry(
        device: "hbm-pim", kernel: "gemv", options: [("out", "1024"), ("in", "1024")], hasPeerQuirks: true))
    #expect(report["cycles"] as? Int == 3662)
    #expect(report["lower_bound_cycles"] as? Int == 512)
    #expect(report["refreshes"] as? Int == 1)
    #expect(report["clock_hz"] as? Double == 1e9)
    #expect(
      report["commands_all_channels"] as? [String: Int] == [
        "RD": 34816, "WR": 5184, "ACT": 4160, "PRE": 4160, "REF": 64,
      ])
    #expect(report["commands"] as? [String: Int] == ["RD": 544, "WR": 81, "ACT": 65, "PRE": 65, "REF": 1])
    #expect(report["energy_j"] is NSNull)
    #expect(report["energy_j_reason"] is String)
    // Parking opens and reads 16 banks one by one; what is between reaches 8 banks, but for the 4 writes to enter.
    let breakdown = try #require(report["energy_breakdown"] as? [String: [String: Any]])
    #expect(breakdown["array-read"]?["count"] as? Int == 64 * (32 + 512 * 8))
  }

  /// What is written is what the device allows, in every channel and both ranks, as the peer does it too.
  @Test(arguments: [false, true], [("gemv", "500"), ("host-add", nil)] as [(String, String?)])
  func theWrittenTraceIsLegal(_ quirks: Bool, _ kernel: (name: String, inputs: String?)) throws {
    let path = NSTemporaryDirectory() + "accsim-pim-\(UUID().uuidString).csv"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var options = [(name: "out", text: "30000")]
    if let inputs = kernel.inputs { options.append((name: "in", text: inputs)) }
    let report = try json(
      CommandSetStudy.Inquiry(
        device: "hbm-pim", kernel: kernel.name, options: options, channels: 5, hasPeerQuirks: quirks,
        commandsOut: path))
    let check = try TraceStudy.check(device: "hbm-pim", commands: path)
    #expect(check.isGood)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.hasPrefix("cycle,command,channel,rank,bankgroup,bank,row,column\n"))
    let counts = try #require(report["commands_all_channels"] as? [String: Int])
    #expect(text.split(separator: "\n").count == 1 + counts.values.reduce(0, +))
  }
}
