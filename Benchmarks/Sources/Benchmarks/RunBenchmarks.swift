import Dataflow
import Systems

/// Compiling and simulating.
enum RunBenchmarks {
  /// What is switched off for a second look at a simulation: one line for each.
  private static let variants: [(name: String, change: @Sendable (inout RunOptions) -> Void)] = [
    ("no-skip", { $0.skipping = false }), ("no-fold", { $0.folding = false }),
    ("no-lockstep", { $0.lockstep = false }), ("no-fold-no-lockstep", { ($0.folding, $0.lockstep) = (false, false) }),
  ]

  static var all: [Benchmark] {
    [
      compiling("compile-gpt2", "gpt2", Workload(prompt: 0, generate: 64)),
      compiling("compile-gpt3-xl", "gpt3-xl", Workload(prompt: 0, generate: 256)),
      compiling("compile-gpt3-xl-1024", "gpt3-xl", Workload(prompt: 0, generate: 1024)),
      checking("check-gpt3-xl-1024", "gpt3-xl", Workload(prompt: 0, generate: 1024)),
    ]
      + simulating("gpt2-1", "gpt2", Workload(prompt: 0, generate: 1))
      + simulating("gpt3-xl-48", "gpt3-xl", Workload(prompt: 0, generate: 48), variantsAreLong: true)
      + simulating("gpt3-xl-1024", "gpt3-xl", Workload(prompt: 0, generate: 1024), variantsAreLong: true)
      + simulating(
        "llama2-7b-1", "llama2-7b", Workload(prompt: 0, generate: 1), design: "pim-gpt-16gb", variantsAreLong: true)
  }

  private static func compiling(_ name: String, _ model: String, _ workload: Workload) -> Benchmark {
    Benchmark(name: name) {
      let run = try PreparedRun(design: "pim-gpt", model: model)
      return {
        let program = try run.program(workload)
        return [
          Amount(program.steps.count, "steps"), Amount(workload.generate, "tokens"),
          Amount(program.operands.count, "operands kept"),
        ]
      }
    }
  }

  /// What a saved program goes through before it runs: every distinct step decoded, and the work of all weighed.
  private static func checking(_ name: String, _ model: String, _ workload: Workload) -> Benchmark {
    Benchmark(name: name) {
      let run = try PreparedRun(design: "pim-gpt", model: model)
      let program = try run.program(workload)
      let units = run.design.programUnits
      return {
        try run.design.check(program, for: units, file: name)
        return [Amount(program.steps.count, "steps"), Amount(workload.generate, "tokens")]
      }
    }
  }

  private static func simulating(
    _ name: String, _ model: String, _ workload: Workload, design: String = "pim-gpt", variantsAreLong: Bool = false
  ) -> [Benchmark] {
    func benchmark(_ suffix: String, isLong: Bool, _ change: @escaping @Sendable (inout RunOptions) -> Void)
      -> Benchmark
    {
      Benchmark(name: "simulate-\(name)\(suffix)", isLong: isLong) {
        let run = try PreparedRun(design: design, model: model)
        let program = try run.program(workload)
        var options = RunOptions()
        change(&options)
        return { [options] in PreparedRun.amounts(try simulate(program, on: run.design, options: options)) }
      }
    }
    return [benchmark("", isLong: false) { _ in }]
      + variants.map { benchmark("-\($0.name)", isLong: variantsAreLong, $0.change) }
  }
}
