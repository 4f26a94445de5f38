import ArgumentParser
import Explore

struct Compile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract: "Compile a model for a design and write the program.",
    discussion: """
      Example: accsim compile --design hbm2-bank-pim --model gpt2 --prompt 1 --generate 1 --out gpt2.program.json

      'accsim run --program gpt2.program.json' runs it, with the report of a direct run; 'accsim diff' compares two.
      """)

  @Option(help: ArgumentHelp("The design.", valueName: "name")) var design: String
  @Option(help: ArgumentHelp("The model.", valueName: "name")) var model: String
  @OptionGroup var changes: VariantOptions
  @OptionGroup var workload: WorkloadOptions
  @Option(help: ArgumentHelp("Where the program goes: a .json file.", valueName: "file")) var out: String
  @Flag(help: "Print the result as JSON.") var json = false

  func run() throws {
    try Terminal.print(
      try ProgramStudy.compile(
        design: design, variant: try changes.variant(), model: model, workload: workload.workload, to: out),
      asJSON: json)
  }
}

struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare two programs, operator by operator. Exit code 1 when they differ.",
    discussion: "Example: accsim diff one.program.json other.program.json")

  @Argument(help: ArgumentHelp("A program.", valueName: "file")) var first: String
  @Argument(help: ArgumentHelp("Another one.", valueName: "file")) var second: String
  @Flag(help: "Print the result as JSON.") var json = false

  func run() throws { try Terminal.print(try ProgramStudy.difference(first, second), asJSON: json) }
}
