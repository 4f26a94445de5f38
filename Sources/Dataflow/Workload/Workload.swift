import Arch
import Files

/// What is asked of a model: how many positions come in, how many go out.
public struct Workload: Hashable, Sendable {
  public enum Logits: String, Hashable, Sendable, CaseIterable { case all, last }

  /// New positions that are read before the first is generated.
  public var prompt: Int64
  /// Decode steps. Step i (from 0) attends to past + prompt + i + 1 positions.
  public var generate: Int64
  /// Positions whose keys and values are cached before the run.
  public var past: Int64
  /// Independent sequences.
  public var batch: Int64
  /// At which prompt positions logits are computed.
  public var logits: Logits
  /// Chooses the token numbers, which choose the embedding rows.
  public var seed: UInt64
  /// Token numbers that are given instead, by sequence, from the first of the run on.
  public var tokens: [[Int64]] = []

  public init(
    prompt: Int64, generate: Int64, past: Int64 = 0, batch: Int64 = 1, logits: Logits = .last, seed: UInt64 = 1
  ) {
    self.prompt = prompt
    self.generate = generate
    self.past = past
    self.batch = batch
    self.logits = logits
    self.seed = seed
  }

  /// The largest extent that any option accepts.
  public static let limit: Int64 = 1 << 24

  /// Refuses workloads that mean nothing, or that the model cannot hold.
  public func check(against graph: OperatorGraph, into d: inout Diagnostics) {
    let place = Place(file: "workload")
    for (name, value, least) in [
      ("--prompt", prompt, 0), ("--generate", generate, 0), ("--past", past, 0), ("--batch", batch, Int64(1)),
    ] where !(least...Self.limit).contains(value) {
      d.error("\(name) is out of range", at: place, value: "\(value)", expected: "\(least) to \(Self.limit)")
    }
    guard !d.hasErrors else { return }
    if let positions = graph.fixedPositions {
      guard (prompt, generate, past) != (positions, 0, 0) else { return }
      d.error(
        "the model '\(graph.name)' reads one image, which has a fixed number of positions", at: place,
        value: "--prompt \(prompt) --generate \(generate) --past \(past)",
        expected: "--prompt \(positions) --generate 0 --past 0")
      return
    }
    if prompt == 0 && generate == 0 {
      d.error("nothing to do: --prompt and --generate are both 0", at: place, expected: "at least one of them positive")
    }
    if !graph.isCausal && (generate > 0 || past > 0) {
      d.error(
        "the model '\(graph.name)' is an encoder: it reads all positions at once", at: place,
        value: "--past \(past) --generate \(generate)", expected: "--past 0 --generate 0")
    }
    let positions = past + prompt + generate
    if positions > graph.contextLimit {
      d.error(
        "the model '\(graph.name)' cannot attend to that many positions", at: place,
        value: "\(past) past + \(prompt) prompt + \(generate) generated = \(positions)",
        expected: "at most \(graph.contextLimit)")
    }
  }

  /// Positions that the last pass attends to.
  public var longestContext: Int64 { past + prompt + generate }

  /// The parts of a run that are reported apart.
  public enum Phase: Int, Hashable, Sendable, CaseIterable {
    case prefill = 0
    case decode = 1
    public var name: String { self == .prefill ? "prefill" : "decode" }
  }

  /// One pass of one token of one sequence through the graph.
  public struct Pass: Hashable, Sendable {
    public let phase: Phase
    /// Which sequence of the batch.
    public let sequence: Int64
    /// Its position, from 0, past included.
    public let position: Int64
    /// Positions it attends to, itself included.
    public let context: Int64
    public let token: Int64
    public let wantsLogits: Bool

    /// - Parameter context: all positions up to its own when nil.
    public init(
      phase: Phase, sequence: Int64, position: Int64, context: Int64? = nil, token: Int64, wantsLogits: Bool
    ) {
      self.phase = phase
      self.sequence = sequence
      self.position = position
      self.context = context ?? position + 1
      self.token = token
      self.wantsLogits = wantsLogits
    }

    /// Whether an operator has work in this pass.
    public func runs(_ op: GraphOperator) -> Bool {
      switch op.positions {
      case .each: true
      case .wanted: wantsLogits
      case .first: position == 0
      case .whole: false
      }
    }
  }

  /// The passes that go through the graph side by side, stage by stage: all positions of an encoder's sequence, and of a
  /// decoder's prompt up to `positions` that follow each other.
  public func groups(of graph: OperatorGraph, positions: Int = 1) -> [[Pass]] {
    let passes = passes(of: graph)
    guard !graph.isCausal else {
      var groups: [[Pass]] = []
      for pass in passes {
        let last = groups.count - 1
        if last >= 0, groups[last].count < positions, pass.phase == .prefill, groups[last][0].phase == .prefill,
          groups[last][0].sequence == pass.sequence
        {
          groups[last].append(pass)
        } else {
          groups.append([pass])
        }
      }
      return groups
    }
    return (0..<batch).map { sequence in passes.filter { $0.sequence == sequence } }.filter { !$0.isEmpty }
  }

  /// MACs of the work as exported graphs have them: the prompt at once, then each decode step.
  public func macsOfGraph(_ graph: OperatorGraph) -> Int64 {
    var total = prompt > 0 ? graph.exportedMACs(positions: prompt, past: past) : 0
    for step in 0..<generate { total += graph.exportedMACs(positions: 1, past: past + prompt + step) }
    return total * batch
  }

  /// MACs that the operators of all passes ask for.
  public func macsOfOperators(_ graph: OperatorGraph) -> Int64 {
    passes(of: graph).reduce(0) { sum, pass in
      graph.operators.reduce(sum) { $0 + (pass.runs($1) ? $1.kind.macs(context: pass.context) : 0) }
    }
  }

  /// All passes in the order in which they run: prefill sequence by sequence, then decode step by step.
  public func passes(of graph: OperatorGraph) -> [Pass] {
    let vocabulary = graph.vocabulary
    var random = SplitMix64(seed: seed)
    func token(_ sequence: Int64, _ index: Int64) -> Int64 {
      let drawn = Int64(random.next() % UInt64(vocabulary))
      guard sequence < tokens.count, index < tokens[Int(sequence)].count else { return drawn }
      return tokens[Int(sequence)][Int(index)]
    }
    var result: [Pass] = []
    for sequence in 0..<batch {
      for index in 0..<prompt {
        result.append(
          Pass(
            phase: .prefill, sequence: sequence, position: past + index,
            context: graph.isCausal ? nil : past + prompt,
            token: token(sequence, index), wantsLogits: logits == .all || index == prompt - 1))
      }
    }
    for step in 0..<generate {
      for sequence in 0..<batch {
        result.append(
          Pass(
            phase: .decode, sequence: sequence, position: past + prompt + step,
            token: token(sequence, prompt + step), wantsLogits: true))
      }
    }
    return result
  }
}
