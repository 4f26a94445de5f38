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
    result.accounts = channels.map { AccountRow(part: "channel \($0.index)", account: $0.account) }
    result.byRow = events.byRow
    let total = channels.map(\.account.total)
    let open = channels.map { $0.openCycles(until: $0.account.frontier) }
    let refreshes = channels.reduce(0) { $0 + $1.refreshes.reduce(0, +) }
    let openSum = open.reduce(0, +)
    result.unattributed = [
      (
        .background,
        [
          EventCount(event: "active-standby", count: openSum),
          EventCount(event: "precharge-standby", count: total.reduce(0, +) - openSum),
        ]
      ),
      (.refresh, [EventCount(event: "refresh", count: refreshes)]),
    ]
    for channel in channels {
      result.digest.add(channel.digest.value)
      result.digest.add(UInt64(bitPattern: channel.digest.count))
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
      EventCount(event: model.device.commands[index].name, count: channels.reduce(0) { $0 + $1.counts[index] })
    }
    memory.rowHits = channels.reduce(0) { $0 + $1.rowHits }
    memory.rowMisses = channels.reduce(0) { $0 + $1.rowMisses }
    memory.refreshesPerScope = channels.flatMap(\.refreshes)
    memory.refreshInterval = model.isRefreshed ? model.device.refresh?.interval : nil
    memory.rowsUsed = rowsUsed
    memory.rowsAvailable = g.rows
    memory.log = channels.flatMap(\.log)
    memory.unloggedCommands = channels.reduce(0) { $0 + $1.unlogged }
    memory.levels = Array(model.device.levels.dropFirst())
    result.memory = memory
    return result
  }
}
