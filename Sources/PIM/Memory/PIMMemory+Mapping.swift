import Arch
import DRAM
import Dataflow
import Files

/// How operators become steps of a PIM memory and of the unit that supplies its data.
public struct MemoryLowering: OperatorLowering, ParameterStore {
  /// Where the matrix of one operator lies; a cache has one placement per sequence.
  struct Home: Sendable {
    var placements: [Placement]
  }

  private let unit: UnitIndex
  private let name: String
  private let geometry: MemoryGeometry
  private let bufferElements: Int64
  private let elementBytes: Int64
  private let accessBytes: Int64
  /// The unit at the other end of the data link, and this memory's number among its links.
  private let dataUnit: UnitIndex
  private let dataPeer: Int64
  private var homes: [Int: Home] = [:]
  private var vectors: [Int: [Placement]] = [:]
  private var nextRow: Int64 = 0
  private var isFull = false

  public init(plan: PIMMemory.Plan, unit: UnitIndex, name: String, dataUnit: UnitIndex, dataPeer: Int) {
    self.unit = unit
    self.name = name
    geometry = plan.geometry
    bufferElements = plan.bufferElements
    elementBytes = plan.elementBytes
    accessBytes = plan.device.accessBytes
    self.dataUnit = dataUnit
    self.dataPeer = Int64(dataPeer)
  }

  /// Rows of one bank that are set aside so far.
  public var rowsUsed: Int64 { nextRow }

  // MARK: Setting rows aside

  public mutating func reserve(
    _ index: Int, in graph: OperatorGraph, rule: MappingRule, workload: Workload, _ d: inout Diagnostics
  ) {
    let op = graph.operators[index]
    if let shared = op.weightsOf, let home = homes[shared] {
      homes[index] = home
      return
    }
    let burst = geometry.burstElements
    switch op.kind {
    case .embedding(let entries, let width, _):
      place(index, op, rule, spread: ("token", entries), stream: ("dim", width), segment: burst, copies: 1, &d)
    case .linear(let inputs, let outputs, _):
      place(index, op, rule, spread: ("out", outputs), stream: ("in", inputs), segment: burst, copies: 1, &d)
    case .appendKey(let heads, let dimension):
      // Heads side by side, each padded to whole bursts, so that a row is filled and no result straddles a burst.
      let padded = (dimension + burst - 1) / burst * burst
      place(
        index, op, rule, spread: ("token", graph.contextLimit), stream: ("dim", heads * padded), segment: padded,
        copies: workload.batch, &d)
    case .appendValue(let heads, let dimension):
      place(
        index, op, rule, spread: ("dim", heads * dimension), stream: ("token", graph.contextLimit), segment: burst,
        copies: workload.batch, &d)
    case .attentionScores(let heads, let keyValueHeads, _):
      guard canAttend(op, rule, in: graph, heads, keyValueHeads, workload, &d) else { return }
      // The keys' home, which the append before has set aside.
      useCache(index, op, rule, in: graph, &d) { if case .appendKey = $0 { true } else { false } }
    case .attentionValues(let heads, let keyValueHeads, _):
      guard canAttend(op, rule, in: graph, heads, keyValueHeads, workload, &d) else { return }
      useCache(index, op, rule, in: graph, &d) { if case .appendValue = $0 { true } else { false } }
    case .softmax, .layerNorm, .activation, .add, .alibi, .rmsNorm, .rotary, .multiply, .router, .combine,
      .expertLinear, .convolution, .pool:
      d.error(
        "operator '\(op.name)' (\(op.kind.name)) cannot run on a pim-memory", at: rule.place, value: name,
        expected: "a unit with vector arithmetic")
    }
  }

  /// Refuses attention other than of every position to itself and all before, each head with keys of its own.
  private func canAttend(
    _ op: GraphOperator, _ rule: MappingRule, in graph: OperatorGraph, _ heads: Int64, _ keyValueHeads: Int64,
    _ workload: Workload, _ d: inout Diagnostics
  ) -> Bool {
    func refuse(_ value: String, expected: String) -> Bool {
      d.error(
        "operator '\(op.name)' (\(op.kind.name)) cannot run on a pim-memory", at: rule.place, value: value,
        expected: expected)
      return false
    }
    if heads != keyValueHeads {
      return refuse(
        "\(heads) heads share \(keyValueHeads) heads of keys and values", expected: "keys and values for every head")
    }
    if !graph.isCausal {
      return refuse("positions attend to later ones", expected: "a model that attends to earlier positions only")
    }
    if let window = graph.window, window < workload.longestContext {
      return refuse(
        "a sliding window of \(window) positions in a run of \(workload.longestContext)",
        expected: "a run that fits the window")
    }
    return true
  }

