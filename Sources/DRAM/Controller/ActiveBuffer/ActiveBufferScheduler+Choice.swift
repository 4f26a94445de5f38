import Arch

// Who goes next: the candidates of each buffer, looked at bank by bank.
extension ActiveBufferScheduler {
  /// Which commands a slot of the command bus takes.
  enum Slot {
    case any, column, row

    var takesColumns: Bool { self != .row }
    var takesRows: Bool { self != .column }
  }

  /// The first ready of the requests that a row was opened for; among equals the first accepted.
  @inline(__always)
  func activeChoice(from clock: Int64, _ slot: Slot) -> Choice {
    var best = Choice()
    for index in 0..<activeCount {
      let request = active[index].slot.request
      let command = command(for: request)
      if slot == .column && command != roles.read && command != roles.write { continue }
      let bank = Int(request.bank)
      let ready = edge(max(clock, timing.earliest(command, bank)), command, bank)
      let accepted = active[index].slot.accepted
      if ready < best.clock || (ready == best.clock && accepted < best.age) {
        best = Choice(clock: ready, origin: .active, index: index, command: command, age: accepted)
      }
    }
    return best
  }

  /// The first ready request of the buffer that is served at present; among equals the oldest.
  @inline(__always)
  func bufferChoice(from clock: Int64, _ slot: Slot) -> Choice {
    isWriteMode
      ? choose(writes, .writes, roles.write, from: clock, slot) : choose(reads, .reads, roles.read, from: clock, slot)
  }

  @inline(__always)
  private func choose(
    _ buffer: borrowing RequestBuffer, _ origin: Origin, _ column: Int, from clock: Int64, _ slot: Slot
  ) -> Choice {
    var best = Choice()
    if slot.takesColumns {
      var bank = buffer.hits.first(from: 0)
      while bank >= 0 {
        let ready = edge(max(clock, timing.earliest(column, bank)), column, bank)
        if ready <= best.clock {
          let index = Int(buffer.hit[bank])
          let age = buffer.slots[index].sequence
          if ready < best.clock || age < best.age {
            best = Choice(clock: ready, origin: origin, index: index, command: column, age: age)
          }
        }
        bank = buffer.hits.first(from: bank + 1)
      }
    }
    if slot.takesRows {
      let activatingBank = activating.map { Int($0.slot.request.bank) } ?? -1
      var bank = buffer.misses.first(from: 0)
      while bank >= 0 {
        let isClosed = openRow[bank] < 0
        if isClosed ? activatingBank < 0 : !isProtected(bank) {
          let command = isClosed ? roles.activate : roles.precharge
          let ready = edge(max(clock, timing.earliest(command, bank)), command, bank)
          if ready <= best.clock {
            let index = Int(buffer.miss[bank])
            let age = buffer.slots[index].sequence
            if ready < best.clock || age < best.age {
              best = Choice(clock: ready, origin: origin, index: index, command: command, age: age)
            }
          }
        }
        bank = buffer.misses.first(from: bank + 1)
      }
    }
    return best
  }

  // MARK: One command in a cycle

  mutating func planSingle(_ clock: Int64) {
    prepare(clock)
    choice = activeChoice(from: clock, .any)
    if maintenance.isEmpty {
      // The buffers are asked only when the active one has nothing to give.
      if choice.clock > clock {
        updateMode()
        let buffered = bufferChoice(from: clock, .any)
        if buffered.clock < choice.clock { choice = buffered }
      }
    } else if let head = maintenanceChoice(from: clock), head.clock < choice.clock {
      choice = head
    }
    wake = min(choice.clock, maintenance.due, nextClose)
  }

  mutating func tickSingle(_ clock: Int64) {
    if choice.clock == clock { issue(choice, at: clock) }
  }

  // MARK: A row and a column command in a cycle

  mutating func planDual(_ clock: Int64) {
    prepare(clock)
    if maintenance.isEmpty { updateMode() }
    columnChoice = columnChoice(from: clock)
    choice = rowChoice(from: clock)
    wake = min(choice.clock, columnChoice.clock, maintenance.due, nextClose)
  }

  private func columnChoice(from clock: Int64) -> Choice {
    let active = activeChoice(from: clock, .column)
    guard maintenance.isEmpty, active.clock > clock else { return active }
    let buffered = bufferChoice(from: clock, .column)
    return buffered.clock < active.clock ? buffered : active
  }

  /// Nothing looks at the row commands of active requests; one whose row was closed under it would wait for ever.
  private func rowChoice(from clock: Int64) -> Choice {
    if maintenance.isEmpty {
      let buffered = bufferChoice(from: clock, .row)
      guard !hasQuirks else { return buffered }
      let active = activeRowChoice(from: clock)
      return active.clock <= buffered.clock ? active : buffered
    }
    let head = maintenanceChoice(from: clock) ?? Choice()
    guard !hasQuirks else { return head }
    let active = activeRowChoice(from: clock)
    return active.clock <= head.clock ? active : head
  }

  private func activeRowChoice(from clock: Int64) -> Choice {
    var best = Choice()
    for index in 0..<activeCount {
      let request = active[index].slot.request
      let command = command(for: request)
      if command == roles.read || command == roles.write { continue }
      let bank = Int(request.bank)
      let ready = edge(max(clock, timing.earliest(command, bank)), command, bank)
      if ready < best.clock {
        best = Choice(clock: ready, origin: .active, index: index, command: command, age: active[index].slot.accepted)
      }
    }
    return best
  }

  mutating func tickDual(_ clock: Int64) {
    var isColumnIssued = false
    if columnChoice.clock == clock {
      issue(columnChoice, at: clock)
      isColumnIssued = true
      // The row slot sees banks and timing after the column command, and may serve the other buffer.
      if maintenance.isEmpty { updateMode() }
      choice = rowChoice(from: clock)
    }
    if choice.clock == clock {
      issue(choice, at: clock)
      if isColumnIssued { recorder.dualCommands += 1 }
    }
  }

  // MARK: Half clocks

  /// The first clock from `clock` on at whose edge a command may go: odd clocks are rising edges, and only precharges go
  /// at falling ones.
  @inline(__always)
  func edge(_ clock: Int64, _ command: Int, _ bank: Int) -> Int64 {
    guard busKind == .halfClock, clock & 1 == 0 else { return clock }
    let isAll = command == roles.prechargeAll
    guard command == roles.precharge || isAll else { return clock + 1 }
    guard clock == pairing.edge, bank / banksPerPseudoChannel == pairing.pseudoChannel else { return clock }
    return pairing.isWide || isAll || bank == pairing.bank ? clock + 1 : clock
  }

  /// A row command at a rising edge restricts the falling edge that ends it: an activation takes three half clocks.
  mutating func notePairing(_ command: Int, _ bank: Int, isWide: Bool, at clock: Int64) {
    guard clock & 1 == 1 else { return }
    pairing.edge = clock + (command == roles.activate ? 3 : 1)
    pairing.pseudoChannel = bank / banksPerPseudoChannel
    pairing.bank = bank
    pairing.isWide = isWide
  }
}
