import Arch

/// Where a channel that goes on stops before its limit.
enum AdvanceStop {
  case never
  /// After the first clock in which something happened.
  case afterEvent
  /// After the first clock in which something left the buffer of reads, or of writes.
  case withRoom(forWrites: Bool)
}

/// The controller of one channel. It is driven from clock to clock, and passes over those in which nothing happens.
///
/// In a clock first commands are issued (`advance`), then requests are offered (`accept`). Functions of the hot loop are
/// mutating where they need not be, since calls of others copy the whole state.
protocol ChannelScheduler: ~Copyable {
  init(_ plan: ControllerPlan, channel: Int, log: CommandLog?)

  /// Becomes what another scheduler of the same plan is. What each needs to know of its settings both have.
  mutating func copyState(of other: borrowing Self)

  /// The first clock that is ticked: requests can be offered in the clocks from this minus one, or from 0, on.
  static var firstTick: Int64 { get }

  /// Takes a request in the clock that it is offered, or refuses it because its buffer is full.
  mutating func accept(_ request: UnsafeMutablePointer<PlacedRequest>) -> Bool

  /// Whether a request would be accepted.
  mutating func accepts(_ request: UnsafeMutablePointer<PlacedRequest>) -> Bool

  /// How many reads, or writes, would be accepted now.
  mutating func room(forWrites: Bool) -> Int

  /// Goes on from `clock`, if nothing arrives, up to the clock where it is to stop, or up to and with `limit`. It stops
  /// early when it is stuck.
  ///
  /// - Returns: the clock in which it stopped. If it did not, one beyond the limit, before which nothing happens.
  mutating func advance(from clock: Int64, to limit: Int64, stop: AdvanceStop) -> Int64

  /// Requests that are accepted and not complete, whose completion is not known yet.
  var outstanding: Int { mutating get }

  /// When the last request that was complete was so.
  var lastCompletion: Int64 { get }

  /// Whether the scheduler can never go on, and why.
  var isStuck: Bool { get }
  var stuck: String? { get }

  /// What was done in so many cycles, which are all that were simulated.
  func record(after cycles: Int64) -> ChannelRecord
}

/// A scheduler that first works out what it will do next, then does it.
protocol PlanningScheduler: ChannelScheduler, ~Copyable {
  /// Works out what happens next if nothing arrives. Called after each tick and each clock with a request.
  mutating func plan(from clock: Int64)

  /// The next clock in which something happens if nothing arrives; `Int64.max` for never.
  var wake: Int64 { get }

  /// Does what happens in this clock. `wake` is not before it.
  mutating func tick(_ clock: Int64)
}

extension PlanningScheduler where Self: ~Copyable {
  mutating func advance(from clock: Int64, to limit: Int64, stop: AdvanceStop) -> Int64 {
    var now = clock
    while true {
      plan(from: now)
      let next = max(wake, now)
      guard next <= limit else { return next }
      tick(next)
      if isStuck { return next }
      switch stop {
      case .never: break
      case .afterEvent: return next
      case .withRoom(let forWrites): if room(forWrites: forWrites) > 0 { return next }
      }
      guard next < limit else { return next + 1 }
      now = next + 1
    }
  }
}
