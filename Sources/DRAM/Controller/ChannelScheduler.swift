import Arch

/// The controller of one channel. It is driven clock by clock, and says which clocks it can be skipped for.
///
/// In a clock `t` first `tick(t)` is called, then requests are offered (`accept`). After a tick or an offer `plan(from:)`
/// is called for the clocks that follow; a tick before `wake` would do nothing. Functions of the hot loop are mutating
/// where they need not be, since calls of others copy the whole state.
protocol ChannelScheduler: ~Copyable {
  init(_ plan: ControllerPlan, channel: Int, log: CommandLog?)

  /// The first clock that is ticked: requests can be offered in the clocks from this minus one, or from 0, on.
  static var firstTick: Int64 { get }

  /// Takes a request, or refuses it because its buffer is full.
  mutating func accept(_ request: PlacedRequest, at clock: Int64) -> Bool

  /// Whether a request just refused would still be refused: nothing has left its buffer.
  mutating func refuses(_ request: PlacedRequest) -> Bool

  /// Works out what happens next if nothing arrives. Called after each tick and each clock with a request.
  mutating func plan(from clock: Int64)

  /// The next clock in which something happens if nothing arrives; `Int64.max` for never.
  var wake: Int64 { get }

  /// Does what happens in this clock. `wake` is not before it.
  mutating func tick(_ clock: Int64)

  /// Requests that are accepted and not complete, whose completion is not known yet.
  var outstanding: Int { mutating get }

  /// When the last request that was complete was so.
  var lastCompletion: Int64 { get }

  /// Whether the scheduler can never go on, and why.
  var isStuck: Bool { get }
  var stuck: String? { get }

  /// What was done up to a clock.
  func record(upTo clock: Int64) -> ChannelRecord
}
