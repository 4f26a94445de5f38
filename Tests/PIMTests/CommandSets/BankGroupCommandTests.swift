import Arch
import DRAM
import Files
import PIM
import Testing

/// A command over one bank group, which `gddr6-aim` does not have: rows open and close in just the banks that it covers.
@Suite struct BankGroupCommandTests {
  private static let edits = [
    (
      "  MAC16: { kind: mac,",
      "  MAC4: { kind: mac, scope: bankgroup, latency: 1 }\n  MAC16: { kind: mac,"
    ),
    (
      "\nconstraints:\n",
      """

      constraints:
        - { level: bankgroup, previous: [ACT, ACT4, ACT16], next: [MAC4], latency: nRCDRDMAC }
        - { level: channel, previous: [MAC, MAC4, MAC16], next: [MAC, MAC4, MAC16], latency: nCCDL }
        - { level: bankgroup, previous: [MAC4], next: [PRE, PRE4, PREA], latency: nRTP }
        - { level: channel, previous: [TMOD], next: [MAC4], latency: nMODCH }

      """
    ),
    (
      "    MAC_ABK: {",
      "    MAC_4BK: { command: MAC4, fields: [count, channels, bank, row] }\n    MAC_ABK: {"
    ),
  ]

  @Test func rowsOpenInTheWholeGroup() throws {
    var run = try CommandSetCase(edits: Self.edits)
    run.log = 1 << 10
    let result = try run.instructions([
      "AiM MAC_4BK 2 0x80000000 5 7",
      // Its bank is in the group that is open.
      "AiM MAC_SBK 1 0x80000000 6 7",
      "AiM MAC_4BK 1 0x80000000 9 7",
      "AiM MAC_4BK 1 0x80000000 4 8",
      // One bank of group 0 has the row open, and an activation of all four may not find one open.
      "AiM MAC_SBK 1 0x80000000 0 3",
      "AiM MAC_4BK 1 0x80000000 3 3",
      "AiM EOC",
    ])
    let log = result.channels.first { $0.members.contains(0) }?.log ?? []
    let issued = log.map { entry in
      "\(run.device.commands[entry.command].name) \(entry.address.indices[1]) \(entry.address.indices[2])"
    }
    #expect(
      issued == [
        "ACT4 1 -1", "MAC4 1 -1", "MAC4 1 -1", "MAC 1 2", "ACT4 2 -1", "MAC4 2 -1", "PRE4 1 -1", "ACT4 1 -1",
        "MAC4 1 -1",
        "ACT 0 0", "MAC 0 0", "PRE4 0 -1", "ACT4 0 -1", "MAC4 0 -1",
      ])
    #expect(log.count > 1 && log[1].cycle == log[0].cycle + 56)
    let check = try run.check(result)
    #expect(check.violationCount == 0, "\(check.violations)")
  }

  @Test func whatCannotBeIsRefused() throws {
    let product = Self.edits + [("multiply: MAC_ABK", "multiply: MAC_4BK")]
    #expect { try CommandSetCase(edits: product) } throws: { "\($0)".contains("a gemv works in all banks at once") }
    let closed = Self.edits + [("ACT4: { kind: act,", "ACT4: { kind: other,")]
    #expect { try CommandSetCase(edits: closed) } throws: {
      "\($0)".contains("a command of kind 'act' and scope 'bankgroup'")
    }
  }
}
