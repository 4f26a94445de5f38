import DRAM

/// One channel of DRAMsim3 clock by clock: a read queue and a write buffer before one command queue for each bank.
final class ClockedBankQueues {
  let channel: Int
  let settings: ControllerSettings
  let commands: BankQueueCommands
  let bankCount: Int
  let rankCount: Int
  let hasDualCommands: Bool
  let closesAtOnce: Bool
  let readLatency: Int64
  /// Between refreshes of one rank and the next; 0 for none.
  let refreshInterval: Int64

  var timing: ClockedTiming
  var clock: Int64 = 0
  var readQueue: [ClockedRequest] = []
  var writeBuffer: [ClockedRequest] = []
  var queues: [[ClockedRequest]]
  var pointer = 0
  var refreshes: [Int] = []
  var nextRefreshedRank = 0
  var blockedRank: Int?
  var drain = 0
  /// When the reads of an address were accepted.
  var pendingReads: [UInt64: [Int64]] = [:]
  var pendingWrites: Set<UInt64> = []
  var returns: [(due: Int64, accepted: Int64, isWrite: Bool)] = []
  var rows: [Int?]
  var columns: [Int]
  var idle: [Int64]
  var isSelfRefreshing: [Bool]
  var isUnused: [Bool]
  var record: ClockedRecord
  var issued: [ClockedCommand] = []

  init(_ device: DeviceDescription, _ settings: ControllerSettings, channel: Int) {
    self.channel = channel
    self.settings = settings
    commands = BankQueueCommands(device)
    timing = ClockedTiming(device)
    bankCount = device.banksPerChannel
    rankCount = device.levels.firstIndex(of: "rank").map { device.levelSizes[$0] } ?? 1
    hasDualCommands = device.busLimits.contains { $0.bus == "row" }
    if case .closed = settings.rowPolicy { closesAtOnce = true } else { closesAtOnce = false }
    readLatency = device.readLatency
    let way = device.refreshes.first { [commands] in $0.command == commands.refresh }
    refreshInterval = settings.refresh == .none ? 0 : (way?.interval ?? 0) / Int64(rankCount)
    queues = Array(repeating: [], count: bankCount)
    rows = Array(repeating: nil, count: bankCount)
    columns = Array(repeating: 0, count: bankCount)
    idle = Array(repeating: 0, count: rankCount)
    isSelfRefreshing = Array(repeating: false, count: rankCount)
    isUnused = Array(repeating: true, count: rankCount)
    record = ClockedRecord(device)
  }

  func rank(of bank: Int) -> Int { bank / (bankCount / rankCount) }

  func banks(of rank: Int) -> Range<Int> {
    let size = bankCount / rankCount
    return rank * size..<(rank + 1) * size
  }

  /// Takes a request between two clocks.
  ///
  /// - Returns: whether it was taken.
  func accept(_ request: ClockedRequest) -> Bool {
    let now = clock
    guard
      (request.isWrite ? writeBuffer.count : readQueue.count)
        < (request.isWrite ? settings.writeBuffer : settings.readBuffer)
    else { return false }
    if request.isWrite {
      if pendingWrites.insert(request.address).inserted {
        writeBuffer.append(request)
      } else {
        record.mergedWrites += 1
      }
      returns.append((now + 1, now, true))
    } else if pendingWrites.contains(request.address) {
      record.forwardedReads += 1
      returns.append((now + 1, now, false))
    } else {
      if pendingReads[request.address] == nil {
        readQueue.append(request)
      } else {
        record.mergedReads += 1
      }
      pendingReads[request.address, default: []].append(now)
    }
    return true
  }

  /// - Returns: how many requests are complete at this clock.
  func complete() -> Int {
    let due = returns.filter { $0.due <= clock }
    returns.removeAll { $0.due <= clock }
    for request in due {
      if request.isWrite {
        record.write(completed: clock)
      } else {
        record.read(latency: clock - request.accepted, completed: clock)
      }
    }
    return due.count
  }

