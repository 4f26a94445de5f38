import DRAM

extension QueuedChannel {
  /// Gives one command, if one may go in this cycle; else `wake` becomes the first cycle at which that may change.
  @inline(__always)
  mutating func issue(_ wake: inout Int64) -> Bool {
    if refresh.waiting >= 0 {
      if refreshWaiting(&wake) { return true }
      // A controller that goes on opening rows may never find all of them closed.
      if !hasPeerQuirks { return false }
    }
    return queued > 0 && (access(&wake) || activate(&wake)) || openBanks != 0 && prechargeUnwanted(&wake)
  }

  @inline(__always)
  func earliest(_ command: Int, _ bank: Int) -> Int64 {
    let group = bank / timing.geometry.banksPerGroup
    return max(
      ready[command], ready[groupBase + group * RankCommands.count + command],
      ready[bankBase + bank * RankCommands.count + command])
  }

  /// The first transaction whose row is open and whose time has come.
  private mutating func access(_ wake: inout Int64) -> Bool {
    for index in 0..<queued {
      let transaction = queue[index]
      if index > 0 && (transaction.isBarrier || queue[index - 1].isBarrier) { return false }
      let bank = Int(transaction.bank)
      guard openRow[bank] == transaction.row else { continue }
      let command = transaction.isWrite ? RankCommands.write : RankCommands.read
      let time = earliest(command, bank)
      if time > cycle {
        wake = min(wake, time)
        continue
      }
      // The same cell in the order of the host.
      if (0..<index).contains(where: {
        queue[$0].bank == transaction.bank && queue[$0].row == transaction.row && queue[$0].column == transaction.column
      }) {
        continue
      }
      (queue + index).update(from: queue + index + 1, count: queued - index - 1)
      queued -= 1
      give(command, transaction)
      doneBy = max(doneBy, cycle + (transaction.isWrite ? writeLatency : readLatency) + 1)
      return true
    }
    return false
  }

  /// The activate for the first transaction whose bank is closed; it may go past a barrier that is the first.
  private mutating func activate(_ wake: inout Int64) -> Bool {
    for index in 0..<queued {
      let transaction = queue[index]
      if index > 0 && transaction.isBarrier { return false }
      let bank = Int(transaction.bank)
      // In all-bank mode two banks stand for all.
      guard openRow[bank] < 0, mode == .singleBank || bank < 2 else { continue }
      var time = earliest(RankCommands.activate, bank)
      if timing.window > 0 && activateCount >= timing.window {
        time = max(time, activates[activateCount % timing.window] + timing.windowCycles)
      }
      if time > cycle {
        wake = min(wake, time)
        continue
      }
      if timing.window > 0 { activates[activateCount % timing.window] = cycle }
      activateCount += 1
      openRow[bank] = transaction.row
      if openBanks == 0 { openedAt = cycle }
      openBanks |= 1 << UInt64(bank)
      give(RankCommands.activate, transaction)
      return true
    }
    return false
  }

  /// The precharge of a bank whose row is wanted by no transaction up to the first barrier; banks take turns.
  private mutating func prechargeUnwanted(_ wake: inout Int64) -> Bool {
    var wanted: UInt64 = 0
    for index in 0..<queued {
      let transaction = queue[index]
      if openRow[Int(transaction.bank)] == transaction.row { wanted |= 1 << UInt64(transaction.bank) }
      if transaction.isBarrier { break }
    }
    let unwanted = openBanks & ~wanted
    if unwanted == 0 { return false }
    for step in 0..<banks {
      let bank = (nextPrecharge + step) % banks
      if unwanted & 1 << UInt64(bank) != 0 && precharge(bank, &wake) {
        nextPrecharge = bank
        return true
      }
    }
    return false
  }

