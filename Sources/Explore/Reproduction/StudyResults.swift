import Baselines
import Dataflow
import Files

/// A study with the figures of all its runs and what its baselines take.
struct StudyResults {
  /// What a baseline takes for one model.
  struct BaselineCost: Sendable {
    /// Seconds and joules of the device alone.
    let seconds: Double
    let energy: Double
    /// With a framework's overhead; nil where the baseline's file has none.
    let frameworkSeconds: Double?
    let frameworkEnergy: Double?
    /// Kernels that the framework launches.
    let kernels: Double
    let format: OperandFormat
    let fits: Bool

    func seconds(withOverhead: Bool) -> Double? { withOverhead ? frameworkSeconds : seconds }
    func energy(withOverhead: Bool) -> Double? { withOverhead ? frameworkEnergy : energy }
  }

  let resolved: ResolvedStudy
  let runs: StudyRuns
  /// By job.
  let figures: [RunFigures]
  /// By baseline and model.
  let costs: [[BaselineCost]]

  var study: PaperStudy { resolved.study }

  /// Carries everything out.
  init(
    _ resolved: ResolvedStudy, tokens: Int64?, workers: Int, finished: @escaping @Sendable (Int, Int) -> Void
  ) throws(Refusal) {
    self.resolved = resolved
    let runs = StudyRuns(resolved, tokens: tokens)
    self.runs = runs
    let count = runs.jobs.count
    var costs: [[BaselineCost]] = []
    for (baseline, named) in zip(resolved.baselines, resolved.study.baselines) {
      var row: [BaselineCost] = []
      for (graph, job) in zip(resolved.graphs, runs.ofSettings[0]) {
        let found = try baseline.estimate(graph, runs.jobs[job].workload, format: named.format)
        row.append(
          BaselineCost(
            seconds: found.device.latency, energy: found.device.energy, frameworkSeconds: found.withFramework?.latency,
            frameworkEnergy: found.withFramework?.energy, kernels: found.operators.reduce(0) { $0 + $1.kernels },
            format: found.format, fits: found.footprint.fits))
      }
      costs.append(row)
    }
    self.costs = costs
    figures = try runs.figures(workers: workers) { finished($0, count) }
  }

  /// Figures of a model of the study, by its position, under a setting.
  func figures(setting: Int, model: Int) -> RunFigures { figures[runs.ofSettings[setting][model]] }

  func graph(_ model: Int) -> OperatorGraph { resolved.graphs[model] }

  func workload(_ model: Int) -> Workload { runs.jobs[runs.ofSettings[0][model]].workload }

  /// Seconds per generated token at a point of a sweep, by model of the sweep.
  func secondsPerToken(sweep: Int, point: Int) -> [Double] {
    runs.ofSweeps[sweep][point].map { figures[$0].seconds / Double(max(figures[$0].generate, 1)) }
  }

  func cost(of baseline: String, model: Int) -> BaselineCost? {
    study.baselines.firstIndex { $0.name == baseline }.map { costs[$0][model] }
  }
}
