import ArgumentParser
import Explore

struct DRAMCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dram",
    abstract: "Commodity memory by itself.",
    discussion: "Example: accsim dram run --device ddr4-2400 --requests requests.csv.gz",
    subcommands: [DRAMCheck.self, DRAMRun.self])
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

struct DRAMRun: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a trace of requests through a memory with its controllers.",
    discussion: """
      Example: accsim dram run --device ddr4-2400 --requests requests.csv.gz --controller ramulator2.1

      The requests are CSV, plain or gzip, with the header arrival,op,address: the first cycle in which a request may be
      offered, R or W, and a byte address, in hexadecimal with 0x or in decimal; in order of arrival.

      CONTROLLER is a preset (\(DRAMRunStudy.presets.joined(separator: ", "))), a controller file, or the JSON of a
      recorded run, whose 'controller' is taken. The seconds of the processor that the simulation took, without reading
      the trace and writing commands, are printed on standard error.
      """)

  @Option(help: ArgumentHelp("The device: a shipped name or a path.", valueName: "name")) var device: String
  @Option(help: ArgumentHelp("The requests.", valueName: "file")) var requests: String
  @Option(
    help: ArgumentHelp("The controller: a preset or a file.", valueName: "controller"))
  var controller = DRAMRunStudy.presets[0]
  @Option(help: ArgumentHelp("Channels instead of the device's own, a power of two.", valueName: "n"))
  var channels: Int?
  @Option(help: ArgumentHelp("A file with an energy: section to use instead of the device's own.", valueName: "file"))
  var energy: String?
  @Option(help: "How the memory is refreshed, instead of as the controller says.") var refresh: Refresh?
  @Option(
    help: ArgumentHelp(
      "Write the commands that were issued: .csv or .csv.gz, as 'accsim dram check' reads it.", valueName: "file"))
  var commandsOut: String?
  @Option(
    name: .customLong("out"), parsing: .singleValue,
    help: ArgumentHelp(
      "Write a report: .json, or .csv with a line for each channel. May be repeated.", valueName: "file"))
  var outputs: [String] = []
  @Flag(help: "Visit every clock instead of stepping over those in which nothing happens; same results, slower.")
  var noSkip = false
  @Flag(help: "Simulate every channel by itself, also those in lockstep; the results are the same.")
  var noLockstep = false
  @Flag(help: "Print the result as JSON.") var json = false

  enum Refresh: String, ExpressibleByArgument, CaseIterable {
    case none
    case allBank = "all-bank"
    case perBank = "per-bank"
    case sameBank = "same-bank"
  }

  func validate() throws {
    if let channels, !(1...4096).contains(channels) { throw ValidationError("--channels is 1 to 4096") }
  }

  func run() throws {
    var study = DRAMRunStudy(device: device, requests: requests, controller: controller)
    study.channels = channels
    study.energy = energy
    study.refresh = refresh?.rawValue
    study.commandTrace = commandsOut
    study.outputs = outputs
    study.skips = !noSkip
    study.joinsChannels = !noLockstep
    let bar = ProgressBar(of: "requests")
    study.progress = bar.map { bar in { bar.show($0, part: $1) } }
    defer { bar?.clear() }
    let output = try study.run()
    bar?.clear()
    try Terminal.print(output, asJSON: json, quiet: !outputs.isEmpty && !json)
  }
}
