import Arch

/// The oldest ready request first, from a read or a write buffer; a request whose row was opened for it moves to an
/// active buffer, which goes before all others and protects its bank. Refreshes go through a queue of their own and stop
/// everything else of the channel.
///
/// This is how Ramulator 2.1 schedules. A command that is ready goes before one that is not; row hits are preferred only
/// in so far. Each clock in which something may be ready is looked at; which that is, is known because times at which
/// commands become legal never move back.
struct ActiveBufferScheduler<Positions: PositionSet>: ~Copyable, ChannelScheduler {
  /// What is known of a bank.
  struct Bank {
    /// −1 while closed.
    var openRow: Int32 = -1
    /// Requests that its row was opened for and that are not done. With the peer's quirks, where a row had to be opened
    /// again for a request, it stays too high.
    var activeRequests: Int32 = 0
    /// Accesses since its row was opened.
    var accesses: Int32 = 0
    /// Whether it was found to wait for no rule of its own: it can be closed when it is open, or opened. That it can is a
    /// hint, for a later command may have moved it. If not, and somebody waits for it, it is in `timers`.
    var isReady = false
  }

  static var firstTick: Int64 { 1 }

  let roles: CommandRoles
  let activate: Int
  let precharge: Int
  let read: Int
  let write: Int
  let busKind: BusKind
  /// 1 where a clock is half a cycle of the command clock, and odd ones are its rising edges; else 0.
  let halfClock: Int64
  /// Owns what `groupOf` points at.
  private let table: ScheduleTable
  var timing: ScheduleTiming
  /// Of closing, and of opening a bank.
  let rowTimes: UnsafeMutablePointer<ScheduleTiming.Times>
  let readings: ScheduleTiming.Times
  let writings: ScheduleTiming.Times
  /// Reads, then writes.
  let buffers: UnsafeMutablePointer<WaitingRequests<Positions>>
  /// The one that is served.
  var served: UnsafeMutablePointer<WaitingRequests<Positions>>
  let drainFrom: Int
  let drainTo: Int
  let readLatency: Int64
  let banks: UnsafeMutablePointer<Bank>
  let bankCount: Int
  let groupCount: Int
  /// By bank: the number of its group.
  let groupOf: UnsafeMutablePointer<Int32>
  var timers: BankTimers
  /// Requests that a row was opened for, in the order in which they came here.
  var active: UnsafeMutablePointer<PlacedRequest>
  /// By active request: neither its access nor that of a later one is legal before.
  var activeFrom: UnsafeMutablePointer<Int64>
  var activeFirst = 0
  var activeCount = 0
  var activeCapacity: Int
  var maintenance: MaintenanceQueue
  /// The row policy: accesses after which a row is closed, 0 for never.
  let cap: Int32
  /// Banks with enough accesses whose precharge is not queued yet.
  let toClose: BankSet
  /// The clock from which on `prepare` has something to do, and the next in which it will have.
  var prepares: Int64
  var nextPrepared: Int64
  /// The request between the two commands of its activation (LPDDR5), and its bank; −1 for none.
  let activating: UnsafeMutablePointer<PlacedRequest>
  var activatingBank = -1
  var activationDeadline: Int64 = 0
  let activationWindow: Int64
  /// The data clock runs up to here. Once a request has synchronised it, its access goes next.
  var dataClockEnd: Int64 = 0
  let dataClock: DataClockDescription?
  /// Whether an activation is one command, and an access too.
  let isPlain: Bool
  var synchronisedOrigin = CommandOrigin.none
  // The next access of the active buffer, and of those hits that are served.
  var activeChoice = CommandChoice.unknown
  var columnChoice = CommandChoice.unknown
  /// What goes next of maintenance, or of the row commands of active requests.
  var headChoice = CommandChoice()
  /// Position of the request whose row command goes in this clock.
  var rowPosition = -1
  /// The next clock that must be looked at if nothing arrives.
  var wake = Int64.max
  /// The last row command at a rising edge (half-clock devices).
  var pairing = RowPairing()
  let banksPerPseudoChannel: Int
  let hasQuirks: Bool
  var isStuck = false
  /// Completion of the last read.
  var lastReadDone: Int64 = 0
  var recorder: ChannelRecorder

