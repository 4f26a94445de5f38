import Baselines
import Dataflow
import Files
import Testing

@Suite struct RooflineTests {
  /// A decoder of one layer with every kind of operator whose cost grows with the context.
  static func decoder(window: Int64? = nil) -> OperatorGraph {
    let attention: [GraphOperator] = [
      GraphOperator(name: "embed", kind: .embedding(entries: 100, width: 32, row: .token), inputs: []),
      GraphOperator(name: "h.0.qkv", kind: .linear(inputs: 32, outputs: 96, bias: true), inputs: [GraphEdge(0)]),
      GraphOperator(name: "h.0.key", kind: .appendKey(heads: 4, dimension: 8), inputs: [GraphEdge(1, offset: 32)]),
      GraphOperator(name: "h.0.value", kind: .appendValue(heads: 4, dimension: 8), inputs: [GraphEdge(1, offset: 64)]),
      GraphOperator(
        name: "h.0.scores", kind: .attentionScores(heads: 4, keyValueHeads: 4, dimension: 8),
        inputs: [GraphEdge(1), GraphEdge(2)]),
      GraphOperator(name: "h.0.softmax", kind: .softmax(heads: 4, scale: 1), inputs: [GraphEdge(4)]),
      GraphOperator(
        name: "h.0.values", kind: .attentionValues(heads: 4, keyValueHeads: 4, dimension: 8),
        inputs: [GraphEdge(5), GraphEdge(3)]),
      GraphOperator(
        name: "head", kind: .linear(inputs: 32, outputs: 100, bias: false), inputs: [GraphEdge(6)], positions: .wanted),
    ]
    return OperatorGraph(
      name: "decoder", operators: attention, contextLimit: 4096, vocabulary: 100, window: window)
  }

  private static func product(_ inputs: Int64, _ outputs: Int64) -> OperatorGraph {
    OperatorGraph(
      name: "product",
      operators: [
        GraphOperator(name: "only", kind: .linear(inputs: inputs, outputs: outputs, bias: false), inputs: [])
      ], contextLimit: 4096, vocabulary: 1)
  }

