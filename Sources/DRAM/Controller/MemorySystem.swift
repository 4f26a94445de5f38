import Arch
import Files

/// What a run of a memory with its controllers came to.
public struct MemoryRun: Sendable {
  public var requests: Int64 = 0
  /// Clock of the last request's completion.
  public var cycles: Int64 = 0
  /// Clocks that were simulated: the span of commands and energies.
  public var cyclesSimulated: Int64 = 0
  public var channels: [ChannelRecord] = []
}

/// A memory of several channels behind one stream of requests, which are offered in order: a request that is refused
/// blocks those behind it.
///
/// Channels touch each other only through that stream. So each is taken to a clock only when it is not sure that it
/// accepts a request then (`ChannelInbox`), and a refused request waits until its own channel has room.
final class MemorySystem<Scheduler: ChannelScheduler & ~Copyable> {
  private let plan: ControllerPlan
  private let channels: UnsafeMutablePointer<Scheduler>
  private let channelCount: Int
  /// By channel: the clock from which on it is looked at next. Nothing happens before unless something is offered.
  private let from: UnsafeMutablePointer<Int64>
  private let inboxes: UnsafeMutablePointer<ChannelInbox>
  private let decoder: AddressDecoder
  private let perCycle: Int
  private let drain: Int64
  private let skips: Bool
  private let log: CommandLog?
  private let batch: UnsafeMutableBufferPointer<MemoryRequest>
  private var batchCount = 0
  private var source: any RequestSource
  private var requests: Int64 = 0

  /// - Parameter skips: whether clocks in which nothing happens are passed over.
  init(_ plan: ControllerPlan, source: any RequestSource, log: CommandLog?, skips: Bool) {
    let device = plan.device
    self.plan = plan
    self.source = source
    self.log = log
    self.skips = skips
    decoder = AddressDecoder(plan.addressMap, levelSizes: device.levelSizes)
    channelCount = device.levelSizes[0]
    let pseudoChannels = device.levels.firstIndex(of: "pseudochannel").map { device.levelSizes[$0] } ?? 1
    perCycle = plan.settings.requestsPerCycle ?? channelCount * pseudoChannels
    drain = plan.settings.drainCycles
    channels = .allocate(capacity: channelCount)
    for channel in 0..<channelCount {
      (channels + channel).initialize(to: Scheduler(plan, channel: channel, log: log))
    }
    from = .allocate(capacity: channelCount)
    from.initialize(repeating: Scheduler.firstTick, count: channelCount)
    inboxes = .allocate(capacity: channelCount)
    for channel in 0..<channelCount {
      (inboxes + channel).initialize(
        to: ChannelInbox(
          roomForReads: channels[channel].room(forWrites: false),
          roomForWrites: channels[channel].room(forWrites: true)))
    }
    batch = .allocate(capacity: 4096)
  }

  deinit {
    channels.deinitialize(count: channelCount)
    channels.deallocate()
    inboxes.deinitialize(count: channelCount)
    inboxes.deallocate()
    from.deallocate()
    batch.deallocate()
  }

  func run() throws -> MemoryRun {
    var clock: Int64 = 0
    while true {
      batchCount = try source.next(into: batch)
      if batchCount == 0 { break }
      clock = try offerBatch(from: clock)
    }
    for channel in 0..<channelCount {
      try deliver(channel)
      try finishRequests(channel, after: clock)
    }
    var end: Int64 = 0
    for channel in 0..<channelCount { end = max(end, channels[channel].lastCompletion) }
    end += drain
    for channel in 0..<channelCount { _ = try advance(channel, to: end) }
    log?.settle()
    return finished()
  }

  /// The requests offered in the clock so far.
  private var offered = 0

  /// Offers all requests of the batch.
  ///
  /// - Returns: the clock of the last offer.
  private func offerBatch(from start: Int64) throws -> Int64 {
    var clock = start
    let (batch, perCycle, decoder) = (batch.baseAddress!, perCycle, decoder)
    var offered = offered
    for index in 0..<batchCount {
      let request = batch[index]
      var next = max(clock, request.arrival)
      if next == clock && offered == perCycle { next &+= 1 }
      if next > clock {
        clock = next
        offered = 0
      }
      let place = decoder.place(of: request.address)
      let channel = Int(place.channel)
      let inbox = inboxes + channel
      let placed = inbox.pointee.next
      placed.pointee = PlacedRequest(
        address: request.address, clock: clock, row: place.row, column: place.column, bank: place.bank,
        isWrite: request.isWrite)
      if !inbox.pointee.keep(isWrite: request.isWrite) {
        if inbox.pointee.count > 0 { try deliver(channel) }
        let accepted = try offer(placed, to: channel)
        if accepted > clock {
          clock = accepted
          offered = 0
        }
      }
      offered &+= 1
    }
    self.offered = offered
    requests += Int64(batchCount)
    if let log, log.isLarge {
      for channel in 0..<channelCount {
        try deliver(channel)
        _ = try advance(channel, to: clock)
      }
      log.settle()
    }
    return clock
  }

