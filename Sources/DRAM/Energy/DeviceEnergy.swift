import Arch

/// What the events of a memory cost, from its data-sheet currents and from prices stated per event.
public struct DeviceEnergy: Sendable {
  /// Volts and amperes of one device, exact.
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
    /// Refreshing all banks without gaps.
    public var idd5b: Rational
    /// Power-down with all banks closed, and with any open.
    public var idd2p: Rational?
    public var idd3p: Rational?
    /// Refreshing one bank, or one in each bank group, without gaps.
    public var idd5pb: Rational?
    /// Self-refresh.
    public var idd6: Rational?

    public init(
      vdd: Rational, idd0: Rational, idd2n: Rational, idd3n: Rational, idd4r: Rational, idd4w: Rational,
      idd5b: Rational, idd2p: Rational? = nil, idd3p: Rational? = nil, idd5pb: Rational? = nil, idd6: Rational? = nil
    ) {
      self.vdd = vdd
      self.idd0 = idd0
      self.idd2n = idd2n
      self.idd3n = idd3n
      self.idd4r = idd4r
      self.idd4w = idd4w
      self.idd5b = idd5b
      self.idd2p = idd2p
      self.idd3p = idd3p
      self.idd5pb = idd5pb
      self.idd6 = idd6
    }
  }

  /// `nil` when the device file has no currents.
  public var currents: Currents?
  /// Devices that work in step as one rank; each draws the currents.
  public var devicesPerRank: Int64
  /// Joules per event of a rank, as the device file states them. They hold in place of what currents give.
  public var stated: [String: Rational]

  public init(currents: Currents?, devicesPerRank: Int64 = 1, stated: [String: Rational]) {
    self.currents = currents
    self.devicesPerRank = devicesPerRank
    self.stated = stated
  }

  /// The timing parameters that the formulas need, in cycles; `nil` for one that the device does not have.
  public struct Durations: Sendable, Hashable {
    public let activeTime: Int64?
    public let rowCycle: Int64?
    public let burst: Int64?
    public let refresh: Int64?
    public let bankRefresh: Int64?

    /// - Parameters: tRAS, tRC, the cycles of one column burst, tRFC, tRFC of one bank.
    public init(
      activeTime: Int64?, rowCycle: Int64?, burst: Int64?, refresh: Int64?, bankRefresh: Int64? = nil
    ) {
      self.activeTime = activeTime
      self.rowCycle = rowCycle
      self.burst = burst
      self.refresh = refresh
      self.bankRefresh = bankRefresh
    }
  }

  /// Prices of the events that every DRAM has, per rank and event, with the prices that the file states beside them:
  /// `activate`, `array-read`, `array-write`, `refresh`, `active-standby` and `precharge-standby`.
  public func prices(_ durations: Durations?, period: Rational) -> [String: Price] {
    var prices = stated.mapValues { Price.joules($0) }
    let always: [MemoryEnergy.Kind] = [.activate, .read, .write, .refresh, .activeStandby, .prechargeStandby]
    for kind in always where prices[kind.event] == nil {
      prices[kind.event] = price(of: kind, durations, period: period)
    }
    return prices
  }

  /// What one event, or one cycle of a background state, costs a rank, by the usual current differences (Micron
  /// TN-40-07; DRAMsim3 uses the same).
  ///
  /// - Parameter acceptingNegative: keeps an energy below zero, as DRAMsim3 does where it lacks a current; otherwise
  ///   such an energy is unknown.
  public func price(
    of kind: MemoryEnergy.Kind, _ durations: Durations?, period: Rational, acceptingNegative: Bool = false
  ) -> Price {
    if let price = stated[kind.event] { return .joules(price) }
    guard let currents, let durations else { return .unknown(reason: "the device file gives no supply currents") }
    switch charge(of: kind, currents, durations) {
    case .failure(let missing): return .unknown(reason: "'\(kind.event)' needs \(missing.name), which the device lacks")
    case .success(let charge):
      guard charge.signum >= 0 || acceptingNegative else {
        return .unknown(reason: "the supply currents give a negative energy for '\(kind.event)'")
      }
      return .joules(currents.vdd * charge * period * Rational(devicesPerRank))
    }
  }

  private struct Missing: Error {
    let name: String
  }

  /// Amperes times cycles of one event.
  private func charge(
    of kind: MemoryEnergy.Kind, _ c: Currents, _ durations: Durations
  ) -> Result<Rational, Missing> {
    func difference(_ current: Rational, over standby: Rational, _ cycles: Int64?, _ name: String)
      -> Result<Rational, Missing>
    {
      cycles.map { .success((current - standby) * Rational($0)) } ?? .failure(Missing(name: name))
    }
    func known(_ current: Rational?, _ name: String) -> Result<Rational, Missing> {
      current.map { .success($0) } ?? .failure(Missing(name: name))
    }
    switch kind {
    case .activate:
      guard let rowCycle = durations.rowCycle else { return .failure(Missing(name: "tRC")) }
      guard let active = durations.activeTime else { return .failure(Missing(name: "tRAS")) }
      return .success(
        c.idd0 * Rational(rowCycle) - c.idd3n * Rational(active) - c.idd2n * Rational(rowCycle - active))
    case .read: return difference(c.idd4r, over: c.idd3n, durations.burst, "the length of a burst")
    case .write: return difference(c.idd4w, over: c.idd3n, durations.burst, "the length of a burst")
    case .refresh: return difference(c.idd5b, over: c.idd3n, durations.refresh, "tRFC")
    case .bankRefresh:
      guard let current = c.idd5pb else { return .failure(Missing(name: "IDD5PB")) }
      return difference(current, over: c.idd3n, durations.bankRefresh, "tRFC of a bank")
    case .activeStandby: return .success(c.idd3n)
    case .prechargeStandby: return .success(c.idd2n)
    case .activePowerDown: return known(c.idd3p, "IDD3P")
    case .prechargePowerDown: return known(c.idd2p, "IDD2P")
    case .selfRefresh: return known(c.idd6, "IDD6")
    }
  }
}

extension DeviceDescription {
  /// The durations that energies are made from, by the names that files give them.
  public var energyDurations: DeviceEnergy.Durations {
    func first(_ names: [String]) -> Int64? { names.lazy.compactMap { timing(named: $0) }.first }
    let ways = refreshes.map { (isWide: commands[$0.command].scope ?? 0 <= rankLevel, way: $0) }
    return DeviceEnergy.Durations(
      activeTime: first(["tRAS", "nRAS"]), rowCycle: first(["tRC", "nRC"]),
      burst: first(["tBL", "burst_cycle", "nBL", "nBL_min"]), refresh: ways.first(where: \.isWide)?.way.duration,
      bankRefresh: ways.first { !$0.isWide }?.way.duration)
  }
}
