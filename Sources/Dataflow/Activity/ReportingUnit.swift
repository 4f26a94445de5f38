import Arch

/// A unit that can say what it did.
public protocol ReportingUnit: ClockedUnit {
  /// After `finish(at:)`.
  var activity: UnitActivity { get }
}
