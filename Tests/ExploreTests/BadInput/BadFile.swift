import Explore
import Files
import Foundation
import Testing

/// One file that must be refused: a shipped file or a fixture with a fault put in, or a whole text.
struct BadFile: CustomTestStringConvertible, Sendable {
  /// A text in the good file, and what stands there instead.
  struct Edit: Sendable {
    let old: String
    let new: String
  }

  let name: String
  /// What is done to the good file; or the whole text.
  let edits: [Edit]
  var text: String?
  /// The text at whose first occurrence the first error points; nil where no place is asked for.
  let place: String?
  /// What the messages must say.
  let fragments: [String]

  init(_ name: String, _ old: String, _ new: String, at place: String? = nil, _ fragments: String...) {
    self.name = name
    edits = [Edit(old: old, new: new)]
    self.place = place
    self.fragments = fragments
  }

  init(_ name: String, edits: [(String, String)], at place: String? = nil, _ fragments: String...) {
    self.name = name
    self.edits = edits.map { Edit(old: $0.0, new: $0.1) }
    self.place = place
    self.fragments = fragments
  }

  init(_ name: String, text: String, at place: String? = nil, _ fragments: String...) {
    self.name = name
    edits = []
    self.text = text
    self.place = place
    self.fragments = fragments
  }

  var testDescription: String { name }

  /// The good text with the fault in it.
  func applied(to good: String) throws -> String {
    if let text { return text }
    var result = good
    for edit in edits {
      let range = try #require(result.range(of: edit.old), "the good file has no '\(edit.old)'")
      result.replaceSubrange(range, with: edit.new)
    }
    return result
  }

  /// Expects the findings about `text`, written to `path`, to be what the case says.
  func expect(_ findings: [Diagnostic], in text: String, path: String) throws {
    let errors = findings.filter { $0.severity == .error }
    let first = try #require(errors.first, "\(name): accepted")
    let all = errors.map(\.description).joined(separator: "\n")
    for fragment in fragments where !fragment.isEmpty { #expect(all.contains(fragment), "\(all)") }
    if let place {
      let range = try #require(text.range(of: place), "the bad file has no '\(place)'")
      let before = text[..<range.lowerBound]
      let line = before.unicodeScalars.count { $0 == "\n" } + 1
      let column = before.unicodeScalars.reversed().prefix { $0 != "\n" }.count + 1
      #expect(first.description.hasPrefix("\(path):\(line):\(column): error: "), "\(all)")
    }
    for error in errors { #expect(error.description.utf8.count < 2000 && !error.description.contains("\n")) }
  }
}

/// A folder for the files of one test, with good files to put faults into.
final class BadInputFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("accsim-bad-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }

  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let file = "\(path)/\(name)"
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  var contents: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }

  /// A shipped file's text.
  static func shipped(_ kind: DataDirectory.Kind, _ name: String) throws -> String {
    try String(contentsOfFile: try DataDirectory.find(kind: kind, name: name), encoding: .utf8)
  }

  /// A model that is quick to run.
  static let tinyModel = """
    {
      "model_type": "gpt2",
      "activation_function": "gelu_new",
      "n_embd": 64,
      "n_head": 2,
      "n_layer": 2,
      "n_positions": 64,
      "vocab_size": 100
    }
    """

  /// Runs a model on a design and returns the findings of the refusal; none when the run is good.
  func run(design: String, model: String, prompt: Int64 = 1, generate: Int64 = 1) -> [Diagnostic] {
    let study = RunStudy(design: design, model: model, workload: .init(prompt: prompt, generate: generate))
    do {
      _ = try study.run()
      return []
    } catch {
      return error.diagnostics
    }
  }
}

/// Ends the process when `body` takes 20 seconds: a hang cannot be reported otherwise.
func guarded<Result>(_ what: String, _ body: () throws -> Result) rethrows -> Result {
  let alarm = DispatchWorkItem { fatalError("'\(what)' does not end") }
  DispatchQueue.global().asyncAfter(deadline: .now() + 20, execute: alarm)
  defer { alarm.cancel() }
  return try body()
}
