import Arch
import Dataflow
import Files

/// What a run may take. It is checked from counts, before the program is built and before the run begins, so that a
/// slip in a number is refused at once instead of filling memory or running for days.
///
/// Estimates are floating-point on purpose: they are only compared, and no product of sizes can overflow.
enum RunBudget {
  /// Steps of a program; one takes about 100 bytes until the report is written.
  static let steps = 0x1p24
  /// Operands of all steps, or steps that others wait for; a program counts either in 31 bits.
  static let operands = 0x1p28
  /// Commands, SRAM accesses and cycles of vector units that are simulated one by one: hours.
  static let events = 0x1p40
  /// Numbers that lie in the memories of a run that computes; each takes 4 bytes.
  static let numbers = 0x1p32
  /// Products that such a run makes: hours.
  static let products = 0x1p40
  /// Multiply-accumulates, so that counts and sums of them stay in 64 bits.
  static let macs = 0x1p62

  /// Before anything is set aside: every pass has at least a step per operator.
  static func check(passes workload: Workload, of graph: OperatorGraph) throws(Refusal) {
    let passes = self.passes(workload)
    let operators = Double(graph.operators.count)
    guard passes * operators <= steps else {
      throw tooLarge(workload, "\(rough(passes)) passes through \(graph.operators.count) operators", steps, "steps")
    }
    let context = workload.longestContext
    let perPosition = graph.operators.reduce(0) { $0 + macs($1.kind, context) }
    guard perPosition * passes < macs else {
      throw tooLarge(workload, "\(rough(perPosition * passes)) MACs", macs, "MACs")
    }
  }

  /// Before numbers are stored.
  static func check(_ values: ValueInput, _ program: Program) throws(Refusal) {
    let w = program.origin.workload
    let cache = values.graph.operators.reduce(0.0) { sum, op in
      switch op.kind {
      case .appendKey, .appendValue:
        sum + Double(op.kind.resultElements(context: 0)) * Double(w.longestContext) * Double(w.batch)
      default: sum
      }
    }
    let stored = Double(values.graph.parameters) + cache
    guard stored <= numbers else { throw tooLarge(w, "\(rough(stored)) numbers to compute with", numbers, "of them") }
    let macs = Double(program.origin.macsOfOperators)
    guard macs <= products else { throw tooLarge(w, "\(rough(macs)) products to compute", products, "of them") }
  }

  /// When rows are set aside, and the cuts of every matrix are known: one pass, from counts.
  static func check(_ pass: ProgramSize, _ workload: Workload) throws(Refusal) {
    try check(steps: pass.steps, operands: pass.operands, workload)
  }

  private static func check(steps: Double, operands: Double, _ workload: Workload) throws(Refusal) {
    guard steps <= self.steps else { throw tooLarge(workload, "\(rough(steps)) steps", self.steps, "steps") }
    guard operands <= self.operands else {
      throw tooLarge(workload, "\(rough(operands)) operands of steps", self.operands, "operands")
    }
  }

  /// When the longest pass is known step by step.
  static func check(_ pass: Program, on design: Design, _ workload: Workload) throws(Refusal) {
    let passes = passes(workload)
    try check(steps: Double(pass.steps.count) * passes, operands: Double(pass.operands.count) * passes, workload)
    let awaited = Double(pass.dependences.count) * passes
    guard awaited <= operands else {
      throw tooLarge(workload, "\(rough(awaited)) dependences of steps", operands, "dependences")
    }
    let events = events(of: pass, on: design) * passes
    guard events <= self.events else {
      throw tooLarge(workload, "\(rough(events)) commands, accesses and cycles", self.events, "of them")
    }
  }

  /// A whole program that somebody else compiled.
  static func check(_ program: Program, on design: Design) throws(Refusal) {
    let workload = program.origin.workload
    try check(steps: Double(program.steps.count), operands: Double(program.operands.count), workload)
    let events = events(of: program, on: design)
    guard events <= self.events else {
      throw tooLarge(workload, "\(rough(events)) commands, accesses and cycles", self.events, "of them")
    }
  }

  private static func events(of program: Program, on design: Design) -> Double {
    let sites = Network(design).sites
    let controller = design.units.firstIndex { $0.plan.role == .controller } ?? 0
    var work = UnitWork()
    for (unit, site) in zip(design.units, sites) {
      let own = unit.plan.work(of: program, site)
      let period = Double(design.grid.ticksPerCycle[unit.clock])
      // Each step crosses to its unit, and its completion back.
      let linked = design.links.first { link in
        [link.first, link.second].contains(controller) && [link.first, link.second].contains(site.unit.rawValue)
      }
      let crossing =
        Double(linked?.latency ?? 0) * (period + Double(design.grid.ticksPerCycle[design.units[controller].clock]))
      let steps = Double(program.steps.reduce(0) { $0 + ($1.unit == site.unit ? 1 : 0) })
      work.events += own.events
      work.ticks += own.ticks + steps * crossing
    }
    let refreshes = zip(design.units, sites).reduce(0) { sum, entry in
      sum + entry.0.plan.refreshesPerCycle * work.ticks / Double(design.grid.ticksPerCycle[entry.0.clock])
    }
    return work.events + refreshes
  }

  private static func passes(_ w: Workload) -> Double { Double(w.batch) * Double(w.prompt + w.generate) }

  private static func macs(_ kind: OperatorKind, _ context: Int64) -> Double {
    switch kind {
    case .linear(let inputs, let outputs, _), .expertLinear(_, _, let inputs, let outputs):
      Double(inputs) * Double(outputs)
    case .attentionScores(let heads, _, let dimension), .attentionValues(let heads, _, let dimension):
      Double(heads) * Double(dimension) * Double(context)
    default: 0
    }
  }

  private static func tooLarge(_ w: Workload, _ what: String, _ limit: Double, _ unit: String) -> Refusal {
    Refusal(
      "the run is too large to simulate", at: Place(file: "workload"), value: "about \(what)",
      expected: "at most \(rough(limit)) \(unit)",
      suggestion: w.prompt + w.generate > 1 || w.batch > 1
        ? "a shorter prompt, fewer steps or sequences, or a smaller model" : "a smaller model or a faster design")
  }

  /// Two significant digits.
  private static func rough(_ value: Double) -> String {
    guard value.isFinite, value >= 100 else { return "\(value.rounded())" }
    var (digits, exponent) = (value, 0)
    while digits >= 10 { (digits, exponent) = (digits / 10, exponent + 1) }
    return "\((digits * 10).rounded() / 10)e\(exponent)"
  }
}

/// What the steps of a program make one unit do.
struct UnitWork {
  /// Things that are simulated one by one.
  var events = 0.0
  /// Time that they take, roughly, when nothing overlaps.
  var ticks = 0.0
}
