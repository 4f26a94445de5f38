import Files
import Report

/// What a command prints: a form for people, a form for programs, and whether the answer is good news.
public struct CommandOutput: Sendable {
  public let text: String
  public let json: JSONValue
  /// False when the command worked and found something wrong, as a check does.
  public let isGood: Bool
  /// For standard error.
  public let messages: [Diagnostic]
  /// Lines for standard error that say something of the run itself, such as how long it took.
  public let notes: [String]

  public init(
    text: String, json: JSONValue, isGood: Bool = true, messages: [Diagnostic] = [], notes: [String] = []
  ) {
    self.text = text
    self.json = json
    self.isGood = isGood
    self.messages = messages
    self.notes = notes
  }
}

extension CommandOutput {
  /// The version of accsim.
  public static var version: String { Version.current }
}
