import Arch
import DRAM
import Dataflow
import Files
import Foundation
import Report
import Systems
import Testing

/// What the events of a PIM memory cover, and that no joule is in two of them.
@Suite struct EnergyEventTests {
  private static let gddr6 = ["gddr6-pim", "gddr6-pim-aim-timing"]

  private func device(_ name: String) throws -> DeviceDescription {
    var d = Diagnostics()
    let device = DeviceFile.read(path: "\(Checkout.root)/devices/\(name).yaml", displayName: name, into: &d)
    try d.throwIfErrors()
    return try #require(device)
  }

  /// An ordinary column read by the currents is what a MAC reads and the bus together, in the ratio 1.51 : 1.17 as far
  /// as the digits of the price per bit go.
  @Test(arguments: gddr6)
  func aColumnReadIsSplitWithoutRemainder(_ name: String) throws {
    let device = try device(name)
    let currents = try #require(device.energy.currents)
    let whole = currents.vdd * (currents.idd4r - currents.idd3n) * (Rational.one / Rational(1_000_000_000))
    let read = try #require(device.energy.stated["mac-read"])
    let perBit = try #require(device.energy.stated["internal-bus-bit"])
    #expect(read + perBit * Rational(256) == whole)
    let exact = whole.double * 1.17 / 2.68 / 256
    #expect(abs(perBit.double - exact) < 0.00005e-12)
  }

  /// Events follow from commands, and the memory's energy from both, with the prices worked out here.
  @Test(arguments: gddr6)
  func eventsFollowFromCommands(_ name: String) throws {
    let design = try Checkout.design("pim-gpt", replacing: [("device: gddr6-pim", "device: \(name)")])
    let run = try Checkout.run(
      design, try Checkout.model(width: 128), Workload(prompt: 1, generate: 2, past: 20))
    let unit = try #require(run.record.units.firstIndex { $0.kind == "pim-memory" })
    let memory = try #require(run.record.activity.units[unit].memory)
    let commands = Dictionary(uniqueKeysWithValues: memory.commands.map { ($0.event, $0.count) })
    func count(_ command: String) -> Int64 { commands[command] ?? 0 }
    let energies = run.units[unit]
    let events = Dictionary(uniqueKeysWithValues: energies.events.map { ($0.event, $0.count) })
    let accesses = count("RD") + count("WR") + count("WRGB") + count("RDMAC")
    #expect(count("MACab") > 0 && count("RD") > 0 && count("WR") > 0)
    #expect(events["activate"] == count("ACT") + 16 * count("ACTab"))
    #expect(events["array-read"] == count("RD"))
    #expect(events["array-write"] == count("WR"))
    #expect(events["mac-read"] == 16 * count("MACab"))
    #expect(events["mac"] == 256 * count("MACab"))
    #expect(events["buffer-read"] == count("MACab"))
    #expect(events["buffer-write"] == count("WRGB"))
    #expect(events["interface-bit"] == 256 * accesses)
    // Accesses cross the bus, and every burst of the vector on its way to the banks.
    #expect(events["internal-bus-bit"] == 256 * (accesses + count("MACab")))

    let device = try device(name)
    let c = try #require(device.energy.currents)
    let perBit = try #require(device.energy.stated["internal-bus-bit"])
    let picojoules = Rational(1_000_000_000_000)
    let nanosecond = (Rational.one / Rational(1_000_000_000))
    func price(_ event: String) throws -> Rational {
      switch event {
      case "array-read": return c.vdd * (c.idd4r - c.idd3n) * nanosecond - perBit * Rational(256)
      case "array-write": return c.vdd * (c.idd4w - c.idd3n) * nanosecond - perBit * Rational(256)
      case "activate":
        let (active, row) = (try #require(device.timing(named: "tRAS")), try #require(device.timing(named: "tRC")))
        return c.vdd * device.period
          * (c.idd0 * Rational(row) - c.idd3n * Rational(active) - c.idd2n * Rational(row - active))
      case "active-standby": return c.vdd * c.idd3n * device.period
      case "precharge-standby": return c.vdd * c.idd2n * device.period
      case "refresh":
        return c.vdd * (c.idd5b - c.idd3n) * device.period * Rational(try #require(device.refresh).duration)
      case "mac": return Rational(149_290) / Rational(256_000) / picojoules
      case "buffer-write", "buffer-read": return Rational(40) / picojoules
      default: return try #require(device.energy.stated[event], "\(event)")
      }
    }
    var sum = Rational.zero
    for event in energies.events {
      let expected = try price(event.event) * Rational(event.count)
      #expect(event.energy == .joules(expected), "\(event.event)")
      sum = sum + expected
    }
    #expect(energies.total == .joules(sum))
  }

  /// A device of the checkout with one price changed, under pim-gpt.
  private func design(_ piece: String, _ other: String) throws -> Design {
    let text = try Checkout.text("devices/gddr6-pim.yaml")
    try #require(text.contains(piece))
    let path = NSTemporaryDirectory() + "accsim-device-\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AtomicFile.write(text.replacingOccurrences(of: piece, with: other), to: path)
    return try Checkout.design("pim-gpt", replacing: [("device: gddr6-pim", "device: \(path)")])
  }

  @Test func aReadIsUnknownWhereItsBusCostsMore() throws {
    // 256 bits of 1 pJ are more than the 252.45 pJ of a whole read.
    let run = try Checkout.run(
      design("value: 0.4305 pJ", "value: 1 pJ"), Checkout.model(), Workload(prompt: 0, generate: 1))
    guard case .unknown(let reason) = run.total else {
      Issue.record("a negative price was summed up")
      return
    }
    #expect(reason.contains("'internal-bus-bit' costs more"))
  }

  @Test func aPriceThatNothingCountsIsRefused() throws {
    do {
      _ = try design("    mac-read:", "    mac-raed:")
      Issue.record("a price under a misspelt name was taken")
    } catch let refusal as Refusal {
      let text = refusal.diagnostics.map(\.description).joined(separator: "\n")
      #expect(text.contains("mac-raed") && text.contains("did you mean 'mac-read'?"))
    }
  }
}
