import Arch

/// A command queue for each bank, asked in turns; a read queue and a write buffer before them, drained by turns.
///
/// This is how DRAMsim3 schedules (one queue per bank, ranks refreshed one after the other). Its clock-by-clock
/// description is kept, and clocks in which none of its steps would do anything are passed over.
struct BankQueueScheduler: ~Copyable, PlanningScheduler {
  static var firstTick: Int64 { 0 }

  /// Column commands after which a row is closed although others hit it.
  static let columnsBeforeClose = 4
  /// Writes below which an idle channel does not drain its buffer.
  static let writesKept = 8

  let plan: ControllerPlan
  let roles: CommandRoles
  let read: Int
  let write: Int
  let closesByItself: Bool
  var timing: ScheduleTiming
  var queues: BankQueues
  var readQueue: TransactionQueue
  var writeBuffer: TransactionQueue
  /// Reads that share the command of another: their address and when they were accepted.
  var sharers: [(address: UInt64, accepted: Int64)] = []
  /// By bank: the open row, −1 while closed, and column commands since it was opened.
  let openRow: UnsafeMutablePointer<Int32>
  let columns: UnsafeMutablePointer<Int32>
  let banks: Int
  // Ranks: what one refresh covers.
  let rankCount: Int
  let banksPerRank: Int
  /// By rank: the clock from which on all its banks are closed, `Int64.max` while one is open.
  let idleSince: UnsafeMutablePointer<Int64>
  let openBanks: UnsafeMutablePointer<Int32>
  let isAsleep: UnsafeMutablePointer<Bool>
  let wasUsed: UnsafeMutablePointer<Bool>
  /// Ranks whose refresh is due, first come, first served.
  var dueRanks: [Int] = []
  var nextRank = 0
  var refreshDue: Int64
  let refreshInterval: Int64
  /// The rank that waits for its refresh; −1 for none.
  var blockedRank = -1
  /// Writes still to be moved in this drain.
  var drain = 0
  var pointer = 0
  /// Whether a transaction might move in the next clock.
  var mayMove = false
  var readsOpen = 0
  let readLatency: Int64
  let sleepAfter: Int64
  let isDual: Bool
  let hasQuirks: Bool
  var wake: Int64 = 0
  var isStuck = false
  var recorder: ChannelRecorder

  init(_ plan: ControllerPlan, channel: Int, log: CommandLog?) {
    let (device, settings) = (plan.device, plan.settings)
    self.plan = plan
    roles = plan.roles
    if case .closed = settings.rowPolicy, let read = roles.readPrecharge, let write = roles.writePrecharge {
      (self.read, self.write, closesByItself) = (read, write, true)
    } else {
      (self.read, self.write, closesByItself) = (roles.read, roles.write, false)
    }
    banks = device.banksPerChannel
    rankCount = max(plan.refreshTargets.count, 1)
    banksPerRank = banks / rankCount
    timing = ScheduleTiming(plan.table)
    queues = BankQueues(depth: settings.commandQueue, banks: banks)
    readQueue = TransactionQueue(capacity: settings.readBuffer)
    writeBuffer = TransactionQueue(capacity: settings.writeBuffer)
    openRow = .allocate(capacity: banks)
    openRow.initialize(repeating: -1, count: banks)
    columns = .allocate(capacity: banks)
    columns.initialize(repeating: 0, count: banks)
    idleSince = .allocate(capacity: rankCount)
    idleSince.initialize(repeating: 0, count: rankCount)
    openBanks = .allocate(capacity: rankCount)
    openBanks.initialize(repeating: 0, count: rankCount)
    isAsleep = .allocate(capacity: rankCount)
    isAsleep.initialize(repeating: false, count: rankCount)
    wasUsed = .allocate(capacity: rankCount)
    wasUsed.initialize(repeating: false, count: rankCount)
    refreshInterval = max(1, (plan.refresh?.interval ?? 0) / Int64(rankCount))
    refreshDue = plan.refresh == nil ? .max : refreshInterval
    readLatency = device.readLatency
    sleepAfter = roles.selfRefreshEnter == nil || plan.refreshTargets.isEmpty ? .max : settings.selfRefreshAfter ?? .max
    isDual = plan.busKind != .single
    hasQuirks = settings.peerQuirks
    recorder = ChannelRecorder(plan, channel: channel, log: log)
  }

  deinit {
    openRow.deallocate()
    columns.deallocate()
    idleSince.deallocate()
    openBanks.deallocate()
    isAsleep.deallocate()
    wasUsed.deallocate()
  }

  mutating func copyState(of other: borrowing BankQueueScheduler) {
    timing.copyState(of: other.timing)
    queues.copyState(of: other.queues, banks: banks)
    readQueue.copyState(of: other.readQueue)
    writeBuffer.copyState(of: other.writeBuffer)
    sharers = other.sharers
    openRow.update(from: other.openRow, count: banks)
    columns.update(from: other.columns, count: banks)
    idleSince.update(from: other.idleSince, count: rankCount)
    openBanks.update(from: other.openBanks, count: rankCount)
    isAsleep.update(from: other.isAsleep, count: rankCount)
    wasUsed.update(from: other.wasUsed, count: rankCount)
    (dueRanks, nextRank, refreshDue, blockedRank) = (
      other.dueRanks, other.nextRank, other.refreshDue, other.blockedRank
    )
    (drain, pointer, mayMove, readsOpen) = (other.drain, other.pointer, other.mayMove, other.readsOpen)
    (wake, isStuck) = (other.wake, other.isStuck)
    recorder.copyState(of: other.recorder)
  }

