import Arch
import Dataflow
import Files

/// The controller of an accelerator: issues a program's steps in order, each when all it depends on is complete.
///
/// PIM-GPT (arXiv 2310.09385) lets its ASIC generate all commands and issues only when ASIC and memory are idle; that
/// is a program whose steps depend on the steps before.
public struct Sequencer {
  /// One link to a unit that executes steps.
  public struct Line: Sendable {
    public let unit: UnitIndex
    public let stepsOut: ChannelIndex
    public let completionsIn: ChannelIndex

    public init(unit: UnitIndex, stepsOut: ChannelIndex, completionsIn: ChannelIndex) {
      self.unit = unit
      self.stepsOut = stepsOut
      self.completionsIn = completionsIn
    }
  }

  public static let schema = UnitKindSchema(
    kind: "sequencer",
    summary: "Issues the steps of a program in order, each when the steps it depends on are complete.",
    parameters: [
      ParameterSchema(
        "issue-interval", .integer(1...4096), .required, "Cycles from one issued step to the next, at the least."),
      ParameterSchema(
        "energy",
        .group([
          ParameterSchema("cycle", .quantity(.energy, .nonNegative), .optional(default: nil), "One cycle, busy or not.")
        ]), .optional(default: nil), "What the controller costs."),
    ])

  private let program: Program
  private let lines: [Line]
  /// By unit: position in `lines`, −1 without one.
  private let lineOfUnit: [Int]
  private let issueInterval: Int64
  private let arrivals: [Wait]
  private var next = 0
  private var completions = 0
  private var nextIssue: Int64 = 0
  /// By step, in cycles of this unit: −1 before it happens.
  private var issued: [Int64]
  private var completed: [Int64]
  private var account: CycleAccount
  private var digest = EventDigest()

  /// - Parameters:
  ///   - lines: one per unit that has steps in the program.
  ///   - unitNames: of all units, for the stall causes.
  public init(program: Program, lines: [Line], unitNames: [String], issueInterval: Int64) {
    self.program = program
    self.lines = lines
    self.issueInterval = issueInterval
    var lineOfUnit = Array(repeating: -1, count: unitNames.count)
    for (position, line) in lines.enumerated() { lineOfUnit[line.unit.rawValue] = position }
    self.lineOfUnit = lineOfUnit
    arrivals = lines.map { Wait(.arrival, on: $0.completionsIn) }
    issued = Array(repeating: -1, count: program.steps.count)
    completed = issued
    account = CycleAccount(causes: lines.map { "wait-\(unitNames[$0.unit.rawValue])" })
  }

  /// When each step was issued and seen complete, in cycles of this unit.
  public var timings: some Sequence<(issued: Int64, completed: Int64)> {
    zip(issued, completed).lazy.map { (issued: $0, completed: $1) }
  }
}

extension Sequencer: ReportingUnit {
  public mutating func advance(_ ports: inout Ports, from: Cycles, to horizon: Cycles) -> Next {
    let limit = horizon.rawValue
    while true {
      takeCompletions(&ports, before: limit)
      guard next < program.steps.count else {
        return completions == next ? .finished : .blockedOnAny(arrivals)
      }
      let step = program.steps[next]
      let line = lineOfUnit[step.unit.rawValue]
      var ready = nextIssue
      var cause = line
      for index in step.dependences {
        let before = Int(program.dependences[index])
        guard completed[before] >= 0 else { return .blockedOnAny(arrivals) }
        if completed[before] > ready {
          ready = completed[before]
          cause = lineOfUnit[program.steps[before].unit.rawValue]
        }
      }
      guard let credit = ports.credit(on: lines[line].stepsOut) else {
        return .blockedOnAny(arrivals + [Wait(.credit, on: lines[line].stepsOut)])
      }
      if credit.rawValue > ready { cause = line }
      let cycle = max(ready, credit.rawValue)
      guard cycle < limit else { return .at(Cycles(cycle)) }
      ports.send(Packet(opcode: step.opcode, handle: Int32(next)), on: lines[line].stepsOut, at: Cycles(cycle))
      account.chargeStall(cause, until: cycle)
      account.chargeBusy(until: cycle + 1)
      digest.add(UInt64(bitPattern: cycle) << 8 ^ UInt64(line))
      issued[next] = cycle
      nextIssue = cycle + issueInterval
      next += 1
    }
  }

  /// Completions are taken as they arrive, whatever the sequencer waits for: a register per line, always ready.
  private mutating func takeCompletions(_ ports: inout Ports, before limit: Int64) {
    for line in lines {
      while let arrival = ports.arrival(on: line.completionsIn), arrival.rawValue < limit {
        completed[Int(ports.first(on: line.completionsIn).handle)] = arrival.rawValue
        ports.take(on: line.completionsIn, at: arrival)
        completions += 1
      }
    }
  }

  public mutating func finish(at end: Cycles) {
    // The last stretch waits for the step that completed last.
    if let last = completed.indices.max(by: { completed[$0] < completed[$1] }) {
      account.chargeStall(lineOfUnit[program.steps[last].unit.rawValue], until: completed[last] + 1)
    }
    account.chargeIdle(until: end.rawValue + 1)
  }

  public var activity: UnitActivity {
    var result = UnitActivity()
    result.accounts = [AccountRow(part: "", account: account)]
    result.byRow = Array(repeating: [], count: program.rows.count)
    result.unattributed = [(.background, [EventCount(event: "cycle", count: account.total)])]
    result.digest = digest
    return result
  }
}