  private mutating func useCache(
    _ index: Int, _ op: GraphOperator, _ rule: MappingRule, in graph: OperatorGraph, _ d: inout Diagnostics,
    where matches: (OperatorKind) -> Bool
  ) {
    guard let append = op.inputs.first(where: { matches(graph.operators[$0.producer].kind) }),
      let home = homes[append.producer]
    else {
      d.error(
        "operator '\(op.name)' (\(op.kind.name)) reads a cache that is kept elsewhere", at: rule.place, value: name,
        expected: "the unit that the cache's appends are mapped to")
      return
    }
    homes[index] = home
  }

  public mutating func reserveVectors(_ index: Int, lengths: [Int64], at place: Place, _ d: inout Diagnostics) {
    vectors[index] = lengths.compactMap { length in
      // One slice per channel, each in one row of one bank as far as it fits.
      let slice = (length + geometry.channels - 1) / geometry.channels
      let burst = geometry.burstElements
      return allocate(
        spread: geometry.channels, stream: (slice + burst - 1) / burst * burst, order: [.channel, .bank, .row],
        chunk: geometry.rowElements, padsToRow: false, what: "parameter vectors", at: place, &d)
    }
  }

  private mutating func place(
    _ index: Int, _ op: GraphOperator, _ rule: MappingRule, spread: (name: String, extent: Int64),
    stream: (name: String, extent: Int64), segment: Int64, copies: Int64, _ d: inout Diagnostics
  ) {
    guard let layout = rule.layout else {
      d.error(
        "operator '\(op.name)' (\(op.kind.name)) needs a layout to run on a pim-memory", at: rule.place,
        expected: "layout: { \(spread.name): [bank, channel, row], \(stream.name): [column] }")
      return
    }
    guard let order = order(layout, op, spread.name, stream.name, &d) else { return }
    // A chunk fits the vector buffer and ends where a result does.
    let limit = layout.chunk == "row" ? min(geometry.rowElements, bufferElements) : bufferElements
    let chunk = limit / segment * segment
    guard chunk > 0 else {
      d.error(
        "operator '\(op.name)': one head does not fit the vector buffer", at: layout.place,
        value: "\(segment) elements", expected: "at most \(limit)")
      return
    }
    var placements: [Placement] = []
    for _ in 0..<copies {
      guard
        let placement = allocate(
          spread: spread.extent, stream: stream.extent, order: order, chunk: chunk,
          padsToRow: layout.padding == "row", what: "operator '\(op.name)'", at: layout.place, &d)
      else { return }
      placements.append(placement)
    }
    homes[index] = Home(placements: placements)
  }

  private func order(
    _ layout: MappingRule.Layout, _ op: GraphOperator, _ spread: String, _ stream: String, _ d: inout Diagnostics
  ) -> [SpreadLevel]? {
    let before = d.errorCount
    for dimension in layout.dimensions where dimension.name != spread && dimension.name != stream {
      d.error(
        "operator '\(op.name)' (\(op.kind.name)) has no dimension '\(dimension.name)'", at: layout.place,
        value: dimension.name, expected: "\(spread) and \(stream)",
        suggestion: nearMiss(of: dimension.name, among: [spread, stream]).map { "did you mean '\($0)'?" })
    }
    if layout.levels(of: stream) != ["column"] {
      d.error(
        "operator '\(op.name)': the reduction dimension '\(stream)' must run along the columns", at: layout.place,
        value: layout.levels(of: stream)?.joined(separator: ", ") ?? "absent", expected: "\(stream): [column]")
    }
    let levels = layout.levels(of: spread) ?? []
    let order = levels.compactMap(SpreadLevel.init(rawValue:))
    if order.count != levels.count || Set(order).count != 3 || order.count != 3 {
      d.error(
        "operator '\(op.name)': dimension '\(spread)' must name channel, bank and row once each", at: layout.place,
        value: levels.isEmpty ? "absent" : levels.joined(separator: ", "),
        expected: "such as \(spread): [bank, channel, row], the first varying fastest")
    }
    return d.errorCount == before ? order : nil
  }