  func tick() {
    requestRefresh()
    let choice = refreshCommand() ?? scan()
    if let choice {
      issue(choice)
      if hasDualCommands, let second = scan() {
        if commands.isColumn(choice.command) != commands.isColumn(second.command) {
          issue(second)
          record.dualCommands += 1
        }
      }
    }
    for rank in 0..<rankCount where !isSelfRefreshing[rank] {
      idle[rank] = banks(of: rank).allSatisfy { rows[$0] == nil } ? idle[rank] + 1 : 0
    }
    if choice == nil { enterSelfRefresh() }
    moveTransaction()
    clock += 1
  }

  private func requestRefresh() {
    guard refreshInterval > 0, clock > 0, clock % refreshInterval == 0 else { return }
    if !isSelfRefreshing[nextRefreshedRank] { refreshes.append(nextRefreshedRank) }
    nextRefreshedRank = (nextRefreshedRank + 1) % rankCount
  }

  private func refreshCommand() -> BankQueueChoice? {
    guard let rank = refreshes.first else { return nil }
    blockedRank = rank
    let banks = banks(of: rank)
    for bank in banks
    where rows[bank] != nil && timing.isReady(commands.precharge, bank, at: clock) {
      return BankQueueChoice(command: commands.precharge, bank: bank)
    }
    guard banks.allSatisfy({ rows[$0] == nil }),
      timing.isReady(commands.refresh, banks.lowerBound, at: clock)
    else { return nil }
    return BankQueueChoice(command: commands.refresh, bank: banks.lowerBound)
  }

  private func enterSelfRefresh() {
    guard let threshold = settings.selfRefreshAfter else { return }
    for rank in 0..<rankCount where isUnused[rank] && !isSelfRefreshing[rank] && idle[rank] >= threshold {
      let bank = banks(of: rank).lowerBound
      if timing.isReady(commands.selfRefreshEnter, bank, at: clock) {
        issue(BankQueueChoice(command: commands.selfRefreshEnter, bank: bank))
        return
      }
    }
  }

  private func moveTransaction() {
    if drain == 0 {
      let count = writeBuffer.count
      if count >= settings.writeBuffer || count > 8 && queues.allSatisfy(\.isEmpty) { drain = count }
    }
    if drain > 0 {
      guard let index = writeBuffer.firstIndex(where: { queues[$0.bank].count < settings.commandQueue }) else { return }
      if pendingReads[writeBuffer[index].address] != nil {
        drain = 0
        return
      }
      enqueue(writeBuffer.remove(at: index))
      drain -= 1
    } else if let index = readQueue.firstIndex(where: { queues[$0.bank].count < settings.commandQueue }) {
      enqueue(readQueue.remove(at: index))
    }
  }

  private func enqueue(_ request: ClockedRequest) {
    queues[request.bank].append(request)
    isUnused[rank(of: request.bank)] = false
  }
}

/// A command that a bank queue or a refresh asks for.
struct BankQueueChoice {
  let command: Int
  let bank: Int
  /// Of the queue's entry.
  var row = -1
  var column = -1
  var address: UInt64 = 0
}

/// The commands of a device by what they do.
struct BankQueueCommands {
  let activate: Int
  let precharge: Int
  let read: Int
  let write: Int
  let readPrecharge: Int
  let writePrecharge: Int
  let refresh: Int
  let selfRefreshEnter: Int
  let selfRefreshExit: Int

  init(_ device: DeviceDescription) {
    func index(_ name: String) -> Int { device.command(named: name) ?? -1 }
    activate = index("ACTIVATE")
    precharge = index("PRECHARGE")
    read = index("READ")
    write = index("WRITE")
    readPrecharge = index("READ_PRECHARGE")
    writePrecharge = index("WRITE_PRECHARGE")
    refresh = index("REFRESH")
    selfRefreshEnter = index("SREF_ENTER")
    selfRefreshExit = index("SREF_EXIT")
  }

  func isColumn(_ command: Int) -> Bool {
    command == read || command == write || command == readPrecharge || command == writePrecharge
  }
}
