import DRAM

/// What the in-order controller does, cycle by cycle and by searching through all past commands, without refresh: nothing
/// is skipped, folded or worked out ahead. It shares no code with the controller but the device description.
struct CyclewiseController {
  enum Kind: Equatable {
    /// Commands in order; whether its data are waited for.
    case commands(Int, isReader: Bool)
    case host(isWrite: Bool)
    case wait(ends: Bool)
    case nothing
  }

  struct Step {
    var kind: Kind
    var channels: [Int] = []
    var bank = -1
    var row: Int64 = -1
    var column: Int64 = 0
    var count = 1
  }

  struct Issued: Equatable {
    let cycle: Int64
    let command: Int
    let bank: Int
    let row: Int64
    let column: Int64
  }

  private struct Item {
    let step: Step
    let column: Int64
    var depart: Int64 = 0
    var callsBack: Bool {
      switch step.kind {
      case .commands(_, let isReader): isReader
      case .wait: true
      default: false
      }
    }
  }

  private struct Channel {
    var active: [Item] = []
    var reads: [Item] = []
    var writes: [Item] = []
    var operations: [Item] = []
    var pendingReads: [Item] = []
    var pendingWrites: [Int64] = []
    var remaining: [Item] = []
    var servesWrites = false
    var usesRegisters = false
    var open: [Int64]
    var issued: [Issued] = []
  }

  let device: DeviceDescription
  let hasPeerQuirks: Bool
  private var channels: [Channel]
  private var tick: Int64 = 0
  private var stalled = 0
  /// By the command that waits.
  private let rules: [[TimingConstraint]]
  /// No rule looks back further.
  private let reach: Int64

  init(_ device: DeviceDescription, channels: Int, hasPeerQuirks: Bool) {
    self.device = device
    self.hasPeerQuirks = hasPeerQuirks
    rules = device.commands.indices.map { command in device.constraints.filter { $0.next.contains(command) } }
    reach = device.constraints.map(\.latency).max() ?? 0
    let open = Array(repeating: Int64(-1), count: device.banksPerChannel)
    self.channels = Array(repeating: Channel(open: open), count: channels)
  }

  /// The cycle in which the program ended, and what each channel issued.
  mutating func run(_ program: [Step]) -> (cycles: Int64, issued: [[Issued]]) {
    var head = 0
    while head < program.count {
      tick += 1
      var was = false
      var left = false
      for channel in channels.indices {
        while let item = channels[channel].remaining.first {
          was = true
          guard send(item, channel) else {
            left = true
            break
          }
          channels[channel].remaining.removeFirst()
        }
      }
      if stalled == 0 {
        if was {
          if !left { head += 1 }
        } else if handOut(program[head]) {
          head += 1
        }
      }
      var callbacks = 0
      for channel in channels.indices { callbacks += cycle(channel) }
      stalled -= callbacks
      if callbacks > 0, stalled == 0 { head += 1 }
    }
    return (tick, channels.map(\.issued))
  }

  /// Whether the next instruction may follow in the next cycle.
  private mutating func handOut(_ step: Step) -> Bool {
    var isAllSent = true
    let targets = if case .wait = step.kind { Array(channels.indices) } else { step.channels }
    guard step.kind != .nothing else { return true }
    for index in 0..<step.count {
      for channel in targets {
        let item = Item(step: step, column: step.column + Int64(index))
        if !send(item, channel) {
          channels[channel].remaining.append(item)
          isAllSent = false
        }
        if item.callsBack { stalled += 1 }
      }
    }
    return stalled == 0 && isAllSent
  }

  private mutating func send(_ item: Item, _ index: Int) -> Bool {
    if case .host(let isWrite) = item.step.kind {
      guard channels[index].operations.isEmpty else { return false }
      if !isWrite, channels[index].writes.contains(where: { forwards($0, item) }) {
        var found = item
        found.depart = tick
        channels[index].pendingReads.append(found)
        return true
      }
      guard (isWrite ? channels[index].writes : channels[index].reads).count <= 32 else { return false }
      if isWrite { channels[index].writes.append(item) } else { channels[index].reads.append(item) }
      return true
    }
    guard channels[index].reads.isEmpty, channels[index].writes.isEmpty else { return false }
    guard hasPeerQuirks || channels[index].active.isEmpty else { return false }
    guard channels[index].operations.count <= 32 else { return false }
    channels[index].operations.append(item)
    return true
  }

  private func forwards(_ write: Item, _ read: Item) -> Bool {
    hasPeerQuirks
      || (write.step.bank == read.step.bank && write.step.row == read.step.row && write.column == read.column)
  }

  // MARK: One cycle of a channel

  /// How many instructions heard that they are done.
  private mutating func cycle(_ index: Int) -> Int {
    var callbacks = 0
    if let first = channels[index].pendingReads.first, first.depart <= tick {
      var isWaiting = false
      if case .wait = first.step.kind { isWaiting = !channels[index].pendingWrites.isEmpty }
      if !isWaiting {
        if first.callsBack { callbacks += 1 }
        channels[index].pendingReads.removeFirst()
      }
    }
    channels[index].pendingWrites.removeAll { $0 <= tick }
    schedule(index)
    return callbacks
  }

