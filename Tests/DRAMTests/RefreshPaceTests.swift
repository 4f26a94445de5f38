import Arch
import DRAM
import Files
import Testing

/// Devices that could do nothing but refresh are refused before a run, not run for ever.
@Suite struct RefreshPaceTests {
  /// One read.
  private struct OneRequest: RequestSource {
    var isTaken = false

    mutating func next(into batch: UnsafeMutableBufferPointer<MemoryRequest>) throws -> Int {
      guard !isTaken else { return 0 }
      isTaken = true
      batch[0] = MemoryRequest(arrival: 100_000, address: 0, isWrite: false)
      return 1
    }
  }

  private func run(_ interval: Int64, _ preset: String) throws -> MemoryRun {
    var device = try ShippedDevices.read("ddr4-2400.yaml")
    let way = try #require(device.refreshes.first)
    device.refreshes[0] = RefreshDescription(command: way.command, interval: interval, duration: way.duration)
    return try RunMemory.run(OneRequest(), on: device, settings: try #require(ControllerSettings.preset(preset)))
  }

  /// A refresh takes 421 cycles (350 ns at 0.833 ns each), ACT to ACT tRC = 55 and a refresh follows PRE by tRP = 16:
  /// with an access between two refreshes, these are about 500 cycles apart.
  @Test(arguments: ["default", "ramulator2.1"]) func refreshesThatLeaveNoTimeAreRefused(_ preset: String) throws {
    for interval in [Int64(1), 100, 421, 440] {
      let refusal = try #require(throws: Refusal.self) { try run(interval, preset) }
      #expect(
        refusal.description.contains("leave no time for an access")
          && refusal.description.contains("expected at most \(interval) cycles"), "\(refusal)")
    }
    #expect(try run(600, preset).requests == 1)
  }
}
