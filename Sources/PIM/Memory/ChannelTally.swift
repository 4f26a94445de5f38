import Arch

/// What a channel did.
struct ChannelTally {
  var account: CycleAccount
  var digest = EventDigest()
  /// By command of the device.
  var counts: [Int64]
  var rowHits: Int64 = 0
  var rowMisses: Int64 = 0
  /// Cycles in which any bank was open.
  var openCycles: Int64 = 0

  // Of the present step; the memory collects and clears them.
  /// By `MemoryModel.Event`.
  var events: [Int64]
  /// Multiply-accumulates of elements that count.
  var macs: Int64 = 0
  var refreshesInStep: Int64 = 0

  init(_ model: MemoryModel) {
    account = CycleAccount(causes: MemoryModel.Stall.allCases.map(\.name))
    counts = Array(repeating: 0, count: model.device.commands.count)
    events = Array(repeating: 0, count: MemoryModel.Event.allCases.count)
  }

  mutating func clearStep() {
    for event in events.indices { events[event] = 0 }
    macs = 0
  }
}

extension ChannelTally: FoldTally {
  var cleared: ChannelTally {
    var result = self
    result.account = account.cleared
    result.digest = EventDigest()
    for command in counts.indices { result.counts[command] = 0 }
    (result.rowHits, result.rowMisses, result.openCycles, result.refreshesInStep) = (0, 0, 0, 0)
    result.clearStep()
    return result
  }

  mutating func add(_ other: ChannelTally, times: Int64, first: FoldShift, step: FoldShift) {
    account.add(other.account, times: times)
    let span =
      times == 1 ? other.digest : other.digest.repeated(times, later: step.cycles, further: step.addresses)
    digest.append(span, later: first.cycles, further: first.addresses)
    for command in counts.indices { counts[command] += times * other.counts[command] }
    for event in events.indices { events[event] += times * other.events[event] }
    rowHits += times * other.rowHits
    rowMisses += times * other.rowMisses
    openCycles += times * other.openCycles
    macs += times * other.macs
    refreshesInStep += times * other.refreshesInStep
  }
}
