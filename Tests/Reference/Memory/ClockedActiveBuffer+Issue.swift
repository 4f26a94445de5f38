/// What a command does when it goes.
extension ClockedActiveBuffer {
  /// Issues the next command of a request.
  func serve(_ buffer: Buffer, _ index: Int) {
    let request = requests(buffer)[index]
    var command = decode(request)
    if case .closed(let cap) = settings.rowPolicy, accesses[request.bank] >= cap, commands.isColumn(command) {
      let closing = request.isWrite ? commands.writePrecharge : commands.readPrecharge
      if timing.isReady(closing, request.bank, at: clock) { command = closing }
    }
    issue(command, for: buffer, index)
  }

  func issue(_ command: Int, for buffer: Buffer, _ index: Int) {
    begin(buffer, index)
    let request = requests(buffer)[index]
    put(command, request.bank, request.row, request.column)
    if commands.isColumn(command) {
      remove(buffer, index)
      if buffer == .active { activeCounts[request.bank] -= 1 }
      if request.isWrite {
        record.write(completed: clock)
      } else {
        pending.append((clock + readLatency, request.arrive))
      }
      if commands.activateSecond != nil {
        dataClockExpiry = max(
          dataClockExpiry, clock + (request.isWrite ? commands.afterWrite : commands.afterRead))
      }
    } else if command == commands.activate {
      remove(buffer, index)
      var moved = request
      if commands.activateSecond != nil {
        moved.deadline = clock + commands.activationWindow
        activating.append(moved)
      } else {
        active.append(moved)
        activeCounts[request.bank] += 1
      }
    }
  }

  func serveMaintenance(_ command: Int) {
    let head = priority[0]
    put(command, head.bank, -1, -1)
    if command == head.command { priority.removeFirst() }
  }

  /// Counts what the first command of a request finds.
  private func begin(_ buffer: Buffer, _ index: Int) {
    let request = requests(buffer)[index]
    guard !request.isBegun else { return }
    if let row = rows[request.bank] {
      if row == request.row { record.rowHits += 1 } else { record.rowConflicts += 1 }
    } else {
      record.rowMisses += 1
    }
    switch buffer {
    case .active: active[index].isBegun = true
    case .reads: reads[index].isBegun = true
    case .writes: writes[index].isBegun = true
    }
  }

  private func remove(_ buffer: Buffer, _ index: Int) {
    switch buffer {
    case .active: active.remove(at: index)
    case .reads: reads.remove(at: index)
    case .writes: writeAddresses.remove(writes.remove(at: index).address)
    }
  }

  /// Puts a command on the bus.
  func put(_ command: Int, _ bank: Int, _ row: Int, _ column: Int) {
    timing.issue(command, bank, at: clock)
    let activates = command == commands.activate || command == commands.activateSecond
    let isColumn = commands.isColumn(command)
    issued.append(
      ClockedCommand(
        cycle: clock, command: command, channel: channel, bank: bank, row: activates || isColumn ? row : -1,
        column: isColumn ? column : -1))
    record.commands[command] += 1
    if command == commands.activate && commands.activateSecond != nil {
      isActivating[bank] = true
    } else if activates {
      isActivating[bank] = false
      rows[bank] = row
    }
    if command == commands.read || command == commands.write { accesses[bank] += 1 }
    if commands.closes(command) {
      for covered in timing.covered(command, bank) {
        rows[covered] = nil
        accesses[covered] = 0
        isCloseQueued[covered] = false
      }
    }
  }
}
