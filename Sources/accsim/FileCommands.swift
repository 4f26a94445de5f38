import ArgumentParser
import Explore

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Validate files: designs, devices, baselines, models, programs, tensors.",
    discussion: "Example: accsim check my-design.yaml my-device.yaml")

  @Argument(help: ArgumentHelp("Files to validate.", valueName: "file")) var files: [String]
  @Flag(help: "Print the result as JSON.") var json = false

  func run() throws { try Terminal.print(try FileCheck.check(files), asJSON: json) }
}

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "What is there, one line each: designs, models, baselines, devices, units.",
    discussion: "Example: accsim list designs")

  @Argument(help: "designs, models, baselines, devices or units.") var section: Section
  @Flag(help: "Print the result as JSON.") var json = false

  enum Section: String, ExpressibleByArgument, CaseIterable { case designs, models, baselines, devices, units }

  func run() throws {
    guard let section = Catalogue.Section(rawValue: section.rawValue) else { return }
    try Terminal.print(try Catalogue.list(section), asJSON: json)
  }
}
