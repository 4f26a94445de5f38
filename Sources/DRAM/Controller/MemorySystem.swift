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
final class MemorySystem<Scheduler: ChannelScheduler & ~Copyable> {
  private let channels: UnsafeMutablePointer<Scheduler>
  private let channelCount: Int
  private let decoder: AddressDecoder
  private let perCycle: Int
  private let drain: Int64
  private let skips: Bool
  private let wakes: UnsafeMutablePointer<Int64>
  private let stale: UnsafeMutablePointer<Bool>
  private let batch: UnsafeMutableBufferPointer<MemoryRequest>
  private var batchCount = 0
  private var batchNext = 0
  private var isExhausted = false
  private var source: any RequestSource
  private var requests: Int64 = 0

  /// - Parameter skips: whether clocks in which nothing happens are passed over.
  init(_ plan: ControllerPlan, source: any RequestSource, log: CommandLog?, skips: Bool) {
    let device = plan.device
    decoder = AddressDecoder(plan.addressMap, levelSizes: device.levelSizes)
    channelCount = device.levelSizes[0]
    let pseudoChannels = device.levels.firstIndex(of: "pseudochannel").map { device.levelSizes[$0] } ?? 1
    perCycle = plan.settings.requestsPerCycle ?? channelCount * pseudoChannels
    drain = plan.settings.drainCycles
    self.skips = skips
    self.source = source
    channels = .allocate(capacity: channelCount)
    for channel in 0..<channelCount {
      (channels + channel).initialize(to: Scheduler(plan, channel: channel, log: log))
    }
    wakes = .allocate(capacity: channelCount)
    wakes.initialize(repeating: .max, count: channelCount)
    stale = .allocate(capacity: channelCount)
    stale.initialize(repeating: true, count: channelCount)
    batch = .allocate(capacity: 4096)
  }

  deinit {
    channels.deinitialize(count: channelCount)
    channels.deallocate()
    wakes.deallocate()
    stale.deallocate()
    batch.deallocate()
  }

  private func refill() throws {
    guard !isExhausted else { return }
    batchNext = 0
    batchCount = try source.next(into: batch)
    isExhausted = batchCount == 0
  }

  func run() throws -> MemoryRun {
    try refill()
    let (channels, channelCount, wakes, stale) = (channels, channelCount, wakes, stale)
    let (batch, perCycle, decoder) = (batch, perCycle, decoder)
    var clock: Int64 = Scheduler.firstTick - 1
    /// First clock at which the head of the stream can be offered.
    var offer: Int64 = batchCount > 0 ? max(batch[0].arrival, 0) : .max
    var head = PlacedRequest(address: 0, bank: 0, row: 0, column: 0, isWrite: false)
    var headChannel = 0
    var isPlaced = false
    /// The channel that refused the head; −1 when none did.
    var blocker = -1
    var end = Int64.max
    var isStuck = false
    while true {
      // What happens next: a tick of a channel, or an offer.
      for channel in 0..<channelCount where stale[channel] {
        channels[channel].plan(from: clock + 1)
        wakes[channel] = max(channels[channel].wake, clock + 1)
        stale[channel] = false
      }
      var next = Int64.max
      for channel in 0..<channelCount { next = min(next, wakes[channel]) }
      if blocker < 0 { next = min(next, max(offer, clock)) }
      if !skips { next = min(next, clock + 1) }
      if next > end || next == .max { break }
      let isNewClock = next > clock
      clock = next
      if isNewClock || clock == Scheduler.firstTick - 1 || Scheduler.firstTick == 0 {
        for channel in 0..<channelCount where wakes[channel] <= clock {
          channels[channel].tick(clock)
          isStuck = isStuck || channels[channel].isStuck
          stale[channel] = true
          wakes[channel] = .max
        }
      }
      if blocker >= 0 && stale[blocker] && !channels[blocker].refuses(head) { blocker = -1 }
      // Offers of this clock.
      if blocker < 0 && offer <= clock {
        var offered = 0
        while offered < perCycle, batchNext < batchCount, batch[batchNext].arrival <= clock {
          if !isPlaced {
            let request = batch[batchNext]
            let place = decoder.place(of: request.address)
            head = PlacedRequest(
              address: request.address, bank: place.bank, row: place.row, column: place.column,
              isWrite: request.isWrite)
            headChannel = Int(place.channel)
            isPlaced = true
          }
          guard channels[headChannel].accept(head, at: clock) else {
            blocker = headChannel
            break
          }
          if channels[headChannel].isStale { stale[headChannel] = true }
          isPlaced = false
          requests += 1
          offered += 1
          batchNext += 1
          if batchNext == batchCount { try refill() }
        }
        if batchNext == batchCount {
          offer = .max
        } else {
          offer = max(batch[batchNext].arrival, offered == perCycle ? clock + 1 : clock)
          if offered < perCycle && blocker < 0 { offer = max(offer, clock + 1) }
        }
      }
      if isExhausted && end == .max {
        var open = 0
        for channel in 0..<channelCount { open += channels[channel].outstanding }
        if open == 0 {
          end = 0
          for channel in 0..<channelCount { end = max(end, channels[channel].lastCompletion) }
          end = max(end + drain, clock)
        }
      }
      if isStuck, let why = (0..<channelCount).compactMap({ channels[$0].stuck }).first {
        throw MemoryRunStuck(clock, why)
      }
    }
    return finished()
  }

  private func finished() -> MemoryRun {
    var run = MemoryRun()
    run.requests = requests
    for channel in 0..<channelCount { run.cycles = max(run.cycles, channels[channel].lastCompletion) }
    run.cyclesSimulated = run.cycles + drain + (Scheduler.firstTick == 0 ? 1 : 0)
    run.channels = (0..<channelCount).map { channels[$0].record(upTo: run.cyclesSimulated) }
    return run
  }
}

/// A run that cannot go on.
struct MemoryRunStuck: Error {
  let clock: Int64
  let why: String

  init(_ clock: Int64, _ why: String) {
    self.clock = clock
    self.why = why
  }
}
