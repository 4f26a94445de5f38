/// A clock of a device that activates in two commands and synchronises its data clock (LPDDR5).
extension ClockedActiveBuffer {
  func tickWithDataClock() {
    let urgent = readySecondActivate { $0.deadline <= clock }
    if let (buffer, index) = synchronised {
      let request = requests(buffer)[index]
      let access = request.isWrite ? commands.write : commands.read
      if timing.isReady(access, request.bank, at: clock) {
        synchronised = nil
        issue(access, for: buffer, index)
      }
      return
    }
    if let urgent { return activateSecond(urgent) }
    guard let choice = chooseBesideActivation() else {
      if let index = readySecondActivate({ _ in true }) { activateSecond(index) }
      return
    }
    guard case .request(let buffer, let index) = choice else {
      if case .maintenance(let command) = choice { serveMaintenance(command) }
      return
    }
    let request = requests(buffer)[index]
    if commands.isColumn(decode(request)), clock >= dataClockExpiry {
      if activating.contains(where: { $0.deadline <= clock + 1 }) {
        if let index = readySecondActivate({ _ in true }) { activateSecond(index) }
        return
      }
      let sync = request.isWrite ? commands.writeSync : commands.readSync
      if timing.isReady(sync, request.bank, at: clock) {
        put(sync, request.bank, request.row, request.column)
        synchronised = (buffer, index)
      }
      return
    }
    serve(buffer, index)
  }

  private enum Choice {
    case request(Buffer, Int)
    case maintenance(Int)
  }

  /// The choice of a single slot, with what must not disturb an activation under way left out.
  private func chooseBesideActivation() -> Choice? {
    func isAllowed(_ command: Int, _ bank: Int) -> Bool {
      guard !activating.isEmpty else { return true }
      if command == commands.activate { return false }
      if commands.isColumn(command) { return true }
      return timing.covered(command, bank).allSatisfy { !isActivating[$0] }
    }
    func isAllowedWaiting(_ command: Int, _ bank: Int) -> Bool {
      command != commands.activateSecond && isAllowed(command, bank)
    }
    if let index = pick(.active, isAllowed) { return .request(.active, index) }
    if let command = readyMaintenance(isAllowedWaiting) { return .maintenance(command) }
    if let (buffer, index) = pickWaiting(isAllowedWaiting) { return .request(buffer, index) }
    return nil
  }

  /// Among the activations under way whose second command can go: earliest deadline, then the oldest request.
  private func readySecondActivate(_ isWanted: (ClockedRequest) -> Bool) -> Int? {
    guard let second = commands.activateSecond else { return nil }
    var best: Int?
    for index in activating.indices {
      let request = activating[index]
      guard isWanted(request), timing.isReady(second, request.bank, at: clock) else { continue }
      if let other = best.map({ activating[$0] }),
        (other.deadline, other.arrive) <= (request.deadline, request.arrive)
      {
        continue
      }
      best = index
    }
    return best
  }

  private func activateSecond(_ index: Int) {
    guard let second = commands.activateSecond else { return }
    let request = activating.remove(at: index)
    put(second, request.bank, request.row, request.column)
    active.append(request)
    activeCounts[request.bank] += 1
  }
}
