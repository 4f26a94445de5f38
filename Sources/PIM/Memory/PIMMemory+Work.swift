import Arch
import Dataflow

/// What a run would cost to simulate, for the budget: rough, and never below half of what it is.
extension PIMMemory.Plan {
  /// Commands that a program's steps of this unit issue, in all channels and in the busiest one.
  public func commands(of program: Program, unit: UnitIndex) -> (all: Double, inOneChannel: Double) {
    var all = 0.0
    var inOneChannel = 0.0
    let distinct = DistinctSteps(program, unit: unit)
    for (step, times) in zip(distinct.first, distinct.counts) {
      guard let decoded = MemoryStep(opcode: step.opcode, operands: program.operands[step.operands]) else { continue }
      let count = commands(of: decoded)
      all += count.all * Double(times)
      inOneChannel += count.inOneChannel * Double(times)
    }
    return (all, inOneChannel)
  }

  private func commands(of step: MemoryStep) -> (all: Double, inOneChannel: Double) {
    let g = geometry
    let channels = Double(g.channels)
    switch step {
    case .writeVector(let bursts, let vectors):
      let counts = vectors.lists.map { Double($0.count) * Double(bursts) }
      return (counts.count == 1 ? counts[0] * channels : counts.reduce(0, +), counts.max() ?? 0)
    case .multiply(let m):
      let bursts = Double((m.length + g.burstElements - 1) / g.burstElements)
      let results = Double((m.length + m.segment - 1) / m.segment)
      let accesses = Double((g.banks * elementBytes + device.accessBytes - 1) / device.accessBytes)
      var all = 0.0
      var most = 0.0
      for channel in 0..<g.channels {
        let slots = m.slots(of: channel, g)
        guard !slots.isEmpty else { continue }
        let passes = Double(m.banksByPass(channel: channel, slot: slots.lowerBound, g).count)
        let count = Double(m.held) * Double(slots.count) * passes * (bursts + results * accesses)
        all += count
        most = max(most, count)
      }
      return (all, most)
    case .write(let r), .read(let r):
      let bursts = Double((Int64(r.stream.count) + g.burstElements - 1) / g.burstElements + 1)
      let all = Double(r.spread.count) * bursts
      return (all, r.spread.count == 1 ? all : (all / channels).rounded(.up))
    }
  }

  /// Cycles between two commands of a channel at their slowest.
  public var longestCommandCycles: Int64 { max(macCycles, burstCycles) }

  /// Refreshes that all channels together issue per cycle.
  public var refreshesPerCycle: Double {
    guard isRefreshed, let refresh = device.refresh, let scope = device.commands[refresh.command].scope else {
      return 0
    }
    let scopes = levelSizes[...scope].reduce(1.0) { $0 * Double($1) }
    return Double(geometry.channels) * scopes / Double(refresh.interval)
  }
}
