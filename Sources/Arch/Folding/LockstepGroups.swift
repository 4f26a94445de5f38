/// Equal parts of a unit, such as the channels of a memory: those that are in the same state and get the same work are
/// simulated once, and what one did counts for each.
public struct LockstepGroups<Replica: LockstepReplica> {
  public struct Group {
    @usableFromInline
    init(replica: Replica, members: [Int]) {
      self.replica = replica
      self.members = members
    }

    public var replica: Replica
    /// The numbers of the replicas that it stands for, ascending.
    public var members: [Int]
  }

  public var groups: [Group]
  /// What each replica did before it came into its present group.
  @usableFromInline var settled: [Replica.Tally]
  /// Whether replicas may go together.
  @usableFromInline var areJoined = true

  /// - Parameter replicas: all in the same state.
  @inlinable
  public init(_ replicas: [Replica]) {
    settled = replicas.map(\.tally)
    groups = replicas.prefix(1).map { Group(replica: $0, members: Array(replicas.indices)) }
    for group in groups.indices { groups[group].replica.tally = groups[group].replica.tally.cleared }
  }

  /// From here on every replica is simulated by itself.
  @inlinable
  public mutating func separate() {
    guard areJoined else { return }
    areJoined = false
    split { $0 }
  }

  /// Takes apart those that do not get the same work.
  ///
  /// - Parameter work: a number for what a replica gets.
  @inlinable
  public mutating func split(by work: (Int) -> Int) {
    let before = groups.count
    for position in groups.indices where groups[position].members.count > 1 {
      let members = groups[position].members
      let first = work(members[0])
      guard members.contains(where: { work($0) != first }) else { continue }
      settle(position)
      var parts: [(work: Int, members: [Int])] = []
      for member in members {
        let wanted = work(member)
        if let part = parts.firstIndex(where: { $0.work == wanted }) {
          parts[part].members.append(member)
        } else {
          parts.append((wanted, [member]))
        }
      }
      groups[position].members = parts[0].members
      groups[position].replica.number = parts[0].members[0]
      for part in parts.dropFirst() {
        var group = groups[position]
        group.members = part.members
        group.replica.number = part.members[0]
        groups.append(group)
      }
    }
    if groups.count > before { groups.sort { $0.members[0] < $1.members[0] } }
  }

  /// Puts those together that have come into the same state by `cycle`.
  @inlinable
  public mutating func merge(at cycle: Int64) {
    guard areJoined, groups.count > 1 else { return }
    var position = 1
    while position < groups.count {
      let alike = (0..<position).first { groups[$0].replica.isInLockstep(with: groups[position].replica, at: cycle) }
      guard let alike else {
        position += 1
        continue
      }
      settle(alike)
      settle(position)
      groups[alike].members = (groups[alike].members + groups[position].members).sorted()
      groups.remove(at: position)
    }
  }

  /// What replica `number` has done so far.
  @inlinable
  public func tally(of number: Int) -> Replica.Tally {
    var result = settled[number]
    for group in groups where group.members.contains(number) { result.add(group.replica.tally) }
    return result
  }

  @inlinable
  mutating func settle(_ position: Int) {
    let done = groups[position].replica.tally
    for member in groups[position].members { settled[member].add(done) }
    groups[position].replica.tally = done.cleared
  }
}

/// One of several equal parts of a unit.
public protocol LockstepReplica: Foldable where Tally: FoldTally {
  /// Which one it is; of a group, the first.
  var number: Int { get set }
  /// What it has done since it came into its group.
  var tally: Tally { get set }

  /// Whether both will do the same from `cycle` on, given the same work.
  func isInLockstep(with other: Self, at cycle: Int64) -> Bool
}
