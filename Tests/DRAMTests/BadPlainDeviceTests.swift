import DRAM
import Files
import Foundation
import Testing

/// Plain devices with a fault: refused with place, value and what was expected.
@Suite struct BadPlainDeviceTests {
  struct Fault: Sendable, CustomTestStringConvertible {
    let device: String
    let part: String
    let instead: String
    let message: String

    init(_ device: String, _ part: String, _ instead: String, _ message: String) {
      self.device = device
      self.part = part
      self.instead = instead
      self.message = message
    }

    var testDescription: String { "\(device): \(message)" }
  }

  static let faults = [
    Fault("ddr4-2400", "  tRCD: 16\n", "", "timing parameter 'tRCD' is missing"),
    Fault("ddr4-2400", "  tRCD: 16\n", "  tRDC: 16\n", "did you mean 'tRDC'?"),
    Fault("ddr4-2400", "row-size:", "rowsize:", "did you mean 'row-size'?"),
    Fault("ddr4-2400", "  tRCD: 16\n", "  tRCD: nan\n", "expected a time such as"),
    Fault("ddr4-2400", "  tRCD: 16\n", "  tRCD: -16\n", "'tRCD' is out of range"),
    Fault("ddr4-2400", "tREFI: { value: 9360", "tREFI: { value: 0", "refresh interval 'tREFI' is zero"),
    Fault("ddr4-2400", "channel: 1,", "channel: 0,", "out of range"),
    Fault("ddr4-2400", "0.833 ns", "nan ns", "'tCK'"),
    Fault("ddr4-2400", "0.833 ns", "0 ns", "greater than 0"),
    Fault("ddr4-2400", "  PRE: { kind: pre, scope: bank }\n", "", "a command that the device does not have"),
    Fault("ddr4-2400", "bankgroup, channel]", "channel]", "leaves out 'bankgroup'"),
    Fault("ddr4-2400", "bankgroup, channel]", "bankgruop, channel]", "did you mean 'bankgroup'?"),
    Fault("ddr4-2400", "rows: 65536", "rows: 65536.5", "rows"),
    Fault("ddr4-2400", "devices-per-rank: 8", "devices-per-rank: 0", "out of range"),
    Fault("ddr4-2400", "IDD2P:", "IDD2PP:", "did you mean 'IDD2P'?"),
    Fault("ddr5-4800", "across: [bankgroup] }\n  REFab", "across: [bank] }\n  REFab", "between channel and scope"),
    Fault("ddr5-4800", "tREFI2: { value: 4687", "tREFI2: { value: 1200", "longer than the interval"),
    Fault("lpddr5-6400", "activation-window: tAAD", "activation-window: tADA", "did you mean 'tAAD'?"),
    Fault("lpddr5-6400", "after-read: tCL", "after-raed: tCL", "missing key 'after-read'"),
    Fault("lpddr5-6400", "kind: cas-rd", "kind: cas", "unknown"),
    Fault("hbm3-6400", "ticks-per-CK: 2", "ticks-per-CK: 0", "out of range"),
    Fault("hbm3-6400", "bus-limits: { row: 1", "bus-limits: { row: 0", "out of range"),
  ]

  @Test(arguments: faults) func aFaultIsSaidWithItsPlace(_ fault: Fault) throws {
    let text = try String(contentsOfFile: "\(ShippedDevices.folder)/\(fault.device).yaml", encoding: .utf8)
    #expect(text.components(separatedBy: fault.part).count == 2, "the part to replace occurs once")
    let path = NSTemporaryDirectory() + "accsim-device-\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AtomicFile.write(text.replacingOccurrences(of: fault.part, with: fault.instead), to: path)
    var d = Diagnostics()
    #expect(DeviceFile.read(path: path, displayName: "bad.yaml", into: &d) == nil)
    let said = d.items.map(\.description).filter { $0.contains(fault.message) }
    #expect(said.count >= 1, "\(d.items.map(\.description))")
    for line in said {
      // path:line:column: error: …
      let parts = line.split(separator: ":", maxSplits: 4).map(String.init)
      #expect(parts[0] == "bad.yaml" && Int(parts[1]) != nil && Int(parts[2]) != nil && parts[3] == " error", "\(line)")
    }
  }
}
