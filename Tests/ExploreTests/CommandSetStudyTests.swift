import Explore
import Files
import Foundation
import Report
import Testing

/// `accsim pim run` as a library call: its keys, its trace, its refusals.
@Suite struct CommandSetStudyTests {
  private func json(_ inquiry: CommandSetStudy.Inquiry) throws -> [String: Any] {
    let text = try CommandSetStudy.run(inquiry).json.description
    return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func gemv(_ out: String, _ inputs: String, channels: Int64 = 32) -> CommandSetStudy.Inquiry {
    CommandSetStudy.Inquiry(
      device: "gddr6-aim", kernel: "gemv", options: [("out", out), ("in", inputs)], channels: channels)
  }

  @Test func theReportHasItsKeys() throws {
    var inquiry = gemv("1024", "1024")
    inquiry.isRefreshed = false
    let report = try json(inquiry)
    #expect(report["cycles"] as? Int == 700)
    #expect(report["lower_bound_cycles"] as? Int == 408)
    #expect(report["refreshes"] as? Int == 0)
    #expect(report["folded_cycles"] as? Int == 0)
    #expect(report["clock_hz"] as? Double == 2e9)
    #expect(
      report["commands"] as? [String: Int] == [
        "ACT16": 2, "PREA": 1, "MAC16": 128, "WRGB": 64, "WRMAC16": 2, "RDMAC16": 2, "TMOD": 5,
      ])
    #expect((report["commands_all_channels"] as? [String: Int])?["MAC16"] == 128 * 32)
    // The device gives no currents: unknown, not zero, and why.
    #expect(report["energy_j"] is NSNull)
    #expect((report["energy_j_reason"] as? String)?.contains("no supply currents") == true)
    let breakdown = try #require(report["energy_breakdown"] as? [String: [String: Any]])
    #expect(breakdown["activate"]?["count"] as? Int == 2 * 16 * 32)
    #expect(breakdown["mac"]?["count"] as? Int == 128 * 16 * 32)
    #expect(breakdown["mac"]?["energy_j"] is NSNull)
    // Each channel is open or closed in each cycle.
    let open = try #require(breakdown["active-standby"]?["count"] as? Int)
    let closed = try #require(breakdown["precharge-standby"]?["count"] as? Int)
    #expect(open + closed == 700 * 32 && closed == (193 + 32 + 1) * 32)
  }

  @Test func refreshIsOnUnlessSaidOtherwise() throws {
    let report = try json(gemv("28672", "8192"))
    let refreshes = try #require(report["refreshes"] as? Int)
    #expect(refreshes == 41)
    #expect((report["commands"] as? [String: Int])?["REFab"] == refreshes)
    #expect(report["cycles"] as? Int == 129152 + refreshes * 210)
    #expect((report["folded_cycles"] as? Int ?? 0) * 2 > 129152)
  }

  /// What is written is what the device allows, in every channel.
  @Test func theWrittenTraceIsLegal() throws {
    let path = NSTemporaryDirectory() + "accsim-pim-\(UUID().uuidString).csv"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var inquiry = gemv("3000", "2500", channels: 5)
    inquiry.commandsOut = path
    let report = try json(inquiry)
    let check = try TraceStudy.check(device: "gddr6-aim", commands: path)
    #expect(check.isGood, "\(check.text)")
    let counts = try #require(report["commands_all_channels"] as? [String: Int])
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count - 1 == counts.values.reduce(0, +))
    #expect(lines[0] == "cycle,command,channel,bankgroup,bank,row,column")
  }

  private func refusal(_ inquiry: CommandSetStudy.Inquiry) throws -> String {
    do {
      _ = try CommandSetStudy.run(inquiry)
    } catch {
      return error.description
    }
    Issue.record("not refused")
    return ""
  }

  @Test func wrongRequestsAreRefusedInFull() throws {
    let unknown = CommandSetStudy.Inquiry(device: "gddr6-aim", kernel: "gemw", options: [("out", "4")])
    #expect(
      try refusal(unknown)
        == "accsim pim run: error: the device 'gddr6-aim' has no such kernel (got gemw; expected one of gemv; "
        + "did you mean 'gemv'?)")
    #expect(
      try refusal(gemv("0", "16", channels: 33))
        == """
        accsim pim run: error: --channels is beyond the device 'gddr6-aim' (got 33; expected 1 to 32)
        accsim pim run: error: --out is out of range (got 0; expected an integer from 1 to 1099511627776)
        """)
    #expect(try refusal(gemv("4194304", "8192", channels: 1)).contains("the matrix does not fit the device"))
    #expect(try refusal(CommandSetStudy.Inquiry(device: "gddr6-aimm", kernel: "gemv")).contains("'gddr6-aim'?"))
    #expect(
      try refusal(CommandSetStudy.Inquiry(device: "gddr6-pim", kernel: "gemv")).contains("has no PIM commands"))
    let both = CommandSetStudy.Inquiry(
      device: "gddr6-aim", options: [("order", "noreuse")], instructions: "/nowhere/x.trace")
    #expect(try refusal(both).contains("--order goes with --kernel"))
    let missing = CommandSetStudy.Inquiry(device: "gddr6-aim", instructions: "/nowhere/x.trace")
    #expect(try refusal(missing).contains("/nowhere/x.trace"))
    var folder = gemv("16", "16")
    folder.commandsOut = "/nowhere/x.csv"
    #expect(try refusal(folder).contains("/nowhere/x.csv"))
  }

  /// A row of a table that lies inside the array would be two things at once.
  @Test func aFaultyDeviceFileIsRefusedByCheck() throws {
    let data = try DataDirectory.locate()
    let good = try String(contentsOfFile: data + "/devices/gddr6-aim.yaml", encoding: .utf8)
    for (old, new, message) in [
      ("first: 536870912", "first: 16383", "'first' of the table rows"),
      ("latency: nCL + nBL }", "latency: nCLX + nBL }", "did you mean 'nCL'?"),
      ("registers: true", "registers: yes", "'registers' of command"),
      ("controller: in-order", "controller: out-of-order", "in-order"),
    ] {
      let path = NSTemporaryDirectory() + "accsim-device-\(UUID().uuidString).yaml"
      defer { try? FileManager.default.removeItem(atPath: path) }
      let text = good.replacingOccurrences(of: old, with: new)
      try #require(text != good)
      try AtomicFile.write(text, to: path)
      let check = try FileCheck.check([path])
      #expect(!check.isGood)
      let messages = check.messages.map(\.description).joined(separator: "\n")
      #expect(messages.contains(message), "\(messages)")
    }
  }
}