  /// Offers a request until it is accepted.
  ///
  /// - Returns: the clock in which it was.
  @inline(__always)
  private func offer(_ request: UnsafeMutablePointer<PlacedRequest>, to channel: Int) throws -> Int64 {
    let scheduler = channels + channel
    if from[channel] <= request.pointee.clock { _ = try advance(channel, to: request.pointee.clock) }
    if !scheduler.pointee.accept(request) {
      request.pointee.clock = try advance(
        channel, untilRoomForWrites: request.pointee.isWrite, from: request.pointee.clock)
      _ = scheduler.pointee.accept(request)
    }
    from[channel] = request.pointee.clock &+ 1
    (inboxes + channel).pointee.clear(
      roomForReads: scheduler.pointee.room(forWrites: false), roomForWrites: scheduler.pointee.room(forWrites: true))
    return request.pointee.clock
  }

  /// Takes a channel through the requests that it is sure to accept.
  private func deliver(_ channel: Int) throws {
    let (inbox, scheduler) = (inboxes + channel, channels + channel)
    for index in 0..<inbox.pointee.count {
      let request = inbox.pointee.request(index)
      let clock = request.pointee.clock
      if from[channel] <= clock { _ = try advance(channel, to: clock) }
      let isAccepted = scheduler.pointee.accept(request)
      precondition(isAccepted, "a channel has less room than it said")
      from[channel] = clock &+ 1
    }
    inbox.pointee.clear(
      roomForReads: scheduler.pointee.room(forWrites: false), roomForWrites: scheduler.pointee.room(forWrites: true))
  }

  /// Takes a channel up to a clock, that included, or to where it is to stop.
  ///
  /// - Returns: the clock in which it stopped; a later one than the limit if it did not.
  @inline(__always)
  private func advance(_ channel: Int, to limit: Int64, stop: AdvanceStop = .never) throws -> Int64 {
    let scheduler = channels + channel
    guard skips else { return try advanceByClock(channel, to: limit, stop: stop) }
    let next = scheduler.pointee.advance(from: from[channel], to: limit, stop: stop)
    from[channel] = next <= limit ? next &+ 1 : next
    if scheduler.pointee.isStuck { throw stuck(channel, after: next) }
    return next
  }

  /// The same, looking at every clock by itself.
  private func advanceByClock(_ channel: Int, to limit: Int64, stop: AdvanceStop) throws -> Int64 {
    while from[channel] <= limit {
      let clock = from[channel]
      let next = channels[channel].advance(from: clock, to: clock, stop: stop)
      from[channel] = clock + 1
      if channels[channel].isStuck { throw stuck(channel, after: clock) }
      if next == clock { return clock }
    }
    return from[channel]
  }

  /// Takes a channel on until it has room for a request that it refused.
  ///
  /// - Returns: the clock in which it has.
  @inline(__always)
  private func advance(_ channel: Int, untilRoomForWrites forWrites: Bool, from refused: Int64) throws -> Int64 {
    // Where nothing happens any more, the channel's own clock is the end of time.
    var (deadline, last) = (patience(from: refused), refused)
    var open = channels[channel].outstanding
    while true {
      let clock = try advance(channel, to: deadline, stop: .withRoom(forWrites: forWrites))
      if clock < deadline { return clock }
      // Other requests may go first for very long.
      let left = channels[channel].outstanding
      guard left < open else { throw stuck(channel, after: last) }
      open = left
      last = deadline
      deadline = patience(from: deadline)
    }
  }

  /// Takes a channel on until the completion of all its requests is known.
  private func finishRequests(_ channel: Int, after offered: Int64) throws {
    var open = channels[channel].outstanding
    var deadline = patience(from: offered)
    var last = offered
    while open > 0 {
      let clock = try advance(channel, to: deadline, stop: .afterEvent)
      guard clock < deadline else { throw stuck(channel, after: last) }
      let left = channels[channel].outstanding
      if left < open { deadline = patience(from: clock) }
      open = left
      last = clock
    }
  }

  /// When a channel that serves no request any more is given up, though refreshes go on.
  private func patience(from clock: Int64) -> Int64 {
    clock + max(1 << 20, min(plan.refresh?.interval ?? 0, 1 << 40) * 64)
  }

  private func stuck(_ channel: Int, after clock: Int64) -> Refusal {
    Refusal(
      "the run cannot go on after clock \(clock): "
        + (channels[channel].stuck ?? "channel \(channel) has requests that nothing will ever serve"),
      at: Place(file: plan.device.name))
  }

  private func finished() -> MemoryRun {
    var run = MemoryRun()
    run.requests = requests
    for channel in 0..<channelCount { run.cycles = max(run.cycles, channels[channel].lastCompletion) }
    // Where clocks count from 0, so many were ticked as the last one's number plus one.
    run.cyclesSimulated = run.cycles + drain + (1 - Scheduler.firstTick)
    run.channels = (0..<channelCount).map { channels[$0].record(after: run.cyclesSimulated) }
    return run
  }
}
