import Arch

/// Ranks that go to power-down and self-refresh when idle: what one such command covers.
struct PowerDomains: ~Copyable {
  enum State: UInt8 {
    case up, poweredDown, asleep
  }

  private let plan: ControllerPlan
  let powerDownAfter: Int64
  let sleepAfter: Int64
  /// By domain.
  let states: UnsafeMutablePointer<State>
  /// Clock of the last request or access.
  let idleSince: UnsafeMutablePointer<Int64>

  init(_ plan: ControllerPlan) {
    self.plan = plan
    powerDownAfter = plan.powerDownAfter
    sleepAfter = plan.selfRefreshAfter
    let count = max(plan.powerTargets.count, 1)
    states = .allocate(capacity: count)
    states.initialize(repeating: .up, count: count)
    idleSince = .allocate(capacity: count)
    idleSince.initialize(repeating: 0, count: count)
  }

  deinit {
    states.deallocate()
    idleSince.deallocate()
  }

  mutating func copyState(of other: borrowing PowerDomains) {
    states.update(from: other.states, count: targets.count)
    idleSince.update(from: other.idleSince, count: targets.count)
  }

  var targets: [ScheduleTable.Target] { plan.powerTargets }
  var isUsed: Bool { !plan.powerTargets.isEmpty }

  func isAsleep(_ bank: Int) -> Bool { isUsed && states[plan.powerDomainOf[bank]] == .asleep }

  @inline(__always)
  mutating func requestArrived(_ bank: Int, at clock: Int64) {
    if isUsed { idleSince[plan.powerDomainOf[bank]] = clock }
  }
}
