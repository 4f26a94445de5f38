import Explore
import Files
import Foundation
import Testing

/// Requests through a memory: what is reported and written, and which inputs are refused with which words.
@Suite(.serialized) struct DRAMRunStudyTests {
  private let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "accsim-requests-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  private func write(_ text: String, to name: String) throws -> String {
    let path = "\(folder)/\(name)"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  private static let header = "arrival,op,address\n"

  private struct Report: Decodable {
    struct Latency: Decodable, Equatable {
      let mean: Double
      let p50: Int64
      let p99: Int64
      let max: Int64
    }
    struct Channel: Decodable { let reads: Int64 }
    let cycles: Int64
    let cycles_simulated: Int64
    let requests: Int64
    let commands: [String: Int64]
    let row_hits: Int64
    let row_misses: Int64
    let row_conflicts: Int64
    let latency: Latency
    let latency_histogram: [[Int64]]
    let energy_j: Double?
    let bandwidth_bytes_per_s: Double
    let channels: [Channel]
    let peer_quirks: Bool
  }

  private func report(_ study: DRAMRunStudy) throws -> Report {
    try JSONDecoder().decode(Report.self, from: Data(try study.run().json.description.utf8))
  }

  /// Two reads of one row of DDR4-2400, by hand: the first is taken in clock 0 and its ACT goes in clock 1, its RD after
  /// tRCD = 16 in 17, its data end after tCL + tBL = 20. The second is taken in clock 1, one request a clock; its RD
  /// follows after tCCD_L = 6.
  @Test func twoReadsOfARowTakeWhatTheirTimingSays() throws {
    let requests = try write(Self.header + "0,R,0x0\n0,R,256\n", to: "two.csv")
    let report = try report(DRAMRunStudy(device: "ddr4-2400", requests: requests, controller: "ramulator2.1"))
    #expect(report.commands == ["ACT": 1, "RD": 2])
    #expect(report.requests == 2 && report.peer_quirks)
    #expect(report.row_hits == 1 && report.row_misses == 1 && report.row_conflicts == 0)
    #expect(report.latency_histogram == [[37, 1], [42, 1]])
    #expect(report.latency == .init(mean: 39.5, p50: 37, p99: 42, max: 42))
    #expect(report.cycles == 43 && report.cycles_simulated == 43)
    #expect((report.energy_j ?? 0) > 0)
    // 128 B in so many cycles of 0.833 ns.
    let seconds = Double(report.cycles) * 0.833e-9
    #expect(abs(report.bandwidth_bytes_per_s * seconds - 128) < 1e-9)
  }

  /// The commands written are a trace that the check accepts, plain and gzip.
  @Test(arguments: ["default", "ramulator2.1", "dramsim3"]) func commandsWrittenAreLegal(_ controller: String) throws {
    var text = Self.header
    for index in 0..<500 { text += "\(index * 3),\(index % 3 == 0 ? "W" : "R"),\(index * 7919 % 4096 * 64)\n" }
    let requests = try write(text, to: "some.csv")
    var reports: [String] = []
    for name in ["commands.csv", "commands.csv.gz"] {
      var study = DRAMRunStudy(device: "ddr4-2400", requests: requests, controller: controller)
      study.commandTrace = "\(folder)/\(name)"
      reports.append(try study.run().json.description)
      let check = try TraceStudy.check(device: "ddr4-2400", commands: "\(folder)/\(name)")
      #expect(check.isGood, "\(check.text)")
    }
    #expect(reports[0] == reports[1])
    let gzip = try LineReader(path: "\(folder)/commands.csv.gz")
    let plain = try LineReader(path: "\(folder)/commands.csv")
    while let line = try plain.nextLine() { #expect(try gzip.nextLine() == line) }
    #expect(try gzip.nextLine() == nil)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix(".") }.isEmpty)
  }

  @Test func channelsAreReplaced() throws {
    var text = Self.header
    for index in 0..<64 { text += "0,R,\(index * 64)\n" }
    var study = DRAMRunStudy(device: "ddr4-2400", requests: try write(text, to: "r.csv"), controller: "ramulator2.1")
    study.channels = 4
    #expect(try report(study).channels.map(\.reads) == [16, 16, 16, 16])
    study.channels = 3
    #expect(message(study).contains("cannot be made to fit another number of channels (got --channels 3; "))
    study.channels = 1 << 20
    #expect(message(study).contains("so many channels make too many banks"))
  }

  private func message(_ study: DRAMRunStudy) -> String {
    do {
      _ = try study.run()
      return "accepted"
    } catch {
      return error.description.replacing(folder + "/", with: "")
    }
  }

  struct Bad: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    let message: String

    init(_ what: String, _ text: String, _ message: String) {
      (testDescription, self.text, self.message) = (what, text, message)
    }
  }

