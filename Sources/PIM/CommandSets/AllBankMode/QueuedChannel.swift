import DRAM

/// One channel: a queue of a host's transactions, and a controller that makes them commands.
///
/// In each cycle one command goes: the first transaction of the queue whose row is open and whose time has come; else
/// the activate of the first whose bank is closed; else the precharge of a bank whose row no transaction wants. A
/// transaction that is a barrier goes when it has become the first, and nothing overtakes it. One transaction enters
/// the queue in each cycle.
struct QueuedChannel: ~Copyable {
  /// Whom a command reaches: one bank, or all banks of the same parity, whether or not they set units to work.
  enum Mode: UInt8 { case singleBank, allBank, units }

  /// A command that was given, before the banks have it a cycle later.
  struct Arriving {
    var command: Int
    var bank: Int32
    var row: Int32
    var column: Int32
    var modeWrite: TransactionRun.ModeWrite
  }

  let timing: RankTiming
  let settings: AllBankSettings
  let readLatency: Int64
  let writeLatency: Int64
  let hasPeerQuirks: Bool
  /// Looks at every cycle, also those in which nothing can change; the results are the same.
  let visitsEveryCycle: Bool

  var cycle: Int64 = 0
  /// The first cycle after the last data of all transactions so far.
  var doneBy: Int64 = 0
  var feed: TransactionFeed

  let queue: UnsafeMutablePointer<Transaction>
  var queued = 0

  let banks: Int
  /// −1 closed.
  let openRow: UnsafeMutablePointer<Int32>
  var openBanks: UInt64 = 0
  /// The first legal cycle of each command: the rank, then groups, then banks, five each.
  let ready: UnsafeMutablePointer<Int64>
  /// Where the groups and the banks begin in `ready`.
  let groupBase = RankCommands.count
  let bankBase: Int
  /// Cycles of the last activates, a ring.
  let activates: UnsafeMutablePointer<Int64>
  var activateCount = 0
  /// Where the look for a precharge starts.
  var nextPrecharge = 0
  var lastPrecharge: Int64 = 0
  /// Commands on rows since the last access.
  var rowCommands = 0
  /// The first transaction can never go: the mode does not reach its bank.
  var isStuck = false

  var mode = Mode.singleBank
  var arriving: Arriving?
  /// Banks of the mode registers that were seen since the last change.
  var seenBanks: UInt64 = 0

  var refresh: RankRefresh

  /// Commands by `RankCommands`, counted on every rank.
  var counts = SIMD8<Int64>(repeating: 0)
  /// Accesses of single banks, over all commands: activates, reads, writes; writes of units' registers.
  var bankAccesses = SIMD4<Int64>(repeating: 0)
  var refreshes: Int64 = 0
  /// Cycles with a row open, up to the last time that all were closed; and since when one is.
  var openCycles: Int64 = 0
  var openedAt: Int64 = 0
  var log: [CommandSetRun.Entry] = []
  let logLimit: Int
  var unlogged: Int64 = 0

  init(
    _ device: DeviceDescription, _ timing: RankTiming, _ settings: AllBankSettings, isRefreshed: Bool,
    hasPeerQuirks: Bool, visitsEveryCycle: Bool, logLimit: Int
  ) {
    self.timing = timing
    self.settings = settings
    self.hasPeerQuirks = hasPeerQuirks
    self.visitsEveryCycle = visitsEveryCycle
    self.logLimit = logLimit
    readLatency = device.readLatency
    writeLatency = device.writeLatency
    let geometry = timing.geometry
    feed = TransactionFeed([], geometry)
    queue = .allocate(capacity: settings.queue)
    queue.initialize(
      repeating: Transaction(row: 0, column: 0, bank: 0, isWrite: false, isBarrier: false, modeWrite: .none),
      count: settings.queue)
    banks = geometry.banks
    openRow = .allocate(capacity: banks)
    openRow.initialize(repeating: -1, count: banks)
    bankBase = RankCommands.count * (1 + geometry.groups)
    ready = .allocate(capacity: bankBase + RankCommands.count * banks)
    ready.initialize(repeating: 0, count: bankBase + RankCommands.count * banks)
    activates = .allocate(capacity: max(timing.window, 1))
    activates.initialize(repeating: 0, count: max(timing.window, 1))
    refresh = RankRefresh(
      isRefreshed ? device.refresh : nil, ranks: geometry.ranks, losesTurns: hasPeerQuirks)
  }

  deinit {
    queue.deallocate()
    openRow.deallocate()
    ready.deallocate()
    activates.deallocate()
  }

  /// Works off the runs, which are all there at the start. `cycle` is then the first one after their last data.
  mutating func run(_ runs: [TransactionRun]) {
    feed = TransactionFeed(runs, timing.geometry)
    advance(to: nil)
  }

  /// Lets time pass with nothing more to do, as while other channels still work.
  mutating func idle(until end: Int64) { advance(to: end) }

  private mutating func advance(to end: Int64?) {
    while true {
      let hasWork = queued > 0 || !feed.isEmpty
      let limit = end ?? (hasWork ? Int64.max : max(doneBy, cycle))
      if cycle >= limit || isStuck { break }
      arrive()
      refresh.noteDue(cycle)
      var wake = limit
      let issued = issue(&wake)
      var fed = false
      if queued < settings.queue && !feed.isEmpty {
        queue[queued] = feed.next()
        queued += 1
        fed = true
      }
      if issued || fed {
        cycle += 1
      } else {
        if wake == .max && refresh.waiting < 0 { isStuck = true }
        // Nothing changes before the first of the times that held something back, or the next refresh is due.
        cycle = visitsEveryCycle ? cycle + 1 : max(cycle + 1, min(wake, refresh.nextDue, limit))
      }
    }
  }

  /// The banks take what was given in the cycle before; the mode may change.
  private mutating func arrive() {
    guard let command = arriving else { return }
    arriving = nil
    switch (command.command, mode) {
    case (RankCommands.activate, .singleBank):
      let register = settings.allBank
      if Int64(command.row) == register.row && Int64(command.column) == register.column {
        note(command.bank, register.banks, .allBank)
      }
    case (RankCommands.precharge, .allBank):
      if Int64(command.row) == settings.singleBank.row {
        note(command.bank, settings.singleBank.banks, .singleBank)
      }
    case (RankCommands.write, .allBank), (RankCommands.write, .units):
      switch command.modeWrite {
      case .none: break
      case .startUnits: mode = .units
      case .stopUnits: mode = .allBank
      }
    default: break
    }
  }

  private mutating func note(_ bank: Int32, _ banks: UInt64, _ next: Mode) {
    seenBanks |= 1 << UInt64(bank)
    guard seenBanks & banks == banks else { return }
    seenBanks = 0
    mode = next
  }
}