  private mutating func allocate(
    spread: Int64, stream: Int64, order: [SpreadLevel], chunk: Int64, padsToRow: Bool, what: String, at place: Place,
    _ d: inout Diagnostics
  ) -> Placement? {
    let placement = Placement(
      baseRow: nextRow, spread: spread, stream: stream, order: order, chunk: chunk, padsToRow: padsToRow)
    let rows = placement.rows(geometry)
    guard nextRow + rows <= geometry.rows else {
      // Once is enough: everything after would not fit either.
      if !isFull {
        d.error(
          "the model does not fit the memory '\(name)': \(what) needs \(rows) more rows of every bank", at: place,
          value: "\(nextRow) of \(geometry.rows) rows in use",
          expected: "a smaller model, more channels or a larger device")
      }
      isFull = true
      return nil
    }
    nextRow += rows
    return placement
  }

  // MARK: Steps

  public func readVectors(_ index: Int, into builder: inout StepBuilder) -> [Int] {
    var received: [Int] = []
    for placement in vectors[index] ?? [] {
      received.append(
        read(placement, spread: 0..<placement.spread, stream: 0..<placement.stream, needs: [], into: &builder))
    }
    return received
  }

  public func lower(_ index: Int, in graph: OperatorGraph, pass: Workload.Pass, into builder: inout StepBuilder) {
    guard let home = homes[index] else { return }
    let placement = home.placements[home.placements.count == 1 ? 0 : Int(pass.sequence)]
    let needs = builder.inputs(of: index, in: graph)
    let kind = graph.operators[index].kind
    switch kind {
    case .embedding(_, _, let row):
      let entry =
        switch row {
        case .token: pass.token
        case .position(let unused): unused + pass.position
        case .segment: Int64(0)
        case .rotary: pass.position
        }
      read(placement, spread: entry..<(entry + 1), stream: 0..<placement.stream, needs: needs, into: &builder)
      builder.count(macs: 0, bytes: placement.stream * elementBytes)
    case .linear(let inputs, let outputs, let bias):
      linear(placement, inputs, outputs, bias, needs, into: &builder)
      builder.count(macs: inputs * outputs, bytes: inputs * outputs * elementBytes)
    case .appendKey:
      write(
        placement, spread: pass.position..<(pass.position + 1), stream: 0..<placement.stream, needs: needs,
        into: &builder)
    case .appendValue:
      write(
        placement, spread: 0..<placement.spread, stream: pass.position..<(pass.position + 1), needs: needs,
        into: &builder)
    case .attentionScores(let heads, _, let dimension):
      scores(placement, heads, dimension, pass.context, needs, into: &builder)
      let work = heads * dimension * pass.context
      builder.count(macs: work, bytes: work * elementBytes)
    case .attentionValues(let heads, _, let dimension):
      values(placement, heads, dimension, pass.context, needs, into: &builder)
      let work = heads * dimension * pass.context
      builder.count(macs: work, bytes: work * elementBytes)
    case .softmax, .layerNorm, .activation, .add, .alibi, .rmsNorm, .rotary, .multiply, .router, .combine,
      .expertLinear, .convolution, .pool:
      break
    }
  }

  public func size(_ index: Int, in graph: OperatorGraph, context: Int64) -> ProgramSize {
    guard let placement = homes[index]?.placements.first else { return ProgramSize(steps: 0) }
    let chunks = Double(placement.chunks)
    switch graph.operators[index].kind {
    case .linear, .attentionScores: return ProgramSize(steps: 5 * chunks + 1)
    case .attentionValues(_, _, let dimension):
      let used = Double((context + placement.chunk - 1) / placement.chunk)
      // A run of slots ends where a bank comes to another head, at the earliest.
      let slots = Double(placement.slots(geometry))
      let runs = min(slots, Double(geometry.channels * geometry.banks) * (slots / Double(dimension) + 2))
      let steps = used * (4 * runs + 1)
      return ProgramSize(steps: steps, operands: 16 * steps + used * runs * Double(geometry.channels))
    default: return ProgramSize(steps: 2)
    }
  }

