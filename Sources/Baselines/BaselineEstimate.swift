import Dataflow
import Files

/// What a workload would take on a CPU or GPU, by its roofline.
public struct BaselineEstimate: Sendable {
  /// How the figures were come by, as reports write it.
  public static let basis = "roofline"

  /// Times in seconds, energy in joules. What is undefined for the workload is nil.
  public struct Figures: Sendable, Hashable {
    /// Prefill and decode together.
    public let latency: Double
    /// All prompt positions of all sequences, in one pass; 0 without a prompt.
    public let prefill: Double
    /// All decode steps, each of all sequences; 0 without any.
    public let decode: Double
    /// Prefill and the first decode step.
    public let timeToFirstToken: Double?
    /// The mean decode step.
    public let timePerOutputToken: Double?
    /// Tokens of all sequences per second of decoding.
    public let tokensPerSecond: Double?
    /// Power at load times latency.
    public let energy: Double
    /// For each generated token of each sequence.
    public let energyPerToken: Double?
  }

  /// The operators of one kind and place in their layers, together.
  public struct OperatorShare: Sendable, Hashable {
    public let phase: Workload.Phase
    /// With an asterisk for layer numbers: "h.*.attn.scores".
    public let name: String
    /// As mapping rules name it.
    public let kind: String
    /// Operators that share the line.
    public let count: Int64
    /// Kernel launches of all of them in all passes; 0 without a framework.
    public let kernels: Double
    public let operations: Double
    public let bytes: Double
    /// Seconds of the passes that the peak bounds.
    public let computeBound: Double
    /// Seconds of the passes that the memory bounds.
    public let memoryBound: Double
    /// Seconds of the framework.
    public let overhead: Double
  }

  /// What must lie in the device's memory, in bytes.
  public struct Footprint: Sendable, Hashable {
    public let weights: Double
    /// Keys and values of the longest context of every sequence.
    public let caches: Double
    public let capacity: Double
    /// Weights and caches; what a framework and activations take comes on top.
    public var needed: Double { weights + caches }
    public var fits: Bool { needed <= capacity }
  }

  public let baseline: Baseline
  public let model: String
  public let workload: Workload
  /// The format that was asked for.
  public let asked: OperandFormat
  /// The format that the device computes in: a wider one where it lacks the format asked for.
  public let format: OperandFormat
  /// The device alone, at its peaks.
  public let device: Figures
  /// With the framework's overhead for every kernel; nil where the file says nothing of a framework.
  public let withFramework: Figures?
  /// In the order of the graph, prefill first. The device's seconds add up to its latency, with `overhead` to the
  /// framework's.
  public let operators: [OperatorShare]
  public let footprint: Footprint
  /// Those of the file, and those of the estimate.
  public let assumptions: [Assumption]

  /// With the framework's overhead where there is one, else the device alone.
  public var figures: Figures { withFramework ?? device }
}