  private mutating func schedule(_ index: Int) {
    if let best = best(channels[index].active, index), best.isReady {
      let item = channels[index].active[best.position]
      if issue(best.command, item, index) { channels[index].active.remove(at: best.position) }
      return
    }
    if let item = channels[index].operations.first {
      if case .wait = item.step.kind {
        var done = item
        done.depart = tick
        channels[index].pendingReads.append(done)
        channels[index].operations.removeFirst()
        return
      }
      let command = next(item, index)
      guard isReady(command, item, index), !closesActive(command, item, index) else { return }
      if issue(command, item, index) { channels[index].operations.removeFirst() }
      return
    }
    if !channels[index].servesWrites {
      if channels[index].writes.count > 25 || channels[index].reads.isEmpty { channels[index].servesWrites = true }
    } else if channels[index].writes.count < 7, !channels[index].reads.isEmpty {
      channels[index].servesWrites = false
    }
    let isWrite = channels[index].servesWrites
    let waiting = isWrite ? channels[index].writes : channels[index].reads
    guard let best = best(waiting, index), best.isReady else { return }
    let item = waiting[best.position]
    guard !closesActive(best.command, item, index) else { return }
    let usedRegisters = channels[index].usesRegisters
    let isDone = issue(best.command, item, index)
    let opened = !usedRegisters && device.commands[best.command].kind == .activate
    guard isDone || opened else { return }
    if isWrite {
      channels[index].writes.remove(at: best.position)
    } else {
      channels[index].reads.remove(at: best.position)
    }
    if opened { channels[index].active.append(item) }
  }

  private func best(_ items: [Item], _ index: Int) -> (position: Int, command: Int, isReady: Bool)? {
    let all = items.enumerated().map { position, item in
      let command = next(item, index)
      return (position: position, command: command, isReady: isReady(command, item, index))
    }
    return all.first { $0.isReady } ?? all.first
  }

  private func closesActive(_ command: Int, _ item: Item, _ index: Int) -> Bool {
    device.commands[command].kind == .precharge && item.step.bank >= 0
      && channels[index].active.contains { $0.step.bank == item.step.bank }
  }

  private func final(_ item: Item) -> Int {
    switch item.step.kind {
    case .commands(let command, _): command
    case .host(let isWrite): device.command(named: isWrite ? "WR" : "RD") ?? 0
    default: 0
    }
  }

  private func named(_ name: String) -> Int { device.command(named: name) ?? 0 }

  private func next(_ item: Item, _ index: Int) -> Int {
    let command = final(item)
    guard device.commands[command].kind.needsOpenRow else { return command }
    let open = channels[index].open
    if item.step.bank >= 0 {
      if open[item.step.bank] < 0 { return named("ACT") }
      return open[item.step.bank] == item.step.row ? command : named("PRE")
    }
    if open.contains(where: { $0 >= 0 && $0 != item.step.row }) { return named("PREA") }
    guard open.contains(-1) else { return command }
    return hasPeerQuirks || open.allSatisfy { $0 < 0 } ? named("ACT16") : named("PREA")
  }

  /// Every rule against every past command.
  private func isReady(_ command: Int, _ item: Item, _ index: Int) -> Bool {
    let bank = device.commands[command].scope == 0 ? -1 : item.step.bank
    for past in channels[index].issued.reversed() {
      guard past.cycle + reach > tick else { break }
      for rule in rules[command] where rule.previous.contains(past.command) {
        let meets = rule.level == 0 || part(past.bank, rule.level) == part(bank, rule.level)
        if meets, past.cycle + rule.latency > tick { return false }
      }
    }
    return true
  }

  /// Which bank group (level 1) or bank (level 2).
  private func part(_ bank: Int, _ level: Int) -> Int { level == 1 ? bank / device.levelSizes[2] : bank }

  /// Whether what it issued is the item's own command.
  private mutating func issue(_ command: Int, _ item: Item, _ index: Int) -> Bool {
    if device.commands[final(item)].usesRegisters != channels[index].usesRegisters {
      channels[index].usesRegisters.toggle()
      channels[index].issued.append(
        Issued(cycle: tick, command: named("TMOD"), bank: -1, row: item.step.row, column: item.column))
      return false
    }
    let described = device.commands[command]
    let bank = described.scope == 0 ? -1 : item.step.bank
    channels[index].issued.append(
      Issued(cycle: tick, command: command, bank: bank, row: item.step.row, column: item.column))
    let banks = bank < 0 ? channels[index].open.indices : bank..<bank + 1
    switch described.kind {
    case .activate: for bank in banks { channels[index].open[bank] = item.step.row }
    case .precharge, .readPrecharge, .writePrecharge: for bank in banks { channels[index].open[bank] = -1 }
    default: break
    }
    guard command == final(item) else { return false }
    var done = item
    done.depart = tick + described.latency
    let isRead = if case .host(let isWrite) = item.step.kind { !isWrite } else { item.callsBack }
    if isRead {
      channels[index].pendingReads.append(done)
    } else {
      channels[index].pendingWrites.append(done.depart)
    }
    return true
  }
}
