import Arch
import DRAM
import Dataflow
import Files

/// A processing-in-memory DRAM: channels of banks, each bank with a MAC unit that multiplies its open row with the
/// channel's vector buffer.
///
/// Modelled after GDDR6 and HBM parts whose banks all work on one command (AiM, PIM-GPT). The unit takes one step at a
/// time from its controller and runs it on all channels, each with its own commands, refresh and accounts; the step is
/// complete when the last channel is.
public struct PIMMemory {
  /// How the memory is connected: to the controller, and to the unit that supplies and takes data.
  public struct Wiring: Sendable {
    public let stepsIn: ChannelIndex
    public let completionsOut: ChannelIndex
    public let dataIn: ChannelIndex
    public let dataOut: ChannelIndex
    /// Ticks of the common grid per cycle of the memory, and per beat of the data link.
    public let period: Int64
    public let beatTicks: Int64
    /// Bytes per beat of the data link.
    public let linkWidth: Int64

    public init(
      stepsIn: ChannelIndex, completionsOut: ChannelIndex, dataIn: ChannelIndex, dataOut: ChannelIndex, period: Int64,
      beatTicks: Int64, linkWidth: Int64
    ) {
      self.stepsIn = stepsIn
      self.completionsOut = completionsOut
      self.dataIn = dataIn
      self.dataOut = dataOut
      self.period = period
      self.beatTicks = beatTicks
      self.linkWidth = linkWidth
    }
  }

  enum State {
    case idle
    case running
    /// Waits for what a damaged program never brings.
    case stuck
    /// All channels are done; the completion leaves at this cycle.
    case completing(Int64)
  }

  let model: MemoryModel
  let wiring: Wiring
  var lockstep: LockstepGroups<MemoryChannel>
  var folding: MemoryFolding
  /// By group: the cycles of the present step that were folded.
  var foldedOfGroup: [[Range<Int64>]] = []
  /// Whether every command matters by itself: numbers flow, or commands are logged.
  var keepsEachCommand: Bool
  private var divisions: WorkDivisions
  /// By distinct step of the program: the number of its division, −1 before it is worked out.
  private var divisionOfStep: [Int]
  /// How the present step falls to the channels.
  private(set) var division: WorkDivision
  var state = State.idle
  /// Index of the present step in the program, and its decoded form.
  var stepIndex = 0
  var step: MemoryStep = .writeVector(pieceBursts: 1, MemoryStep.Vectors(lists: [[]]))
  var data: LinkData?
  /// The first cycle at which a step can be taken.
  var freeAt: Int64 = 0

  // What is reported.
  private let program: DecodedSteps<MemoryStep>
  var events: EventTable
  var macs: Int64 = 0
  /// Per program row, cycles of the device clock below which its multiplies cannot go; −1 where there is none.
  var lowerBounds: [Int64]
  /// Per program row, cycles that its multiplies took.
  var boundedCycles: [Int64]
  /// When the present step was taken up.
  private(set) var startedAt: Int64 = 0
  /// Rows of one bank that the program occupies.
  let rowsUsed: Int64
  private let exchange: ValueExchange

  init(
    model: MemoryModel, wiring: Wiring, program: DecodedSteps<MemoryStep>, rowCount: Int, rowsUsed: Int64,
    logLimit: Int, exchange: ValueExchange
  ) {
    self.exchange = exchange
    self.model = model
    self.wiring = wiring
    self.program = program
    self.rowsUsed = rowsUsed
    lockstep = LockstepGroups(
      (0..<Int(model.geometry.channels)).map { MemoryChannel(number: $0, model: model, logLimit: logLimit) })
    // A log of commands has each channel's own.
    keepsEachCommand = logLimit > 0
    if keepsEachCommand { lockstep.separate() }
    folding = MemoryFolding(model.table)
    divisions = WorkDivisions(model.geometry)
    division = divisions.division(of: step)
    divisionOfStep = Array(repeating: -1, count: program.uniqueCount)
    events = EventTable(events: MemoryModel.Event.allCases.map(\.name), rows: rowCount)
    lowerBounds = Array(repeating: -1, count: rowCount)
    boundedCycles = Array(repeating: 0, count: rowCount)
  }

  /// Takes up the program's step `index` at `cycle` of the device clock.
  mutating func begin(_ index: Int, at cycle: Int64, _ ports: Ports) {
    stepIndex = index
    data = nil
    guard let chosen = chosen(program.step(index)) else {
      state = .stuck
      return
    }
    step = chosen
    if !ports.joinsReplicas { lockstep.separate() }
    let identity = program.identity(index)
    if divisionOfStep[identity] < 0 { divisionOfStep[identity] = divisions.division(of: step).number }
    let division = divisions[divisionOfStep[identity]]
    self.division = division
    if division.shares.count > 1 { lockstep.split { division.shareOf[$0] } }
    while foldedOfGroup.count < lockstep.groups.count { foldedOfGroup.append([]) }
    for group in lockstep.groups.indices {
      let share = division.shares[division.shareOf[lockstep.groups[group].replica.number]]
      lockstep.groups[group].replica.begin(step, share, at: cycle)
      foldedOfGroup[group].removeAll(keepingCapacity: true)
    }
    folding.isOn = ports.folds && !keepsEachCommand
    startedAt = cycle
    state = .running
  }

