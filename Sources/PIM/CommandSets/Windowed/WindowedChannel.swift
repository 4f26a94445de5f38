import DRAM

/// One channel under the windowed controller: the requests that wait, when each command may go, which rows are open.
///
/// Time is the cycle number; the first is 1.
struct WindowedChannel {
  struct Settings: Sendable {
    var window: Int
    /// Refresh commands of one refresh.
    var refreshParts: Int
    /// `nil` without refresh.
    var refreshInterval: Int64?
    /// Shows every part of a refresh as a command, as the peer does; else the first alone, which covers the channel.
    var showsRefreshParts = false
    var logLimit = 0

    init(window: Int, refreshParts: Int) {
      self.window = window
      self.refreshParts = refreshParts
    }
  }

  let settings: Settings
  /// The requests, oldest first: `waiting[..<count]`.
  var waiting: [RequestCommands.Request]
  var count = 0
  /// By slot: the first cycle in which its command may go.
  var ready: [Int64]
  /// By place of a product, −1 where it is closed.
  var openRow: [Int32]
  var openPlaces = 0
  /// Refresh commands that are due.
  var dueParts = 0
  var nextRefresh: Int64
  private(set) var firedParts: Int64 = 0
  /// By slot: commands that went.
  var counts: [Int64]
  /// The next cycle in which something can happen without a request being handed in; `.max` for never.
  var wake: Int64
  private(set) var log: [CommandSetRun.Entry] = []
  private(set) var unlogged: Int64 = 0
  /// Products that went, and requests that were handed in.
  var products: Int64 = 0
  var handed: Int64 = 0

  init(_ commands: RequestCommands, _ settings: Settings) {
    self.settings = settings
    waiting = Array(repeating: .barrier, count: settings.window)
    ready = Array(repeating: 0, count: commands.slots.count)
    counts = ready
    openRow = Array(repeating: -1, count: commands.multiply.count)
    nextRefresh = settings.refreshInterval ?? .max
    wake = nextRefresh
  }

  var isFull: Bool { count == waiting.count }
  /// Nothing waits and no refresh is due.
  var isIdle: Bool { count == 0 && dueParts == 0 }
  /// Refreshes of the channel that were begun.
  var refreshes: Int64 { (firedParts + Int64(settings.refreshParts) - 1) / Int64(settings.refreshParts) }

  @inline(__always)
  mutating func append(_ request: RequestCommands.Request) {
    waiting[count] = request
    count += 1
    handed += 1
  }

  @inline(__always)
  private mutating func remove(_ index: Int) {
    waiting.withUnsafeMutableBufferPointer { waiting in
      for later in index..<(count - 1) { waiting[later] = waiting[later + 1] }
    }
    count -= 1
  }

  /// The command that a request needs next: what it wants, or first an activate or a precharge.
  @inline(__always)
  private func command(for request: RequestCommands.Request, _ commands: borrowing RequestCommands) -> Int {
    guard request.place >= 0 else { return Int(request.slot) }
    let place = Int(request.place)
    let row = openRow[place]
    return Int(
      row == request.row ? commands.multiply[place] : row < 0 ? commands.activate[place] : commands.precharge[place])
  }

  /// The banks in which some waiting product has its row open.
  private func banksInUse(_ commands: borrowing RequestCommands) -> UInt64 {
    var banks: UInt64 = 0
    for index in 0..<count where waiting[index].place >= 0 {
      let place = Int(waiting[index].place)
      if openRow[place] == waiting[index].row { banks |= commands.placeBank[place] }
    }
    return banks
  }

  /// The request to serve in this cycle, having taken a barrier from the head; −1 when none is ready.
  @inline(__always)
  private mutating func choose(_ now: Int64, _ commands: borrowing RequestCommands, _ changed: inout Bool) -> Int {
    guard count > 0 else { return -1 }
    var inUse: UInt64?
    if waiting[0].slot < 0 {
      // A barrier that is being taken away still counts nothing as in use.
      remove(0)
      changed = true
      if count == 0 { return -1 }
    }
    var isBehindBarrier = false
    for index in 0..<count {
      let request = waiting[index]
      if request.slot < 0 {
        if index == 0 { return 0 }
        isBehindBarrier = true
        continue
      }
      if isBehindBarrier && request.place < 0 { continue }
      let slot = command(for: request, commands)
      let opensOrCloses = slot != Int(request.slot)
      if isBehindBarrier && !opensOrCloses || ready[slot] > now { continue }
      if index > 0 && (opensOrCloses || request.place < 0) {
        let banks = inUse ?? banksInUse(commands)
        inUse = banks
        let bank = request.place < 0 ? commands.slotBank[slot] : commands.placeBank[Int(request.place)]
        if banks & bank != 0 { continue }
      }
      return index
    }
    return -1
  }

