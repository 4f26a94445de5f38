import ArgumentParser
import Explore

/// What is asked of a model.
struct WorkloadOptions: ParsableArguments {
  @Option(help: ArgumentHelp("New positions read before the first is generated (default: 32).", valueName: "n"))
  var prompt: Int64?
  @Option(help: ArgumentHelp("Decode steps (default: 32).", valueName: "n")) var generate: Int64?
  @Option(help: ArgumentHelp("Positions cached before the run (default: 0).", valueName: "n")) var past: Int64?
  @Option(help: ArgumentHelp("Independent sequences (default: 1).", valueName: "n")) var batch: Int64?
  @Option(help: ArgumentHelp("Prompt positions with logits: all or last (default: last).", valueName: "which"))
  var logits: Logits?
  @Option(help: ArgumentHelp("Chooses the token numbers (default: 1).", valueName: "n")) var seed: UInt64?

  enum Logits: String, ExpressibleByArgument, CaseIterable { case all, last }

  var workload: RunStudy.Work {
    RunStudy.Work(
      prompt: prompt ?? 32, generate: generate ?? 32, past: past ?? 0, batch: batch ?? 1,
      logits: logits == .all ? .all : .last, seed: seed ?? 1)
  }

  var isEmpty: Bool {
    prompt == nil && generate == nil && past == nil && batch == nil && logits == nil && seed == nil
  }
}
