import Arch
import DRAM
import Dataflow

extension PIMMemory.Plan {
  /// What each event of the memory costs.
  public var ledger: EnergyLedger {
    let durations: DeviceEnergy.Durations? =
      if let tRAS = device.timing(named: "tRAS"), let tRC = device.timing(named: "tRC") {
        DeviceEnergy.Durations(
          activeTime: tRAS, rowCycle: tRC, burst: burstCycles, refresh: device.refresh?.duration ?? 0)
      } else {
        nil
      }
    var prices = device.energy.prices(durations, period: device.period)
    // Currents give a column access as a whole; here its way over the internal bus is an event of its own.
    for event in [MemoryModel.Event.arrayRead, .arrayWrite] where device.energy.stated[event.name] == nil {
      prices[event.name] = withoutBus(prices[event.name], of: event)
    }
    for (event, price) in stated { prices[event] = price }
    return EnergyLedger(prices: prices)
  }

  private func withoutBus(_ whole: Price?, of event: MemoryModel.Event) -> Price? {
    guard case .joules(let energy) = whole else { return whole }
    let bus = MemoryModel.Event.internalBusBit.name
    guard let perBit = device.energy.stated[bus] else {
      return .unknown(reason: "the device file gives no energy for '\(bus)', which is part of '\(event.name)'")
    }
    let rest = energy - perBit * Rational(device.accessBytes * 8)
    guard rest.signum >= 0 else {
      return .unknown(reason: "'\(bus)' costs more than the supply currents give for a whole '\(event.name)'")
    }
    return .joules(rest)
  }
}

extension PIMMemory: ReportingUnit {
  /// What the memory did, after `finish(at:)`.
  public var activity: UnitActivity {
    var result = UnitActivity()
    let g = model.geometry
    let tallies = (0..<Int(g.channels)).map { lockstep.tally(of: $0) }
    result.accounts = tallies.enumerated().map { AccountRow(part: "channel \($0.offset)", account: $0.element.account) }
    result.byRow = events.byRow
    let cycles = tallies.reduce(0) { $0 + $1.account.total }
    let open = tallies.reduce(0) { $0 + $1.openCycles }
    let refreshes = tallies.indices.flatMap { channel in
      lockstep.groups.first { $0.members.contains(channel) }?.replica.refresh?.counts ?? []
    }
    result.unattributed = [
      (
        .background,
        [
          EventCount(event: "active-standby", count: open),
          EventCount(event: "precharge-standby", count: cycles - open),
        ]
      ),
      (.refresh, [EventCount(event: "refresh", count: refreshes.reduce(0, +))]),
    ]
    for tally in tallies {
      result.digest.add(tally.digest.value)
      result.digest.add(UInt64(bitPattern: tally.digest.count))
    }
    result.macs = macs
    result.computedMACs = computedMACs
    result.boundedCycles = boundedCycles
    result.lowerBounds = lowerBounds.map { $0 >= 0 ? $0 : nil }
    result.interfaceBytes = events.total(of: MemoryModel.Event.interfaceBit.rawValue) / 8
    result.internalBytes =
      events.total(of: MemoryModel.Event.bufferRead.rawValue) * g.banks * model.device.accessBytes
    var memory = MemoryActivity()
    memory.commands = model.device.commands.indices.map { index in
      EventCount(event: model.device.commands[index].name, count: tallies.reduce(0) { $0 + $1.counts[index] })
    }
    memory.rowHits = tallies.reduce(0) { $0 + $1.rowHits }
    memory.rowMisses = tallies.reduce(0) { $0 + $1.rowMisses }
    memory.refreshesPerScope = refreshes
    memory.refreshInterval = model.isRefreshed ? model.device.refresh?.interval : nil
    memory.rowsUsed = rowsUsed
    memory.rowsAvailable = g.rows
    memory.log = lockstep.groups.flatMap(\.replica.log)
    memory.unloggedCommands = lockstep.groups.reduce(0) { $0 + $1.replica.unlogged }
    memory.levels = Array(model.device.levels.dropFirst())
    result.memory = memory
    return result
  }
}
