import Arch

/// The oldest ready request first, from a read or a write buffer; a request whose row was opened for it moves to an
/// active buffer, which goes before all others and protects its bank. Refreshes go through a queue of their own and stop
/// everything else of the channel.
///
/// This is how Ramulator 2.1 schedules. A command that is ready goes before one that is not; row hits are preferred only
/// in so far. The cycle-by-cycle description is turned into one that looks ahead: the next command is that with the
/// smallest (first clock it can go, rank of its buffer, age).
struct ActiveBufferScheduler: ~Copyable, ChannelScheduler {
  /// Where the next command comes from, in the order in which buffers are asked.
  enum Origin: UInt8 {
    case none, active, maintenance, reads, writes, activating
  }

  struct Choice {
    var clock = Int64.max
    var origin = Origin.none
    /// Slot of its buffer, or place in the active buffer.
    var index = 0
    var command = 0
    var age = Int64.max
  }

  /// A request whose row was opened for it.
  struct Active {
    var slot: RequestBuffer.Slot
  }

  static var firstTick: Int64 { 1 }

  let roles: CommandRoles
  let busKind: BusKind
  var timing: ScheduleTiming
  var reads: RequestBuffer
  var writes: RequestBuffer
  let drainFrom: Int
  let drainTo: Int
  let readLatency: Int64
  /// By bank; −1 while closed.
  let openRow: UnsafeMutablePointer<Int32>
  /// By bank: requests that a row was opened for and that are not done.
  let activeRequests: UnsafeMutablePointer<Int32>
  var active: UnsafeMutablePointer<Active>
  var activeCount = 0
  var isWriteMode = false
  var sequence: Int64 = 0
  var maintenance: MaintenanceQueue
  /// The row policy: accesses after which a row is closed, 0 for never.
  let cap: Int32
  let accesses: UnsafeMutablePointer<Int32>
  /// Banks with enough accesses whose precharge is not queued yet.
  var toClose: BankSet
  var nextClose = Int64.max
  /// Between the two commands of an activation (LPDDR5).
  var activating: Active?
  var activationDeadline: Int64 = 0
  let activationWindow: Int64
  /// The data clock runs up to here; the request that it was synchronised for goes next.
  var dataClockEnd: Int64 = 0
  let dataClock: DataClockDescription?
  var isSynchronised = false
  var choice = Choice()
  var columnChoice = Choice()
  var isStale = true
  var wake = Int64.max
  /// The last row command at a rising edge (half-clock devices).
  var pairing = RowPairing()
  let banksPerPseudoChannel: Int
  let hasQuirks: Bool
  var stuck: String?
  var recorder: ChannelRecorder

  init(_ plan: ControllerPlan, channel: Int, log: CommandLog?) {
    let settings = plan.settings
    let device = plan.device
    let banks = device.banksPerChannel
    roles = plan.roles
    busKind = plan.busKind
    if case .closed(let cap) = settings.rowPolicy { self.cap = Int32(clamping: cap) } else { cap = 0 }
    maintenance = MaintenanceQueue(plan)
    timing = ScheduleTiming(plan.table)
    reads = RequestBuffer(capacity: settings.readBuffer, banks: banks)
    writes = RequestBuffer(capacity: settings.writeBuffer, banks: banks)
    // More than the high share of the buffer; fewer than the low one.
    drainFrom = Int((settings.highWatermark * Double(settings.writeBuffer)).rounded(.down)) + 1
    drainTo = Int((settings.lowWatermark * Double(settings.writeBuffer)).rounded(.up)) - 1
    readLatency = device.readLatency
    openRow = .allocate(capacity: banks)
    openRow.initialize(repeating: -1, count: banks)
    activeRequests = .allocate(capacity: banks)
    activeRequests.initialize(repeating: 0, count: banks)
    accesses = .allocate(capacity: banks)
    accesses.initialize(repeating: 0, count: banks)
    toClose = BankSet(capacity: banks)
    active = .allocate(capacity: banks + settings.readBuffer + settings.writeBuffer + 1)
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
    active.deallocate()
  }

  var outstanding: Int { reads.count + writes.count + activeCount + (activating == nil ? 0 : 1) }
  var lastCompletion: Int64 { recorder.lastCompletion }
  func record(upTo clock: Int64) -> ChannelRecord { recorder.finished() }

  func refuses(_ request: PlacedRequest) -> Bool {
    if writes.count > 0 && writes.contains(request.address, bank: Int(request.bank)) { return false }
    return request.isWrite ? writes.isFull : reads.isFull
  }

  mutating func accept(_ request: PlacedRequest, at clock: Int64) -> Bool {
    let bank = Int(request.bank)
    if writes.count > 0 && writes.contains(request.address, bank: bank) {
      if request.isWrite {
        recorder.mergedWrites += 1
        recorder.write(completed: clock + 1)
      } else {
        // It waits behind the reads before it: completions come in order.
        recorder.forwardedReads += 1
        lastReadDone = max(lastReadDone, clock + 1)
        recorder.read(accepted: clock, completed: lastReadDone)
      }
      return true
    }
    if request.isWrite {
      guard !writes.isFull else { return false }
      writes.append(request, accepted: clock, sequence: sequence, openRow: openRow[bank])
    } else {
      guard !reads.isFull else { return false }
      reads.append(request, accepted: clock, sequence: sequence, openRow: openRow[bank])
    }
    sequence += 1
    isStale = true
    return true
  }

  /// Completion of the last read.
  var lastReadDone: Int64 = 0

  mutating func plan(from clock: Int64) {
    isStale = false
    switch busKind {
    case .single: dataClock == nil ? planSingle(clock) : planSynchronised(clock)
    case .rowAndColumn, .halfClock: planDual(clock)
    }
  }

  mutating func tick(_ clock: Int64) {
    guard wake <= clock else { return }
    if maintenance.due <= clock || nextClose <= clock { plan(from: clock) }
    switch busKind {
    case .single: dataClock == nil ? tickSingle(clock) : tickSynchronised(clock)
    case .rowAndColumn, .halfClock: tickDual(clock)
    }
    isStale = true
  }
}
