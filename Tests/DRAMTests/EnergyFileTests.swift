import Arch
import DRAM
import Files
import Foundation
import Testing

@Suite struct EnergyFileTests {
  private func overlay(_ text: String) throws -> (EnergyOverlay?, Diagnostics) {
    let path = NSTemporaryDirectory() + "accsim-energy-\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AtomicFile.write(text, to: path)
    var d = Diagnostics()
    return (DeviceFile.readEnergyOverlay(path: path, displayName: "energy.yaml", into: &d), d)
  }

  private let supply = """
    source: "data-sheet: a part"
    energy:
      devices-per-rank: 8
      supply: { VDD: 1.2 V, IDD0: 48 mA, IDD2N: 34 mA, IDD3N: 43 mA, IDD4R: 135 mA, IDD4W: 123 mA, IDD5B: 250 mA,
                IDD2P: { value: 25 mA, source: "assumption: a guess" }, IDD6: 30 mA }

    """

  @Test func anOverlayTakesThePlaceOfADevicesEnergy() throws {
    let (read, d) = try overlay(supply)
    let overlay = try #require(read, "\(d.items)")
    let currents = try #require(overlay.energy.currents)
    #expect(overlay.energy.devicesPerRank == 8)
    #expect(currents.vdd == Rational(6, over: 5) && currents.idd4r == Rational(27, over: 200))
    #expect(currents.idd2p == Rational(1, over: 40) && currents.idd6 == Rational(3, over: 100))
    #expect(currents.idd3p == nil && currents.idd5pb == nil)
    #expect(overlay.assumptions.map(\.parameter) == ["energy.supply.IDD2P"])
    let device = try ShippedDevices.read("gddr6-pim.yaml").replacingEnergy(overlay)
    #expect(device.energy.currents?.idd0 == Rational(48, over: 1000))
    #expect(device.energy.stated.isEmpty)
    #expect(device.assumptions.filter { $0.parameter.hasPrefix("energy.") }.count == 1)
    #expect(device.assumptions.contains { $0.parameter == "timing.tRCD" })
  }

  @Test(arguments: [
    ("IDD3N: 43 mA, ", "", "missing key 'IDD3N'"), ("IDD6: 30 mA", "IDD7: 30 mA", "unknown key 'IDD7'"),
    ("devices-per-rank: 8", "devices-per-rank: 0", "devices-per-rank"), ("48 mA", "nan mA", "IDD0"),
    ("48 mA", "-48 mA", "IDD0"), ("48 mA", "48 V", "IDD0"), ("energy:", "energies:", "missing key 'energy'"),
  ])
  func whatIsWrongIsSaid(_ part: String, _ instead: String, _ message: String) throws {
    let (read, d) = try overlay(supply.replacingOccurrences(of: part, with: instead))
    #expect(read == nil)
    #expect(
      d.items.contains { $0.description.hasPrefix("energy.yaml:") && $0.description.contains(message) }, "\(d.items)")
  }

  private func recorded(_ energy: String) -> (DeviceDescription?, Diagnostics) {
    let text = """
      {"device": "a", "standard": "DDR4", "clock": {"tCK_ns": 0.83}, "tx_bytes": 64, "levels": ["channel", "bank"],
       "level_sizes": [1, 4], "organisation": {"rows": 16}, "timing_in_CK": {"tRCD": 17}, "commands": ["ACT", "RD"],
       "command_kinds": {"ACT": "act", "RD": "rd"}, "constraints":
       [{"id": 0, "level": "bank", "prev": ["ACT"], "next": ["RD"], "latency": 17, "expr": "tRCD"}],
       "energy": \(energy)}
      """
    let path = NSTemporaryDirectory() + "accsim-device-\(UUID().uuidString).json"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var d = Diagnostics()
    try? AtomicFile.write(text, to: path)
    return (DeviceFile.read(path: path, displayName: "device.json", into: &d), d)
  }

  private let currents = """
    {"vdd_idd": {"VDD": 1.2, "IDD0": 48.0, "IDD2P": 25, "IDD2N": 34, "IDD3N": 43, "IDD4W": 123, "IDD4R": 135,
     "IDD5AB": 250, "IDD5PB": 5, "IDD6x": 30}, "vdd_idd_defaulted": ["IDD5PB"], "devices_per_rank": 8}
    """

  @Test func recordedCurrentsAreRead() throws {
    let (read, d) = recorded(currents)
    let device = try #require(read, "\(d.items)")
    #expect(device.energy.devicesPerRank == 8)
    #expect(device.energy.currents?.vdd == Rational(6, over: 5))
    #expect(device.energy.currents?.idd5b == Rational(1, over: 4))
    #expect(device.energy.currents?.idd5pb == Rational(1, over: 200))
    #expect(device.energy.currents?.idd6 == Rational(3, over: 100))
    #expect(device.assumptions.map(\.parameter) == ["energy.vdd_idd.IDD5PB"])
  }

  @Test func aRecordedDeviceNeedNotHaveEnergy() throws {
    #expect(try #require(recorded("null").0).energy.currents == nil)
    #expect(try #require(recorded("{}").0).energy.currents == nil)
  }

  @Test(arguments: [
    ("\"VDD\": 1.2, ", ""), ("48.0", "-48"), ("48.0", "\"x\""), ("\"devices_per_rank\": 8", "\"devices_per_rank\": 0"),
  ])
  func aMutilatedRecordIsRefused(_ part: String, _ instead: String) {
    let (device, d) = recorded(currents.replacingOccurrences(of: part, with: instead))
    #expect(device == nil)
    #expect(d.items.contains { $0.description.hasPrefix("device.json:") && $0.description.contains("error") })
  }
}
