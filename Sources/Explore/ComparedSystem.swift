import Baselines
import Files
import Report

/// One system of a comparison: a design that was simulated, or a baseline that was estimated.
struct ComparedSystem: Sendable {
  enum Outcome: Sendable {
    /// With the number format of its MAC units.
    case simulated(PricedRun, format: String)
    case estimated(BaselineEstimate)
  }

  let name: String
  let outcome: Outcome

  /// What one line of a comparison shows. Times in seconds, energy in joules.
  struct Figures {
    let latency: Double
    let timeToFirstToken: Double?
    let timePerOutputToken: Double?
    let tokensPerSecond: Double?
    let energy: Double?
    let energyPerToken: Double?

    var power: Double? { energy.map { $0 / latency } }
  }

  /// A baseline's with the framework, where it has one.
  var figures: Figures {
    switch outcome {
    case .simulated(let run, _):
      let tokens = Double(run.record.workload.generate) * Double(run.record.workload.batch)
      let energy = run.total.joules?.double
      return Figures(
        latency: run.seconds.double, timeToFirstToken: run.timeToFirstToken?.double,
        timePerOutputToken: run.timePerOutputToken?.double, tokensPerSecond: run.tokensPerSecond?.double,
        energy: energy, energyPerToken: tokens > 0 ? energy.map { $0 / tokens } : nil)
    case .estimated(let estimate): return Self.figures(estimate.figures)
    }
  }

  /// A baseline without its framework.
  var deviceAlone: Figures? {
    guard case .estimated(let estimate) = outcome, estimate.withFramework != nil else { return nil }
    return Self.figures(estimate.device)
  }

  private static func figures(_ figures: BaselineEstimate.Figures) -> Figures {
    Figures(
      latency: figures.latency, timeToFirstToken: figures.timeToFirstToken,
      timePerOutputToken: figures.timePerOutputToken, tokensPerSecond: figures.tokensPerSecond, energy: figures.energy,
      energyPerToken: figures.energyPerToken)
  }

  /// A line and its name for each set of figures.
  var lines: [(name: String, figures: Figures)] {
    [(name, figures)] + (deviceAlone.map { [("\(name), device alone", $0)] } ?? [])
  }

  var kind: String { if case .simulated = outcome { "design" } else { "baseline" } }
  var basis: String { if case .simulated = outcome { "simulated" } else { BaselineEstimate.basis } }

  var title: String {
    switch outcome {
    case .simulated(let run, _): run.record.design
    case .estimated(let estimate): estimate.baseline.title
    }
  }

  /// The format that it computes in.
  var format: String {
    switch outcome {
    case .simulated(_, let format): format
    case .estimated(let estimate): estimate.format.rawValue
    }
  }

  var assumptions: [Assumption] {
    switch outcome {
    case .simulated(let run, _): run.record.assumptions
    case .estimated(let estimate): estimate.assumptions
    }
  }

  var inputs: [(name: String, sha256: String)] {
    switch outcome {
    case .simulated(let run, _): run.record.inputs
    case .estimated(let estimate): estimate.baseline.inputs
    }
  }
}