  private mutating func precharge(_ bank: Int, _ wake: inout Int64) -> Bool {
    let time = earliest(RankCommands.precharge, bank)
    if time > cycle {
      wake = min(wake, time)
      return false
    }
    let row = openRow[bank]
    openRow[bank] = -1
    openBanks &= ~(1 << UInt64(bank))
    if openBanks == 0 { openCycles += cycle - openedAt }
    lastPrecharge = cycle
    give(
      RankCommands.precharge,
      Transaction(row: row, column: 0, bank: Int32(bank), isWrite: false, isBarrier: false, modeWrite: .none))
    return true
  }

  /// Closes what stands in the way of the waiting refresh, or gives it.
  private mutating func refreshWaiting(_ wake: inout Int64) -> Bool {
    let rank = refresh.waiting
    // Transactions go to the first rank alone: every other one is closed.
    if rank == 0 {
      for bank in 0..<banks where openBanks & 1 << UInt64(bank) != 0 {
        if precharge(bank, &wake) { return true }
      }
      if openBanks != 0 { return false }
      if !hasPeerQuirks {
        let time = max(ready[RankCommands.refresh], lastPrecharge + settings.refreshAfterPrecharge)
        if time > cycle {
          wake = min(wake, time)
          return false
        }
      }
      raise(RankCommands.refresh, 0)
      refreshes += 1
    }
    refresh.fire()
    counts[RankCommands.refresh] += 1
    keep(RankCommands.refresh, rank: rank, bank: -1, row: -1, column: -1)
    return true
  }

  private mutating func give(_ command: Int, _ transaction: Transaction) {
    let bank = Int(transaction.bank)
    counts[command] += 1
    let reach = mode == .singleBank ? 1 : Int64(banks / 2)
    rowCommands += 1
    switch command {
    case RankCommands.activate: bankAccesses[0] += reach
    case RankCommands.read:
      bankAccesses[1] += reach
      rowCommands = 0
    case RankCommands.write:
      // Registers are no cells.
      bankAccesses[Int64(transaction.row) == settings.registerRow && mode != .singleBank ? 3 : 2] += reach
      rowCommands = 0
    default:
      // Rows that are opened and closed again for transactions behind one that waits: more often than any timing makes
      // a bank wait.
      if rowCommands > 64 * (banks + 16) && queued > 0 { isStuck = true }
    }
    raise(command, bank)
    arriving = Arriving(
      command: command, bank: transaction.bank, row: transaction.row, column: transaction.column,
      modeWrite: command == RankCommands.write ? transaction.modeWrite : .none)
    if logLimit > 0 {
      keep(command, rank: 0, bank: bank, row: Int64(transaction.row), column: Int64(transaction.column))
    }
  }

  /// Holds back what the device's constraints keep apart from a command given now.
  private mutating func raise(_ command: Int, _ bank: Int) {
    let width = RankCommands.count
    let group = bank / timing.geometry.banksPerGroup
    let bases = (0, groupBase + group * width, bankBase + bank * width)
    timing.latencies.withUnsafeBufferPointer { latencies in
      for next in 0..<width {
        let slot = command * width + next
        ready[bases.0 + next] = max(ready[bases.0 + next], cycle + latencies[slot])
        ready[bases.1 + next] = max(ready[bases.1 + next], cycle + latencies[slot + width * width])
        ready[bases.2 + next] = max(ready[bases.2 + next], cycle + latencies[slot + 2 * width * width])
        // A refresh covers the rank, so that what any of its banks must wait for holds it back.
        if next == RankCommands.refresh {
          ready[next] = max(ready[next], ready[bases.1 + next], ready[bases.2 + next])
        }
      }
    }
  }

  private mutating func keep(_ command: Int, rank: Int, bank: Int, row: Int64, column: Int64) {
    guard logLimit > 0 else { return }
    guard log.count < logLimit else {
      unlogged += 1
      return
    }
    let perGroup = timing.geometry.banksPerGroup
    let path = bank < 0 ? [-1, rank, -1, -1] : [-1, rank, bank / perGroup, bank % perGroup]
    log.append(
      CommandSetRun.Entry(
        cycle: cycle, command: timing.commands.inOrder[command], address: CommandAddress(path), row: row,
        column: column))
  }
}
