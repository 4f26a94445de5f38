import Arch
import Files

/// What the events of a memory cost, from its data-sheet currents and from prices stated per event.
public struct DeviceEnergy: Sendable {
  /// Volts and amperes, exact.
  public struct Currents: Sendable, Hashable {
    public var vdd: Rational
    /// One bank activated and precharged at tRC.
    public var idd0: Rational
    /// All banks closed.
    public var idd2n: Rational
    /// Any bank open.
    public var idd3n: Rational
    /// Reading, writing without gaps.
    public var idd4r: Rational
    public var idd4w: Rational
    /// Refreshing without gaps.
    public var idd5b: Rational

    public init(
      vdd: Rational, idd0: Rational, idd2n: Rational, idd3n: Rational, idd4r: Rational, idd4w: Rational,
      idd5b: Rational
    ) {
      self.vdd = vdd
      self.idd0 = idd0
      self.idd2n = idd2n
      self.idd3n = idd3n
      self.idd4r = idd4r
      self.idd4w = idd4w
      self.idd5b = idd5b
    }
  }

  /// `nil` when the device file has no currents.
  public var currents: Currents?
  /// Joules per event, as the device file states them.
  public var stated: [String: Rational]

  public init(currents: Currents?, stated: [String: Rational]) {
    self.currents = currents
    self.stated = stated
  }

  /// The timing parameters that the formulas need, in cycles.
  public struct Durations: Sendable, Hashable {
    public let activeTime: Int64
    public let rowCycle: Int64
    public let burst: Int64
    public let refresh: Int64

    /// - Parameters: tRAS, tRC, the cycles of one column burst, tRFC.
    public init(activeTime: Int64, rowCycle: Int64, burst: Int64, refresh: Int64) {
      self.activeTime = activeTime
      self.rowCycle = rowCycle
      self.burst = burst
      self.refresh = refresh
    }
  }

  /// Prices of the events that every DRAM has, per device and event, by the usual current differences
  /// (Micron TN-40-07; DRAMsim3 uses the same):
  /// `activate` one bank opened and closed, `array-read` / `array-write` one burst, `refresh` one all-bank refresh,
  /// `active-standby` / `precharge-standby` one cycle of background.
  public func prices(_ durations: Durations?, period: Rational) -> [String: Price] {
    var prices = stated.mapValues { Price.joules($0) }
    guard let currents, let durations else {
      for event in ["activate", "array-read", "array-write", "refresh", "active-standby", "precharge-standby"]
      where prices[event] == nil {
        prices[event] = .unknown(reason: "the device file gives no supply currents")
      }
      return prices
    }
    func energy(_ current: Rational, _ cycles: Int64) -> Rational { currents.vdd * current * Rational(cycles) * period }
    let c = currents
    let formulas: [(String, Rational)] = [
      (
        "activate",
        energy(c.idd0, durations.rowCycle) - energy(c.idd3n, durations.activeTime)
          - energy(c.idd2n, durations.rowCycle - durations.activeTime)
      ),
      ("array-read", energy(c.idd4r - c.idd3n, durations.burst)),
      ("array-write", energy(c.idd4w - c.idd3n, durations.burst)),
      ("refresh", energy(c.idd5b - c.idd3n, durations.refresh)),
      ("active-standby", energy(c.idd3n, 1)),
      ("precharge-standby", energy(c.idd2n, 1)),
    ]
    for (event, price) in formulas where prices[event] == nil {
      prices[event] =
        price.signum < 0
        ? .unknown(reason: "the supply currents give a negative energy for '\(event)'") : .joules(price)
    }
    return prices
  }
}
