import Arch
import DRAM
import Dataflow
import Files

/// How operators become steps of a PIM memory and of the unit that supplies its data.
public struct MemoryLowering: OperatorLowering, ParameterStore {
  /// Where the matrix of one operator lies; a cache has one placement per sequence.
  struct Home: Sendable {
    var placements: [Placement]
    /// Elements of the stream that belong together, and from one such piece to the next: heads of keys.
    var piece: Int64 = 0
    var padded: Int64 = 0
  }

  let unit: UnitIndex
  private let name: String
  let geometry: MemoryGeometry
  let bufferElements: Int64
  let elementBytes: Int64
  let accessBytes: Int64
  /// The unit at the other end of the data link, and this memory's number among its links.
  let dataUnit: UnitIndex
  let dataPeer: Int64
  /// Elements that it has room for.
  let dataElements: Int64
  private(set) var homes: [Int: Home] = [:]
  private(set) var vectors: [Int: [Placement]] = [:]
  /// What lies in the memory from the start.
  public private(set) var residents: [Program.Resident] = []
  /// Those of the last attention that was lowered.
  var lastRounds: Rounds?
  private var nextRow: Int64 = 0
  private var isFull = false

  public init(
    plan: PIMMemory.Plan, unit: UnitIndex, name: String, dataUnit: UnitIndex, dataPeer: Int,
    dataBytes: Int64
  ) {
    self.unit = unit
    self.name = name
    geometry = plan.geometry
    bufferElements = plan.bufferElements
    elementBytes = plan.elementBytes
    accessBytes = plan.device.accessBytes
    self.dataUnit = dataUnit
    self.dataPeer = Int64(dataPeer)
    dataElements = dataBytes / plan.elementBytes
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
      settle(index, op) { .matrix($0) }
    case .linear(let inputs, let outputs, _):
      place(index, op, rule, spread: ("out", outputs), stream: ("in", inputs), segment: burst, copies: 1, &d)
      settle(index, op) { .matrix($0) }
    case .expertLinear(let experts, _, let inputs, let outputs):
      place(index, op, rule, spread: ("out", outputs), stream: ("in", inputs), segment: burst, copies: experts, &d)
      settle(index, op) { .matrix($0) }
    case .appendKey(let heads, let dimension):
      // Heads side by side, each padded to whole bursts, so that a row is filled and no result straddles a burst.
      let padded = (dimension + burst - 1) / burst * burst
      place(
        index, op, rule, spread: ("token", graph.contextLimit), stream: ("dim", heads * padded), segment: padded,
        copies: workload.batch, &d)
      homes[index]?.piece = dimension
      homes[index]?.padded = padded
      if workload.past > 0 { settle(index, op) { .cache(sequence: Int64($0)) } }
    case .appendValue(let heads, let dimension):
      place(
        index, op, rule, spread: ("dim", heads * dimension), stream: ("token", graph.contextLimit), segment: burst,
        copies: workload.batch, &d)
      if workload.past > 0 { settle(index, op) { .cache(sequence: Int64($0)) } }
    case .attentionScores:
      guard canAttend(op, rule, in: graph, workload, &d) else { return }
      // The keys' home, which the append before has set aside.
      useCache(index, op, rule, in: graph, &d) { if case .appendKey = $0 { true } else { false } }
    case .attentionValues:
      guard canAttend(op, rule, in: graph, workload, &d) else { return }
      useCache(index, op, rule, in: graph, &d) { if case .appendValue = $0 { true } else { false } }
    case .softmax, .layerNorm, .activation, .add, .alibi, .rmsNorm, .rotary, .multiply, .router, .combine,
      .convolution, .pool:
      d.error(
        "operator '\(op.name)' (\(op.kind.name)) cannot run on a pim-memory", at: rule.place, value: name,
        expected: "a unit with vector arithmetic")
    }
  }

  /// Refuses a window that is shorter than the run: the cache is read from its start.
  private func canAttend(
    _ op: GraphOperator, _ rule: MappingRule, in graph: OperatorGraph, _ workload: Workload, _ d: inout Diagnostics
  ) -> Bool {
    guard let window = graph.window, window < workload.longestContext else { return true }
    d.error(
      "operator '\(op.name)' (\(op.kind.name)) cannot run on a pim-memory", at: rule.place,
      value: "a sliding window of \(window) positions in a run of \(workload.longestContext)",
      expected: "a run that fits the window")
    return false
  }

  /// Notes what lies in an operator's home from the start.
  private mutating func settle(_ index: Int, _ op: GraphOperator, _ content: (Int) -> Program.Resident.Content) {
    guard let home = homes[index] else { return }
    for (copy, placement) in home.placements.enumerated() {
      residents.append(
        Program.Resident(
          operatorName: op.name, index: op.weightsOf ?? index, content: content(copy), unit: unit,
          home: placement.operands + [home.piece, home.padded]))
    }
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

  public mutating func reserveVectors(
    _ index: Int, of op: GraphOperator, lengths: [Int64], at place: Place, _ d: inout Diagnostics
  ) {
    defer {
      for (which, placement) in (vectors[index] ?? []).enumerated() {
        residents.append(
          Program.Resident(
            operatorName: op.name, index: index, content: .vector(which), unit: unit,
            home: placement.operands + [0, 0]))
      }
    }
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
}
