import ArgumentParser
import Explore
import Foundation

struct Reproduce: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "The claims of a paper one by one: published, simulated, and why they differ.",
    discussion: """
      Example: accsim reproduce SYSTEM --tokens 16 --out out/report

      SYSTEM is a shipped study or the path of one (docs/reproduce.md). With --out a folder gets a page, the JSON and
      figures; without it a table is printed.
      """)

  @Argument(help: ArgumentHelp("The study.", valueName: "system")) var system: String
  @Option(help: ArgumentHelp("Generate so many tokens at most, where the study asks for more.", valueName: "n"))
  var tokens: Int64?
  @Option(help: ArgumentHelp("Simulations at a time (default: the machine's cores).", valueName: "n")) var jobs: Int?
  @Option(help: ArgumentHelp("Write the report into a folder.", valueName: "folder")) var out: String?
  @Flag(help: "Print the result as JSON.") var json = false

  func validate() throws {
    if let tokens, !(1...(1 << 24)).contains(tokens) { throw ValidationError("--tokens is 1 to 16777216") }
    if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs is 1 to 256") }
  }

  func run() throws {
    var study = ReproduceStudy(system: system)
    study.tokens = tokens
    study.jobs = jobs
    study.folder = out
    if isatty(STDERR_FILENO) == 1 {
      study.progress = { done, all in
        Terminal.write("\r\(done) of \(all) simulations\(done == all ? "\n" : "")", to: .standardError)
      }
    }
    try Terminal.print(try study.run(), asJSON: json)
  }
}
