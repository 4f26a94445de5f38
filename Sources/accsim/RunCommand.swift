import ArgumentParser
import Explore
import Files

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Compile a model for a design, simulate it, and report.",
    discussion: """
      Example: accsim run --design hbm2-bank-pim --model gpt2 --prompt 32 --generate 32 --out report.json

      NAME is a shipped name (see 'accsim list') or the path of a file of your own.
      """)

  @Option(help: ArgumentHelp("The design.", valueName: "name")) var design: String
  @Option(help: ArgumentHelp("The model.", valueName: "name")) var model: String
  @Option(help: ArgumentHelp("New positions read before the first is generated.", valueName: "n")) var prompt: Int64 =
    32
  @Option(help: ArgumentHelp("Decode steps.", valueName: "n")) var generate: Int64 = 32
  @Option(help: ArgumentHelp("Positions cached before the run.", valueName: "n")) var past: Int64 = 0
  @Option(help: ArgumentHelp("Independent sequences.", valueName: "n")) var batch: Int64 = 1
  @Option(help: ArgumentHelp("Prompt positions with logits: all or last.", valueName: "which")) var logits: Logits =
    .last
  @Option(help: ArgumentHelp("Chooses the token numbers.", valueName: "n")) var seed: UInt64 = 1
  @Option(
    name: .customLong("out"), parsing: .singleValue,
    help: ArgumentHelp(
      "Write a report; the form follows the ending: .json or .csv. May be repeated.", valueName: "file"))
  var outputs: [String] = []
  @Option(
    help: ArgumentHelp("Write the memory's command trace, CSV as 'accsim dram check' reads it.", valueName: "file"))
  var commandsOut: String?
  @Flag(help: "Print the JSON report on standard output.") var json = false
  @Flag(help: "Visit every cycle instead of stepping over those in which nothing happens; same results, slower.")
  var noSkip = false

  enum Logits: String, ExpressibleByArgument, CaseIterable { case all, last }

  func run() throws {
    var study = RunStudy(
      design: design, model: model,
      workload: .init(
        prompt: prompt, generate: generate, past: past, batch: batch, logits: logits == .all ? .all : .last, seed: seed)
    )
    study.outputs = outputs
    study.commandTrace = commandsOut
    study.options.skipping = !noSkip
    try Terminal.print(try study.run(), asJSON: json, quiet: !outputs.isEmpty && !json)
  }
}