  private static func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-12 * max(abs(a), abs(b)) }

  @Test func oneProductTakesTheLongerOfItsTwoTimes() throws {
    // 1000 x 2000, fp32, one position: 4e6 operations at 1e12 are 4 us; (2e6 + 1000 + 2000) x 4 B at 1e11 are 80.12 us.
    let graph = Self.product(1000, 2000)
    let one = try ShippedBaselines.round().estimate(graph, Workload(prompt: 1, generate: 0), format: .fp32)
    #expect(Self.near(one.device.latency, 80.12e-6))
    #expect(Self.near(try #require(one.withFramework).latency, 80.12e-6 + 5e-6))
    #expect(Self.near(one.device.energy, 801.2e-6))
    #expect(one.operators.map(\.name) == ["only", "pass"])
    #expect(one.operators[0].computeBound == 0)
    // 100 positions of 2 sequences: 8e8 operations are 800 us; (2e6 + 200 x 3000) x 4 B are 104 us.
    let many = try ShippedBaselines.round().estimate(graph, Workload(prompt: 100, generate: 0, batch: 2), format: .fp32)
    #expect(Self.near(many.device.latency, 800e-6))
    #expect(many.operators[0].memoryBound == 0)
    #expect(Self.near(many.operators[0].bytes, 10.4e6) && Self.near(many.operators[0].operations, 8e8))
  }

  @Test func attentionReadsTheCacheOfEverySequence() throws {
    // One step at 11 positions, 3 sequences, fp32. Scores: 3 x (32 of q + 4 x 11 of scores) + 3 x 32 x 11 of keys.
    let estimate = try ShippedBaselines.round().estimate(
      Self.decoder(), Workload(prompt: 0, generate: 1, past: 10, batch: 3), format: .fp32)
    let bytes = Dictionary(uniqueKeysWithValues: estimate.operators.map { ($0.name, $0.bytes) })
    #expect(bytes["h.*.scores"] == 4 * Double(3 * (32 + 44) + 3 * 32 * 11))
    #expect(bytes["h.*.values"] == 4 * Double(3 * (32 + 44) + 3 * 32 * 11))
    #expect(bytes["h.*.softmax"] == 4 * Double(3 * 2 * 44))
    // The matrix once for all three, operands and results for each.
    #expect(bytes["head"] == 4 * Double(32 * 100 + 3 * (32 + 100)))
    #expect(bytes["h.*.qkv"] == 4 * Double(32 * 96 + 96 + 3 * (32 + 96)))
    #expect(estimate.footprint.weights == 4 * Double(100 * 32 + 32 * 96 + 96 + 32 * 100))
    #expect(estimate.footprint.caches == 4 * Double(2 * 32 * 11 * 3))
  }

  @Test(arguments: [nil, 5, 40, 1000] as [Int64?], [(0, 1), (7, 50), (500, 300)] as [(Int64, Int64)])
  func theSumOverStepsIsStepByStep(_ window: Int64?, _ work: (prompt: Int64, generate: Int64)) throws {
    // The peak and the bandwidth are near each other, so that attention crosses from one bound to the other.
    let graph = Self.decoder(window: window)
    for bandwidth in ["100 GB/s", "400 GB/s", "2 TB/s", "2900 GB/s", "90 TB/s"] {
      let baseline = try ShippedBaselines.round([("100 GB/s", bandwidth)])
      let whole = try baseline.estimate(
        graph, Workload(prompt: work.prompt, generate: work.generate, past: 3), format: .fp32)
      var (device, full) = (0.0, 0.0)
      for step in 0..<work.generate {
        let one = try baseline.estimate(
          graph, Workload(prompt: 0, generate: 1, past: 3 + work.prompt + step), format: .fp32)
        device += one.device.latency
        full += try #require(one.withFramework).latency
        if step == 0 {
          #expect(Self.near(try #require(whole.device.timeToFirstToken), whole.device.prefill + one.device.decode))
        }
      }
      #expect(Self.near(whole.device.decode, device), "\(bandwidth)")
      #expect(Self.near(try #require(whole.withFramework).decode, full))
      #expect(Self.near(try #require(whole.device.timePerOutputToken) * Double(work.generate), device))
    }
  }

  @Test func operatorsPartitionTheTime() throws {
    let estimate = try ShippedBaselines.round().estimate(
      Self.decoder(), Workload(prompt: 20, generate: 30, batch: 2), format: .fp16)
    let device = estimate.operators.reduce(0) { $0 + $1.computeBound + $1.memoryBound }
    let overhead = estimate.operators.reduce(0) { $0 + $1.overhead }
    #expect(Self.near(device, estimate.device.latency))
    #expect(Self.near(device + overhead, try #require(estimate.withFramework).latency))
    // Eight operators, two of them products of two kernels each, and three more in a pass: 13 in each of 31 passes.
    #expect(estimate.operators.reduce(0) { $0 + $1.kernels } == 13 * 31)
    #expect(Self.near(overhead, 13 * 31e-6))
  }

  @Test func fasterDevicesAreNeverSlower() throws {
    let work = Workload(prompt: 30, generate: 60, batch: 4)
    var last = Double.infinity
    for bandwidth in ["1 GB/s", "10 GB/s", "100 GB/s", "1 TB/s", "10 TB/s"] {
      let found = try ShippedBaselines.round([("100 GB/s", bandwidth)])
        .estimate(Self.decoder(), work, format: .fp32).device.latency
      #expect(found <= last, "\(bandwidth)")
      last = found
    }
    last = .infinity
    for peak in ["1 GOP/s", "10 GOP/s", "100 GOP/s", "1 TOP/s", "10 TOP/s"] {
      let found = try ShippedBaselines.round([("fp32: 1 TOP/s", "fp32: \(peak)")])
        .estimate(Self.decoder(), work, format: .fp32).device.latency
      #expect(found <= last, "\(peak)")
      last = found
    }
    // Half the bandwidth, stated as what can be had of it, is the same device.
    let half = try ShippedBaselines.round([("achievable: 1", "achievable: 0.5")])
    let slow = try ShippedBaselines.round([("100 GB/s", "50 GB/s")])
    #expect(
      try half.estimate(Self.decoder(), work, format: .fp32).device
        == slow.estimate(Self.decoder(), work, format: .fp32).device)
  }

  @Test func aWiderFormatStandsInWhereTheFileSaysSo() throws {
    let baseline = try ShippedBaselines.round()
    let work = Workload(prompt: 5, generate: 5)
    let wide = try baseline.estimate(Self.decoder(), work, format: .bf16)
    #expect(wide.asked == .bf16 && wide.format == .fp32)
    #expect(try wide.device == baseline.estimate(Self.decoder(), work, format: .fp32).device)
    let refusal = try #require(throws: Refusal.self) {
      try baseline.estimate(Self.decoder(), work, format: .int8)
    }
    #expect(refusal.description.contains("expected one of fp32, fp16, bf16"), "\(refusal)")
  }

  @Test func expertsAreReadAsOftenAsTheyAreDrawn() throws {
    // Two of four experts; with one row two matrices are read, with many all four.
    let graph = OperatorGraph(
      name: "experts",
      operators: [
        GraphOperator(name: "router", kind: .router(experts: 4, chosen: 2), inputs: []),
        GraphOperator(
          name: "first", kind: .expertLinear(experts: 4, slot: 0, inputs: 64, outputs: 64), inputs: [GraphEdge(0)]),
        GraphOperator(
          name: "second", kind: .expertLinear(experts: 4, slot: 1, inputs: 64, outputs: 64), inputs: [GraphEdge(0)]),
      ], contextLimit: 4096, vocabulary: 1)
    func matrices(_ prompt: Int64) throws -> Double {
      let estimate = try ShippedBaselines.round().estimate(graph, Workload(prompt: prompt, generate: 0), format: .fp32)
      let bytes = estimate.operators.filter { $0.kind == "expert.linear" }.reduce(0) { $0 + $1.bytes }
      return (bytes / 4 - Double(prompt) * 2 * 128) / 4096
    }
    #expect(Self.near(try matrices(1), 2))
    // Missed by both of two rows with chance 1/4.
    #expect(Self.near(try matrices(2), 3))
    #expect(abs(try matrices(1000) - 4) < 1e-9)
  }

  @Test func workloadsThatMeanNothingAreRefused() throws {
    let baseline = try ShippedBaselines.round()
    for work in [
      Workload(prompt: 0, generate: 0), Workload(prompt: 4096, generate: 1), Workload(prompt: -1, generate: 1),
    ] {
      #expect(throws: Refusal.self) { try baseline.estimate(Self.decoder(), work, format: .fp32) }
    }
  }

  @Test func manyStepsOfALongContextTakeNoTime() throws {
    let graph = OperatorGraph(
      name: "long", operators: Self.decoder().operators, contextLimit: 1 << 25, vocabulary: 100)
    let estimate = try ShippedBaselines.round().estimate(
      graph, Workload(prompt: 1 << 24, generate: 1 << 24, batch: 1 << 24), format: .fp32)
    #expect(estimate.device.latency.isFinite && !estimate.footprint.fits)
  }
}
