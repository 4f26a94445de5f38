import Arch

/// The oldest ready request first, from a read or a write buffer; a request whose row was opened for it moves to an
/// active buffer, which goes before all others and protects its bank. Refreshes go through a queue of their own and stop
/// everything else of the channel.
///
/// This is how Ramulator 2.1 schedules. A command that is ready goes before one that is not; row hits are preferred only
/// in so far. The clock-by-clock description is turned into one that looks ahead: the next command is that with the
/// smallest (first clock at which it can go, rank of its buffer, age).
struct ActiveBufferScheduler: ~Copyable, ChannelScheduler {
  /// Where the next command comes from.
  enum Origin: UInt8 {
    case none, active, row, column
    /// The head of the queue of refreshes and precharges.
    case maintenance
    /// A row command of an active request whose row was closed under it.
    case activeRow
  }

  static var firstTick: Int64 { 1 }

  let roles: CommandRoles
  let activate: Int
  let precharge: Int
  let read: Int
  let write: Int
  let busKind: BusKind
  var timing: ScheduleTiming
  var pool: RequestPool
  var reads: RequestBuffer
  var writes: RequestBuffer
  let drainFrom: Int
  let drainTo: Int
  let readLatency: Int64
  /// By bank; −1 while closed.
  let openRow: UnsafeMutablePointer<Int32>
  /// Banks with an open row.
  let opened: BankSet
  /// By bank: requests that a row was opened for and that are not done; banks that have any.
  let activeRequests: UnsafeMutablePointer<Int32>
  let guarded: BankSet
  /// Slots of requests that a row was opened for, in the order in which they came here.
  let active: UnsafeMutablePointer<Int32>
  var activeCount = 0
  var isWriteMode = false
  var maintenance: MaintenanceQueue
  /// The row policy: accesses after which a row is closed, 0 for never.
  let cap: Int32
  let accesses: UnsafeMutablePointer<Int32>
  /// Banks with enough accesses whose precharge is not queued yet.
  let toClose: BankSet
  var nextClose = Int64.max
  /// Slot of the request between the two commands of its activation (LPDDR5), and its bank; −1 for none.
  var activatingSlot = -1
  var activatingBank = -1
  var activationDeadline: Int64 = 0
  let activationWindow: Int64
  /// The data clock runs up to here. Once a request has synchronised it, its access goes next.
  var dataClockEnd: Int64 = 0
  let dataClock: DataClockDescription?
  var isSynchronised = false
  // The next command of the active buffer, and the next row and column commands of the buffer that is served.
  var activeChoice = CommandChoice.unknown
  var rowChoice = CommandChoice.unknown
  var columnChoice = CommandChoice.unknown
  var headChoice = CommandChoice()
  /// What goes next on the command bus, and when: on that of rows where columns have their own.
  var nextClock = Int64.max
  var origin = Origin.none
  var nextColumnClock = Int64.max
  var columnOrigin = Origin.none
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
    let banks = device.banksPerChannel
    roles = plan.roles
    activate = roles.activate
    precharge = roles.precharge
    read = roles.read
    write = roles.write
    busKind = plan.busKind
    if case .closed(let cap) = settings.rowPolicy { self.cap = Int32(clamping: cap) } else { cap = 0 }
    maintenance = MaintenanceQueue(plan)
    timing = ScheduleTiming(plan.table)
    // Each bank may have one request, besides those in the buffers, that its row was opened for.
    let capacity = settings.readBuffer + settings.writeBuffer + banks + 1
    let held = capacity + settings.readBuffer + settings.writeBuffer
    pool = RequestPool(capacity: held)
    reads = RequestBuffer(capacity: settings.readBuffer, banks: banks, pool: pool)
    writes = RequestBuffer(capacity: settings.writeBuffer, banks: banks, pool: pool)
    // More than the high share of the buffer; fewer than the low one.
    drainFrom = Int((settings.highWatermark * Double(settings.writeBuffer)).rounded(.down)) + 1
    drainTo = Int((settings.lowWatermark * Double(settings.writeBuffer)).rounded(.up)) - 1
    readLatency = device.readLatency
    func perBank(_ value: Int32) -> UnsafeMutablePointer<Int32> {
      let pointer = UnsafeMutablePointer<Int32>.allocate(capacity: banks)
      pointer.initialize(repeating: value, count: banks)
      return pointer
    }
    openRow = perBank(-1)
    activeRequests = perBank(0)
    accesses = perBank(0)
    toClose = BankSet(capacity: banks)
    opened = BankSet(capacity: banks)
    guarded = BankSet(capacity: banks)
    active = .allocate(capacity: held)
    active.initialize(repeating: -1, count: held)
    activationWindow = device.activationWindow ?? 0
    dataClock = device.dataClock
    banksPerPseudoChannel = plan.banksPerPseudoChannel
    hasQuirks = settings.peerQuirks
    recorder = ChannelRecorder(channel: channel, commands: device.commands.count, log: log)
  }

  deinit {
    openRow.deallocate()
    activeRequests.deallocate()
    accesses.deallocate()
    toClose.deallocate()
    opened.deallocate()
    guarded.deallocate()
    active.deallocate()
  }

  var outstanding: Int { mutating get { reads.count + writes.count + activeCount + (activatingSlot < 0 ? 0 : 1) } }
  var lastCompletion: Int64 { recorder.lastCompletion }
  func record(upTo clock: Int64) -> ChannelRecord { recorder.finished() }

  // The original gives up when its queue of 1,568 is full.
  var stuck: String? {
    isStuck
      ? "refreshes and precharges pile up behind a request whose row was closed: the schedule that this preset follows "
        + "never goes on from here" : nil
  }

  mutating func refuses(_ request: PlacedRequest) -> Bool {
    if writes.count > 0 && writes.contains(request.address, bank: Int(request.bank)) { return false }
    return request.isWrite ? writes.isFull : reads.isFull
  }

  @inline(__always)
  mutating func accept(_ request: PlacedRequest, at clock: Int64) -> Bool {
    let bank = Int(request.bank)
    if writes.count > 0 && writes.contains(request.address, bank: bank) {
      answerFromWrites(request, at: clock)
      return true
    }
    guard request.isWrite ? !writes.isFull : !reads.isFull else { return false }
    let slot = pool.take(request, accepted: clock)
    let isFirst =
      request.isWrite
      ? writes.append(slot, bank, openRow: openRow[bank]) : reads.append(slot, bank, openRow: openRow[bank])
    if isFirst && request.isWrite == isWriteMode { consider(slot, bank, from: clock + 1) }
    return true
  }

  /// A request for the address of a waiting write: a read has its data at once, a write replaces it.
  private mutating func answerFromWrites(_ request: PlacedRequest, at clock: Int64) {
    if request.isWrite {
      recorder.mergedWrites += 1
      recorder.write(completed: clock + 1)
    } else {
      // It waits behind the reads before it: completions come in order.
      recorder.forwardedReads += 1
      lastReadDone = max(lastReadDone, clock + 1)
      recorder.read(accepted: clock, completed: lastReadDone)
    }
  }

  @inline(__always)
  mutating func plan(from clock: Int64) {
    if maintenance.due <= clock || cap > 0 { prepare(clock) }
    switch busKind {
    case .single: dataClock == nil ? planSingle(clock) : planSynchronised(clock)
    case .rowAndColumn, .halfClock: planDual(clock)
    }
  }

  @inline(__always)
  mutating func tick(_ clock: Int64) {
    guard wake <= clock else { return }
    if maintenance.due <= clock || nextClose <= clock { plan(from: clock) }
    switch busKind {
    case .single: dataClock == nil ? tickSingle(clock) : tickSynchronised(clock)
    case .rowAndColumn, .halfClock: tickDual(clock)
    }
  }
}
