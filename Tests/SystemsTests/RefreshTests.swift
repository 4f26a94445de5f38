import Arch
import Dataflow
import Files
import Foundation
import Report
import Systems
import Testing

@Suite struct RefreshTests {
  private let workload = Workload(prompt: 2, generate: 4, past: 60)

  /// The same memory refreshed bank by bank: each of the 16 banks of each channel once per tREFI.
  @Test func perBankRefreshCountsPerBank() throws {
    var device = try Checkout.text("devices/gddr6-pim.yaml")
    for (piece, other) in [
      ("REFab: { kind: ref, scope: channel }", "REFab: { kind: ref, scope: bank }"),
      ("tRFC: { value: 455 ns", "tRFC: { value: 60 ns"),
    ] {
      try #require(device.contains(piece))
      device = device.replacing(piece, with: other)
    }
    let path = NSTemporaryDirectory() + "accsim-device-\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AtomicFile.write(device, to: path)
    let design = try Checkout.design("pim-gpt", replacing: [("device: gddr6-pim", "device: \(path)")])
    let graph = try Checkout.model(layers: 4, width: 128, heads: 4)
    let run = try Checkout.run(design, graph, workload)
    let memory = try #require(run.record.activity.units.compactMap(\.memory).first)
    #expect(memory.refreshesPerScope.count == 8 * 16)
    let unit = try #require(run.record.units.firstIndex { $0.kind == "pim-memory" })
    let elapsed = run.record.activity.units[unit].accounts[0].account.total
    #expect(elapsed / 13650 >= 3)
    for count in memory.refreshesPerScope { #expect(abs(count - elapsed / 13650) <= 1) }
    var options = RunOptions()
    options.skipping = false
    #expect(Checkout.fingerprint(try Checkout.run(design, graph, workload, options)) == Checkout.fingerprint(run))
  }

  /// A refresh takes 910 cycles; then a row opens (24), is multiplied, and closes (12 and 24).
  @Test(arguments: [(480, false), (490, true)]) func refreshesMustLeaveTimeForARow(_ interval: Int, _ isGood: Bool)
    throws
  {
    let piece = "tREFI: { value: 6825 ns"
    let device = try Checkout.text("devices/gddr6-pim.yaml")
    try #require(device.contains(piece))
    let path = NSTemporaryDirectory() + "accsim-device-\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AtomicFile.write(device.replacing(piece, with: "tREFI: { value: \(interval) ns"), to: path)
    let changes = [("device: gddr6-pim", "device: \(path)")]
    guard !isGood else {
      _ = try Checkout.design("pim-gpt", replacing: changes)
      return
    }
    do {
      _ = try Checkout.design("pim-gpt", replacing: changes)
      Issue.record("refreshes of 455 ns every \(interval) ns were accepted")
    } catch let refusal as Refusal {
      let first = try #require(refusal.diagnostics.first)
      #expect(first.message.contains("leave no time") && first.value == "970 cycles", "\(first)")
    }
  }

  /// Refreshes of single banks overlap, and a window of multiplies is for several together: neither holds each one up.
  @Test(arguments: [
    [
      ("REFab: { kind: ref, scope: channel }", "REFab: { kind: ref, scope: bank }"),
      (
        "previous: [REFab], next: [ACT, ACTab, REFab], latency: tRFC }",
        "previous: [REFab], next: [ACT, ACTab], latency: tRFC }"
      ),
    ],
    [
      (
        "  # A multiply reads the buffer",
        "  - { level: channel, previous: [MACab], next: [MACab], latency: 10, window: 2 }\n  # A multiply reads the buffer"
      )
    ],
  ]) func lowerBoundsAreNotBeaten(_ changes: [(String, String)]) throws {
    var device = try Checkout.text("devices/gddr6-pim.yaml")
    for (piece, other) in changes {
      try #require(device.contains(piece), "\(piece)")
      device = device.replacing(piece, with: other)
    }
    let path = NSTemporaryDirectory() + "accsim-device-\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AtomicFile.write(device, to: path)
    let design = try Checkout.design("pim-gpt", replacing: [("device: gddr6-pim", "device: \(path)")])
    // The audit refuses a run that is faster than a bound.
    let run = try Checkout.run(design, try Checkout.model(layers: 4, width: 256, heads: 4), workload)
    #expect(run.lowerBounds.contains { ($0 ?? 0) > 0 })
  }

  @Test func aMemoryWithoutRefreshHasNone() throws {
    let design = try Checkout.design(
      "pim-gpt", replacing: [("refresh: { value: enabled", "refresh: { value: disabled")])
    let run = try Checkout.run(design, try Checkout.model(layers: 4, width: 128), workload)
    let memory = try #require(run.record.activity.units.compactMap(\.memory).first)
    #expect(memory.refreshInterval == nil && memory.refreshesPerScope.isEmpty)
    #expect(memory.commands.first { $0.event == "REFab" }?.count == 0)
  }
}

@Suite struct EnergyTests {
  private let workload = Workload(prompt: 1, generate: 1)

  /// Where a price is missing the total is unknown, with the reason; what is known stays known.
  @Test func aMissingPriceMakesTheTotalUnknown() throws {
    let design = try Checkout.design(
      "pim-gpt", replacing: [("      idle-cycle: { value: 304.59 pJ", "      add: { value: 304.59 pJ")])
    let run = try Checkout.run(design, try Checkout.model(), workload)
    guard case .unknown(let reason) = run.total else {
      Issue.record("an energy was made up")
      return
    }
    #expect(reason == "unit 'asic' states no energy for 'idle-cycle'")
    #expect(run.units[0].total.joules != nil)
    let text = RunReportJSON.document(run).description
    #expect(text.contains("\"energy_j\": null") && text.contains("\"energy_reason\": \"unit 'asic'"))
  }

  /// Twice the price of one event adds exactly its share again.
  @Test func pricesAreExact() throws {
    let graph = try Checkout.model()
    let once = try Checkout.run(try Checkout.design("pim-gpt"), graph, workload)
    let twice = try Checkout.run(
      try Checkout.design("pim-gpt", replacing: [("value: 0.5831640625 pJ", "value: 1.166328125 pJ")]), graph, workload)
    let share = try #require(once.units[0].events.first { $0.event == "mac" })
    let difference = try #require(twice.total.joules) - (try #require(once.total.joules))
    #expect(share.energy == .joules(difference))
    let price = try #require(Rational(decimalDigits: "5831640625", exponent: -22))
    #expect(difference == price * Rational(share.count))
  }
}
