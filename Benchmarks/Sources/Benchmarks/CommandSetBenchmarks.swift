import Files
import Systems

/// Kernels on PIM devices by themselves.
enum CommandSetBenchmarks {
  static var all: [Benchmark] {
    [
      attention("pim-attention-2048x32"),
      attention("pim-attention-2048x32-no-fold", folds: false),
      product("pim-gemv-28672x8192", isRefreshed: false),
      product("pim-gemv-28672x8192-refreshed", isRefreshed: true),
      product("pim-gemv-28672x8192-no-fold", isRefreshed: false, folds: false),
      product("pim-gemv-28672x8192-no-fold-no-lockstep", isRefreshed: false, folds: false, joinsChannels: false),
      refreshed("pim-gemv-4096x4096", "gemv"), refreshed("pim-host-gemv-4096x4096", "host-gemv"),
    ]
  }

  /// 4096 × 4096 on SIMD units between pairs of banks, or over the interface.
  private static func refreshed(_ name: String, _ kernel: String) -> Benchmark {
    Benchmark(name: name) {
      let session = try CommandSetSession(named: "hbm-pim")
      let request = CommandSetSession.Request(
        kernel: kernel, options: [("out", "4096"), ("in", "4096")], hasPeerQuirks: true)
      return { amounts(try session.run(request)) }
    }
  }

  /// The attention that attacc_simulator takes 1.18 s of CPU for.
  private static func attention(_ name: String, folds: Bool = true) -> Benchmark {
    Benchmark(name: name) {
      let session = try CommandSetSession(named: "hbm3-attacc")
      let request = CommandSetSession.Request(
        kernel: "attention", options: [("length", "2048"), ("heads", "32"), ("head-dimension", "128")], folds: folds)
      return {
        let result = try session.run(request)
        let commands = result.allCommands.reduce(0) { $0 + $1.count }
        return [
          Amount(result.cycles, "cycles"), Amount(commands, "commands"),
          Amount(result.foldedCycles * 100 / max(result.cycles, 1), "% of the cycles folded"),
        ]
      }
    }
  }

  private static func product(
    _ name: String, isRefreshed: Bool, folds: Bool = true, joinsChannels: Bool = true
  ) -> Benchmark {
    Benchmark(name: name) {
      let session = try CommandSetSession(named: "gddr6-aim")
      let request = CommandSetSession.Request(
        kernel: "gemv", options: [("out", "28672"), ("in", "8192")], channels: 32, isRefreshed: isRefreshed,
        folds: folds, joinsChannels: joinsChannels)
      return { amounts(try session.run(request)) }
    }
  }

  private static func amounts(_ result: CommandSetResult) -> [Amount] {
    [
      Amount(result.cycles, "cycles"), Amount(result.allCommands.reduce(0) { $0 + $1.count }, "commands"),
      Amount(result.foldedCycles * 100 / max(result.cycles, 1), "% of the cycles folded"),
    ]
  }
}
