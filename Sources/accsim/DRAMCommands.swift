import ArgumentParser
import Explore

struct DRAMCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dram",
    abstract: "Commodity memory by itself.",
    discussion: "Example: accsim dram check --device gddr6-pim --commands trace.csv.gz",
    subcommands: [DRAMCheck.self])
}

struct DRAMCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check a command trace against a device's timing constraints and bank states.",
    discussion: """
      Example: accsim dram check --device gddr6-pim --commands trace.csv.gz

      The trace is CSV, plain or gzip, with a header line: cycle, command, one column per level of the device, row.
      A column 'earliest' is compared with the earliest legal cycles found. Exit code 1 when a rule is broken.
      """)

  @Option(help: ArgumentHelp("The device: a shipped name or a path.", valueName: "name")) var device: String
  @Option(help: ArgumentHelp("The command trace.", valueName: "file")) var commands: String
  @Option(help: ArgumentHelp("Channels that the trace may name, when more than the device file's.", valueName: "n"))
  var channels: Int?
  @Flag(help: "Print the result as JSON.") var json = false

  func validate() throws {
    if let channels, !(1...4096).contains(channels) { throw ValidationError("--channels is 1 to 4096") }
  }

  func run() throws {
    try Terminal.print(
      try TraceStudy.check(device: device, commands: commands, channels: channels), asJSON: json)
  }
}
