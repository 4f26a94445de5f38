import Arch
import Dataflow
import Files
import PIM

/// What a unit of a design is before a program is known: parameters checked, nothing running.
protocol UnitPlan: Sendable {
  /// Seconds per cycle, for a unit that brings its own clock.
  var ownPeriod: Rational? { get }
  /// What its events cost.
  var ledger: EnergyLedger { get }
  /// Parameters beyond the design file's own that are no evidence.
  var assumptions: [Assumption] { get }
  /// Which part the unit plays, and so what it must be linked to.
  var role: UnitRole { get }

  /// What a program's steps of this unit cost to simulate.
  func work(of program: Program, _ site: UnitSite) -> UnitWork
  /// Bytes that it has for operands and results; nil where it keeps none.
  var capacity: Int64? { get }
  /// Refreshes per cycle of the unit, all its channels together.
  var refreshesPerCycle: Double { get }

  /// How operators become its steps; `nil` for a unit that executes none.
  func lowering(_ site: UnitSite) -> (any OperatorLowering)?
  func build(_ program: Program, _ site: UnitSite, _ context: RunContext) throws(Refusal) -> any ReportingUnit
  /// What the steps of its programs are called, by opcode.
  var stepSchemas: [StepSchema] { get }
}

/// What is common to all units of one run.
struct RunContext {
  let exchange: ValueExchange
  /// The numbers to compute with; nil when none flow.
  let values: ValueInput?
  let faults: [MemoryFault]
  let seed: UInt64
  /// Commands per memory channel that are kept.
  let logLimit: Int
}

extension UnitPlan {
  var refreshesPerCycle: Double { 0 }
  var capacity: Int64? { nil }
}

/// The part that a unit plays in an accelerator.
enum UnitRole: Sendable {
  /// Issues steps to all others.
  case controller
  /// Holds matrices and multiplies with them.
  case memory
  /// Computes on vectors, and is the other end of the memories' data.
  case vector
}

/// Where a unit sits: its position, and its links seen from its side.
struct UnitSite: Sendable {
  struct End: Sendable {
    let peer: UnitIndex
    let peerRole: UnitRole
    /// Bytes that the peer has for operands and results; nil where it keeps none.
    let peerCapacity: Int64?
    let outgoing: ChannelIndex
    let incoming: ChannelIndex
    let width: Int64
    let beatTicks: Int64
  }

  let unit: UnitIndex
  let name: String
  let unitNames: [String]
  let ends: [End]
  /// Ticks of the common grid per cycle of the unit.
  let period: Int64
  /// For a memory: this memory's number among the links of its data unit.
  let numberAtDataUnit: Int

  func ends(_ role: UnitRole) -> [End] { ends.filter { $0.peerRole == role } }
}
