import DRAM
import Dataflow
import Files
import Report
import Systems

/// What is there to run: one line each.
public enum Catalogue {
  public enum Section: String, Sendable, CaseIterable { case designs, models, baselines, devices, units }

  public static func list(_ section: Section) throws(Refusal) -> CommandOutput {
    let items: [(name: String, summary: String)]
    switch section {
    case .units: items = UnitRegistry.schemas.map { ($0.kind, $0.summary) }
    case .designs: items = try describe(.designs) { title($0, keys: ["title", "design"]) }
    case .devices: items = try describe(.devices) { title($0, keys: ["standard"]) }
    case .baselines: items = try describe(.baselines) { title($0, keys: ["title"]) }
    case .models:
      items = try describe(.models) { document in
        var d = Diagnostics()
        guard let graph = ModelFile.read(document, name: "", into: &d) else { return "unreadable" }
        let reads =
          switch graph.input {
          case .tokens: "\(graph.contextLimit) positions"
          case .image(let channels, let height, let width): "images of \(channels) x \(height) x \(width)"
          }
        return "\(graph.operators.count) operators, \(graph.parameters) parameters, \(reads)"
      }
    }
    let width = items.map(\.name.count).max() ?? 0
    let text = items.map {
      $0.name + String(repeating: " ", count: width + 2 - $0.name.count) + $0.summary + "\n"
    }.joined()
    return CommandOutput(
      text: text,
      json: .object([
        (
          section.rawValue,
          .array(items.map { .object([("name", .text($0.name)), ("summary", .text($0.summary))]) })
        )
      ]))
  }

  private static func describe(
    _ kind: DataDirectory.Kind, _ summary: (Document) -> String
  ) throws(Refusal) -> [(name: String, summary: String)] {
    let data = try DataDirectory.locate()
    var items: [(name: String, summary: String)] = []
    for name in try DataDirectory.list(kind, in: data) {
      let path = try DataDirectory.find(kind: kind, name: name, in: data)
      var d = Diagnostics()
      let document = DocumentReader.read(path: path, into: &d)
      items.append((name, document.map(summary) ?? "unreadable"))
    }
    return items
  }

  private static func title(_ document: Document, keys: [String]) -> String {
    for key in keys {
      if let text = document.root.entries?.first(where: { $0.key == key })?.value.scalar?.text { return text }
    }
    return ""
  }
}
