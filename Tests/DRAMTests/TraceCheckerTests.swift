import Arch
import DRAM
import Files
import Foundation
import Testing

@Suite struct TraceCheckerTests {
  private func check(_ lines: [String], _ device: DeviceDescription) throws -> TraceCheck {
    let path = NSTemporaryDirectory() + "accsim-trace-\(UUID().uuidString).csv"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: path)
    return try TraceChecker.check(path: path, displayName: "trace.csv", device: device)
  }

  private let header = "cycle,command,channel,bankgroup,bank,row,column,earliest"

  /// A legal GDDR6 sequence, its cycles worked out by hand from the device file: tCK 0.5 ns, tRCD 24, tCCD 2, tRTP 12,
  /// tRP 24, tRAS 54, tRFC 910.
  private var legal: [String] {
    [
      header, "0,ACTab,0,-1,-1,7,-1,0", "24,MACab,0,-1,-1,7,0,24", "26,MACab,0,-1,-1,7,1,26",
      "28,RDMAC,0,-1,-1,-1,-1,28", "54,PREab,0,-1,-1,-1,-1,54", "78,REFab,0,-1,-1,-1,-1,78",
      "988,ACT,0,1,2,9,-1,988", "1012,RD,0,1,2,9,3,1012",
    ]
  }

  @Test func aLegalTracePasses() throws {
    let result = try check(legal, try ShippedDevices.read("gddr6-pim.yaml"))
    #expect(result.violationCount == 0, "\(result.violations)")
    #expect(result.commands == 8)
    #expect(result.earliestCompared == 8 && result.earliestMismatches == 0)
  }

  /// Each command moved one cycle before its earliest is found, with its earliest cycle and both commands.
  @Test(arguments: 2...8) func aCommandOneCycleEarlyIsFound(_ index: Int) throws {
    var lines = legal
    var fields = lines[index].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let earliest = try #require(Int64(fields[7]))
    fields[0] = String(earliest - 1)
    lines[index] = fields.joined(separator: ",")
    let result = try check(Array(lines.prefix(index + 1)), try ShippedDevices.read("gddr6-pim.yaml"))
    let violation = try #require(result.violations.first)
    #expect(result.violationCount == 1)
    #expect(violation.index == Int64(index - 1) && violation.earliest == earliest)
    #expect(violation.constraint.contains(" to \(fields[1])"), "\(violation.constraint)")
  }

  @Test(arguments: [
    ("30,MACab,0,-1,-1,8,0,0", "open row"), ("60,ACTab,0,-1,-1,9,-1,0", "activate of a bank"),
    ("90,REFab,0,-1,-1,-1,-1,0", "refresh of a bank"), ("24,RD,0,0,0,7,0,0", "command bus"),
  ])
  func brokenStatesAreFound(_ line: String, _ what: String) throws {
    let result = try check(Array(legal.prefix(3)) + [line], try ShippedDevices.read("gddr6-pim.yaml"))
    #expect(result.violations.contains { $0.constraint.contains(what) }, "\(result.violations)")
  }

  /// A command covers all below its scope, whatever its line says there.
  @Test func banksBelowTheScopeAreCovered() throws {
    let named = legal.map { $0.replacing(",0,-1,-1,", with: ",0,2,1,") }
    let result = try check(named, try ShippedDevices.read("gddr6-pim.yaml"))
    #expect(named != legal && result.violationCount == 0 && result.earliestMismatches == 0, "\(result.violations)")
  }

  @Test(arguments: [
    ("cycle,command,channel,bankgroup,bank,row,cycle", "0,ACT,0,0,0,7,0", "two columns 'cycle'"),
    ("cycle,command,channel,bankgroup,bank,row", "0,ACT,0,0,0,-7", "trace.csv:2:13: error: row out of range (got -7"),
    ("cycle,command,channel,bankgroup,bank,row", "0,ACT,0,0,0,-1", "an activation of no row"),
  ])
  func faultyLinesAreRefused(_ header: String, _ line: String, _ message: String) throws {
    let device = try ShippedDevices.read("gddr6-pim.yaml")
    #expect { try check([header, line], device) } throws: { "\($0)".contains(message) }
  }

  @Test func aWrongEarliestIsCounted() throws {
    var lines = legal
    lines[2] = "24,MACab,0,-1,-1,7,0,23"
    let result = try check(lines, try ShippedDevices.read("gddr6-pim.yaml"))
    #expect(result.earliestMismatches == 1 && result.violationCount == 0)
  }
}
