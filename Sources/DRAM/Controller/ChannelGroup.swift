import Arch
import Files

/// Channels to which the same has happened, which are simulated once.
///
/// All channels of a memory begin alike, and stay so while they are offered the same requests in the same clocks: where
/// data that lie over all channels are read one after the other, for one. What a member was offered waits until the
/// others were offered it too. One that is not leaves, with a copy of the channel as it was before. (`LockstepGroups` takes
/// replicas apart by work that is known for all of them; here requests come one by one.)
struct ChannelGroup<Scheduler: ChannelScheduler & ~Copyable>: ~Copyable {
  private let plan: ControllerPlan
  private let skips: Bool
  private(set) var scheduler: Scheduler
  /// The clock from which on the channel is looked at next. Nothing happens before unless something is offered.
  private var from = Scheduler.firstTick
  private(set) var inbox = ChannelInbox()
  /// Requests that were handed over from the inbox so far.
  private(set) var delivered = 0
  /// Numbers of the channels, ascending.
  private(set) var members: [Int]
  /// The member on whose behalf the group goes on.
  private var acting: Int
  private(set) var isAlone: Bool

  /// - Parameter skips: whether clocks in which nothing happens are passed over.
  init(_ plan: ControllerPlan, members: [Int], log: CommandLog?, skips: Bool) {
    self.plan = plan
    self.skips = skips
    self.members = members
    acting = members[0]
    isAlone = members.count == 1
    scheduler = Scheduler(plan, channel: members[0], log: log)
    updateRoom()
  }

  /// Members that leave a group: they were offered the first `taken` requests of all that it was.
  init(_ members: [Int], leaving group: inout ChannelGroup, taken: Int) {
    self.init(group.plan, members: members, log: nil, skips: group.skips)
    scheduler.copyState(of: group.scheduler)
    from = group.from
    delivered = group.delivered
    updateRoom()
    for index in 0..<(taken - delivered) {
      inbox.next.pointee = group.inbox.request(index).pointee
      inbox.keepAccepted(isWrite: inbox.next.pointee.isWrite)
    }
    // Both are ascending: thousands may leave one after the other.
    var left = members[...]
    group.members = group.members.filter { member in
      guard member == left.first else { return true }
      left.removeFirst()
      return false
    }
    group.isAlone = group.members.count == 1
  }

  // MARK: Requests

  /// Where the next request is put together.
  @inline(__always) var next: UnsafeMutablePointer<PlacedRequest> { inbox.next }

  /// How many requests members were offered.
  @inline(__always) var offered: Int { delivered &+ inbox.count }

  /// Whether a request is the same as one that another member was offered.
  @inline(__always)
  func offered(_ index: Int, isTo address: UInt64, isWrite: Bool, at clock: Int64) -> Bool {
    let request = inbox.request(index &- delivered)
    return request.pointee.address == address && request.pointee.clock == clock && request.pointee.isWrite == isWrite
  }

  /// Takes the request that was put together, if it is sure to be accepted.
  @inline(__always)
  mutating func keep(isWrite: Bool) -> Bool { inbox.keep(isWrite: isWrite) }

  /// Offers the request that was put together, which is next after those in the inbox, until it is accepted. All members
  /// were offered those.
  ///
  /// - Parameter member: the one that it is for.
  /// - Returns: the clock in which it was.
  @inline(__always)
  mutating func offer(to member: Int) throws -> Int64 {
    acting = member
    let request = inbox.next
    if inbox.count > 0 { try deliver() }
    if from <= request.pointee.clock { _ = try advance(to: request.pointee.clock) }
    // Where there are others, they may be offered another request, or none.
    let isTaken = isAlone ? scheduler.accept(request) : scheduler.accepts(request)
    if !isTaken {
      request.pointee.clock = try advance(untilRoomForWrites: request.pointee.isWrite, from: request.pointee.clock)
    }
    let clock = request.pointee.clock
    if isAlone {
      if !isTaken { accept(request) }
      from = clock &+ 1
      delivered &+= 1
      updateRoom()
    } else {
      updateRoom()
      inbox.next.pointee = request.pointee
      inbox.keepAccepted(isWrite: request.pointee.isWrite)
    }
    return clock
  }

