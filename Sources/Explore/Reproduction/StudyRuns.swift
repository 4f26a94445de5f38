import Dataflow
import Files
import Report
import Systems

/// All runs of a study, each carried out once.
struct StudyRuns: Sendable {
  /// One run to make.
  struct Job: Sendable {
    let design: Design
    let graph: OperatorGraph
    let workload: Workload
    /// Equal for equal runs.
    let key: String
  }

  private(set) var jobs: [Job] = []
  /// Positions in `jobs`: by setting and model; by sweep, point and model of the sweep.
  private(set) var ofSettings: [[Int]] = []
  private(set) var ofSweeps: [[[Int]]] = []
  /// What is shorter than the study asks for, in words.
  private(set) var notes: [String] = []

  /// Plans the runs.
  ///
  /// - Parameter tokens: decode steps of any run at most, where fewer than the study's are wanted.
  init(_ resolved: ResolvedStudy, tokens: Int64?) {
    let study = resolved.study
    if let tokens, tokens < study.workload.generate {
      notes.append("Runs are shortened: \(tokens) of \(study.workload.generate) generated tokens.")
    }
    func shortened(_ asked: Workload) -> Workload {
      var workload = asked
      workload.generate = min(asked.generate, tokens ?? asked.generate)
      return workload
    }
    ofSettings = resolved.designs.map { design in
      resolved.graphs.indices.map { index in
        add(design, resolved.graphs[index], named: study.models[index], [], shortened(study.workload))
      }
    }
    ofSweeps = zip(study.sweeps, resolved.points).map { sweep, points in
      zip(sweep.points, points).map { point, found in
        found.graphs.indices.map { index in
          add(
            found.design, found.graphs[index], named: sweep.models[index], point.modelValues, shortened(point.workload))
        }
      }
    }
  }

  private mutating func add(
    _ design: Design, _ graph: OperatorGraph, named name: String, _ values: [Replacement], _ asked: Workload
  ) -> Int {
    var workload = asked
    let room = graph.contextLimit - asked.past - asked.prompt
    if asked.generate > room, room > 0 {
      workload.generate = room
      let note = "\(name) ends at \(graph.contextLimit) positions: \(room) tokens instead of \(asked.generate)."
      if !notes.contains(note) { notes.append(note) }
    }
    let changes = design.replaced.map(\.replacement) + values
    let key =
      ([name, "\(workload.prompt) \(workload.generate) \(workload.past)"] + changes.map { "\($0.path)=\($0.value)" })
      .joined(separator: "\n")
    if let known = jobs.firstIndex(where: { $0.key == key }) { return known }
    jobs.append(Job(design: design, graph: graph, workload: workload, key: key))
    return jobs.count - 1
  }

  /// Carries all runs out; figures by job.
  func figures(
    workers: Int, finished: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws(Refusal) -> [RunFigures] {
    try SimulationPool.map(jobs, workers: workers, finished: finished) { (job) throws(Refusal) in
      let priced = PricedRun(try simulate(design: job.design, model: job.graph, workload: job.workload))
      try RunAudit.check(priced)
      return RunFigures(priced)
    }
  }
}
