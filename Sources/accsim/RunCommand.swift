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

  @Option(help: ArgumentHelp("The design.", valueName: "name")) var design: String?
  @Option(help: ArgumentHelp("The model.", valueName: "name")) var model: String?
  @Option(help: ArgumentHelp("A program of 'accsim compile' instead of a model.", valueName: "file"))
  var program: String?
  @OptionGroup var workload: WorkloadOptions
  @OptionGroup var changes: VariantOptions
  @OptionGroup var baselines: BaselineOptions
  @Option(
    name: .customLong("out"), parsing: .singleValue,
    help: ArgumentHelp(
      "Write a report; the form follows the ending: .json or .csv. May be repeated.", valueName: "file"))
  var outputs: [String] = []
  @Option(
    help: ArgumentHelp("Write the memory's command trace, CSV as 'accsim dram check' reads it.", valueName: "file"))
  var commandsOut: String?
  @Option(
    help: ArgumentHelp(
      "Compute with numbers: those of a file (npz, safetensors: inputs, or a checkpoint), or the model's own.",
      discussion: "Without a file, or with -, the model's initializers, or random numbers from the seed.",
      valueName: "file"))
  var values: String?
  @Option(help: ArgumentHelp("Write the results of a run with numbers: .npz or .safetensors.", valueName: "file"))
  var valuesOut: String?
  @Option(help: ArgumentHelp("How numbers are computed: as the design does, or exactly.", valueName: "how"))
  var arithmetic: Arithmetic?
  @Flag(help: "Print the JSON report on standard output.") var json = false
  @Flag(help: "Visit every cycle instead of stepping over those in which nothing happens; same results, slower.")
  var noSkip = false

  @Flag(help: "Simulate work again that was done before in the same state; the results are the same.")
  var noFold = false

  @Flag(help: "Simulate every channel of a memory by itself, also those in lockstep; the results are the same.")
  var noLockstep = false

  enum Arithmetic: String, ExpressibleByArgument, CaseIterable { case design, exact }

  func validate() throws {
    if values == nil, valuesOut != nil || arithmetic != nil {
      throw ValidationError("--values-out and --arithmetic go with --values")
    }
    if program != nil {
      guard changes.values.isEmpty else {
        throw ValidationError("a program has its design's values in it: give --set to 'accsim compile'")
      }
      guard model == nil, workload.isEmpty else {
        throw ValidationError("a program has its model and workload in it: leave --model, --prompt and the like out")
      }
      guard baselines.names.isEmpty else { throw ValidationError("--baseline goes with --model, not with --program") }
    } else if design == nil || model == nil {
      throw ValidationError("--design and --model are needed, or --program")
    }
  }

  func run() throws {
    var study =
      if let program {
        RunStudy(program: program, design: design)
      } else {
        RunStudy(design: design ?? "", model: model ?? "", workload: workload.workload)
      }
    study.variant = try changes.variant()
    study.outputs = outputs
    study.baselines = try baselines.choice()
    study.commandTrace = commandsOut
    study.options.skipping = !noSkip
    study.options.folding = !noFold
    study.options.lockstep = !noLockstep
    if let values {
      study.values = RunValues(
        file: values == "-" ? nil : values, arithmetic: arithmetic == .exact ? .exact : .design, output: valuesOut)
    }
    try Terminal.print(try study.run(), asJSON: json, quiet: !outputs.isEmpty && !json)
  }
}
