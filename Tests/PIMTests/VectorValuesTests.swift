import Arch
import Dataflow
import PIM
import Testing

/// What the lanes make of a kernel, against what it stands for.
@Suite struct VectorValuesTests {
  private func run(_ kernel: VectorKernel, _ x: [[Float]], _ format: FloatFormat, window: Int = 8) -> [Float] {
    let lanes = LaneFormat(format)
    let functions = SpecialFunctions(
      format: lanes, expTerms: 6, expReducesRange: true, reciprocalSteps: 3, rsqrtSteps: 3)
    var pipeline = VectorPipeline(
      VectorPipeline.Spec(
        adders: 16, multipliers: 8, adderLatency: 2, multiplierLatency: 3, window: window, elementBytes: 2),
      sram: SRAM.Spec(capacity: Bytes(1 << 17), banks: 4, readPorts: 1, writePorts: 1, width: Bytes(256)))
    var values = VectorValues(format: lanes, isExact: false)
    for (index, numbers) in x.enumerated() {
      values.store(
        numbers.enumerated().map { (Int64($0), $1) }, in: Int64(index), of: Int64(numbers.count))
    }
    values.begin(kernel, x.indices.map { BufferSlice(Int64($0)) })
    pipeline.values = values
    pipeline.begin(kernel.sweeps(functions))
    var cycle: Int64 = 0
    while !pipeline.isDone {
      _ = pipeline.tick(cycle)
      cycle += 1
    }
    pipeline.values?.finish(into: 99)
    return pipeline.values?.load(BufferSlice(99), kernel.resultElements) ?? []
  }

  private static let kernels: [VectorKernel] =
    [
      .add(elements: 50), .multiply(elements: 50), .layerNorm(elements: 50, epsilon: 1e-5),
      .rmsNorm(elements: 50, epsilon: 1e-6), .softmax(rows: 3, length: 21, scale: 0.25),
      .rotary(heads: 3, dimension: 10), .alibi(rows: 4, length: 11, scale: 0.5), .combine(chosen: 3, elements: 20),
      .router(experts: 9, chosen: 3),
    ] + ActivationFunction.allCases.map { .activation($0, elements: 60) }

  /// In binary32 what is left are the functions' own errors: a Taylor series of six terms below ln 2 / 2 ends at
  /// 0.35^7 / 7! = 1.3e-7, three Newton steps and the error function's formula are as good, and lanes round a few dozen
  /// times by 6e-8. With 7 bits of significand (u = 2^−8) the same few dozen roundings make a few per cent.
  @Test(arguments: kernels) func lanesComeCloseToTheFunction(_ kernel: VectorKernel) {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    for (format, tolerance) in [(FloatFormat.fp32, 2e-6), (.fp16, 0.02), (.bf16, 0.1)] {
      let sources = (0..<kernel.sourceCount).map { index in
        (0..<kernel.sourceElements(index)).map { _ in
          LaneFormat(format).round(Float.random(in: -4...4, using: &random))
        }
      }
      let exact = kernel.exact(sources.map { $0.map(Double.init) })
      let found = run(kernel, sources, format)
      #expect(found.count == exact.count)
      let scale = max(1, exact.map(\.magnitude).max() ?? 1)
      for (a, b) in zip(found, exact) {
        #expect(abs(Double(a) - b) < tolerance * scale, "\(kernel) in \(format): \(a) for \(b), seed \(seed)")
      }
      // How many groups are in flight changes when, and not what.
      #expect(run(kernel, sources, format, window: 1) == found)
    }
  }

  /// Far outside the range of a series.
  @Test(arguments: ActivationFunction.allCases) func functionsHoldFarOut(_ function: ActivationFunction) {
    let x: [Float] = [-3e4, -200, -30, -9, -1e-3, 0, 1e-3, 9, 30, 200, 3e4]
    for format in [FloatFormat.fp32, .bf16] {
      let rounded = x.map { LaneFormat(format).round($0) }
      let found = run(.activation(function, elements: Int64(x.count)), [rounded], format)
      for (index, value) in found.enumerated() {
        let exact = function(Double(rounded[index]))
        #expect(abs(Double(value) - exact) <= 0.02 * max(1, abs(exact)), "\(function)(\(rounded[index])) in \(format)")
      }
    }
  }

  /// 1.0 · 2^k, guesses within the 12 % and 4 % that the constants are known for.
  @Test func bitsOfNumbersAreUsedAsPublished() {
    for format in [FloatFormat.fp32, .bf16, .fp16] {
      let lanes = LaneFormat(format)
      #expect(lanes.scaled(1.5, byPowerOfTwo: -3) == 0.1875)
      #expect(lanes.scaled(1, byPowerOfTwo: -200) == 0)
      for x in [Float(0.01), 0.5, 1, 1.7, 3, 100] {
        #expect(abs(lanes.reciprocalGuess(x) * x - 1) < 0.13, "\(format) \(x)")
        #expect(abs(lanes.inverseRootGuess(x) * x.squareRoot() - 1) < 0.05, "\(format) \(x)")
      }
    }
  }
}
