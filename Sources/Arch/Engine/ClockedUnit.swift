/// Something that a unit cannot go on without.
public struct Wait: Hashable, Sendable {
  public enum Need: Hashable, Sendable {
    /// A packet on the channel.
    case arrival
    /// A free slot of the channel.
    case credit
  }
  public let channel: ChannelIndex
  public let need: Need

  @inlinable public init(_ need: Need, on channel: ChannelIndex) {
    self.channel = channel
    self.need = need
  }
}

/// What a unit says when it hands control back.
public enum Next: Sendable {
  /// It does nothing before this cycle of its own clock, whatever arrives.
  case at(Cycles)
  /// It has work in progress and needs this to go on. A run that ends here is a deadlock.
  case blocked(Wait)
  /// As `blocked`, and any one of these will do.
  case blockedOnAny([Wait])
  /// It has nothing to do until this happens. A run may end here.
  case idle(Wait)
  /// It will do nothing more.
  case finished
}

/// A unit of an accelerator as the engine sees it.
///
/// A unit has local time in its own clock and may run ahead of the others: one call may handle many commands. Results
/// are the same however the calls are cut, because a channel gives each packet and each slot a time of its own.
public protocol ClockedUnit {
  /// Does everything that happens in the cycles `from ..< horizon` of the unit's own clock.
  ///
  /// A packet or slot whose time is `horizon` or later is not acted on yet: the unit returns `.at` that time.
  mutating func advance(_ ports: inout Ports, from: Cycles, to horizon: Cycles) -> Next

  /// Settles everything that happens by itself up to `end` (refresh, idle time), the last call of a run.
  mutating func finish(at end: Cycles)
}
