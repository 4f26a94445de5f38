/// The last commands of a trace, so that a broken rule can be told with the command that it counts from.
struct RecentCommands {
  struct Entry {
    var cycle: Int64 = 0
    var command = 0
    var address = CommandAddress.all
  }

  private static let capacity = 1 << 13
  private var entries: [Entry] = []
  private var next = 0

  mutating func append(_ entry: Entry) {
    if entries.count < Self.capacity {
      entries.append(entry)
    } else {
      entries[next] = entry
    }
    next = (next + 1) % Self.capacity
  }

  /// The command whose issue in `cycle` the rule makes one to `address` wait for; `nil` when it is too long ago.
  func source(of rule: TimingConstraint, in cycle: Int64, for address: CommandAddress) -> Entry? {
    for back in 1...max(entries.count, 1) where back <= entries.count {
      let entry = entries[(next - back + Self.capacity) % Self.capacity]
      if entry.cycle < cycle { return nil }
      if entry.cycle == cycle, rule.previous.contains(entry.command),
        Self.meets(entry.address, address, level: rule.level, sibling: rule.sibling)
      {
        return entry
      }
    }
    return nil
  }

  /// Whether two addresses cover a common node of a level, or with `sibling` two of one parent.
  private static func meets(_ a: CommandAddress, _ b: CommandAddress, level: Int, sibling: Bool) -> Bool {
    for above in 0..<level where a.indices[above] >= 0 && b.indices[above] >= 0 {
      if a.indices[above] != b.indices[above] { return false }
    }
    let isCommon = a.indices[level] < 0 || b.indices[level] < 0 || a.indices[level] == b.indices[level]
    return sibling ? !isCommon || a.indices[level] < 0 || b.indices[level] < 0 : isCommon
  }
}
