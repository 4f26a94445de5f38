import DRAM

/// One channel of Ramulator 2.1 clock by clock: read and write buffers, an active buffer, a queue of maintenance.
final class ClockedActiveBuffer {
  /// A refresh or a closing of a bank that waits its turn.
  struct Maintenance {
    /// The command that it ends with.
    let command: Int
    let bank: Int
  }

  enum Buffer { case active, reads, writes }

  let channel: Int
  let settings: ControllerSettings
  let commands: ActiveBufferCommands
  let bankCount: Int
  /// Row and column commands have a bus each.
  let hasTwoBuses: Bool
  /// The clock counts half periods: row and column commands begin on odd ones.
  let hasHalfClocks: Bool
  let banksPerPseudoChannel: Int
  let readLatency: Int64
  let refreshInterval: Int64
  /// Banks that stand for the nodes that are refreshed together, or every bank.
  let refreshed: [Int]

  var timing: ClockedTiming
  var clock: Int64 = 0
  var reads: [ClockedRequest] = []
  var writes: [ClockedRequest] = []
  var active: [ClockedRequest] = []
  var activating: [ClockedRequest] = []
  var priority: [Maintenance] = []
  var pending: [(due: Int64, arrive: Int64)] = []
  var writeAddresses: Set<UInt64> = []
  var isWriting = false
  var rows: [Int?]
  var isActivating: [Bool]
  var activeCounts: [Int]
  var accesses: [Int]
  var isCloseQueued: [Bool]
  var nextRefreshedBank = 0
  /// The last row command on a rising edge, and the falling edge that it pairs with.
  var rising: (command: Int, bank: Int, edge: Int64)?
  var dataClockExpiry: Int64 = 0
  var synchronised: (buffer: Buffer, index: Int)?
  var record: ClockedRecord
  var issued: [ClockedCommand] = []

  init(_ device: DeviceDescription, _ settings: ControllerSettings, channel: Int) {
    self.channel = channel
    self.settings = settings
    commands = ActiveBufferCommands(device)
    timing = ClockedTiming(device)
    bankCount = device.banksPerChannel
    hasTwoBuses = device.busLimits.contains { $0.bus == "row" }
    hasHalfClocks = device.ticksPerClock == 2
    banksPerPseudoChannel =
      device.levels.count > 1 ? bankCount / device.levelSizes[1] : bankCount
    readLatency = device.readLatency
    record = ClockedRecord(device)
    rows = Array(repeating: nil, count: bankCount)
    isActivating = Array(repeating: false, count: bankCount)
    activeCounts = Array(repeating: 0, count: bankCount)
    accesses = Array(repeating: 0, count: bankCount)
    isCloseQueued = Array(repeating: false, count: bankCount)
    let command = settings.refresh == .perBank ? commands.refreshBank : commands.refreshAll
    let way = device.refreshes.first { $0.command == command }
    switch settings.refresh {
    case .allBank:
      refreshInterval = way?.interval ?? 0
      let size = timing.covered(commands.refreshAll, 0).count
      refreshed = Array(stride(from: 0, to: bankCount, by: size))
    case .perBank:
      refreshInterval = (way?.interval ?? 0) / Int64(bankCount)
      refreshed = []
    default:
      refreshInterval = 0
      refreshed = []
    }
  }

  /// - Returns: whether it was taken.
  func accept(_ offered: ClockedRequest) -> Bool {
    var request = offered
    request.arrive = clock
    if writeAddresses.contains(request.address) {
      if request.isWrite {
        record.mergedWrites += 1
        record.write(completed: clock + 1)
      } else {
        record.forwardedReads += 1
        pending.append((clock + 1, clock))
      }
      return true
    }
    if request.isWrite {
      guard writes.count < settings.writeBuffer else { return false }
      writes.append(request)
      writeAddresses.insert(request.address)
    } else {
      guard reads.count < settings.readBuffer else { return false }
      reads.append(request)
    }
    return true
  }

  func tick() {
    clock += 1
    while let next = pending.first, next.due <= clock {
      record.read(latency: clock - next.arrive, completed: clock)
      pending.removeFirst()
    }
    queueRefreshes()
    queueCloses()
    if commands.activateSecond != nil {
      tickWithDataClock()
    } else if hasTwoBuses {
      let before = issued.count
      if !hasHalfClocks || clock % 2 == 1 { columnSlot() }
      rowSlot()
      if issued.count == before + 2 { record.dualCommands += 1 }
    } else {
      singleSlot()
    }
  }

  private func queueRefreshes() {
    guard refreshInterval > 0, clock % refreshInterval == 0 else { return }
    if settings.refresh == .perBank {
      priority.append(Maintenance(command: commands.refreshBank, bank: nextRefreshedBank))
      nextRefreshedBank = (nextRefreshedBank + 1) % bankCount
    } else {
      for bank in refreshed { priority.append(Maintenance(command: commands.refreshAll, bank: bank)) }
    }
  }

  /// What the policy of closed rows does at the start of each clock.
  private func queueCloses() {
    guard case .closed(let cap) = settings.rowPolicy else { return }
    for bank in 0..<bankCount
    where accesses[bank] >= cap && !isCloseQueued[bank] && timing.isReady(commands.precharge, bank, at: clock) {
      priority.append(Maintenance(command: commands.precharge, bank: bank))
      isCloseQueued[bank] = true
    }
  }
}

/// The commands of a device by what they do.
struct ActiveBufferCommands {
  let activate: Int
  let activateSecond: Int?
  let precharge: Int
  let prechargeAll: Int
  let read: Int
  let write: Int
  let readPrecharge: Int
  let writePrecharge: Int
  let refreshAll: Int
  /// −1 where there is none.
  let refreshBank: Int
  let readSync: Int
  let writeSync: Int
  let activationWindow: Int64
  let afterRead: Int64
  let afterWrite: Int64

  init(_ device: DeviceDescription) {
    func index(_ names: String...) -> Int { names.compactMap { device.command(named: $0) }.first ?? -1 }
    func cycles(_ name: String) -> Int64 { device.timing(named: name) ?? 0 }
    activate = index("ACT", "ACT1")
    activateSecond = device.command(named: "ACT2")
    precharge = index("PREpb")
    prechargeAll = index("PREab")
    read = index("RD")
    write = index("WR")
    readPrecharge = index("RDA")
    writePrecharge = index("WRA")
    refreshAll = index("REFab")
    refreshBank = index("REFpb")
    readSync = index("CAS_RD")
    writeSync = index("CAS_WR")
    activationWindow = device.activationWindow ?? 0
    afterRead = cycles("nCL") + cycles("nBL_min") + cycles("nWCKPST")
    afterWrite = cycles("nCWL") + cycles("nBL_min") + cycles("nWCKPST")
  }

  func isColumn(_ command: Int) -> Bool {
    command == read || command == write || command == readPrecharge || command == writePrecharge
  }

  func closes(_ command: Int) -> Bool {
    command == precharge || command == prechargeAll || command == readPrecharge || command == writePrecharge
  }
}
