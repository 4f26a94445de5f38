import Arch

/// Follows the commands of one channel and adds up, rank by rank, what its energy depends on.
///
/// A state holds from the cycle of the command that brings it about; self-refresh begins one cycle after its entry.
/// A read or write with auto-precharge closes its bank in its own cycle, as DRAMsim3 has it: the time until the
/// precharge really begins (tRTP, tWR) counts as precharged.
///
/// It stands beside the loop that issues commands, so its state lies behind pointers of its own; hence no copies.
public struct ActivityMeter: ~Copyable, @unchecked Sendable {
  private enum Action: UInt8 {
    case none, open, close, read, write, readClose, writeClose, refresh, bankRefresh
    case enterPowerDown, leavePowerDown, enterSelfRefresh, leaveSelfRefresh
    /// Of a command that covers more than one bank; what it does is in `wideActions`.
    case wide
  }

  private struct Rank {
    var activates: Int64 = 0
    var reads: Int64 = 0
    var writes: Int64 = 0
    var refreshes: Int64 = 0
    var bankRefreshes: Int64 = 0
    /// Cycles by state: in power-down two further, in self-refresh four; with any bank open one further.
    var cycles = SIMD8<Int64>.zero
    var mode = Mode.awake
    var openBanks: Int32 = 0
    /// The cycle up to which time has been charged.
    var since: Int64 = 0

    /// Charges the time since the last change to the state that held.
    @inline(__always)
    mutating func charge(until cycle: Int64) {
      cycles[mode.rawValue &+ (openBanks > 0 ? 1 : 0)] &+= cycle &- since
      since = cycle
    }

    @inline(__always)
    mutating func open(_ bank: inout Bank, _ cycle: Int64) {
      guard !bank.isOpen else { return }
      bank.isOpen = true
      if openBanks == 0 { charge(until: cycle) }
      openBanks &+= 1
    }

    @inline(__always)
    mutating func close(_ bank: inout Bank, _ cycle: Int64) {
      guard bank.isOpen else { return }
      bank.isOpen = false
      if openBanks == 1 { charge(until: cycle) }
      openBanks &-= 1
    }

    mutating func change(to mode: Mode, _ cycle: Int64) {
      charge(until: cycle)
      self.mode = mode
    }
  }

  private struct Bank {
    let rank: Int32
    var isOpen = false
  }

  private enum Mode: Int {
    case awake = 0
    case powerDown = 2
    case selfRefresh = 4
  }

  /// Nodes per parent and banks per node, by level; the channel's size is taken as 1.
  private let levelSizes: [Int]
  private let strides: [Int]
  private let wideActions: [Action]
  /// Per command: bit n, it covers level n wholly.
  private let wideLevels: [UInt8]
  /// The banks that a wide command covers, from the first: those of command c are
  /// `coverage[coverageStart[c] ..< coverageStart[c + 1]]`, ascending.
  private let coverage: [Int]
  private let coverageStart: [Int]
  private let commandCount: Int
  private let bankCount: Int
  private let rankCount: Int
  private let actions: UnsafeMutablePointer<Action>
  private let banks: UnsafeMutablePointer<Bank>
  private let ranks: UnsafeMutablePointer<Rank>

  /// A meter for one channel of `device`, all banks closed, at cycle 0.
  public init(_ device: DeviceDescription) {
    var sizes = device.levelSizes
    if !sizes.isEmpty { sizes[0] = 1 }
    levelSizes = sizes
    let strides = sizes.indices.map { sizes[($0 + 1)...].reduce(1, *) }
    self.strides = strides
    let rankLevel = device.rankLevel
    bankCount = sizes.reduce(1, *)
    let banksPerRank = strides.isEmpty ? 1 : strides[rankLevel]
    rankCount = bankCount / banksPerRank
    commandCount = device.commands.count
    banks = .allocate(capacity: bankCount)
    for bank in 0..<bankCount { (banks + bank).initialize(to: Bank(rank: Int32(bank / banksPerRank))) }
    ranks = .allocate(capacity: rankCount)
    ranks.initialize(repeating: Rank(), count: rankCount)
    var wide: [UInt8] = []
    var coverage: [Int] = []
    var starts = [0]
    for command in device.commands {
      let levels = sizes.indices.filter { $0 > command.scope ?? $0 || command.across.contains($0) }
      wide.append(levels.reduce(0) { $0 | 1 << UInt8($1) })
      let covered = levels.reduce([0]) { offsets, level in
        offsets.flatMap { offset in (0..<sizes[level]).map { offset + $0 * strides[level] } }
      }
      coverage += covered.sorted()
      starts.append(coverage.count)
    }
    wideLevels = wide
    self.coverage = coverage
    coverageStart = starts
    wideActions = device.commands.map { Self.action($0, rankLevel: rankLevel) }
    actions = .allocate(capacity: max(commandCount, 1))
    for command in 0..<commandCount {
      (actions + command).initialize(to: wide[command] == 0 ? wideActions[command] : .wide)
    }
  }

