import Arch

/// Which refreshes of a channel are due and not done. Targets take turns, evenly spread over the interval.
struct RefreshTurns: ~Copyable {
  private let plan: ControllerPlan
  let command: Int
  private let postponed: Int32
  private var schedule: RefreshSchedule?
  /// By target: refreshes that are due.
  let owed: UnsafeMutablePointer<Int32>
  /// Targets that owe any.
  private(set) var owing = 0
  /// Whether refreshes come due faster than the device's rules let them go.
  private(set) var isHopeless = false
  /// Intervals by which a refresh may be late beyond what it may be put off, before that is said.
  private static let patience: Int32 = 64

  init(_ plan: ControllerPlan) {
    self.plan = plan
    command = plan.refresh?.command ?? 0
    postponed = Int32(clamping: plan.settings.postponedRefreshes)
    schedule = plan.refreshSchedule
    owed = .allocate(capacity: max(plan.refreshTargets.count, 1))
    owed.initialize(repeating: 0, count: max(plan.refreshTargets.count, 1))
  }

  deinit { owed.deallocate() }

  mutating func copyState(of other: borrowing RefreshTurns) {
    schedule = other.schedule
    owed.update(from: other.owed, count: targets.count)
    (owing, isHopeless) = (other.owing, other.isHopeless)
  }

  var targets: [ScheduleTable.Target] { plan.refreshTargets }
  /// Closes all a refresh covers at once; `nil` where banks are closed one by one.
  var closeAll: Int? { plan.refreshTakesTurns ? nil : plan.closeCommand }

  var nextDue: Int64 { schedule?.nextDue ?? .max }

  /// Notes what became due. A domain in self-refresh refreshes itself.
  mutating func advance(to clock: Int64, _ power: borrowing PowerDomains) {
    while let due = schedule?.nextDue, due <= clock, let turn = schedule?.turn {
      if !power.isAsleep(targets[turn].banks[0]) {
        if owed[turn] == 0 { owing += 1 }
        owed[turn] += 1
        if owed[turn] > postponed &+ Self.patience { isHopeless = true }
      }
      schedule?.fire()
    }
  }

  func isForced(_ target: Int) -> Bool { owed[target] > postponed }

  mutating func done(_ target: Int) {
    owed[target] -= 1
    if owed[target] == 0 { owing -= 1 }
  }

  /// What a domain that slept owes is settled.
  mutating func settle(_ banks: [Int]) {
    for target in targets.indices where owed[target] > 0 && banks.contains(targets[target].banks[0]) {
      owed[target] = 0
      owing -= 1
    }
  }
}
