import ArgumentParser
import Explore
import Foundation

/// Where a command's result goes.
enum Terminal {
  static func write(_ text: String, to handle: FileHandle) {
    // A reader that went away (a pipe to `head`) is no error worth a word.
    try? handle.write(contentsOf: Data(text.utf8))
  }

  /// Results on standard output, warnings on standard error; a command that found something wrong exits with 1.
  static func print(_ output: CommandOutput, asJSON: Bool, quiet: Bool = false) throws {
    for message in output.messages { write(message.description + "\n", to: .standardError) }
    for note in output.notes { write(note + "\n", to: .standardError) }
    if asJSON {
      write(output.json.description, to: .standardOutput)
    } else if !quiet {
      write(output.text, to: .standardOutput)
    }
    if !output.isGood { throw ExitCode(1) }
  }
}

enum CommandLineVersion {
  static let text = "accsim \(CommandOutput.version)"
}
