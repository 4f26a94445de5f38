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
  /// Channels that were simulated: fewer than there are where some were offered the same all along.
  public var channelsSimulated = 0
}

/// How a run saves work, without another result.
struct MemoryWays {
  /// Whether clocks in which nothing happens are passed over.
  var skips: Bool
  /// Whether channels to which the same happens are simulated once. Each command of each is logged by itself: not with a
  /// log.
  var joinsChannels: Bool
}

/// A memory of several channels behind one stream of requests, which are offered in order: a request that is refused
/// blocks those behind it.
///
/// Channels touch each other only through that stream. So each is taken to a clock only when it is not sure that it
/// accepts a request then (`ChannelInbox`), a refused request waits until its own channel has room, and channels to which
/// the same happens are simulated once (`ChannelGroup`).
final class MemorySystem<Scheduler: ChannelScheduler & ~Copyable> {
  private struct Channel {
    var group: UnsafeMutablePointer<ChannelGroup<Scheduler>>
    /// Requests that it was offered; the first of all that its group was.
    var taken = 0
  }

  private let plan: ControllerPlan
  private let channels: UnsafeMutablePointer<Channel>
  private let channelCount: Int
  private let groups: UnsafeMutablePointer<ChannelGroup<Scheduler>>
  private var groupCount = 0
  private let decoder: AddressDecoder
  private let perCycle: Int
  private let log: CommandLog?
  private let batch: UnsafeMutableBufferPointer<MemoryRequest>
  private var batchCount = 0
  private var source: any RequestSource
  private var requests: Int64 = 0
  /// The requests offered in the clock so far.
  private var offered = 0

  init(_ plan: ControllerPlan, source: any RequestSource, log: CommandLog?, _ ways: MemoryWays) {
    let device = plan.device
    self.plan = plan
    self.source = source
    self.log = log
    decoder = AddressDecoder(plan.addressMap, levelSizes: device.levelSizes)
    channelCount = device.levelSizes[0]
    let pseudoChannels = device.levels.firstIndex(of: "pseudochannel").map { device.levelSizes[$0] } ?? 1
    perCycle = plan.settings.requestsPerCycle ?? channelCount * pseudoChannels
    channels = .allocate(capacity: channelCount)
    groups = .allocate(capacity: channelCount)
    batch = .allocate(capacity: 4096)
    channels.initialize(repeating: Channel(group: groups), count: channelCount)
    let members = ways.joinsChannels ? [Array(0..<channelCount)] : (0..<channelCount).map { [$0] }
    for members in members { add(ChannelGroup(plan, members: members, log: log, skips: ways.skips)) }
  }

  deinit {
    groups.deinitialize(count: groupCount)
    groups.deallocate()
    channels.deallocate()
    batch.deallocate()
  }

  private func add(_ group: consuming ChannelGroup<Scheduler>) {
    let place = groups + groupCount
    for member in group.members { channels[member].group = place }
    place.initialize(to: group)
    groupCount += 1
  }

  func run() throws -> MemoryRun {
    var clock: Int64 = 0
    while true {
      batchCount = try source.next(into: batch)
      if batchCount == 0 { break }
      clock = try offerBatch(from: clock)
    }
    for group in 0..<groupCount { separate(groups + group) }
    var end: Int64 = 0
    try forEachGroup { group in
      try group.pointee.finishRequests(after: clock)
      end = max(end, group.pointee.scheduler.lastCompletion)
    }
    try forEachGroup { _ = try $0.pointee.advance(to: end + plan.settings.drainCycles) }
    log?.settle()
    return finished()
  }

  /// Groups in the order of their first members.
  private func forEachGroup(_ body: (UnsafeMutablePointer<ChannelGroup<Scheduler>>) throws -> Void) rethrows {
    for channel in 0..<channelCount where channels[channel].group.pointee.members[0] == channel {
      try body(channels[channel].group)
    }
  }

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
      let address = decoder.withoutChannel(request.address)
      let channel = channels + decoder.channel(of: request.address)
      let taken = channel.pointee.taken
      channel.pointee.taken &+= 1
      offered &+= 1
      if taken < channel.pointee.group.pointee.offered {
        let isSame = channel.pointee.group.pointee.offered(taken, isTo: address, isWrite: request.isWrite, at: clock)
        if isSame { continue }
        leave([channel - channels], taken: taken)
      }
      let group = channel.pointee.group
      let place = decoder.place(of: request.address)
      group.pointee.next.pointee = PlacedRequest(
        address: address, clock: clock, row: place.row, column: place.column, bank: place.bank,
        isWrite: request.isWrite)
      if !group.pointee.keep(isWrite: request.isWrite) {
        if !group.pointee.isAlone { separate(group) }
        let accepted = try group.pointee.offer(to: channel - channels)
        if accepted > clock {
          clock = accepted
          offered = 1
        }
      }
    }
    self.offered = offered
    requests += Int64(batchCount)
    if let log, log.isLarge {
      try forEachGroup { group in
        try group.pointee.deliver()
        _ = try group.pointee.advance(to: clock)
      }
      log.settle()
    }
    return clock
  }

  /// Has those members of a group leave that were not offered all that it was.
  private func separate(_ group: UnsafeMutablePointer<ChannelGroup<Scheduler>>) {
    let all = group.pointee.offered
    // The one that is offered a request now counts it already.
    while let behind = group.pointee.members.first(where: { channels[$0].taken < all }) {
      let taken = channels[behind].taken
      leave(group.pointee.members.filter { channels[$0].taken == taken }, taken: taken)
    }
  }

  /// Gives members of a group that were offered as much one of their own.
  private func leave(_ members: [Int], taken: Int) {
    add(ChannelGroup(members, leaving: &channels[members[0]].group.pointee, taken: taken))
  }

  private func finished() -> MemoryRun {
    var run = MemoryRun()
    run.requests = requests
    run.channelsSimulated = groupCount
    forEachGroup { run.cycles = max(run.cycles, $0.pointee.scheduler.lastCompletion) }
    // Where clocks count from 0, so many were ticked as the last one's number plus one.
    run.cyclesSimulated = run.cycles + plan.settings.drainCycles + (1 - Scheduler.firstTick)
    run.channels = (0..<channelCount).map { channels[$0].group.pointee.scheduler.record(after: run.cyclesSimulated) }
    return run
  }
}
