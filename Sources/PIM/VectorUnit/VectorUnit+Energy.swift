import Arch
import Dataflow

extension VectorUnit: ReportingUnit {
  /// What the unit did, after `finish(at:)`.
  public var activity: UnitActivity {
    var result = UnitActivity()
    result.accounts = [AccountRow(part: "", account: account)]
    result.byRow = events.byRow
    result.unattributed = [(.background, [EventCount(event: "idle-cycle", count: account.idle)])]
    result.digest = digest
    return result
  }
}
