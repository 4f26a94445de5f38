import Arch

/// A constraint between two commands, as a scheduler needs it.
struct ScheduleLaw {
  var level: Int
  let next: Int
  let latency: Int64
  var window: Int
  var isSibling: Bool

  /// The constraints that `previous` sets off, without those that others cover. A sibling rule that the node itself obeys
  /// as well becomes one of the parent.
  ///
  /// - Parameter used: which commands the scheduler issues. Rules for others are left out.
  static func all(of previous: Int, _ device: DeviceDescription, used: [Bool]) -> [ScheduleLaw] {
    var all: [ScheduleLaw] = []
    for constraint in device.constraints where constraint.previous.contains(previous) {
      for next in constraint.next where used[next] && (constraint.latency > 0 || constraint.window > 1) {
        all.append(
          ScheduleLaw(
            level: constraint.level, next: next, latency: constraint.latency, window: max(constraint.window, 1),
            isSibling: constraint.sibling))
      }
    }
    let scope = device.commands[previous].scope ?? 0
    let across = device.commands[previous].across
    all = all.compactMap { law in
      guard law.isSibling else { return law }
      // A command that covers the whole level has no siblings, nor has an only child.
      guard law.level <= scope, law.level > 0, device.levelSizes[law.level] > 1, !across.contains(law.level) else {
        return nil
      }
      let isObeyed = all.contains {
        !$0.isSibling && $0.window == 1 && $0.next == law.next && $0.level <= law.level && $0.latency >= law.latency
      }
      guard isObeyed else { return law }
      var parent = law
      parent.level -= 1
      parent.isSibling = false
      // Sibling rules count from the last issue.
      parent.window = 1
      return parent
    }
    return all.indices.filter { index in
      !all.indices.contains { other in
        other != index && all[index].isCovered(by: all[other])
          && (other < index || !all[other].isCovered(by: all[index]))
      }
    }.map { all[$0] }
  }

  private func isCovered(by other: ScheduleLaw) -> Bool {
    other.next == next && other.window <= window && !other.isSibling && !isSibling && other.level <= level
      && other.latency >= latency
  }
}
