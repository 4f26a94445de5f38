import Arch

/// The energy of a memory, exact: by kind, by channel and rank.
public struct MemoryEnergy: Sendable {
  /// What energy goes into.
  public enum Kind: Int, CaseIterable, Sendable {
    /// One bank opened and closed again, over standby.
    case activate
    /// One burst, over standby with a bank open.
    case read
    case write
    /// One refresh of all banks, or of some, over standby.
    case refresh
    case bankRefresh
    /// Background, per cycle.
    case activeStandby
    case prechargeStandby
    case activePowerDown
    case prechargePowerDown
    case selfRefresh

    /// The key in reports.
    public var name: String {
      switch self {
      case .read: "read"
      case .write: "write"
      default: event
      }
    }

    /// The key under which a device file may state its price.
    public var event: String {
      switch self {
      case .activate: "activate"
      case .read: "array-read"
      case .write: "array-write"
      case .refresh: "refresh"
      case .bankRefresh: "bank-refresh"
      case .activeStandby: "active-standby"
      case .prechargeStandby: "precharge-standby"
      case .activePowerDown: "active-power-down"
      case .prechargePowerDown: "precharge-power-down"
      case .selfRefresh: "self-refresh"
      }
    }

    /// How often it happened, or for how many cycles.
    public func count(in activity: RankActivity) -> Int64 {
      switch self {
      case .activate: activity.activates
      case .read: activity.reads
      case .write: activity.writes
      case .refresh: activity.refreshes
      case .bankRefresh: activity.bankRefreshes
      case .activeStandby: activity.activeCycles
      case .prechargeStandby: activity.prechargedCycles
      case .activePowerDown: activity.activePowerDownCycles
      case .prechargePowerDown: activity.prechargedPowerDownCycles
      case .selfRefresh: activity.selfRefreshCycles
      }
    }
  }

  /// The energy of one rank.
  public struct Rank: Sendable {
    public let channel: Int
    /// Number of the rank inside its channel.
    public let rank: Int
    fileprivate let energies: [Energy]

    public subscript(kind: Kind) -> Energy { energies[kind.rawValue] }

    public var total: Energy { energies.reduce(.zero, +) }
  }

  /// Channel by channel, rank by rank.
  public let ranks: [Rank]

  /// - Parameters:
  ///   - activity: for each channel what `ActivityMeter.finish` gave.
  ///   - acceptingNegative: keeps energies below zero that lacking currents give, as DRAMsim3 does.
  public init(_ activity: [[RankActivity]], of device: DeviceDescription, acceptingNegative: Bool = false) {
    let durations = device.energyDurations
    let ledger = EnergyLedger(
      prices: Dictionary(
        uniqueKeysWithValues: Kind.allCases.map { kind in
          let price = device.energy.price(
            of: kind, durations, period: device.period, acceptingNegative: acceptingNegative)
          return (kind.event, price)
        }))
    ranks = activity.enumerated().flatMap { channel, ranks in
      ranks.enumerated().map { rank, activity in
        // Nothing done costs nothing, also where the price is unknown.
        let energies = Kind.allCases.map { ledger.cost(of: $0.event, count: $0.count(in: activity)) }
        return Rank(channel: channel, rank: rank, energies: energies)
      }
    }
  }

  /// Of all ranks.
  public subscript(kind: Kind) -> Energy { ranks.reduce(.zero) { $0 + $1[kind] } }

  /// Of all ranks of one channel.
  public func total(channel: Int) -> Energy {
    ranks.reduce(.zero) { $1.channel == channel ? $0 + $1.total : $0 }
  }

  /// Of all ranks of all channels.
  public var total: Energy { ranks.reduce(.zero) { $0 + $1.total } }
}