  /// Takes over what another meter of the same device has seen.
  mutating func copyState(of other: borrowing ActivityMeter) {
    banks.update(from: other.banks, count: bankCount)
    ranks.update(from: other.ranks, count: rankCount)
  }

  deinit {
    // Plain values only, so that nothing needs deinitialising.
    actions.deallocate()
    banks.deallocate()
    ranks.deallocate()
  }

  private static func action(_ command: CommandDescription, rankLevel: Int) -> Action {
    switch command.kind {
    // Of an activation in two commands the second opens the row.
    case .activate, .activateSecond: .open
    case .precharge: .close
    case .read: .read
    case .write: .write
    case .readPrecharge: .readClose
    case .writePrecharge: .writeClose
    case .refresh: command.across.isEmpty && command.scope ?? rankLevel <= rankLevel ? .refresh : .bankRefresh
    case .powerDownEnter: .enterPowerDown
    case .powerDownExit: .leavePowerDown
    case .selfRefreshEnter: .enterSelfRefresh
    case .selfRefreshExit: .leaveSelfRefresh
    case .activateFirst, .multiplyAccumulate, .bufferWrite, .resultRead, .rowOperation, .modeChange, .readSync,
      .writeSync, .other:
      .none
    }
  }

  /// Notes a command. Commands come in order of time.
  ///
  /// - Parameters:
  ///   - command: index into the device's commands.
  ///   - bank: the number of its bank inside the channel, mixed radix of the levels below the channel; of a command that
  ///     covers more, any bank that it covers.
  ///   - cycle: when it is issued.
  @inline(__always)
  public mutating func note(_ command: Int, bank: Int, at cycle: Int64) {
    precondition(UInt(bitPattern: command) < UInt(commandCount) && UInt(bitPattern: bank) < UInt(bankCount))
    let action = actions[command]
    if action == .wide {
      noteWide(command, bank, cycle)
    } else {
      apply(action, bank, cycle)
    }
  }

  /// Notes a command that covers more than a bank.
  @inline(never)
  private mutating func noteWide(_ command: Int, _ bank: Int, _ cycle: Int64) {
    var first = bank
    for level in levelSizes.indices where wideLevels[command] & 1 << UInt8(level) != 0 {
      first -= bank / strides[level] % levelSizes[level] * strides[level]
    }
    let action = wideActions[command]
    var last: Int32 = -1
    for index in coverageStart[command]..<coverageStart[command + 1] {
      let covered = first + coverage[index]
      let rank = banks[covered].rank
      if action.rawValue < Action.refresh.rawValue || rank != last { apply(action, covered, cycle) }
      last = rank
    }
  }

  @inline(__always)
  private mutating func apply(_ action: Action, _ bank: Int, _ cycle: Int64) {
    let rank = ranks + Int(banks[bank].rank)
    switch action {
    case .none, .wide: break
    case .open:
      rank.pointee.activates &+= 1
      rank.pointee.open(&banks[bank], cycle)
    case .close: rank.pointee.close(&banks[bank], cycle)
    case .read: rank.pointee.reads &+= 1
    case .write: rank.pointee.writes &+= 1
    case .readClose:
      rank.pointee.reads &+= 1
      rank.pointee.close(&banks[bank], cycle)
    case .writeClose:
      rank.pointee.writes &+= 1
      rank.pointee.close(&banks[bank], cycle)
    case .refresh: rank.pointee.refreshes &+= 1
    case .bankRefresh: rank.pointee.bankRefreshes &+= 1
    case .enterPowerDown: rank.pointee.change(to: .powerDown, cycle)
    case .leavePowerDown, .leaveSelfRefresh: rank.pointee.change(to: .awake, cycle)
    case .enterSelfRefresh: rank.pointee.change(to: .selfRefresh, cycle + 1)
    }
  }

  /// What every rank did in cycles `0 ..< cycles`, which lie behind the last command.
  public func finish(at cycles: Int64) -> [RankActivity] {
    (0..<rankCount).map { number in
      var rank = ranks[number]
      rank.charge(until: cycles)
      var activity = RankActivity()
      activity.activates = rank.activates
      activity.reads = rank.reads
      activity.writes = rank.writes
      activity.refreshes = rank.refreshes
      activity.bankRefreshes = rank.bankRefreshes
      activity.prechargedCycles = rank.cycles[0]
      activity.activeCycles = rank.cycles[1]
      activity.prechargedPowerDownCycles = rank.cycles[2]
      activity.activePowerDownCycles = rank.cycles[3]
      activity.selfRefreshCycles = rank.cycles[4] + rank.cycles[5]
      return activity
    }
  }
}

extension DeviceDescription {
  /// The level whose nodes are the ranks of `RankActivity`: what a refresh of all banks covers, else the level of that
  /// name, else the channel.
  public var rankLevel: Int {
    let usual = refreshes.map { commands[$0.command] } + commands.filter { $0.kind == .refresh }
    let wide = usual.first { $0.across.isEmpty && $0.scope ?? bankLevel < bankLevel }
    return wide?.scope ?? levels.firstIndex(of: "rank") ?? 0
  }
}