  init(_ plan: ControllerPlan, channel: Int, log: CommandLog?) {
    let settings = plan.settings
    let device = plan.device
    roles = plan.roles
    activate = roles.activate
    precharge = roles.precharge
    read = roles.read
    write = roles.write
    busKind = plan.busKind
    halfClock = plan.busKind == .halfClock ? 1 : 0
    if case .closed(let cap) = settings.rowPolicy { self.cap = Int32(clamping: cap) } else { cap = 0 }
    maintenance = MaintenanceQueue(plan)
    prepares = cap > 0 ? 0 : maintenance.due
    nextPrepared = maintenance.due
    timing = ScheduleTiming(plan.table)
    rowTimes = .allocate(capacity: 2)
    rowTimes.initialize(to: timing.times(roles.precharge))
    (rowTimes + 1).initialize(to: timing.times(roles.activate))
    readings = timing.times(roles.read)
    writings = timing.times(roles.write)
    bankCount = device.banksPerChannel
    groupCount = plan.table.groupCount
    groupOf = plan.table.groupOf
    table = plan.table
    buffers = .allocate(capacity: 2)
    for (index, capacity) in [settings.readBuffer, settings.writeBuffer].enumerated() {
      (buffers + index).initialize(
        to: WaitingRequests(capacity: capacity, banks: bankCount, groups: plan.table.groupCount))
    }
    served = buffers
    // More than the high share of the buffer; fewer than the low one.
    drainFrom = Int((settings.highWatermark * Double(settings.writeBuffer)).rounded(.down)) + 1
    drainTo = Int((settings.lowWatermark * Double(settings.writeBuffer)).rounded(.up)) - 1
    readLatency = device.readLatency
    banks = .allocate(capacity: bankCount)
    banks.initialize(repeating: Bank(), count: bankCount)
    timers = BankTimers(banks: bankCount)
    toClose = BankSet(capacity: bankCount)
    activeCapacity = 2 * bankCount
    active = .allocate(capacity: activeCapacity)
    active.initialize(repeating: PlacedRequest(), count: activeCapacity)
    activeFrom = .allocate(capacity: activeCapacity)
    activeFrom.initialize(repeating: 0, count: activeCapacity)
    activating = .allocate(capacity: 1)
    activating.initialize(to: PlacedRequest())
    activationWindow = device.activationWindow ?? 0
    dataClock = device.dataClock
    isPlain = plan.isPlain
    banksPerPseudoChannel = plan.banksPerPseudoChannel
    hasQuirks = settings.peerQuirks
    recorder = ChannelRecorder(plan, channel: channel, log: log)
  }

  deinit {
    buffers.deinitialize(count: 2)
    buffers.deallocate()
    rowTimes.deallocate()
    banks.deallocate()
    toClose.deallocate()
    active.deallocate()
    activeFrom.deallocate()
    activating.deallocate()
  }

  mutating func copyState(of other: borrowing ActiveBufferScheduler) {
    timing.copyState(of: other.timing)
    for index in 0..<2 { buffers[index].copyState(of: other.buffers[index]) }
    served = buffers + (other.served - other.buffers)
    banks.update(from: other.banks, count: bankCount)
    timers.copyState(of: other.timers)
    copyActive(of: other)
    maintenance.copyState(of: other.maintenance)
    toClose.copy(other.toClose)
    (prepares, nextPrepared) = (other.prepares, other.nextPrepared)
    activating.pointee = other.activating.pointee
    (activatingBank, activationDeadline) = (other.activatingBank, other.activationDeadline)
    (dataClockEnd, synchronisedOrigin) = (other.dataClockEnd, other.synchronisedOrigin)
    (activeChoice, columnChoice, headChoice) = (other.activeChoice, other.columnChoice, other.headChoice)
    (rowPosition, wake, pairing) = (other.rowPosition, other.wake, other.pairing)
    (isStuck, lastReadDone) = (other.isStuck, other.lastReadDone)
    recorder.copyState(of: other.recorder)
  }

  private mutating func copyActive(of other: borrowing ActiveBufferScheduler) {
    active.deallocate()
    activeFrom.deallocate()
    activeCapacity = other.activeCapacity
    active = .allocate(capacity: activeCapacity)
    active.initialize(from: other.active, count: activeCapacity)
    activeFrom = .allocate(capacity: activeCapacity)
    activeFrom.initialize(from: other.activeFrom, count: activeCapacity)
    (activeFirst, activeCount) = (other.activeFirst, other.activeCount)
  }

  @inline(__always) var reads: UnsafeMutablePointer<WaitingRequests<Positions>> { buffers }
  @inline(__always) var writes: UnsafeMutablePointer<WaitingRequests<Positions>> { buffers + 1 }

