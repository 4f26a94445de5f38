import DRAM
import Files
import PIM
import Testing

/// Faults of a device's `pim:` section, and kernels that do not fit.
@Suite struct BadCommandSetTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let old: String
    let new: String
    let message: String

    init(_ old: String, _ new: String, _ message: String) {
      self.old = old
      self.new = new
      self.message = message
    }

    var testDescription: String { new }
  }

  static let cases: [Case] = [
    Case("controller: in-order", "controller: in-odrer", "did you mean 'in-order'?"),
    Case("  queue: 33\n", "", "missing key 'queue'"),
    Case("  queue: 33", "  queue: 0", "'queue' of the PIM section"),
    Case("command: MAC16, fields", "command: MAC61, fields", "did you mean 'MAC16'?"),
    Case(
      "fields: [count, channels, row] }\n    AF", "fields: [count, chanels, row] }\n    AF", "did you mean 'channels'?"),
    Case(
      "MAC, fields: [count, channels, bank, row]", "MAC, fields: [count, channels, row]",
      "carries no bank, which MAC needs"),
    Case(
      "MAC16, fields: [count, channels, row]", "MAC16, fields: [count, channels]", "carries no row, which MAC16 needs"),
    Case("WR_GB: { command: WRGB, fields: [count,", "WR_GB: { command: WRGB, fields: [", "carries no count"),
    Case("EOC: { waits: end }", "EOC: { waits: all }", "no instruction ends a program"),
    Case("waits: end", "waits: ende", "did you mean 'end'?"),
    Case("      load: WR_GB\n", "", "missing key 'load'"),
    Case("      load: WR_GB", "      load: WR_GBB", "did you mean 'WR_GB'?"),
    Case("orders: { noreuse: 1, reuseGB32: 32 }", "orders: { noreuse: 0 }", "noreuse"),
    Case("orders: { noreuse: 1, reuseGB32: 32 }", "orders: {}", "a gemv has no order"),
    Case("buffer: 2 KiB", "buffer: 4 KiB", "a row does not hold what the buffer holds"),
    Case("    gemv:\n", "    gemw:\n", "did you mean 'gemv'?"),
    Case("  prefix: AiM", "  prefix: AiM\n  prefixes: 3", "unknown key 'prefixes'"),
    Case("TMOD: { kind: mode-change,", "TMOD: { kind: other,", "no command changes to them"),
    Case("PREA: { kind: pre,", "PREA: { kind: other,", "a command of kind 'pre' and scope 'channel'"),
  ]

  @Test(arguments: cases) func faultsOfTheSectionAreFound(_ bad: Case) throws {
    #expect { try CommandSetCase(edits: [(bad.old, bad.new)]) } throws: { error in
      let text = "\(error)"
      if !text.contains(bad.message) { Issue.record("\(text)") }
      return text.hasPrefix("device.yaml:") && text.contains(bad.message)
    }
  }

  /// 16384 rows of a bank and not one more; what does not fill a bank or a burst is padding.
  @Test func aMatrixFillsTheDeviceAndNoMore() throws {
    let run = try CommandSetCase()
    let rows: Int64 = 16384
    let whole = try run.gemv(rows * 16, 1024, channels: 1)
    #expect(run.counts(whole)["ACT16"] == rows)
    for (out, inputs) in [(rows * 16 + 1, Int64(1024)), (rows * 16, 1025), (1 << 40, 1 << 40), (1, 1 << 40)] {
      #expect { try run.gemv(out, inputs, channels: 1) } throws: { "\($0)".contains("does not fit the device") }
    }
    let padded = try run.gemv(17, 1025, channels: 1)
    // Two outputs of two rows: 64 bursts and 1 of each.
    #expect(run.counts(padded)["MAC16"] == 2 * 65 && run.counts(padded)["WRGB"] == 65)
    #expect(run.counts(try run.gemv(1, 17, channels: 1))["MAC16"] == 2)
  }

  @Test(arguments: [("0", "1"), ("1", "0"), ("-4", "4"), ("x", "4"), ("99999999999999999999", "4"), ("4", "1.5")])
  func extentsOutOfRangeAreRefused(_ out: String, _ inputs: String) throws {
    let run = try CommandSetCase()
    let schema = try #require(run.controller.kernels.first)
    var d = Diagnostics()
    let request = KernelRequest(kernel: "gemv", options: [(.out, out), (.in, inputs)])
    #expect(schema.read(request, at: Place(file: "test"), &d) == nil)
    #expect(d.items.map(\.description).joined().contains("is out of range (got "))
  }

  @Test func optionsOfOtherKernelsAndMissingOnesAreNamed() throws {
    let run = try CommandSetCase()
    let schema = try #require(run.controller.kernels.first)
    var d = Diagnostics()
    let request = KernelRequest(kernel: "gemv", options: [(.out, "4"), (.heads, "2"), (.order, "noreus")])
    #expect(schema.read(request, at: Place(file: "test"), &d) == nil)
    let text = d.items.map(\.description).joined(separator: "\n")
    #expect(text.contains("has no --heads (got 2; expected one of --out, --in, --order)"), "\(text)")
    #expect(text.contains("needs --in"), "\(text)")
    #expect(text.contains("did you mean 'noreuse'?"), "\(text)")
  }
}
