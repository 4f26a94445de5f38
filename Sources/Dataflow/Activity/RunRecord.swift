import Arch
import Files

/// A finished run: what was asked, what ran, what each unit did, and what its events cost. Reports are made from it.
public struct RunRecord: Sendable {
  /// One unit, beside its activity at the same position.
  public struct UnitRecord: Sendable {
    public let name: String
    public let kind: String
    /// What stands behind the unit's cycle counts: `rtl-checked`, `peer-checked (…)`, `modelled`.
    public let checked: String
    public let face: String
    /// Ticks of the common grid per cycle.
    public let period: Int64
    public let ledger: EnergyLedger

    public init(name: String, kind: String, checked: String, face: String, period: Int64, ledger: EnergyLedger) {
      self.name = name
      self.kind = kind
      self.checked = checked
      self.face = face
      self.period = period
      self.ledger = ledger
    }
  }

  public let design: String
  public let program: Program
  public let units: [UnitRecord]
  public let activity: Activity
  /// Seconds per tick of the common grid, exact.
  public let tick: Rational
  /// Ticks per cycle of the reference clock and of the controller's clock.
  public let referencePeriod: Int64
  public let controllerPeriod: Int64
  public let assumptions: [Assumption]
  /// Input files by base name, with their SHA-256.
  public var inputs: [(name: String, sha256: String)]
  /// Where the numbers of a run come from.
  public struct ValueProvenance: Hashable, Sendable {
    public let arithmetic: String
    public let weights: String
    public let tokens: String
    /// Of keys and values of earlier positions; nil when there are none.
    public let caches: String?

    public init(arithmetic: String, weights: String, tokens: String, caches: String?) {
      self.arithmetic = arithmetic
      self.weights = weights
      self.tokens = tokens
      self.caches = caches
    }
  }

  /// Values of the design that are not those of its files.
  public var replaced: [ReplacedValue] = []
  /// nil when no numbers flowed.
  public var values: ValueProvenance?
  /// The numbers that left the run, in the order of the program; empty when none flowed.
  public var outputs: [(output: Program.Output, values: [Float])] = []

  public init(
    design: String, program: Program, units: [UnitRecord], activity: Activity, tick: Rational, referencePeriod: Int64,
    controllerPeriod: Int64, assumptions: [Assumption],
    inputs: [(name: String, sha256: String)]
  ) {
    self.design = design
    self.program = program
    self.units = units
    self.activity = activity
    self.tick = tick
    self.referencePeriod = referencePeriod
    self.controllerPeriod = controllerPeriod
    self.assumptions = assumptions
    self.inputs = inputs
  }

  public var model: String { program.origin.model }
  public var workload: Workload { program.origin.workload }

  /// How experts were chosen; nil where there are none.
  public var expertChoice: String? {
    guard program.rows.contains(where: { $0.kind == "router" }) else { return nil }
    return values == nil ? "drawn with equal chance, from the seed" : "chosen by the numbers"
  }

  /// Ticks from the start to the end of the controller cycle that saw the last completion.
  public var totalTicks: Int64 { activity.endTick + controllerPeriod }
}
