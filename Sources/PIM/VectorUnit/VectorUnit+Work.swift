import Arch
import Dataflow

/// What a run would cost to simulate, for the budget.
extension VectorUnit.Plan {
  /// - Parameter link: ticks that one beat of so many bytes takes over the link to a peer.
  /// - Returns: cycles and SRAM accesses that are simulated one by one, the cycles alone, and the ticks on links.
  public func work(
    of program: Program, unit: UnitIndex, link: (_ peer: Int, _ bytes: Int64) -> Double
  ) -> (events: Double, cycles: Double, linkTicks: Double) {
    var accesses = 0.0
    var cycles = 0.0
    var linkTicks = 0.0
    let distinct = DistinctSteps(program, unit: unit)
    for (step, count) in zip(distinct.first, distinct.counts) {
      let times = Double(count)
      switch VectorStep(opcode: step.opcode, operands: program.operands[step.operands]) {
      case .send(let peer, let beats, let beatBytes, let bytes, _):
        accesses += times * words(bytes)
        linkTicks += times * Double(beats) * link(Int(peer), beatBytes)
      case .receive(_, let bytes, _): accesses += times * words(bytes)
      case .kernel(let kernel, _, _, _):
        for sweep in kernel.sweeps(functions) {
          let groups = Double(sweep.rows) * Double((sweep.elements + pipeline.groupSize - 1) / pipeline.groupSize)
          accesses += times * groups * Double(sweep.reads + sweep.writes) * words(pipeline.groupSize * elementBytes)
          cycles += times * groups * Double(max(sweep.chain.steps.count, 1))
        }
      case nil: continue
      }
    }
    return (accesses + cycles, accesses + cycles, linkTicks)
  }

  private func words(_ bytes: Int64) -> Double { Double((bytes + sram.width.rawValue - 1) / sram.width.rawValue) }
}