  var outstanding: Int {
    mutating get { reads.pointee.count + writes.pointee.count + activeCount + (activatingBank < 0 ? 0 : 1) }
  }
  var lastCompletion: Int64 { max(recorder.lastCompletion, lastReadDone) }
  func record(after cycles: Int64) -> ChannelRecord {
    var record = recorder.finished(after: cycles)
    record.lastCompletion = lastCompletion
    return record
  }

  // The original gives up when its queue of 1,568 is full.
  var stuck: String? {
    isStuck
      ? "refreshes and precharges pile up behind a request whose row was closed: the schedule that this preset follows "
        + "never goes on from here" : nil
  }

  @inline(__always)
  mutating func room(forWrites: Bool) -> Int {
    let buffer = forWrites ? writes : reads
    return buffer.pointee.capacity &- buffer.pointee.count
  }

  @inline(__always)
  mutating func accepts(_ request: UnsafeMutablePointer<PlacedRequest>) -> Bool {
    let isWritten =
      writes.pointee.count > 0 && writes.pointee.contains(request.pointee.address, bank: Int(request.pointee.bank))
    return isWritten || room(forWrites: request.pointee.isWrite) > 0
  }

  @inline(__always)
  mutating func accept(_ request: UnsafeMutablePointer<PlacedRequest>) -> Bool {
    let bank = Int(request.pointee.bank)
    if writes.pointee.count > 0 && writes.pointee.contains(request.pointee.address, bank: bank) {
      answerFromWrites(request.pointee)
      return true
    }
    let buffer = request.pointee.isWrite ? writes : reads
    if buffer.pointee.isFull { return false }
    if buffer.pointee.isExhausted { moveTogether(buffer) }
    let state = banks + bank
    let clock = request.pointee.clock &+ 1
    let position = buffer.pointee.append(request.pointee, group: Int(groupOf[bank]))
    if state.pointee.openRow == request.pointee.row {
      if buffer.pointee.foundHit(position, bank) && buffer == served { considerHit(position, bank, from: clock) }
    } else if !state.pointee.isReady {
      waitForRules(of: bank, from: clock)
    } else {
      let isOpen = state.pointee.openRow >= 0
      buffer.pointee.foundReady(position, isOpen: isOpen, canGo: !(isOpen && isProtected(bank)))
    }
    return true
  }

  /// Makes room for positions; the choice among hits keeps its request.
  private mutating func moveTogether(_ buffer: UnsafeMutablePointer<WaitingRequests<Positions>>) {
    let isChosen = buffer == served && columnChoice.isKnown && columnChoice.clock < .max
    let moved = buffer.pointee.moveTogether(keeping: isChosen ? Int(columnChoice.place) : -1, groupOf)
    guard isChosen else { return }
    columnChoice.place = Int32(truncatingIfNeeded: moved)
    columnChoice.age = Int64(moved)
  }

  /// A request for the address of a waiting write: a read has its data at once, a write replaces it.
  private mutating func answerFromWrites(_ request: PlacedRequest) {
    let clock = request.clock
    if request.isWrite {
      recorder.mergedWrites += 1
      recorder.write(completed: clock + 1)
    } else {
      // It waits behind the reads before it: completions come in order.
      recorder.forwardedReads += 1
      lastReadDone = max(lastReadDone, clock + 1)
      recorder.read(latency: lastReadDone - clock)
    }
  }

  mutating func advance(from clock: Int64, to limit: Int64, stop: AdvanceStop) -> Int64 {
    var now = clock
    while now <= limit {
      if step(now) {
        if isStuck { return now }
        switch stop {
        case .never: break
        case .afterEvent: return now
        case .withRoom(let forWrites): if room(forWrites: forWrites) > 0 { return now }
        }
        now &+= 1
      } else {
        now = max(wake, now &+ 1)
      }
    }
    return now
  }

  /// One clock.
  ///
  /// - Returns: whether a command was issued. If not, nothing happens before `wake`.
  @inline(__always)
  private mutating func step(_ now: Int64) -> Bool {
    if prepares <= now {
      prepare(now)
      if isStuck { return true }
    }
    wake = nextPrepared
    switch busKind {
    case .single: return isPlain ? stepSingle(now) : stepSynchronised(now)
    case .rowAndColumn, .halfClock: return stepDual(now)
    }
  }
}