  /// Takes the channel through the requests that it is sure to accept. All members were offered them.
  mutating func deliver() throws {
    for index in 0..<inbox.count {
      let request = inbox.request(index)
      if from <= request.pointee.clock { _ = try advance(to: request.pointee.clock) }
      accept(request)
    }
    delivered &+= inbox.count
    updateRoom()
  }

  @inline(__always)
  private mutating func accept(_ request: UnsafeMutablePointer<PlacedRequest>) {
    let isAccepted = scheduler.accept(request)
    precondition(isAccepted, "a channel has less room than it said")
    from = request.pointee.clock &+ 1
  }

  @inline(__always)
  private mutating func updateRoom() {
    inbox.clear(roomForReads: scheduler.room(forWrites: false), roomForWrites: scheduler.room(forWrites: true))
  }

  // MARK: Clocks

  /// Takes the channel up to a clock, that included, or to where it is to stop.
  ///
  /// - Returns: the clock in which it stopped; a later one than the limit if it did not.
  @inline(__always)
  mutating func advance(to limit: Int64, stop: AdvanceStop = .never) throws -> Int64 {
    guard skips else { return try advanceByClock(to: limit, stop: stop) }
    let next = scheduler.advance(from: from, to: limit, stop: stop)
    from = next <= limit ? next &+ 1 : next
    if scheduler.isStuck { throw stuck(after: next) }
    return next
  }

  /// The same, looking at every clock by itself.
  private mutating func advanceByClock(to limit: Int64, stop: AdvanceStop) throws -> Int64 {
    while from <= limit {
      let clock = from
      let next = scheduler.advance(from: clock, to: clock, stop: stop)
      from = clock + 1
      if scheduler.isStuck { throw stuck(after: clock) }
      if next == clock { return clock }
    }
    return from
  }

  /// Takes the channel on until it has room for a request that it refused.
  ///
  /// - Returns: the clock in which it has.
  @inline(__always)
  private mutating func advance(untilRoomForWrites forWrites: Bool, from refused: Int64) throws -> Int64 {
    // Where nothing happens any more, the channel's own clock is the end of time.
    var (deadline, last) = (patience(from: refused), refused)
    var open = scheduler.outstanding
    while true {
      let clock = try advance(to: deadline, stop: .withRoom(forWrites: forWrites))
      if clock < deadline { return clock }
      // Other requests may go first for very long.
      let left = scheduler.outstanding
      guard left < open else { throw stuck(after: last) }
      open = left
      last = deadline
      deadline = patience(from: deadline)
    }
  }

  /// Takes the channel through all requests, until the completion of each is known.
  mutating func finishRequests(after offered: Int64) throws {
    acting = members[0]
    try deliver()
    var open = scheduler.outstanding
    var deadline = patience(from: offered)
    var last = offered
    while open > 0 {
      let clock = try advance(to: deadline, stop: .afterEvent)
      guard clock < deadline else { throw stuck(after: last) }
      let left = scheduler.outstanding
      if left < open { deadline = patience(from: clock) }
      open = left
      last = clock
    }
  }

  /// When a channel that serves no request any more is given up, though refreshes go on.
  private func patience(from clock: Int64) -> Int64 {
    clock + max(1 << 20, min(plan.refresh?.interval ?? 0, 1 << 40) * 64)
  }

  private func stuck(after clock: Int64) -> Refusal {
    Refusal(
      "the run cannot go on after clock \(clock): "
        + (scheduler.stuck ?? "channel \(acting) has requests that nothing will ever serve"),
      at: Place(file: plan.device.name))
  }
}