  var outstanding: Int { mutating get { readsOpen } }
  var lastCompletion: Int64 { recorder.lastCompletion }
  func record(after cycles: Int64) -> ChannelRecord { recorder.finished(after: cycles) }

  mutating func room(forWrites: Bool) -> Int {
    forWrites ? writeBuffer.capacity - writeBuffer.count : readQueue.capacity - readQueue.count
  }

  mutating func accepts(_ request: UnsafeMutablePointer<PlacedRequest>) -> Bool {
    room(forWrites: request.pointee.isWrite) > 0
  }

  /// A write is complete two clocks after it was offered, when it is buffered; a read when its data are there.
  mutating func accept(_ offer: UnsafeMutablePointer<PlacedRequest>) -> Bool {
    let request = offer.pointee
    guard room(forWrites: request.isWrite) > 0 else { return false }
    let bank = Int(request.bank)
    let isWritten =
      writeBuffer.place(of: request.address) >= 0
      || queues.place(of: request.address, isWrite: true, bank: bank) >= 0
    // From here on its clock counts, one after that of the tick before.
    let accepted = request.clock + 1
    if request.isWrite {
      recorder.write(completed: accepted + 1)
      if isWritten {
        recorder.mergedWrites += 1
      } else {
        writeBuffer.append(BankQueues.Entry(request: request, accepted: accepted))
      }
    } else if isWritten {
      recorder.forwardedReads += 1
      recorder.read(accepted: accepted, completed: accepted + 1)
    } else {
      readsOpen += 1
      let waiting = readQueue.place(of: request.address)
      let queued = waiting < 0 ? queues.place(of: request.address, isWrite: false, bank: bank) : -1
      if waiting >= 0 || queued >= 0 {
        recorder.mergedReads += 1
        sharers.append((request.address, accepted))
        if waiting >= 0 { readQueue.entries[waiting].sharers += 1 } else { queues.queue(bank)[queued].sharers += 1 }
      } else {
        readQueue.append(BankQueues.Entry(request: request, accepted: accepted))
      }
    }
    mayMove = true
    return true
  }

  mutating func plan(from clock: Int64) {
    var next = min(mayMove ? clock : .max, refreshDue)
    if blockedRank >= 0 || !dueRanks.isEmpty { next = min(next, max(clock, refreshReady())) }
    next = min(next, max(clock, queuesReady()))
    if sleepAfter < .max { next = min(next, max(clock, sleepReady())) }
    wake = max(next, clock)
  }

  mutating func tick(_ clock: Int64) {
    guard wake <= clock else { return }
    if refreshDue <= clock {
      if !isAsleep[nextRank] { dueRanks.append(nextRank) }
      nextRank = (nextRank + 1) % rankCount
      refreshDue += refreshInterval
    }
    var isIssued = false
    if blockedRank < 0, let first = dueRanks.first { blockedRank = first }
    if blockedRank >= 0 { isIssued = refreshStep(at: clock) }
    var isColumn = false
    if !isIssued, let command = scan(at: clock) {
      isColumn = issue(command, at: clock)
      isIssued = true
    }
    if isDual && isIssued, let command = scan(at: clock) {
      // Refused when both are of one kind; the pointer has moved all the same.
      if command.isColumn != isColumn {
        _ = issue(command, at: clock)
        recorder.dualCommands += 1
      }
    }
    if !isIssued && sleepAfter < .max { sleepStep(at: clock) }
    mayMove = moveTransaction()
    if queues.total == 0 && readQueue.count > 0 && !mayMove { isStuck = true }
  }

  var stuck: String? {
    isStuck
      ? "a buffered write waits for a read of its address that waits behind the drain of the write buffer: the schedule "
        + "that this preset follows never goes on from here" : nil
  }

  // MARK: Transactions

  private var isDrainDue: Bool {
    writeBuffer.isFull || (writeBuffer.count > Self.writesKept && queues.total == 0)
  }

  /// Moves at most one transaction to the command queue of its bank.
  ///
  /// - Returns: whether one may move in the next clock too.
  private mutating func moveTransaction() -> Bool {
    if drain == 0 && isDrainDue { drain = writeBuffer.count }
    if drain > 0 {
      for index in 0..<writeBuffer.count {
        let entry = writeBuffer.entries[index]
        let bank = Int(entry.request.bank)
        if queues.isFull(bank) { continue }
        if isReadPending(entry.request) {
          drain = 0
          // The original moves nothing in this clock, and reads from the next on unless a drain is due again; where that
          // would be for ever, a read goes.
          if !isDrainDue { return true }
          return hasQuirks || queues.total > 0 ? false : moveRead()
        }
        use(bank)
        queues.append(entry)
        writeBuffer.remove(index)
        drain -= 1
        return true
      }
      return false
    }
    return moveRead()
  }

  private mutating func moveRead() -> Bool {
    for index in 0..<readQueue.count {
      let entry = readQueue.entries[index]
      let bank = Int(entry.request.bank)
      if queues.isFull(bank) { continue }
      use(bank)
      queues.append(entry)
      readQueue.remove(index)
      return true
    }
    return false
  }

  private mutating func use(_ bank: Int) { wasUsed[bank / banksPerRank] = true }

  private func isReadPending(_ request: PlacedRequest) -> Bool {
    readQueue.place(of: request.address) >= 0
      || queues.place(of: request.address, isWrite: false, bank: Int(request.bank)) >= 0
  }
}
