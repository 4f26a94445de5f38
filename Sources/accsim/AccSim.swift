import ArgumentParser
import Explore
import Files
import Foundation

@main
struct AccSim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accsim",
    abstract: "What would this model cost, in cycles and joules, on that accelerator?",
    discussion: "Example: accsim run --design hbm2-bank-pim --model gpt2 --prompt 32 --generate 32",
    version: CommandLineVersion.text,
    subcommands: [
      Run.self, Compile.self, Diff.self, Compare.self, Reproduce.self, Graph.self, Check.self, List.self,
      DRAMCommand.self, PIMCommand.self,
    ])

  /// The arguments, with a file or none for `--values`: a value that may be left out is nothing that the parser knows.
  private static var arguments: [String] {
    let given = Array(CommandLine.arguments.dropFirst())
    return given.enumerated().map { index, argument in
      let isAlone = argument == "--values" && (index + 1 == given.count || given[index + 1].hasPrefix("--"))
      return isAlone ? "--values=-" : argument
    }
  }

  /// 0 good, 1 the input was refused, 2 wrong usage, 3 internal error.
  static func main() {
    do {
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch let refusal as Refusal {
      Terminal.write(refusal.description + "\n", to: .standardError)
      Foundation.exit(1)
    } catch let code as ExitCode {
      Foundation.exit(code.rawValue)
    } catch {
      let code = exitCode(for: error)
      let message = fullMessage(for: error)
      if code == .success {
        Terminal.write(message + "\n", to: .standardOutput)
        Foundation.exit(0)
      }
      Terminal.write(message + "\n", to: .standardError)
      Foundation.exit(code == .validationFailure ? 2 : 3)
    }
  }
}