  static let requests = [
    Bad(
      "empty", "",
      "x.csv: error: the trace is empty (expected a header arrival,op,address and at least one request)"),
    Bad(
      "header only", header,
      "x.csv: error: the trace is empty (expected a header arrival,op,address and at least one request)"),
    Bad("no header", "0,R,0\n", "x.csv:1:1: error: the trace does not begin with its header (got 0,R,0; "),
    Bad(
      "operation X", header + "0,R,0x40\n1,X,0x80\n",
      "x.csv:3:3: error: the operation is neither a read nor a write (got X; expected R or W, then a comma)"),
    Bad("too few fields", header + "12\n", "x.csv:2:1: error: the arrival is not a cycle (got 12; "),
    Bad("nothing", header + ",,\n", "x.csv:2:1: error: the arrival is not a cycle (got nothing; "),
    Bad("no address", header + "12,R,\n", "x.csv:2:6: error: the address is not a number (got nothing; "),
    Bad("a fourth field", header + "12,R,64,1\n", "x.csv:2:9: error: the line has more than three fields (got 1; "),
    Bad("a word", header + "12,R,0xfg\n", "x.csv:2:6: error: the address is not a number (got 0xfg; "),
    Bad("negative arrival", header + "-1,R,0\n", "x.csv:2:1: error: the arrival is not a cycle (got -1; "),
    Bad(
      "arrival of 10^30", header + "1000000000000000000000000000000,R,0\n",
      "x.csv:2:1: error: the arrival is not a cycle (got 1000000000000000000000000000000; expected a decimal integer "
        + "below 2^40, then a comma)"),
    Bad("arrival of 2^40", header + "1099511627776,R,0\n", "x.csv:2:1: error: the arrival is not a cycle"),
    Bad(
      "address of 10^30", header + "0,R,1000000000000000000000000000000\n",
      "x.csv:2:5: error: the address is not a number (got 1000000000000000000000000000000; "),
    Bad("address of 2^64", header + "0,R,0x10000000000000000\n", "x.csv:2:5: error: the address is not a number"),
    Bad(
      "address beyond the memory", header + "0,R,0x1ffffffff\n0,R,0x200000000\n",
      "x.csv:3:5: error: the address lies beyond the memory (got 0x200000000; expected less than 0x200000000)"),
    Bad(
      "time backwards", header + "9,R,0\n8,R,0\n",
      "x.csv:3:1: error: time goes backwards (got arrival 8; expected at least 9, as the line before)"),
    Bad("no text", "\u{1}\u{2}", "x.csv:1:1: error: the trace does not begin with its header"),
  ]

  @Test(arguments: requests) func badRequestsAreRefused(_ bad: Bad) throws {
    let path = try write(bad.text, to: "x.csv")
    var study = DRAMRunStudy(device: "ddr4-2400", requests: path, controller: "ramulator2.1")
    study.commandTrace = "\(folder)/commands.csv.gz"
    study.outputs = ["\(folder)/report.json"]
    #expect(message(study).hasPrefix(bad.message), "\(message(study))")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["x.csv"])
  }

  /// What Python's gzip wrote, with a time and a name in its header: 20 requests; then the same cut short.
  @Test func gzipOfOthersIsReadAndWhenCutShortRefused() throws {
    let base64 =
      "H4sICADxU2UC/3JlcXVlc3RzLmNzdgAtzzEKwzAMBdA9Z/EgS5ZlX6NLZ8d2oFBoSaD0+P2NMpnP15NR2/fHpz3D6x3aGPs8joXCLdCXFj1f"
      + "W9dOS6RwR9jMCoI30UQSLezzcc6NkPQc5NwamHjHM2c4cSeZGS75ShljwiXvtFYwdTZUodQ3Ro0RKl+/9T6gsitOpYCZb+SeEpxdvyUiuOJO"
      + "/tcg+U4xA6terSJQ9bqN5wb1AwWZPu8eAQAA"
    let bytes = try #require(Data(base64Encoded: base64))
    let path = "\(folder)/requests.csv.gz"
    try bytes.write(to: URL(fileURLWithPath: path))
    let study = DRAMRunStudy(device: "ddr4-2400", requests: path, controller: "ramulator2.1")
    #expect(try report(study).requests == 20)
    for count in [bytes.count - 1, bytes.count - 9, bytes.count / 2, 20, 3] {
      try bytes.prefix(count).write(to: URL(fileURLWithPath: path))
      #expect(message(study) == "requests.csv.gz: error: the gzip data is truncated", "\(count)")
    }
    try (bytes + Data([1, 2, 3])).write(to: URL(fileURLWithPath: path))
    #expect(message(study) == "requests.csv.gz: error: something follows the end of the gzip data")
    try Data(Self.header.utf8).write(to: URL(fileURLWithPath: path))
    #expect(message(study) == "requests.csv.gz: error: is not gzip data although its name ends in .gz")
  }

  @Test func whatCannotBeIsRefusedBeforeTheRun() throws {
    let requests = try write(Self.header + "0,R,0\n", to: "r.csv")
    var study = DRAMRunStudy(device: "ddr4-2400", requests: requests)
    study.controller = "dramsim"
    #expect(
      message(study)
        == "dramsim: error: no controller of this name (expected one of default, ramulator2.1, dramsim3, or a path; "
        + "did you mean 'dramsim3'?)")
    study.controller = "ramulator2.1"
    study.refresh = "same-bank"
    #expect(message(study).contains("device 'ddr4-2400' has no same-bank refresh"))
    study.refresh = nil
    study.energy = "none"
    #expect(message(study).contains("no energy table of this name is shipped"))
    study.energy = nil
    study.outputs = ["\(folder)/report.txt"]
    #expect(
      message(study)
        == "report.txt: error: the form of the report is unknown (expected a name that ends in .json or .csv)")
    study.outputs = [requests.replacing("r.csv", with: "none/report.json")]
    #expect(message(study).contains("the folder for the report does not exist"))
    study.outputs = []
    study.commandTrace = requests
    #expect(message(study).contains("would be written over an input"))
    study.commandTrace = "\(folder)/commands.txt"
    #expect(message(study).contains("the form of the command trace is unknown"))
    study.commandTrace = nil
    #expect(message(study) == "accepted")
    study.device = "ddr4-2040"
    #expect(message(study).contains("did you mean 'ddr4-2400'?"))
    study.requests = folder
    study.device = "ddr4-2400"
    #expect(message(study).contains("error: is a folder") || message(study).contains("is not a regular file"))
  }
}
