import Arch
import PIM
import Testing

@Suite struct VectorPipelineTests {
  private static let sram = SRAM.Spec(
    capacity: Bytes(1 << 17), banks: 4, readPorts: 1, writePorts: 1, width: Bytes(256))

  private func spec(_ adderLatency: Int64 = 1, _ multiplierLatency: Int64 = 1, window: Int = 8)
    -> VectorPipeline.Spec
  {
    VectorPipeline.Spec(
      adders: 256, multipliers: 128, adderLatency: adderLatency, multiplierLatency: multiplierLatency, window: window,
      elementBytes: 2)
  }

  private static let functions = SpecialFunctions(
    expTerms: 6, expReducesRange: false, reciprocalSteps: 3, rsqrtSteps: 3)

  private func run(
    _ kernel: VectorKernel, _ spec: VectorPipeline.Spec, _ functions: SpecialFunctions = functions
  ) -> (cycles: Int64, pipeline: VectorPipeline) {
    var pipeline = VectorPipeline(spec, sram: Self.sram)
    pipeline.begin(kernel.sweeps(functions))
    var cycle: Int64 = 0
    while !pipeline.isDone {
      _ = pipeline.tick(cycle)
      cycle += 1
    }
    return (cycle, pipeline)
  }

  /// One group of an addition, by hand: cycle 0 reads both operands, 1 adds, 2 writes.
  @Test func anAdditionOfOneGroupTakesThreeCycles() {
    let (cycles, pipeline) = run(.add(elements: 100), spec())
    #expect(cycles == 3)
    #expect(pipeline.adds == 100 && pipeline.multiplies == 0)
    #expect(pipeline.sram.reads == 2 && pipeline.sram.writes == 1)
    // A slower adder is waited for.
    #expect(run(.add(elements: 100), spec(4)).cycles == 6)
  }

  /// A long addition goes at one group per cycle.
  @Test func groupsFollowEachOther() {
    #expect(run(.add(elements: 128 * 50), spec()).cycles == 3 + 49)
    // With a single group in flight each takes its three cycles, the next beginning as the last is written.
    #expect(run(.add(elements: 128 * 50), spec(window: 1)).cycles == 2 * 50 + 1)
  }

  @Test func functionsAreCountedOperations() {
    let f = Self.functions
    func count(_ make: (inout LaneChain) -> LaneSource) -> [Int] {
      var chain = LaneChain()
      _ = make(&chain)
      let arrays = chain.steps.map(\.function.array)
      return [arrays.count { $0 == .add }, arrays.count { $0 == .multiply }]
    }
    // Horner: one multiplication and one addition per term.
    #expect(count { $0.exp(.operand(0), f) } == [6, 6])
    // Range reduction: two comparisons, rounding by adding and taking away, x − k · ln 2, and the exponent; two products.
    var reduced = f
    reduced.expReducesRange = true
    #expect(count { $0.exp(.operand(0), reduced) } == [6 + 6, 6 + 2])
    // A start value, then two multiplications and a subtraction per step.
    #expect(count { $0.reciprocal(.operand(0), f) } == [4, 6])
    // Start value and x/2, then three multiplications and a subtraction per step.
    #expect(count { $0.inverseRoot(.operand(0), f) } == [4, 10])
    // x · sigmoid(x): exp, 1 +, a reciprocal, times x.
    #expect(count { $0.activation(.silu, .operand(0), f) } == [6 + 1 + 4, 6 + 6 + 1])
  }

  /// Operations of whole kernels, per element.
  @Test func kernelsDoWhatTheirFormulasSay() {
    let softmax = run(.softmax(rows: 3, length: 200, scale: 1), spec()).pipeline
    // Per element: subtract the maximum, scale, exp, the final multiply; per row a reciprocal.
    #expect(softmax.multiplies == 600 * (1 + 6 + 1) + 3 * 6)
    // The maximum and the sum of n numbers take n − 1 compares or additions, per row.
    #expect(softmax.adds == 600 * (1 + 6) + 2 * 3 * 199 + 3 * 4)
    let norm = run(.layerNorm(elements: 256, epsilon: 1e-5), spec()).pipeline
    #expect(norm.multiplies == 1 + 256 + (1 + 10) + 2 * 256)
    #expect(norm.adds == 255 + (256 + 255) + (1 + 4) + 2 * 256)
  }

  /// No array does more per cycle than it has lanes, and no sweep begins before the one before ended.
  @Test func throughputNeverExceedsTheLanes() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    for _ in 0..<60 {
      let spec = VectorPipeline.Spec(
        adders: Int64.random(in: 1...64, using: &random), multipliers: Int64.random(in: 1...64, using: &random),
        adderLatency: Int64.random(in: 1...5, using: &random),
        multiplierLatency: Int64.random(in: 1...5, using: &random), window: Int.random(in: 1...12, using: &random),
        elementBytes: 2)
      let n = Int64.random(in: 1...300, using: &random)
      let kernel: VectorKernel =
        switch Int.random(in: 0..<4, using: &random) {
        case 0: .add(elements: n)
        case 1: .layerNorm(elements: n, epsilon: 1e-5)
        case 2: .softmax(rows: Int64.random(in: 1...4, using: &random), length: n, scale: 0.5)
        default: .activation(.gelu, elements: n)
        }
      let (cycles, pipeline) = run(kernel, spec)
      #expect(pipeline.multiplies <= cycles * spec.multipliers, "seed \(seed)")
      #expect(pipeline.adds <= cycles * spec.adders, "seed \(seed)")
      // Every chain is at least as long as its operations one after the other, sweep after sweep.
      let depth = kernel.sweeps(Self.functions).reduce(Int64(0)) { total, sweep in
        total
          + sweep.chain.steps.reduce(0) {
            $0 + ($1.function.array == .add ? spec.adderLatency : spec.multiplierLatency)
          }
      }
      #expect(cycles >= depth, "seed \(seed)")
    }
  }
}
