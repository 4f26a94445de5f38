/// The channels of a design, as the unit that is being advanced may use them. Times are cycles of that unit's clock.
public struct Ports {
  var channels: [Channel] = []
  /// Ticks per cycle of each unit's clock.
  var periods: [Int64] = []
  /// Where each unit stands, for the horizons of the others.
  var standing: [Standing] = []
  /// The unit that is being advanced.
  var current = 0
  /// Channels on which something was sent, or taken, by the present call.
  var sent: [Int] = []
  var taken: [Int] = []
  /// When set, every unit has been or will be advanced at this tick: nothing can be sent before it.
  var lockstepTick: Int64?

  /// Whether work that is known is taken over, and whether equal parts in lockstep are simulated once.
  public internal(set) var folds = false
  public internal(set) var joinsReplicas = false
  var foldedTime = FoldedTime()
  /// Cycles that each unit folded.
  var foldedCycles: [Int64] = []

  enum Standing {
    case scheduled(Int64)
    case waiting([Wait], isIdle: Bool)
    case finished
  }

  /// Whether the run visits every cycle: then a unit is called in the cycle in which something happens by itself.
  public var visitsEveryCycle: Bool { lockstepTick != nil }

  /// Ticks of the common grid per cycle of the present unit.
  public var period: Int64 { periods[current] }

  /// When the first packet of an incoming channel is visible; `nil` when none has been sent yet.
  public func arrival(on channel: ChannelIndex) -> Cycles? {
    guard let tick = channels[channel.rawValue].firstArrival else { return nil }
    return Cycles(tick / channels[channel.rawValue].receiverPeriod)
  }

  /// The first packet of an incoming channel; only after `arrival(on:)` gave a time.
  public func first(on channel: ChannelIndex) -> Packet { channels[channel.rawValue].firstPacket }

  /// Takes the first packet at `cycle`, which is not before its arrival.
  public mutating func take(on channel: ChannelIndex, at cycle: Cycles) {
    _ = channels[channel.rawValue].take(at: cycle.rawValue * channels[channel.rawValue].receiverPeriod)
    taken.append(channel.rawValue)
  }

  /// The first cycle at which an outgoing channel has a free slot; `nil` while that depends on the receiver.
  public func credit(on channel: ChannelIndex) -> Cycles? {
    guard let tick = channels[channel.rawValue].creditTick else { return nil }
    let period = channels[channel.rawValue].senderPeriod
    return Cycles((tick + period - 1) / period)
  }

  /// Sends at `cycle`, which is not before `credit(on:)`.
  public mutating func send(_ packet: Packet, on channel: ChannelIndex, at cycle: Cycles) {
    _ = channels[channel.rawValue].send(packet, at: cycle.rawValue * channels[channel.rawValue].senderPeriod)
    sent.append(channel.rawValue)
  }

  /// Notes cycles of the present unit that were taken over from known work.
  public mutating func noteFolded(_ cycles: Range<Cycles>) {
    foldedCycles[current] += cycles.upperBound.rawValue - cycles.lowerBound.rawValue
    if foldedTime.isFull { foldedTime.settle(before: earliestActions().min() ?? 0) }
    foldedTime.add(cycles.lowerBound.rawValue * period..<cycles.upperBound.rawValue * period)
  }

  /// The first cycle at which a packet that is not yet in the channel could become visible.
  ///
  /// Whoever asks "is it empty at t?" must have `horizon(of:) > t`, else return `.at` the horizon and ask again.
  public func horizon(of channel: ChannelIndex) -> Cycles {
    let wire = channels[channel.rawValue]
    let bound = lockstepTick ?? earliestActions()[wire.spec.sender.rawValue]
    guard bound < Cycles.never.rawValue else { return .never }
    return Cycles(wire.arrival(ofSendAt: bound) / wire.receiverPeriod)
  }

  /// For each unit the first tick at which it could act: its own schedule, or the first effect of somebody else's
  /// action that it waits for, over any number of hops (a shortest path; a hop is at least one edge).
  private func earliestActions() -> [Int64] {
    let never = Cycles.never.rawValue
    var bounds = standing.map { standing in
      if case .scheduled(let tick) = standing { tick } else { never }
    }
    var changed = true
    while changed {
      changed = false
      for (unit, standing) in standing.enumerated() {
        guard case .waiting(let waits, _) = standing else { continue }
        for wait in waits {
          let wire = channels[wait.channel.rawValue]
          let cause = wait.need == .arrival ? wire.spec.sender.rawValue : wire.spec.receiver.rawValue
          guard bounds[cause] < never else { continue }
          let effect =
            wait.need == .arrival
            ? wire.arrival(ofSendAt: bounds[cause]) : wire.creditReturn(ofTakeAt: bounds[cause])
          if effect < bounds[unit] {
            bounds[unit] = effect
            changed = true
          }
        }
      }
    }
    return bounds
  }
}