  /// One cycle.
  mutating func tick(_ now: Int64, _ commands: borrowing RequestCommands) {
    var changed = false
    if now == nextRefresh, let interval = settings.refreshInterval {
      dueParts += settings.refreshParts
      nextRefresh += interval
      changed = true
    }
    var bus = RequestCommands.Bus.neither
    if dueParts > 0 {
      let slot = Int(openPlaces > 0 ? commands.closeAll : commands.refresh)
      bus = commands.slots[slot].bus
      if ready[slot] <= now {
        refreshStep(slot, now, commands)
        changed = true
      }
    } else {
      let index = choose(now, commands, &changed)
      if index >= 0 { bus = serve(index, now, commands, &changed) }
    }
    let index = choose(now, commands, &changed)
    if index >= 0, waiting[index].slot >= 0, bus != .neither {
      let other = commands.slots[command(for: waiting[index], commands)].bus
      if other != .neither, other != bus { _ = serve(index, now, commands, &changed) }
    }
    wake = changed ? now + 1 : nextChange(now, commands)
  }

  /// Issues what a request needs next; the request goes when that is what it wants.
  @inline(__always)
  private mutating func serve(
    _ index: Int, _ now: Int64, _ commands: borrowing RequestCommands, _ changed: inout Bool
  ) -> RequestCommands.Bus {
    changed = true
    let request = waiting[index]
    guard request.slot >= 0 else {
      remove(index)
      return .neither
    }
    let slot = command(for: request, commands)
    issue(slot, now, commands)
    if settings.logLimit > 0 { keep(slot, request, now, commands) }
    if slot == Int(request.slot) {
      if request.place >= 0 { products += 1 }
      remove(index)
    } else if slot == Int(commands.activate[Int(request.place)]) {
      openRow[Int(request.place)] = request.row
      openPlaces += 1
    } else {
      openRow[Int(request.place)] = -1
      openPlaces -= 1
    }
    return commands.slots[slot].bus
  }

  @inline(__always)
  private mutating func issue(_ slot: Int, _ now: Int64, _ commands: borrowing RequestCommands) {
    counts[slot] += 1
    let gaps = commands.gapStart[slot]..<commands.gapStart[slot + 1]
    ready.withUnsafeMutableBufferPointer { ready in
      for gap in gaps {
        let next = Int(commands.gapNext[gap])
        ready[next] = max(ready[next], now + commands.gapCycles[gap])
      }
    }
  }

  /// Closes all rows, or refreshes. The commands of one refresh follow each other and go to different parts of the
  /// channel: the first sets the times of what the channel does, as the part that its products name is the first.
  @inline(never)
  private mutating func refreshStep(_ slot: Int, _ now: Int64, _ commands: borrowing RequestCommands) {
    let isRefresh = slot == Int(commands.refresh)
    let part = Int(firedParts % Int64(settings.refreshParts))
    if !isRefresh || part == 0 {
      issue(slot, now, commands)
    } else if settings.showsRefreshParts {
      counts[slot] += 1
    }
    if settings.logLimit > 0, !isRefresh || part == 0 || settings.showsRefreshParts {
      keep(slot, RequestCommands.Request(slot: Int32(slot), place: -1, row: -1, column: 0), now, commands)
    }
    if isRefresh {
      firedParts += 1
      dueParts -= 1
    } else {
      for place in openRow.indices { openRow[place] = -1 }
      openPlaces = 0
    }
  }

  /// The first later cycle in which a command that waits becomes ready.
  private func nextChange(_ now: Int64, _ commands: borrowing RequestCommands) -> Int64 {
    var next = nextRefresh
    if dueParts > 0 {
      let time = ready[Int(openPlaces > 0 ? commands.closeAll : commands.refresh)]
      if time > now { next = min(next, time) }
    }
    for index in 0..<count where waiting[index].slot >= 0 {
      let time = ready[command(for: waiting[index], commands)]
      if time > now && time < next { next = time }
    }
    return next
  }

  private mutating func keep(
    _ slot: Int, _ request: RequestCommands.Request, _ now: Int64, _ commands: borrowing RequestCommands
  ) {
    guard log.count < settings.logLimit else { return unlogged += 1 }
    let known = commands.slots[slot]
    log.append(
      CommandSetRun.Entry(
        cycle: now, command: known.command, address: known.address, row: Int64(request.row),
        column: Int64(slot == Int(request.slot) ? request.column : 0)))
  }
}
