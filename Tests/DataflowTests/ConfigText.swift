import Dataflow
import Files
import Testing

/// A `config.json` written in a test: its values as JSON, by key.
struct ConfigText: CustomTestStringConvertible {
  var values: KeyValuePairs<String, String>
  var changes: [String: String] = [:]

  init(_ values: KeyValuePairs<String, String>) { self.values = values }

  /// The same with other values for some keys; "" leaves a key out, and a key that is not there is added.
  func with(_ changes: [String: String]) -> ConfigText {
    var copy = self
    copy.changes.merge(changes) { $1 }
    return copy
  }

  var testDescription: String {
    changes.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
  }

  /// One key to a line, from line 2.
  var text: String {
    let old = values.map { ($0.key, changes[$0.key] ?? $0.value) }
    let new = changes.filter { change in !values.contains { $0.key == change.key } }.sorted { $0.key < $1.key }
    let lines = (old + new.map { ($0.key, $0.value) }).filter { !$0.1.isEmpty }.map { "\"\($0.0)\": \($0.1)" }
    return "{\n" + lines.joined(separator: ",\n") + "\n}\n"
  }

  /// The graph, with everything that is found fault with.
  func read() -> (graph: OperatorGraph?, findings: Diagnostics) {
    var d = Diagnostics()
    let document = DocumentReader.json(text, file: "config.json", into: &d)
    return (document.flatMap { ModelFile.read($0, name: "model", into: &d) }, d)
  }

  func graph() throws -> OperatorGraph {
    let (graph, findings) = read()
    try findings.throwIfErrors()
    #expect(findings.items.isEmpty, "\(findings.items)")
    return try #require(graph)
  }

  /// Expects the first error to be at the line of `key` (or at the top), and to say `fragment`.
  func expectRefusal(at key: String?, _ fragment: String) throws {
    let (graph, findings) = read()
    #expect(graph == nil)
    let error = try #require(findings.items.first { $0.severity == .error }, "accepted: \(text)").description
    let lines = text.split(separator: "\n")
    let line = key.flatMap { key in lines.firstIndex { $0.hasPrefix("\"\(key)\":") } } ?? 0
    #expect(error.hasPrefix("config.json:\(line + 1):"), "\(error)")
    #expect(error.contains(fragment), "\(error)")
  }
}
