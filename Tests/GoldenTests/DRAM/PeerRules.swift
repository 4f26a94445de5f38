import DRAM
import Files
import Foundation
import Testing

/// The shipped devices demand what Ramulator 2.1's devices of the same standard and speed demand, and more.
@Suite struct PeerRules {
  struct Pair: Sendable, CustomTestStringConvertible {
    let ours: String
    let peer: String
    /// Rules of the peer that ours do not have so long, by their expression, and why.
    let exceptions: [String: String]

    init(_ ours: String, _ peer: String, _ exceptions: [String: String] = [:]) {
      self.ours = ours
      self.peer = peer
      self.exceptions = exceptions
    }

    var testDescription: String { ours }
  }

  static let pairs = [
    Pair("ddr4-2400", "ram-DDR4_2400R_8Gb_x8", ["nRFC": "the peer has 360 ns for 8 Gb, the standard 350"]),
    Pair("ddr4-3200-2r", "ram-DDR4_3200AA_8Gb_x8_2R", ["nRFC": "the peer has 360 ns for 8 Gb, the standard 350"]),
    Pair(
      "ddr5-4800", "ram-DDR5_4800AN_16Gb_x8",
      [
        "nFAW": "the peer has the 20 ns of DDR5-3200",
        "nCCDL_WR": "writes that need no reading before are half as far apart (tCCD_L_WR2)",
      ]),
    Pair(
      "lpddr5-6400", "ram-LPDDR5_8Gb_x16_6400",
      ["nCL + nBL_min + nCS - nCWL": "the peer exchanges read and write latency between ranks"]),
    Pair(
      "gddr6-14000", "ram-GDDR6_8Gb_x16",
      [
        "nCL + 1": "the peer keeps writes behind reads longer than the bus needs",
        "nRFCab": "columns need a row, and that an activation, which waits",
        "nRP + nRTP": "the peer keeps refreshes of other banks behind too",
        "nCWL + nBL + nWR + nRP": "the peer keeps refreshes of other banks behind too",
      ]),
    Pair("hbm2-2000", "ram-HBM2_2Gb_2000"),
    Pair("hbm3-6400", "ram-HBM3_8Gb_8hi_6400"),
  ]

  private static let devices = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../devices").standardizedFileURL.path

  private func read(_ path: String) throws -> DeviceDescription {
    var d = Diagnostics()
    let device = DeviceFile.read(path: path, displayName: path, into: &d)
    try d.throwIfErrors()
    return try #require(device)
  }

  @Test(.enabled(if: RecordedRuns.isPresent, "skipped: the recorded DRAM devices are not here"), arguments: pairs)
  func everyRuleOfThePeerIsThere(_ pair: Pair) throws {
    let ours = try read("\(Self.devices)/\(pair.ours).yaml")
    let peer = try read("\(RecordedRuns.folder)/devices/\(pair.peer).json")
    #expect(ours.levels == peer.levels)
    var shorter: Set<String> = []
    for rule in peer.constraints where rule.latency > 0 {
      for previous in rule.previous {
        for next in rule.next {
          let names = [previous, next].map { peer.commands[$0].name == "PREpb" ? "PRE" : peer.commands[$0].name }
          guard let before = ours.command(named: names[0]), let after = ours.command(named: names[1]) else {
            #expect(names.contains { $0.hasPrefix("RFM") }, "\(names)")
            continue
          }
          if isImplied(rule, before, after, ours) { continue }
          shorter.insert(rule.expression)
          #expect(
            pair.exceptions[rule.expression] != nil,
            "\(names[0]) to \(names[1]), \(peer.levels[rule.level]): \(rule.expression) = \(rule.latency)")
        }
      }
    }
    #expect(shorter == Set(pair.exceptions.keys))
  }

  /// Whether rules of `device` keep the two commands apart as `rule` does.
  private func isImplied(
    _ rule: TimingConstraint, _ previous: Int, _ next: Int, _ device: DeviceDescription
  ) -> Bool {
    // A second half of an activation comes after the first.
    let previouses =
      [previous]
      + device.commands.indices.filter {
        device.commands[previous].kind == .activateFirst && device.commands[$0].kind == .activateSecond
      }
    func holds(_ level: Int, sibling: Bool) -> Bool {
      device.constraints.contains { own in
        own.window == rule.window && own.sibling == sibling && own.latency >= rule.latency && own.next.contains(next)
          && own.previous.contains(where: previouses.contains) && (sibling ? own.level == level : own.level <= level)
      }
    }
    if holds(rule.level, sibling: rule.sibling) { return true }
    // In a whole channel: within each rank, and from each rank to the others.
    guard !rule.sibling, rule.level == 0, device.levels[1] == "rank" else { return false }
    return holds(1, sibling: false) && holds(1, sibling: true)
  }
}
