import Arch
import Dataflow
import Files

/// An accelerator as its file describes it, checked and ready to compile for.
public struct Design: Sendable {
  public let name: String
  public let units: [DesignUnit]
  public let links: [DesignLink]
  public let clocks: [ClockDomain]
  public let grid: TickGrid
  /// Position in `clocks` of the clock in which reports count.
  public let referenceClock: Int
  public let mapping: [MappingRule]
  public let prefill: Prefill
  public let overlap: StepBuilder.Overlap
  public let assumptions: [Assumption]
  /// Number formats of the units that state one, those of MAC units first.
  public let formats: [(unit: String, format: String)]
  /// Where the mapping stands, for faults of a whole model.
  public let mappingPlace: Place
  /// Files that the design was read from, by base name, with their SHA-256.
  public let inputs: [(name: String, sha256: String)]
  /// Values that are not those of the files; each is among `assumptions` too.
  public internal(set) var replaced: [ReplacedValue] = []
}

/// How the positions of a prompt go through the model.
public enum Prefill: String, Hashable, Sendable, CaseIterable {
  /// One position after the other, as in decoding.
  case perToken = "per-token"
  /// As many side by side as a vector buffer holds: an open row is multiplied with all of them before it is closed.
  case rowReuse = "row-reuse"
}

/// One unit of a design.
public struct DesignUnit: Sendable {
  public let name: String
  public let kind: String
  /// Position in the design's clocks.
  public let clock: Int
  let plan: any UnitPlan

  /// The events that the unit counts and prices, sorted.
  public var events: [String] { plan.ledger.events }
}

/// One link of a design, between units by position.
public struct DesignLink: Sendable {
  public let first: Int
  public let second: Int
  /// Bytes per beat; without meaning on a link of the controller.
  public let width: Int64
  public let latency: Int64
  public let capacity: Int
  /// Position in the design's clocks: one beat takes one of its cycles.
  public let clock: Int
}