  /// Chunk by chunk: the vector goes in, all outputs' products with it come out, and partial sums are added up.
  private func linear(
    _ placement: Placement, _ inputs: Int64, _ outputs: Int64, _ bias: Bool, _ needs: [Int],
    into builder: inout StepBuilder
  ) {
    var sum: [Int] = []
    for chunk in 0..<placement.chunks {
      let length = placement.chunkLength(chunk)
      let filled = fill([bursts(length)], needs: needs, into: &builder)
      let received = multiply(
        MemoryStep.Multiply(
          placement: placement, chunk: chunk, slots: 0..<placement.slots(geometry), used: outputs, length: length,
          useful: length, segment: bursts(length) * geometry.burstElements, vectorSpan: 0, vectors: 0..<1),
        needs: filled, into: &builder)
      sum = chunk == 0 ? [received] : [add(outputs, needs: sum + [received], into: &builder)]
    }
    if bias { add(outputs, needs: sum + builder.loaded, into: &builder) }
  }

  /// q of all heads in the buffer against every cached key: one result per head and position.
  private func scores(
    _ placement: Placement, _ heads: Int64, _ dimension: Int64, _ context: Int64, _ needs: [Int],
    into builder: inout StepBuilder
  ) {
    let segment = placement.stream / heads
    // A chunk ends where a head does.
    for chunk in 0..<placement.chunks {
      let length = placement.chunkLength(chunk)
      let filled = fill([bursts(length)], needs: needs, into: &builder)
      multiply(
        MemoryStep.Multiply(
          placement: placement, chunk: chunk, slots: 0..<placement.slots(geometry), used: context, length: length,
          useful: length / segment * dimension, segment: segment, vectorSpan: 0, vectors: 0..<1), needs: filled,
        into: &builder)
    }
  }

  /// As many heads' weights at a time as the buffers hold against the cached values of their dimensions.
  private func values(
    _ placement: Placement, _ heads: Int64, _ dimension: Int64, _ context: Int64, _ needs: [Int],
    into builder: inout StepBuilder
  ) {
    let used = heads * dimension
    var sum: [Int] = []
    for chunk in 0..<((context + placement.chunk - 1) / placement.chunk) {
      let length = min(placement.chunk, context - chunk * placement.chunk)
      let capacity = max(1, bufferElements / (bursts(length) * geometry.burstElements))
      var slot: Int64 = 0
      var received: [Int] = []
      let slots = placement.slots(geometry)
      while slot < slots {
        // The longest run of slots for which every channel's vectors fit its buffer.
        var heldByChannel = Array(repeating: Set<Int64>(), count: Int(geometry.channels))
        var end = slot
        while end < slots {
          // Only what is new is looked at: copies of what is held would make this quadratic.
          let new = (0..<geometry.channels).map { channel in
            headsNeeded(placement, channel, end, used, dimension).filter { !heldByChannel[Int(channel)].contains($0) }
          }
          guard end == slot || zip(heldByChannel, new).allSatisfy({ Int64($0.count + $1.count) <= capacity }) else {
            break
          }
          for channel in new.indices { heldByChannel[channel].formUnion(new[channel]) }
          end += 1
        }
        // A slot that needs more vectors than fit goes in rounds, a buffer full each.
        let most = heldByChannel.map { Int64($0.count) }.max() ?? 0
        for first in stride(from: 0, to: most, by: Int(capacity)) {
          let round = first..<(end > slot + 1 ? most : min(first + capacity, most))
          let filled = fill(
            heldByChannel.map { max(0, min(Int64($0.count), round.upperBound) - first) * bursts(length) },
            needs: needs, into: &builder)
          received.append(
            multiply(
              MemoryStep.Multiply(
                placement: placement, chunk: chunk, slots: slot..<end, used: used, length: length, useful: length,
                segment: bursts(length) * geometry.burstElements, vectorSpan: dimension,
                vectors: end > slot + 1 ? Self.allVectors : round), needs: filled, into: &builder))
        }
        slot = end
      }
      sum = chunk == 0 ? received : [add(used, needs: sum + received, into: &builder)]
    }
  }

