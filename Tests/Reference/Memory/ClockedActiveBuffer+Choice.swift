/// Which command goes: decoding, the filters and the pick of the oldest that is ready.
extension ClockedActiveBuffer {
  func requests(_ buffer: Buffer) -> [ClockedRequest] {
    switch buffer {
    case .active: active
    case .reads: reads
    case .writes: writes
    }
  }

  func decode(_ request: ClockedRequest) -> Int {
    if isActivating[request.bank], let second = commands.activateSecond { return second }
    guard let row = rows[request.bank] else { return commands.activate }
    guard row == request.row else { return commands.precharge }
    return request.isWrite ? commands.write : commands.read
  }

  func decode(_ maintenance: Maintenance) -> Int {
    if maintenance.command == commands.refreshAll {
      let isClosed = timing.covered(commands.refreshAll, maintenance.bank).allSatisfy {
        rows[$0] == nil && !isActivating[$0]
      }
      return isClosed ? commands.refreshAll : commands.prechargeAll
    }
    if maintenance.command == commands.refreshBank {
      let isClosed = rows[maintenance.bank] == nil && !isActivating[maintenance.bank]
      return isClosed ? commands.refreshBank : commands.precharge
    }
    return commands.precharge
  }

  /// Whether a command closes a bank for which a request is active. Nothing is looked at while none is active at all.
  func endsActiveRow(_ command: Int, _ bank: Int) -> Bool {
    guard commands.closes(command), !active.isEmpty else { return false }
    return timing.covered(command, bank).contains { activeCounts[$0] > 0 }
  }

  /// The oldest ready request of a buffer among those whose command is allowed.
  func pick(_ buffer: Buffer, _ isAllowed: (_ command: Int, _ bank: Int) -> Bool) -> Int? {
    let requests = requests(buffer)
    var best: (index: Int, isReady: Bool)?
    for index in requests.indices {
      let command = decode(requests[index])
      guard isAllowed(command, requests[index].bank) else { continue }
      let isReady = timing.isReady(command, requests[index].bank, at: clock)
      guard let candidate = best else {
        best = (index, isReady)
        continue
      }
      if isReady && !candidate.isReady
        || isReady == candidate.isReady && requests[index].arrive < requests[candidate.index].arrive
      {
        best = (index, isReady)
      }
    }
    guard let best, best.isReady else { return nil }
    return best.index
  }

  func updateWriteMode() {
    let waiting = Double(writes.count)
    if isWriting {
      if waiting < settings.lowWatermark * Double(settings.writeBuffer) && !reads.isEmpty { isWriting = false }
    } else {
      if waiting > settings.highWatermark * Double(settings.writeBuffer) || reads.isEmpty { isWriting = true }
    }
  }

  /// The head of the queue of maintenance, if its command can go.
  func readyMaintenance(_ isAllowed: (_ command: Int, _ bank: Int) -> Bool) -> Int? {
    guard let head = priority.first else { return nil }
    let command = decode(head)
    guard isAllowed(command, head.bank), !endsActiveRow(command, head.bank),
      timing.isReady(command, head.bank, at: clock)
    else { return nil }
    return command
  }

  /// Where the next request of the buffer of the present mode is, with the mode brought up to date first.
  func pickWaiting(_ isAllowed: (_ command: Int, _ bank: Int) -> Bool) -> (Buffer, Int)? {
    guard priority.isEmpty else { return nil }
    updateWriteMode()
    let buffer = isWriting ? Buffer.writes : .reads
    return pick(buffer) { isAllowed($0, $1) && !endsActiveRow($0, $1) }.map { (buffer, $0) }
  }

  /// One command of any kind.
  func singleSlot() {
    if let index = pick(.active, { _, _ in true }) { return serve(.active, index) }
    if let command = readyMaintenance({ _, _ in true }) { return serveMaintenance(command) }
    if let (buffer, index) = pickWaiting({ _, _ in true }) { serve(buffer, index) }
  }

  func columnSlot() {
    if let index = pick(.active, { command, _ in commands.isColumn(command) }) { return serve(.active, index) }
    if let (buffer, index) = pickWaiting({ command, _ in commands.isColumn(command) }) { serve(buffer, index) }
  }

  func rowSlot() {
    func isAllowed(_ command: Int, _ bank: Int) -> Bool {
      guard !commands.isColumn(command) else { return false }
      return !hasHalfClocks || clock % 2 == 1 || isAllowedOnFallingEdge(command, bank)
    }
    let before = issued.count
    if let command = readyMaintenance(isAllowed) {
      serveMaintenance(command)
    } else if let (buffer, index) = pickWaiting(isAllowed) {
      serve(buffer, index)
    }
    if hasHalfClocks, clock % 2 == 1, issued.count > before, let last = issued.last {
      rising = (last.command, last.bank, clock + (last.command == commands.activate ? 3 : 1))
    }
  }

  private func isAllowedOnFallingEdge(_ command: Int, _ bank: Int) -> Bool {
    guard command == commands.precharge || command == commands.prechargeAll else { return false }
    guard let rising, rising.edge == clock else { return true }
    if rising.bank / banksPerPseudoChannel != bank / banksPerPseudoChannel { return true }
    if rising.command == commands.prechargeAll || rising.command == commands.refreshAll { return false }
    return command == commands.precharge && bank != rising.bank
  }
}
