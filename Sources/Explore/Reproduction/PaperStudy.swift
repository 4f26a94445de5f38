import Arch
import Baselines
import Dataflow
import Files
import Systems

/// What a paper claims of a system, and how each claim is measured here. It is read from `papers/<system>.yaml`.
public struct PaperStudy: Sendable {
  /// The system, by the name under which the study is shipped.
  public let name: String
  public let title: String
  public let source: Source
  /// A shipped name or a path.
  public let design: String
  /// Shipped names or paths, in the order of all tables.
  public let models: [String]
  public let workload: Workload
  /// The design as shipped comes first; then the whole study again with other values.
  public let settings: [StudySetting]
  public let sweeps: [StudySweep]
  public let baselines: [StudyBaseline]
  public let powers: [PublishedPower]
  public let claims: [PublishedClaim]
  /// Assumptions of the design that decide results, by the name that reports give them, and why.
  public let assumptions: [(parameter: String, why: String)]
  /// Places of what names files, for faults that are found when these are read.
  let places: Places

  struct Places: Sendable {
    var design = Place(file: "")
    var models: [Place] = []
    var baselines: [Place] = []
    var assumptions: [Place] = []
  }
}

/// A processor that the paper compares with.
public struct StudyBaseline: Sendable {
  /// A shipped name or a path.
  public let name: String
  /// The number format that it is asked to compute in.
  public let format: OperandFormat
}

/// Values of the design under which all models are run.
public struct StudySetting: Sendable {
  public let name: String
  public let title: String
  public let variant: DesignVariant
}

/// Runs at several points along one axis.
public struct StudySweep: Sendable {
  /// One point of the axis.
  public struct Point: Sendable {
    /// Where on the axis; greater than 0.
    public let at: Double
    /// As written, for tables.
    public let label: String
    public let variant: DesignVariant
    /// Values that replace those of the models' files, such as the number of positions.
    public let modelValues: [Replacement]
    /// What is run at this point.
    public let workload: Workload
  }

  public let name: String
  public let title: String
  /// What the axis shows, with its unit.
  public let axis: String
  /// What is run where a point does not say otherwise.
  public let workload: Workload
  public let points: [Point]
  /// Position in `points` of the one that the others are compared with.
  public let reference: Int
  public let models: [String]
}

/// A power that the paper states, for the energy that it implies.
public struct PublishedPower: Sendable {
  public let name: String
  /// Watts of one.
  public let watts: Double
  /// How many there are.
  public let count: Int64
  /// The unit of the design that it is the power of.
  public let unit: String
  /// Events of that unit that make up the energy to compare with; all when empty.
  public let events: [String]
  public let source: Source
}

/// One claim as the paper makes it.
public struct PublishedClaim: Sendable {
  /// What is claimed.
  public enum Published: Sendable, Hashable {
    case value(Double)
    case range(Double, Double)
    case atMost(Double)
    /// In words; its figure of merit is 1 when it holds exactly.
    case trend(String)
  }

  /// Whether somebody has seen the claim in the paper.
  public enum Status: String, Sendable, CaseIterable { case seen, unverified }

  public let id: String
  public let text: String
  public let published: Published
  /// The unit of the published value: "x", "%", "mW", or "-" for none.
  public let unit: String
  public let source: String
  public let status: Status
  public let measure: StudyMeasure
  /// Whether the figure went into the design or the study, so that what comes out says nothing about it.
  public let isInput: Bool
  /// Why the result is what it is, with placeholders for numbers: `{low}`.
  public let reason: String?
}
