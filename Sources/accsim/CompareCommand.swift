import ArgumentParser
import Explore
import Files

struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Run one model on several designs, and hold them against CPUs and GPUs.",
    discussion: """
      Example: accsim compare --design hbm2-bank-pim --baseline t4 --model gpt2 --prompt 32 --generate 32

      Baselines are rooflines, with a framework's overhead and without. What is not like for like is said below the table.
      """)

  @Option(
    name: .customLong("design"), parsing: .singleValue,
    help: ArgumentHelp("A design to simulate. May be repeated.", valueName: "name"))
  var designs: [String] = []
  @OptionGroup var baselines: BaselineOptions
  @Option(help: ArgumentHelp("The model.", valueName: "name")) var model: String
  @OptionGroup var workload: WorkloadOptions
  @Option(help: ArgumentHelp("The system that ratios are relative to (default: the first design).", valueName: "name"))
  var relativeTo: String?
  @Option(
    name: .customLong("out"), parsing: .singleValue,
    help: ArgumentHelp(
      "Write the comparison; the form follows the ending: .json, .csv or .md. May be repeated.", valueName: "file"))
  var outputs: [String] = []
  @Flag(help: "Print the comparison as JSON.") var json = false

  func validate() throws {
    if designs.isEmpty { throw ValidationError("at least one --design is needed") }
  }

  func run() throws {
    var study = CompareStudy(
      designs: designs, baselines: try baselines.choice(), model: model, workload: workload.workload)
    study.reference = relativeTo
    study.outputs = outputs
    try Terminal.print(try study.run(), asJSON: json, quiet: !outputs.isEmpty && !json)
  }
}

/// CPUs and GPUs beside the designs.
struct BaselineOptions: ParsableArguments {
  @Option(
    name: .customLong("baseline"), parsing: .singleValue,
    help: ArgumentHelp(
      "A CPU or GPU to compare with, see 'accsim list baselines'. May be repeated.", valueName: "name"))
  var names: [String] = []
  @Option(
    name: .customLong("baseline-format"),
    help: ArgumentHelp(
      "Their number format: fp32, fp16, bf16 or int8 (default: that of the design's MAC units).", valueName: "format"))
  var format: String?

  func validate() throws {
    if format != nil && names.isEmpty { throw ValidationError("--baseline-format goes with --baseline") }
  }

  func choice() throws -> BaselineChoice { try BaselineChoice(names, formatName: format) }
}
