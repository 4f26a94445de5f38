import Arch
import Dataflow
import Files
import Testing

@Suite struct OperatorGraphTests {
  private func graph(_ layers: Int, _ width: Int, _ heads: Int, _ extra: String = "") throws -> OperatorGraph {
    let text = """
      {"model_type": "gpt2", "n_layer": \(layers), "n_embd": \(width), "n_head": \(heads), "n_positions": 1024,
       "vocab_size": 50257\(extra)}
      """
    var d = Diagnostics()
    let document = DocumentReader.json(text, file: "config.json", into: &d)
    let graph = document.flatMap { ModelFile.read($0, name: "gpt2", into: &d) }
    try d.throwIfErrors()
    return try #require(graph)
  }

  /// 124,439,808 is what torch counts for GPT-2; the other sizes are those of the released checkpoints.
  @Test(
    arguments: [
      (12, 768, 12, 124_439_808), (24, 1024, 16, 354_823_168), (36, 1280, 20, 774_030_080),
      (48, 1600, 25, 1_557_611_200),
    ] as [(Int, Int, Int, Int64)])
  func parametersAreThoseOfTheCheckpoints(_ layers: Int, _ width: Int, _ heads: Int, _ parameters: Int64) throws {
    #expect(try graph(layers, width, heads).parameters == parameters)
  }

  /// The exported graph of GPT-2 at 128 tokens has 16,114,089,984 MACs in its MatMul and Gemm nodes.
  @Test func macsAreThoseOfTheExportedGraph() throws {
    #expect(try graph(12, 768, 12).exportedMACs(positions: 128, past: 0) == 16_114_089_984)
  }

  @Test func anUntiedHeadHasItsOwnTable() throws {
    let tied = try graph(2, 64, 4)
    let untied = try graph(2, 64, 4, ", \"tie_word_embeddings\": false")
    #expect(untied.parameters - tied.parameters == 50257 * 64)
  }

  /// One layer by hand: a norm, a product whose result a second product and the sum read, and an activation between.
  @Test func whatPositionsKeepBetweenRuns() {
    let graph = OperatorGraph(
      name: "model",
      operators: [
        GraphOperator(name: "norm", kind: .layerNorm(width: 8, epsilon: 0), inputs: []),
        GraphOperator(name: "up", kind: .linear(inputs: 8, outputs: 32, bias: false), inputs: [GraphEdge(0)]),
        GraphOperator(name: "act", kind: .activation(.relu, width: 32), inputs: [GraphEdge(1)]),
        GraphOperator(name: "down", kind: .linear(inputs: 32, outputs: 8, bias: false), inputs: [GraphEdge(2)]),
        GraphOperator(name: "sum", kind: .add(width: 8), inputs: [GraphEdge(0), GraphEdge(3)]),
      ], contextLimit: 8, vocabulary: 8)
    let runs = graph.runs(of: [0, 1, 2, 3, 4]) { [1, 3].contains($0) }
    #expect(runs == [[0], [1], [2], [3], [4]])
    #expect(graph.runs(of: [0, 1, 2, 3, 4]) { $0 == 3 } == [[0, 1, 2], [3], [4]])
    let kept = graph.elementsKept(across: runs, context: 1)
    #expect(kept.map(\.through) == [0, 8, 8, 8, 0])
    #expect(kept.map(\.read) == [0, 0, 32, 32, 16])
    #expect(kept.map(\.made) == [8, 32, 32, 8, 0])
    // Of three positions two wait: with what the activation read or made, one of the two, beside the norm's result.
    #expect(kept[3].waiting(3, isAtOnce: true) == 3 * 8 + 2 * (32 + 8))
    #expect(kept[2].waiting(3, isAtOnce: false) == 3 * 8 + 2 * 32)
    #expect(kept[1].waiting(3, isAtOnce: true) == 3 * 8 + 2 * 32)
  }

  @Test func operatorsReadEarlierOnes() throws {
    for (index, op) in try graph(3, 64, 4).operators.enumerated() {
      #expect(op.inputs.allSatisfy { $0.producer < index }, "\(op.name)")
    }
  }
}

@Suite struct WorkloadTests {
  private func decoder(vocabulary: Int64, isCausal: Bool = true) -> OperatorGraph {
    OperatorGraph(
      name: "model", operators: [], contextLimit: 1 << 20, vocabulary: vocabulary, isCausal: isCausal)
  }

