import Arch
import Dataflow
import Files
import Foundation
import Report
import Systems
import Testing

/// The shipped files of the checkout, changed as a user would change a copy.
enum Checkout {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardizedFileURL.path

  static let designs = ((try? FileManager.default.contentsOfDirectory(atPath: root + "/designs")) ?? [])
    .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()

  static func text(_ path: String) throws -> String { try String(contentsOfFile: root + "/" + path, encoding: .utf8) }

  /// Reads a design from text, as from a copy of the file.
  static func design(text: String, data: String = root) throws -> Design {
    let path = NSTemporaryDirectory() + "accsim-design-\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AtomicFile.write(text, to: path)
    var d = Diagnostics()
    let design = DesignFile.read(path: path, displayName: "design.yaml", data: data, into: &d)
    try d.throwIfErrors()
    return try #require(design)
  }

  /// A design of the checkout with pieces of its text replaced; each piece must be there.
  static func design(_ name: String, replacing pieces: [(String, String)] = []) throws -> Design {
    var text = try text("designs/\(name).yaml")
    for (piece, other) in pieces {
      try #require(text.contains(piece), "'\(piece)' is not in the design any more")
      text = text.replacingOccurrences(of: piece, with: other)
    }
    return try design(text: text)
  }

  /// A GPT-2 small enough for debug builds.
  static func model(layers: Int = 2, width: Int = 64, heads: Int = 4, positions: Int = 96) throws -> OperatorGraph {
    try model(
      text: """
        {"model_type": "gpt2", "n_layer": \(layers), "n_embd": \(width), "n_head": \(heads),
         "n_positions": \(positions), "vocab_size": 300}
        """)
  }

  /// The graph of a `config.json`.
  static func model(text: String) throws -> OperatorGraph {
    var d = Diagnostics()
    let document = DocumentReader.json(text, file: "config.json", into: &d)
    let graph = document.flatMap { ModelFile.read($0, name: "tiny", into: &d) }
    try d.throwIfErrors()
    return try #require(graph)
  }

  /// Simulates and audits.
  static func run(
    _ design: Design, _ graph: OperatorGraph, _ workload: Workload, _ options: RunOptions = .init()
  ) throws -> PricedRun {
    let run = PricedRun(try simulate(design: design, model: graph, workload: workload, options: options))
    try RunAudit.check(run)
    return run
  }

  /// Everything that must not depend on how a run is carried out, as text.
  static func fingerprint(_ run: PricedRun) -> String {
    var parts = ["\(run.cycles) \(run.seconds) \(run.total)", "\(run.rowCycles)", "\(run.lowerBounds)", "\(run.rows)"]
    for activity in run.record.activity.units {
      parts.append("\(activity.digest.value) \(activity.digest.count)")
      parts.append("\(activity.accounts.map { [$0.account.busy, $0.account.idle] + $0.account.stalls })")
      parts.append("\(activity.byRow)")
      parts.append("\(activity.unattributed.map { "\($0.cause) \($0.events)" })")
      if let memory = activity.memory {
        parts.append("\(memory.commands) \(memory.rowHits) \(memory.rowMisses) \(memory.refreshesPerScope)")
      }
    }
    parts.append("\(run.record.activity.steps.map { [$0.issued, $0.completed] })")
    return parts.joined(separator: "\n")
  }
}
