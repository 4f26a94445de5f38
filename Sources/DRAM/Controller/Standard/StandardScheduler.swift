import Arch

/// First ready, first come, first served: an access to an open row goes before anything that opens or closes one, and of
/// several the oldest goes. This is the controller that is used when nobody asks for another.
///
/// * Reads and writes wait in queues of their own. Writes are served in batches: from a high mark of their queue down to a
///   low one, or while there is no read.
/// * A row is not closed while requests hit it; but after `rowHitCap` accesses an older request for another row goes first.
/// * A refresh may be put off while requests wait for its banks, up to a number of intervals (JESD79-4 allows 8); then its
///   banks take no request until it is done. Ranks refresh by turns; other banks go on.
/// * Idle ranks may go to power-down and to self-refresh, and leave them when a request or a refresh needs it.
struct StandardScheduler: ~Copyable, PlanningScheduler {
  static var firstTick: Int64 { 1 }

  /// What goes first of commands that can go in the same clock.
  enum Rank: Int8 {
    case activateSecond, forcedRefresh, leave, column, row, idleRefresh, close, enter, none
  }

  struct Choice {
    var clock = Int64.max
    var rank = Rank.none
    var age = Int64.max
    var command = 0
    /// A bank, or the number of a refresh target or power domain for commands that cover several.
    var place = 0
    var slot = -1

    @inline(__always)
    func goesBefore(_ other: Choice) -> Bool {
      if clock != other.clock { return clock < other.clock }
      if rank != other.rank { return rank.rawValue < other.rank.rawValue }
      return age < other.age
    }
  }

  let plan: ControllerPlan
  let roles: CommandRoles
  let busKind: BusKind
  var timing: ScheduleTiming
  var pool: RequestPool
  var reads: RequestBuffer
  var writes: RequestBuffer
  let drainFrom: Int
  let drainTo: Int
  var isWriteMode = false
  let openRow: UnsafeMutablePointer<Int32>
  let opened: BankSet
  /// By bank: accesses since its row was opened, the clock of the last, requests that wait for it.
  let accesses: UnsafeMutablePointer<Int32>
  let lastAccess: UnsafeMutablePointer<Int64>
  let waiting: UnsafeMutablePointer<Int32>
  /// Banks whose refresh can wait no longer, or whose power domain is not up.
  let blocked: BankSet
  let rowHitCap: Int32
  /// Accesses after which a row is closed; 0 for never.
  let closeAfter: Int32
  /// Cycles without access after which a row is closed; `Int64.max` for never.
  let closeIdle: Int64
  var refresh: RefreshTurns
  var power: PowerDomains
  var activatingSlot = -1
  var activatingBank = -1
  var dataClockEnd: Int64 = 0
  let dataClock: DataClockDescription?
  /// The access that the data clock was synchronised for, which goes next.
  var synchronised = Choice()
  var pairing = RowPairing()
  var next = Choice()
  var nextColumn = Choice()
  var wake = Int64.max
  var isStuck: Bool { refresh.isHopeless }
  var stuck: String? {
    isStuck ? "refreshes come due faster than the timing rules let them go" : nil
  }
  var recorder: ChannelRecorder

  init(_ plan: ControllerPlan, channel: Int, log: CommandLog?) {
    let (device, settings) = (plan.device, plan.settings)
    self.plan = plan
    roles = plan.roles
    busKind = plan.busKind
    let banks = device.banksPerChannel
    timing = ScheduleTiming(plan.table)
    pool = RequestPool(capacity: settings.readBuffer + settings.writeBuffer + 1)
    reads = RequestBuffer(capacity: settings.readBuffer, banks: banks, pool: pool)
    writes = RequestBuffer(capacity: settings.writeBuffer, banks: banks, pool: pool)
    drainFrom = max(1, Int((settings.highWatermark * Double(settings.writeBuffer)).rounded(.up)))
    drainTo = Int((settings.lowWatermark * Double(settings.writeBuffer)).rounded(.down))
    func perBank(_ value: Int32) -> UnsafeMutablePointer<Int32> {
      let pointer = UnsafeMutablePointer<Int32>.allocate(capacity: plan.table.bankCount)
      pointer.initialize(repeating: value, count: plan.table.bankCount)
      return pointer
    }
    openRow = perBank(-1)
    accesses = perBank(0)
    waiting = perBank(0)
    lastAccess = .allocate(capacity: banks)
    lastAccess.initialize(repeating: 0, count: banks)
    opened = BankSet(capacity: banks)
    blocked = BankSet(capacity: banks)
    rowHitCap = Int32(clamping: settings.rowHitCap)
    switch settings.rowPolicy {
    case .open: (closeAfter, closeIdle) = (0, .max)
    case .closed(let cap): (closeAfter, closeIdle) = (Int32(clamping: cap), .max)
    case .timeout(let cycles): (closeAfter, closeIdle) = (0, cycles)
    }
    refresh = RefreshTurns(plan)
    power = PowerDomains(plan)
    dataClock = device.dataClock
    recorder = ChannelRecorder(plan, channel: channel, log: log)
  }

