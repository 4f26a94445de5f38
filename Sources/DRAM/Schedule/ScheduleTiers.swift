import Arch

/// The nodes of a channel that times are kept for, in four tiers: the channel, *groups* (the deepest level with more than
/// four banks to a node: ranks, pseudo-channels), *clusters* (the level just above banks: bank groups) and banks. A rule of
/// another level is written to all nodes under its own in the next tier below it, so that asking looks at four numbers.
struct ScheduleTiers {
  /// Nodes of a level under one parent; one channel.
  let levelSizes: [Int]
  /// Nodes of each level in all.
  let nodes: [Int]
  private let groupLevel: Int
  private let clusterLevel: Int
  let groupCount: Int
  let clusterCount: Int
  let bankCount: Int

  init(_ device: DeviceDescription) {
    var sizes = device.levelSizes
    sizes[0] = 1
    var nodes: [Int] = []
    for size in sizes { nodes.append((nodes.last ?? 1) * size) }
    let banks = nodes[nodes.count - 1]
    levelSizes = sizes
    bankCount = banks
    groupLevel = nodes.lastIndex { banks / $0 > 4 } ?? 0
    clusterLevel = max(groupLevel, nodes.count - 2)
    groupCount = nodes[groupLevel]
    clusterCount = nodes[clusterLevel]
    self.nodes = nodes
  }

  /// The node of a level that a bank belongs to.
  func node(_ level: Int, of bank: Int) -> Int { bank / (bankCount / nodes[level]) }

  func group(of bank: Int) -> Int { node(groupLevel, of: bank) }

  enum Tier {
    case channel, group, cluster, bank
  }

  func tier(of level: Int) -> Tier {
    level == 0 ? .channel : level <= groupLevel ? .group : level <= clusterLevel ? .cluster : .bank
  }

  private func count(of tier: Tier) -> Int {
    switch tier {
    case .channel: 1
    case .group: groupCount
    case .cluster: clusterCount
    case .bank: bankCount
    }
  }

  /// Nodes of the level's tier under one node of the level.
  func spread(of level: Int) -> Int { count(of: tier(of: level)) / nodes[level] }

  /// The number of the node of a tier that a bank belongs to.
  func node(_ tier: Tier, of bank: Int) -> Int {
    switch tier {
    case .channel: 0
    case .group: group(of: bank)
    case .cluster: node(clusterLevel, of: bank)
    case .bank: bank
    }
  }
}
