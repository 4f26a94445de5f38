import Dataflow
import Files
import Systems

/// A shipped design and model, read.
struct PreparedRun {
  let design: Design
  let graph: OperatorGraph

  init(design: String, model: String) throws {
    let data = try DataDirectory.locate()
    guard try DataDirectory.list(.designs, in: data).contains(design) else {
      throw Skipped(reason: "there is no design '\(design)'")
    }
    var d = Diagnostics()
    let designPath = try DataDirectory.find(kind: .designs, name: design, in: data)
    let modelPath = try DataDirectory.find(kind: .models, name: model, in: data)
    let found = DesignFile.read(path: designPath, displayName: design, data: data, into: &d)
    let graph = ModelFile.read(path: modelPath, displayName: model, name: model, into: &d)
    try d.throwIfErrors()
    guard let found, let graph else { throw Skipped(reason: "'\(design)' or '\(model)' cannot be read") }
    self.design = found
    self.graph = graph
  }

  func program(_ workload: Workload) throws -> Program { try compile(graph, for: design, workload: workload) }

  /// What a simulation did.
  static func amounts(_ record: RunRecord) -> [Amount] {
    let activity = record.activity
    let tokens = record.program.origin.workload
    let commands = activity.units.reduce(0) { $0 + ($1.memory?.commands.reduce(0) { $0 + $1.count } ?? 0) }
    return [
      Amount(activity.endTick / record.referencePeriod, "cycles"), Amount(activity.steps.count, "steps"),
      Amount(commands, "commands"), Amount((tokens.prompt + tokens.generate) * tokens.batch, "tokens"),
      Amount(activity.endTick > 0 ? 100 * activity.foldedTicks / activity.endTick : 0, "% of cycles folded"),
    ]
  }
}
