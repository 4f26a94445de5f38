/// One clock of a design: a name and an exact period.
public struct ClockDomain: Hashable, Sendable {
  public let name: String
  /// Seconds per cycle, exact and positive.
  public let period: Rational

  /// - Parameter period: seconds per cycle; must be positive.
  public init(name: String, period: Rational) {
    precondition(period.signum > 0, "a clock period is positive")
    self.name = name
    self.period = period
  }

  /// Cycles per second, exact.
  public var frequency: Rational { Rational.one / period }
}

/// Why a set of clocks cannot share one grid of 64-bit ticks.
public struct ClockGridOverflow: Error, Hashable, Sendable {
  /// The clock whose period is too many ticks of the common grid.
  public let clock: String
  /// How many ticks its period would be, exact.
  public let ticks: String
}

/// The common grid of all clocks of a design: the longest tick of which every period is a whole multiple.
///
/// All clocks have an edge at tick 0. Edge *k* of a clock is at tick *k × ticks per cycle*.
public struct TickGrid: Hashable, Sendable {
  /// Seconds per tick, exact.
  public let tick: Rational
  /// Ticks per cycle, one entry per clock in the order given.
  public let ticksPerCycle: [Int64]

  /// The longest period in ticks that is accepted. It leaves 2^31 cycles of the slowest clock below the time limit.
  public static let longestPeriod: Int64 = 1 << 30

  /// - Throws: `ClockGridOverflow` when a period is more than `longestPeriod` ticks, as it is for clocks whose ratio
  ///   has large terms (1 GHz beside 1.000000001 GHz).
  public init(_ clocks: [ClockDomain]) throws(ClockGridOverflow) {
    var measure = clocks.first?.period ?? .one
    for clock in clocks.dropFirst() { measure = Rational.greatestCommonMeasure(measure, clock.period) }
    var ticks: [Int64] = []
    for clock in clocks {
      let count = clock.period / measure
      guard let whole = count.int64, whole <= Self.longestPeriod else {
        throw ClockGridOverflow(clock: clock.name, ticks: count.description)
      }
      ticks.append(whole)
    }
    tick = measure
    ticksPerCycle = ticks
  }
}
