import ArgumentParser
import Explore

struct PIMCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pim",
    abstract: "A processing-in-memory device by itself.",
    discussion: "Example: accsim pim run --device gddr6-aim --kernel gemv --out 4096 --in 4096 --channels 32",
    subcommands: [PIMRun.self])
}

struct PIMRun: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a kernel, or a file of instructions, on a device's PIM commands.",
    discussion: """
      Example: accsim pim run --device gddr6-aim --kernel gemv --out 4096 --in 4096 --channels 32 --order reuseGB32

      Which kernels there are, and which options each takes, is the device's: a wrong one is answered with the list.
      """)

  @Option(help: ArgumentHelp("The device: a shipped name or a path.", valueName: "name")) var device: String
  @Option(help: ArgumentHelp("The kernel: gemv, add, mul, relu, attention.", valueName: "name")) var kernel: String?
  @Option(help: ArgumentHelp("A file of instructions in place of a kernel.", valueName: "file"))
  var instructions: String?
  @OptionGroup var shape: KernelShapeOptions
  @Option(help: ArgumentHelp("Channels that share the work; all without it.", valueName: "n")) var channels: Int64?
  @Option(help: ArgumentHelp("Whether the memory is refreshed.", valueName: "how")) var refresh: Switch = .enabled
  @Flag(help: "Do as the device's peer model does, also where that contradicts the device's rules.")
  var peerQuirks = false
  @Option(
    help: ArgumentHelp("Write the commands: .csv or .csv.gz, as 'accsim dram check' reads it.", valueName: "file"))
  var commandsOut: String?
  @Flag(help: "Print the result as JSON.") var json = false
  @Flag(help: "Simulate repeated work again; the results are the same.") var noFold = false
  @Flag(help: "Simulate every channel by itself, also those in lockstep; the results are the same.")
  var noLockstep = false

  enum Switch: String, ExpressibleByArgument, CaseIterable { case enabled, disabled }

  func validate() throws {
    if (kernel == nil) == (instructions == nil) {
      throw ValidationError("give one of --kernel and --instructions")
    }
  }

  func run() throws {
    try Terminal.print(
      try CommandSetStudy.run(
        CommandSetStudy.Inquiry(
          device: device, kernel: kernel, options: shape.given, instructions: instructions, channels: channels,
          isRefreshed: refresh == .enabled, hasPeerQuirks: peerQuirks, folds: !noFold, joinsChannels: !noLockstep,
          commandsOut: commandsOut)), asJSON: json)
  }
}

/// What kernels may be told. Each is text here: the device says which it takes and what they may be.
struct KernelShapeOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Outputs, or elements.", valueName: "n")) var out: String?
  @Option(name: .customLong("in"), help: ArgumentHelp("Inputs of each output.", valueName: "n")) var inputs: String?
  @Option(help: ArgumentHelp("Vectors or tensors one after the other.", valueName: "n")) var batch: String?
  @Option(help: ArgumentHelp("Positions that attention looks at.", valueName: "n")) var length: String?
  @Option(help: ArgumentHelp("Heads of attention.", valueName: "n")) var heads: String?
  @Option(help: ArgumentHelp("Elements of a head.", valueName: "n")) var headDimension: String?
  @Option(help: ArgumentHelp("Bytes of an element.", valueName: "n")) var bytes: String?
  @Option(help: ArgumentHelp("Order of a gemv: noreuse or reuseGB32.", valueName: "order")) var order: String?
  @Option(help: ArgumentHelp("Where products are made: bank, bankgroup or buffer.", valueName: "level"))
  var level: String?
  @Option(help: ArgumentHelp("Whether power holds commands back: on or off.", valueName: "how"))
  var powerConstraint: String?

  /// Those that were given, by the names of their options.
  var given: [(name: String, text: String)] {
    let all: [(name: String, text: String?)] = [
      ("out", out), ("in", inputs), ("batch", batch), ("length", length), ("heads", heads),
      ("head-dimension", headDimension), ("bytes", bytes), ("order", order), ("level", level),
      ("power-constraint", powerConstraint),
    ]
    return all.compactMap { item in item.text.map { (item.name, $0) } }
  }
}
