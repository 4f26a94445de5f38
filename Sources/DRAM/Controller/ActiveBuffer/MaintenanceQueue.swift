import Arch
import Files

/// Refreshes that are due and precharges that the row policy wants, first come, first served.
struct MaintenanceQueue: ~Copyable {
  enum Item: Hashable {
    /// Index into `targets`.
    case refresh(Int)
    case close(bank: Int)
  }

  private let plan: ControllerPlan
  private let interval: Int64
  /// Next clock at which refreshes are put in the queue.
  private(set) var due: Int64
  private var turn = 0
  private var items: [Item] = []
  private var first = 0

  init(_ plan: ControllerPlan) {
    self.plan = plan
    // One bank after the other, so that each has its turn once per interval.
    let turns = plan.refreshTakesTurns ? Int64(plan.refreshTargets.count) : 1
    interval = max(1, (plan.refresh?.interval ?? 0) / turns)
    due = plan.refresh == nil ? Int64.max : interval
  }

  mutating func copyState(of other: borrowing MaintenanceQueue) {
    (due, turn) = (other.due, other.turn)
    (items, first, isEmpty) = (other.items, other.first, other.isEmpty)
  }

  var refreshCommand: Int? { plan.refresh?.command }
  var closeCommand: Int? { plan.closeCommand }
  var targets: [ScheduleTable.Target] { plan.refreshTargets }

  private(set) var isEmpty = true
  var count: Int { items.count - first }
  var head: Item? { isEmpty ? nil : items[first] }

  mutating func append(_ item: Item) {
    if first > 1024 && first * 2 > items.count {
      items.removeFirst(first)
      first = 0
    }
    items.append(item)
    isEmpty = false
  }

  mutating func removeFirst() {
    first += 1
    if first == items.count {
      isEmpty = true
      items.removeAll(keepingCapacity: true)
      first = 0
    }
  }

  /// Puts in the queue what is due at this clock.
  mutating func enqueueDue(at clock: Int64) {
    while due <= clock {
      if plan.refreshTakesTurns {
        append(.refresh(turn))
        turn = (turn + 1) % targets.count
      } else {
        for target in targets.indices { append(.refresh(target)) }
      }
      due += interval
    }
  }
}
