/// The search of the command queues, and what a command does when it goes.
extension ClockedBankQueues {
  /// The next command of the queues in turn; a column command leaves its queue.
  func scan() -> BankQueueChoice? {
    for _ in 0..<bankCount {
      pointer = (pointer + 1) % bankCount
      if let blockedRank, rank(of: pointer) == blockedRank { continue }
      if let choice = firstReady(in: pointer) { return choice }
    }
    return nil
  }

  private func decode(_ request: ClockedRequest) -> Int {
    if isSelfRefreshing[rank(of: request.bank)] { return commands.selfRefreshExit }
    guard let row = rows[request.bank] else { return commands.activate }
    guard row == request.row else { return commands.precharge }
    if request.isWrite { return closesAtOnce ? commands.writePrecharge : commands.write }
    return closesAtOnce ? commands.readPrecharge : commands.read
  }

  private func firstReady(in queue: Int) -> BankQueueChoice? {
    let entries = queues[queue]
    for (index, entry) in entries.enumerated() {
      let command = decode(entry)
      guard timing.isReady(command, queue, at: clock) else { continue }
      if command == commands.precharge {
        guard index == 0 else { continue }
        let isHit = entries.contains { $0.row == rows[queue] }
        guard !isHit || columns[queue] >= 4 else { continue }
      }
      if entry.isWrite {
        let older = entries[..<index]
        if older.contains(where: { !$0.isWrite && $0.row == entry.row && $0.column == entry.column }) { continue }
      }
      if commands.isColumn(command) { queues[queue].remove(at: index) }
      return BankQueueChoice(
        command: command, bank: queue, row: entry.row, column: entry.column, address: entry.address)
    }
    return nil
  }

  func issue(_ choice: BankQueueChoice) {
    let (command, bank) = (choice.command, choice.bank)
    timing.issue(command, bank, at: clock)
    let isColumn = commands.isColumn(command)
    issued.append(
      ClockedCommand(
        cycle: clock, command: command, channel: channel, bank: bank,
        row: isColumn || command == commands.activate ? choice.row : -1, column: isColumn ? choice.column : -1))
    record.commands[command] += 1
    if command == commands.precharge, choice.row >= 0 { record.rowConflicts += 1 }
    if isColumn {
      if columns[bank] > 0 { record.rowHits += 1 }
      columns[bank] += 1
    }
    switch command {
    case commands.activate:
      rows[bank] = choice.row
      columns[bank] = 0
    case commands.precharge: close(bank)
    case commands.readPrecharge, commands.writePrecharge: close(bank)
    case commands.refresh:
      blockedRank = nil
      refreshes.removeFirst()
    case commands.selfRefreshEnter: isSelfRefreshing[rank(of: bank)] = true
    case commands.selfRefreshExit: isSelfRefreshing[rank(of: bank)] = false
    default: break
    }
    if command == commands.read || command == commands.readPrecharge {
      for accepted in pendingReads.removeValue(forKey: choice.address) ?? [] {
        returns.append((clock + readLatency, accepted, false))
      }
    } else if isColumn {
      pendingWrites.remove(choice.address)
    }
  }

  private func close(_ bank: Int) {
    rows[bank] = nil
    columns[bank] = 0
  }
}
