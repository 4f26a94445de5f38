import Arch
import DRAM
import Testing

@Suite struct MemoryEnergyTests {
  /// Two devices per rank at 1.5 V and 1 ns: 3 nJ per ampere and cycle. tRC 50, tRAS 35, burst 4, tRFC 100, of a bank 60.
  private func device(_ change: (inout DeviceEnergy.Currents) -> Void = { _ in }) throws -> DeviceDescription {
    func milliamperes(_ value: Int64) -> Rational { Rational(value) / Rational(1000) }
    var currents = DeviceEnergy.Currents(
      vdd: try #require(Rational(3, over: 2)), idd0: milliamperes(60), idd2n: milliamperes(30),
      idd3n: milliamperes(40), idd4r: milliamperes(140), idd4w: milliamperes(130), idd5b: milliamperes(200),
      idd2p: milliamperes(10), idd3p: milliamperes(20), idd5pb: milliamperes(90), idd6: milliamperes(5))
    change(&currents)
    var device = ActivityMeterTests.device
    device.period = try #require(Rational(1, over: 1_000_000_000))
    device.timing = [("tRC", 50), ("tRAS", 35), ("tBL", 4)].map {
      TimingParameter(name: $0.0, cycles: $0.1, text: "", source: nil)
    }
    device.refreshes = [
      RefreshDescription(command: 5, interval: 1000, duration: 100),
      RefreshDescription(command: 6, interval: 1000, duration: 60),
    ]
    device.energy = DeviceEnergy(currents: currents, devicesPerRank: 2, stated: [:])
    return device
  }

  private var everything: RankActivity {
    var activity = RankActivity()
    activity.activates = 2
    activity.reads = 3
    activity.writes = 4
    activity.refreshes = 5
    activity.bankRefreshes = 6
    activity.activeCycles = 700
    activity.prechargedCycles = 800
    activity.activePowerDownCycles = 90
    activity.prechargedPowerDownCycles = 100
    activity.selfRefreshCycles = 1100
    return activity
  }

  /// Milliampere cycles by hand; each is 3 pJ.
  @Test func energiesAreCurrentsTimesCycles() throws {
    let energy = MemoryEnergy([[everything, RankActivity()], [everything]], of: try device())
    let byHand: [(MemoryEnergy.Kind, Int64)] = [
      (.activate, 2 * (60 * 50 - 40 * 35 - 30 * 15)), (.read, 3 * 100 * 4), (.write, 4 * 90 * 4),
      (.refresh, 5 * 160 * 100), (.bankRefresh, 6 * 50 * 60), (.activeStandby, 700 * 40),
      (.prechargeStandby, 800 * 30), (.activePowerDown, 90 * 20), (.prechargePowerDown, 100 * 10),
      (.selfRefresh, 1100 * 5),
    ]
    let unit = try #require(Rational(3, over: 1_000_000_000_000))
    for (kind, charge) in byHand {
      #expect(energy.ranks[0][kind] == .joules(unit * Rational(charge)), "\(kind)")
      #expect(energy[kind] == .joules(unit * Rational(2 * charge)), "\(kind)")
    }
    let sum = byHand.reduce(0) { $0 + $1.1 }
    #expect(energy.ranks[1].total == .zero)
    #expect(energy.ranks[2].channel == 1 && energy.ranks[2].rank == 0)
    #expect(energy.total(channel: 1) == .joules(unit * Rational(sum)))
    #expect(energy.total == .joules(unit * Rational(2 * sum)))
  }

  @Test func aMissingCurrentMakesUnknownWhatNeedsIt() throws {
    let device = try device {
      $0.idd2p = nil
      $0.idd5pb = nil
    }
    let energy = MemoryEnergy([[everything, RankActivity()]], of: device)
    guard case .unknown(let reason) = energy[.prechargePowerDown], case .unknown = energy[.bankRefresh],
      case .unknown = energy.total
    else {
      Issue.record("an energy was made up")
      return
    }
    #expect(reason.contains("IDD2P"))
    #expect(energy[.activate].joules != nil)
    // What did not happen costs nothing, known or not.
    #expect(energy.ranks[1].total == .zero)
  }

  @Test func energyIsNotGainedByRefreshingABank() throws {
    let device = try device { $0.idd5pb = $0.idd2n }
    guard case .unknown(let reason) = MemoryEnergy([[everything]], of: device)[.bankRefresh] else {
      Issue.record("a negative energy was counted")
      return
    }
    #expect(reason.contains("negative"))
    let accepted = MemoryEnergy([[everything]], of: device, acceptingNegative: true)[.bankRefresh]
    #expect(accepted == .joules(try #require(Rational(3 * 6 * -10 * 60, over: 1_000_000_000_000))))
  }

  @Test func aStatedPriceHoldsInPlaceOfCurrents() throws {
    var device = try device()
    device.energy.stated["array-read"] = Rational(1, over: 1_000_000)
    #expect(MemoryEnergy([[everything]], of: device)[.read] == .joules(try #require(Rational(3, over: 1_000_000))))
    device.energy.currents = nil
    guard case .unknown = MemoryEnergy([[everything]], of: device)[.write] else {
      Issue.record("an energy was made up")
      return
    }
  }

  @Test func aTimingParameterThatIsMissingIsNamed() throws {
    var device = try device()
    device.timing.removeAll { $0.name == "tBL" }
    guard case .unknown(let reason) = MemoryEnergy([[everything]], of: device)[.read] else {
      Issue.record("an energy was made up")
      return
    }
    #expect(reason.contains("burst"))
  }
}