  private func headsNeeded(
    _ placement: Placement, _ channel: Int64, _ slot: Int64, _ used: Int64, _ dimension: Int64
  ) -> Set<Int64> {
    let banks = placement.usedBanks(channel: channel, slot: slot, below: used, geometry)
    return Set((0..<banks).map { placement.index(channel: channel, bank: $0, slot: slot, geometry) / dimension })
  }

  private func bursts(_ elements: Int64) -> Int64 { (elements + geometry.burstElements - 1) / geometry.burstElements }

  /// The two ends of filling the vector buffers. One entry: the same bursts go to every channel.
  ///
  /// Returns the step after which they are full.
  private func fill(_ perChannel: [Int64], needs: [Int], into builder: inout StepBuilder) -> [Int] {
    let beats = perChannel.max() ?? 0
    guard beats > 0 else { return needs }
    let bytes = (perChannel.count == 1 ? beats : perChannel.reduce(0, +)) * accessBytes
    send(beats: beats, bytes: bytes, needs: needs, into: &builder)
    let step = MemoryStep.writeVector(bursts: perChannel)
    return [builder.step(unit, opcode: step.opcode.rawValue, operands: step.operands, needs: needs, together: true)]
  }

  /// Stands for "all vectors" where the buffer holds them all.
  private static let allVectors: Range<Int64> = 0..<(1 << 32)

  /// Multiplies, and takes in one result per index that takes part and segment. Returns the step that has them.
  @discardableResult
  private func multiply(_ m: MemoryStep.Multiply, needs: [Int], into builder: inout StepBuilder) -> Int {
    let step = MemoryStep.multiply(m)
    let done = builder.step(unit, opcode: step.opcode.rawValue, operands: step.operands, needs: needs)
    let indices = (0..<geometry.channels).reduce(Int64(0)) { sum, channel in
      sum + m.slots(of: channel, geometry).reduce(0) { $0 + m.takingPart(channel: channel, slot: $1, geometry) }
    }
    let results = indices * m.segments
    return receive(bytes: results * elementBytes, needs: [done], into: &builder)
  }

  @discardableResult
  private func read(
    _ placement: Placement, spread: Range<Int64>, stream: Range<Int64>, needs: [Int], into builder: inout StepBuilder
  ) -> Int {
    let step = MemoryStep.read(MemoryStep.Rectangle(placement: placement, spread: spread, stream: stream))
    let done = builder.step(unit, opcode: step.opcode.rawValue, operands: step.operands, needs: needs)
    return receive(bytes: Int64(spread.count) * Int64(stream.count) * elementBytes, needs: [done], into: &builder)
  }

  private func write(
    _ placement: Placement, spread: Range<Int64>, stream: Range<Int64>, needs: [Int], into builder: inout StepBuilder
  ) {
    // Every access is a beat to its channel; the beats go out to all channels side by side.
    let perIndex = bursts(Int64(stream.count))
    let beats = (0..<geometry.channels).map { placement.count(channel: $0, in: spread, geometry) }.max() ?? 0
    send(
      beats: beats * perIndex, bytes: Int64(spread.count) * Int64(stream.count) * elementBytes, needs: needs,
      into: &builder)
    let step = MemoryStep.write(MemoryStep.Rectangle(placement: placement, spread: spread, stream: stream))
    builder.step(unit, opcode: step.opcode.rawValue, operands: step.operands, needs: needs, together: true)
  }

  @discardableResult
  private func send(beats: Int64, bytes: Int64, needs: [Int], into builder: inout StepBuilder) -> Int {
    let step = VectorStep.send(peer: dataPeer, beats: beats, beatBytes: accessBytes, bytes: bytes)
    return builder.step(dataUnit, opcode: step.opcode.rawValue, operands: step.operands, needs: needs)
  }

  private func receive(bytes: Int64, needs: [Int], into builder: inout StepBuilder) -> Int {
    let step = VectorStep.receive(peer: dataPeer, bytes: bytes)
    return builder.step(dataUnit, opcode: step.opcode.rawValue, operands: step.operands, needs: needs)
  }

  @discardableResult
  private func add(_ elements: Int64, needs: [Int], into builder: inout StepBuilder) -> Int {
    let step = VectorStep.kernel(.add(elements: elements))
    return builder.step(dataUnit, opcode: step.opcode.rawValue, operands: step.operands, needs: needs)
  }
}