  @Test func positionsOfAnEncoderAttendToAllAndGoSideBySide() {
    let groups = Workload(prompt: 3, generate: 0, batch: 2).groups(of: decoder(vocabulary: 9, isCausal: false))
    #expect(groups.map(\.count) == [3, 3])
    #expect(groups.joined().allSatisfy { $0.context == 3 })
    #expect(groups.map { $0.map(\.position) } == [[0, 1, 2], [0, 1, 2]])
  }

  @Test func positionsOfAPromptGoSideBySideAFewAtATime() {
    let groups = Workload(prompt: 5, generate: 2, past: 1, batch: 2).groups(
      of: decoder(vocabulary: 9), positions: 2)
    // Decoding is one position at a time, and no group has two sequences.
    #expect(groups.map(\.count) == [2, 2, 1, 2, 2, 1, 1, 1, 1, 1])
    #expect(groups.map { $0.map(\.position) }.prefix(3) == [[1, 2], [3, 4], [5]])
    #expect(groups.joined().allSatisfy { $0.context == $0.position + 1 })
  }

  @Test func stepsAttendToAllBefore() {
    let passes = Workload(prompt: 2, generate: 3, past: 10).passes(of: decoder(vocabulary: 100))
    #expect(passes.map(\.context) == [11, 12, 13, 14, 15])
    #expect(passes.map(\.wantsLogits) == [false, true, true, true, true])
    #expect(passes.map(\.phase.name) == ["prefill", "prefill", "decode", "decode", "decode"])
    #expect(passes.allSatisfy { (0..<100).contains($0.token) })
  }

  @Test func sequencesOfABatchTakeTurnsInDecode() {
    let passes = Workload(prompt: 1, generate: 2, batch: 2, logits: .all).passes(of: decoder(vocabulary: 10))
    #expect(passes.map(\.sequence) == [0, 1, 0, 1, 0, 1])
    #expect(passes.map(\.position) == [0, 0, 1, 1, 2, 2])
  }

  @Test func theSeedAndNothingElseChoosesTokens() {
    let first = Workload(prompt: 4, generate: 4, seed: 3).passes(of: decoder(vocabulary: 1000)).map(\.token)
    #expect(first == Workload(prompt: 4, generate: 4, seed: 3).passes(of: decoder(vocabulary: 1000)).map(\.token))
    #expect(first != Workload(prompt: 4, generate: 4, seed: 4).passes(of: decoder(vocabulary: 1000)).map(\.token))
  }
}

@Suite struct StepBuilderTests {
  private func steps(_ overlap: StepBuilder.Overlap) -> Program {
    let row = Program.Row(name: "r", kind: "add", phase: .decode, unit: UnitIndex(0))
    let graph = OperatorGraph(
      name: "model", operators: [GraphOperator(name: "sum", kind: .add(width: 4), inputs: [])], contextLimit: 8,
      vocabulary: 8)
    var builder = StepBuilder(rows: [row], graph: graph, overlap: overlap)
    builder.begin([Workload.Pass(phase: .decode, sequence: 0, position: 5, token: 0, wantsLogits: true)])
    builder.beginOperator(row: 0)
    let first = builder.step(UnitIndex(0), opcode: 0, operands: [1, 2], needs: [])
    builder.step(UnitIndex(1), opcode: 1, operands: [], needs: [], together: true)
    builder.step(UnitIndex(0), opcode: 2, operands: [3], needs: [first])
    builder.endOperator(0)
    builder.endPasses()
    return builder.program
  }

  private func dependences(_ program: Program) -> [[Int32]] {
    program.steps.map { Array(program.dependences[$0.dependences]) }
  }

  @Test func withoutOverlapAStepWaitsForBothEndsOfATransfer() {
    #expect(dependences(steps(.none)) == [[], [], [0, 1]])
  }

  @Test func withOverlapAStepWaitsForItsNeeds() {
    let program = steps(.dependences)
    #expect(dependences(program) == [[], [], [0]])
    #expect(program.steps.map { Array(program.operands[$0.operands]) } == [[1, 2], [], [3]])
    #expect(program.passes.map(\.steps) == [0..<3])
    // What nobody reads leaves the run, with the last step that worked for it.
    #expect(program.outputs.map(\.operatorName) == ["sum"])
    #expect(program.outputs.map(\.step) == [2] && program.outputs.map(\.position) == [5])
  }
}