  /// A product with the matrix that the run chose; nil when nothing has been chosen, in a damaged program.
  private func chosen(_ step: MemoryStep) -> MemoryStep? {
    guard case .multiply(var m) = step, let choice = m.choice else { return step }
    guard let made = exchange.choice(of: Int(choice.step)), choice.slot < made.count else { return nil }
    m.placement.baseRow += min(max(made[Int(choice.slot)], 0), choice.count - 1) * choice.rows
    return .multiply(m)
  }

  /// Beats of data that the present step needs, in the channel that needs most.
  var beatsNeeded: Int64 {
    switch step {
    case .writeVector(let bursts, let vectors): (vectors.lists.map { Int64($0.count) }.max() ?? 0) * bursts
    case .write:
      division.shares.map { share in
        if case .access(let visits) = share { visits.reduce(0) { $0 + Int64($1.bursts.count) } } else { 0 }
      }.max() ?? 0
    case .multiply, .read: 0
    }
  }

  /// Hands the numbers that came with a packet of step `sender` to the channels.
  mutating func accept(from sender: Int) {
    guard let lists = exchange.takeSent(by: sender) else { return }
    // Where numbers flow every channel is a group of its own.
    for channel in lockstep.groups.indices {
      switch step {
      case .writeVector(_, let vectors):
        lockstep.groups[channel].replica.numbers?.expect(
          lists[lists.count == 1 ? 0 : channel], vectors: vectors.list(Int64(channel)))
      case .write: lockstep.groups[channel].replica.written = lists[0]
      case .multiply, .read: break
      }
    }
  }

  /// The results of the finished step go on their way.
  func answer() {
    guard lockstep.groups[0].replica.numbers != nil, step.sendsData else { return }
    exchange.answer(lockstep.groups.flatMap { $0.replica.numbers?.results ?? [] }, by: stepIndex)
  }

  /// Products that were made with numbers; nil when none flowed.
  var computedMACs: Int64? {
    lockstep.groups.reduce(Int64?.some(0)) { sum, group in
      guard let sum, let numbers = group.replica.numbers else { return nil }
      return sum + numbers.macs
    }
  }

  /// Books what the finished step did to its row of the report.
  mutating func book() {
    let row = program.row(stepIndex)
    let g = model.geometry
    var useful: Int64 = 0
    var refreshes = Int64.max
    for group in lockstep.groups.indices {
      let members = Int64(lockstep.groups[group].members.count)
      var counts = lockstep.groups[group].replica.tally.events
      // One multiply command reads a burst of every bank and one of the buffer, which goes over the bus to all banks, and
      // feeds every lane of every bank.
      let multiplies = counts[MemoryModel.Event.mac.rawValue]
      counts[MemoryModel.Event.mac.rawValue] = multiplies * g.banks * g.burstElements
      counts[MemoryModel.Event.macRead.rawValue] += multiplies * g.banks
      counts[MemoryModel.Event.bufferRead.rawValue] += multiplies
      counts[MemoryModel.Event.internalBusBit.rawValue] += multiplies * model.device.accessBytes * 8
      for event in counts.indices { events.add(members * counts[event], of: event, to: row) }
      useful += members * lockstep.groups[group].replica.tally.macs
      refreshes = min(refreshes, lockstep.groups[group].replica.tally.refreshesInStep)
      lockstep.groups[group].replica.tally.clearStep()
    }
    if case .multiply(let m) = step {
      macs += useful
      let bound = refreshes * model.refreshCycles + lowerBound(elements: useful, perVector: useful / m.held)
      lowerBounds[row] = max(lowerBounds[row], 0) + bound
      boundedCycles[row] += freeAt - startedAt
    }
  }

  /// Cycles that reading `elements` of a matrix takes at the least: all banks of all channels stream without a pause
  /// but for the rows that even a perfect packing must open one after the other. Some bank has at least the mean.
  ///
  /// - Parameter perVector: how many of them lie in the memory, where several vectors go over the same rows.
  func lowerBound(elements: Int64, perVector: Int64) -> Int64 {
    let g = model.geometry
    func perBank(_ count: Int64) -> Int64 { (count + g.channels * g.banks - 1) / (g.channels * g.banks) }
    let stream = (perBank(elements) + g.burstElements - 1) / g.burstElements * model.macCycles
    let switches = max(0, (perBank(perVector) + g.rowElements - 1) / g.rowElements - 1)
    return stream + switches * model.rowSwitchCycles
  }
}