  deinit {
    openRow.deallocate()
    accesses.deallocate()
    waiting.deallocate()
    lastAccess.deallocate()
    opened.deallocate()
    blocked.deallocate()
  }

  mutating func copyState(of other: borrowing StandardScheduler) {
    let banks = plan.table.bankCount
    timing.copyState(of: other.timing)
    pool.copyState(of: other.pool)
    reads.copyState(of: other.reads, banks: banks)
    writes.copyState(of: other.writes, banks: banks)
    isWriteMode = other.isWriteMode
    openRow.update(from: other.openRow, count: banks)
    opened.copy(other.opened)
    accesses.update(from: other.accesses, count: banks)
    lastAccess.update(from: other.lastAccess, count: banks)
    waiting.update(from: other.waiting, count: banks)
    blocked.copy(other.blocked)
    refresh.copyState(of: other.refresh)
    power.copyState(of: other.power)
    (activatingSlot, activatingBank) = (other.activatingSlot, other.activatingBank)
    (dataClockEnd, synchronised) = (other.dataClockEnd, other.synchronised)
    (pairing, next, nextColumn, wake) = (other.pairing, other.next, other.nextColumn, other.wake)
    recorder.copyState(of: other.recorder)
  }

  var outstanding: Int { mutating get { reads.count + writes.count } }
  var lastCompletion: Int64 { recorder.lastCompletion }
  func record(after cycles: Int64) -> ChannelRecord { recorder.finished(after: cycles) }

  mutating func room(forWrites: Bool) -> Int {
    forWrites ? writes.capacity - writes.count : reads.capacity - reads.count
  }

  mutating func accepts(_ request: UnsafeMutablePointer<PlacedRequest>) -> Bool {
    writes.contains(request.pointee.address, bank: Int(request.pointee.bank))
      || room(forWrites: request.pointee.isWrite) > 0
  }

  mutating func accept(_ offer: UnsafeMutablePointer<PlacedRequest>) -> Bool {
    let request = offer.pointee
    let clock = request.clock
    let bank = Int(request.bank)
    if writes.count > 0 && writes.contains(request.address, bank: bank) {
      if request.isWrite {
        recorder.mergedWrites += 1
        recorder.write(completed: clock + 1)
      } else {
        recorder.forwardedReads += 1
        recorder.read(accepted: clock, completed: clock + 1)
      }
      return true
    }
    guard request.isWrite ? !writes.isFull : !reads.isFull else { return false }
    let slot = pool.take(request)
    if request.isWrite {
      writes.append(slot, bank, openRow: openRow[bank])
    } else {
      reads.append(slot, bank, openRow: openRow[bank])
    }
    waiting[bank] += 1
    power.requestArrived(bank, at: clock)
    return true
  }

  mutating func plan(from clock: Int64) {
    refresh.advance(to: clock, power)
    if synchronised.slot >= 0 {
      synchronised.clock = max(clock, timing.earliest(synchronised.command, synchronised.place))
      next = synchronised
      nextColumn = Choice()
    } else {
      block()
      updateMode()
      nextColumn = columnChoice(from: clock)
      next = rowChoice(from: clock)
      if busKind == .single {
        if nextColumn.goesBefore(next) { next = nextColumn }
        nextColumn = Choice()
      }
    }
    wake = min(next.clock, nextColumn.clock, refresh.nextDue)
  }

  mutating func tick(_ clock: Int64) {
    guard wake <= clock else { return }
    if refresh.nextDue <= clock { plan(from: clock) }
    let hasColumn = nextColumn.clock == clock
    if hasColumn {
      issue(nextColumn, at: clock)
      // A row command of the same clock sees what the column command did.
      next = rowChoice(from: clock)
    }
    if next.clock == clock {
      issue(next, at: clock)
      if hasColumn { recorder.dualCommands += 1 }
    }
  }

  private mutating func updateMode() {
    if isWriteMode {
      isWriteMode = writes.count > 0 && (reads.count == 0 || writes.count > drainTo)
    } else {
      isWriteMode = writes.count >= drainFrom || (reads.count == 0 && writes.count > 0)
    }
  }
}
