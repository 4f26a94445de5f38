import Arch
import Dataflow

/// The arithmetic beside a memory: adders, multipliers and an SRAM, with softmax, normalisation and activations as
/// counted additions and multiplications.
///
/// Modelled after the ASIC of PIM-GPT (arXiv 2310.09385): exp and tanh by Taylor series, reciprocal by Newton–Raphson,
/// inverse square root by shift-and-magic and Newton.
public struct VectorUnit {
  /// The unit's channels: to its controller, and to each unit that it exchanges data with.
  public struct Wiring: Sendable {
    public let stepsIn: ChannelIndex
    public let completionsOut: ChannelIndex
    public let peers: [Peer]

    public struct Peer: Sendable {
      public let dataOut: ChannelIndex
      public let dataIn: ChannelIndex
      /// Ticks that the link takes for one beat of `width` bytes.
      public let beatTicks: Int64
      public let width: Int64

      public init(dataOut: ChannelIndex, dataIn: ChannelIndex, beatTicks: Int64, width: Int64) {
        self.dataOut = dataOut
        self.dataIn = dataIn
        self.beatTicks = beatTicks
        self.width = width
      }
    }

    public init(stepsIn: ChannelIndex, completionsOut: ChannelIndex, peers: [Peer]) {
      self.stepsIn = stepsIn
      self.completionsOut = completionsOut
      self.peers = peers
    }
  }

  enum State: Hashable {
    case idle
    /// The SRAM is read from this cycle on.
    case sending(from: Int64)
    /// The first beat leaves at this cycle, the others `interval` ticks apart.
    case leaving(at: Int64, interval: Int64)
    case receiving
    case computing(at: Int64)
    case completing(Int64)
  }

  enum Stall: Int, CaseIterable {
    /// Operations wait for earlier results.
    case latency
    /// Nothing has come over the link yet, or there is no room on it.
    case link
    case completion
    var name: String {
      switch self {
      case .latency: "latency"
      case .link: "link"
      case .completion: "completion"
      }
    }
  }

  enum Event: Int, CaseIterable {
    case busyCycle, add, multiply, sramRead, sramWrite
    var name: String {
      switch self {
      case .busyCycle: "busy-cycle"
      case .add: "add"
      case .multiply: "multiply"
      case .sramRead: "sram-read"
      case .sramWrite: "sram-write"
      }
    }
  }

  let wiring: Wiring
  let functions: SpecialFunctions
  let exchange: ValueExchange
  /// Seeds the choice of experts when no numbers flow.
  let seed: UInt64
  private let program: DecodedSteps<VectorStep>
  var pipeline: VectorPipeline
  var state = State.idle
  var stepIndex = 0
  var step: VectorStep = .receive(peer: 0, bytes: 1, ValueUnpacking(0, elements: 1))
  var freeAt: Int64 = 0
  var memo = FoldMemo<VectorKernel, KernelRun>()
  var recording: KernelRecording?
  var account = CycleAccount(causes: Stall.allCases.map(\.name))
  var digest = EventDigest()
  var events: EventTable
  /// Counters at the start of the present step, whose differences are booked at its end.
  private var mark: [Int64] = Array(repeating: 0, count: Event.allCases.count)
  /// The program's outputs that are complete with a step of this unit, by step, with their positions.
  private let outputs: [Int: [(position: Int, output: Program.Output)]]

  init(
    wiring: Wiring, functions: SpecialFunctions, pipeline: VectorPipeline,
    program: DecodedSteps<VectorStep>, outputs: [(position: Int, output: Program.Output)], rowCount: Int,
    exchange: ValueExchange, seed: UInt64
  ) {
    self.wiring = wiring
    self.functions = functions
    self.exchange = exchange
    self.seed = seed
    self.outputs = Dictionary(grouping: outputs) { $0.output.step }
    self.pipeline = pipeline
    self.program = program
    events = EventTable(events: Event.allCases.map(\.name), rows: rowCount)
  }

  mutating func begin(_ index: Int, at cycle: Int64) {
    stepIndex = index
    step = program.step(index)
    account.chargeIdle(until: cycle)
    mark = counters
    digest.add(UInt64(bitPattern: cycle) << 16 ^ UInt64(step.opcode.rawValue))
    switch step {
    case .send: state = .sending(from: cycle)
    case .receive: state = .receiving
    case .kernel: state = .computing(at: cycle)
    }
  }

  private var counters: [Int64] {
    [account.total - account.idle, pipeline.adds, pipeline.multiplies, pipeline.sram.reads, pipeline.sram.writes]
  }

  /// Books the finished step to its row of the report.
  mutating func book() {
    let row = program.row(stepIndex)
    for (event, count) in counters.enumerated() { events.add(count - mark[event], of: event, to: row) }
    digest.add(UInt64(bitPattern: account.frontier))
  }

  /// What the finished step made, for those that wait for it.
  mutating func publish() {
    if case .kernel(let kernel, _, let to, let at) = step {
      pipeline.values?.finish(into: to, at: at)
      if case .router(let experts, let chosen) = kernel {
        exchange.choose(choice(experts, chosen, in: to), by: stepIndex)
      }
    }
    guard let values = pipeline.values, let due = outputs[stepIndex] else { return }
    for (position, output) in due {
      exchange.observe(values.load(BufferSlice(output.buffer), output.elements), as: position)
    }
  }

  /// The experts of the router's result; without numbers, different ones with equal chance.
  private func choice(_ experts: Int64, _ chosen: Int64, in buffer: Int64) -> [Int64] {
    if let values = pipeline.values {
      return values.load(BufferSlice(buffer, offset: chosen), chosen).map { Int64($0) }
    }
    // The same for every design: routers come in the same order.
    var random = SplitMix64(seed: seed &+ exchange.countRouter() &* 0x9E37_79B9_7F4A_7C15)
    var numbers = Array(0..<experts)
    for slot in 0..<Int(chosen) {
      numbers.swapAt(slot, slot + Int(random.next() % UInt64(numbers.count - slot)))
    }
    return Array(numbers.prefix(Int(chosen)))
  }
}
