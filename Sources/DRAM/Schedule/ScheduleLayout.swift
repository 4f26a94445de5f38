/// Where the times of a channel's nodes lie in memory: the channel's, its groups', its clusters', its banks'.
///
/// Of a bank only the times of commands that some rule of banks holds up are kept, so that the banks of a channel stay
/// close together.
struct ScheduleLayout {
  /// By command: which of a node's times is its. Those that a bank has come first.
  let timeOf: [Int]
  /// How many a bank has.
  let bankTimes: Int
  private let outerStride: Int
  private let bankStride: Int
  private let groups: Int
  private let clusters: Int
  /// Where times lie that nothing ever writes.
  let nothing: Int
  /// All of them.
  let timeCount: Int

  /// - Parameters:
  ///   - laws: by command, what it sets off.
  ///   - used: which commands the scheduler issues.
  init(_ tiers: ScheduleTiers, _ laws: [[ScheduleLaw]], used: [Bool]) {
    var isOfBanks = Array(repeating: false, count: used.count)
    for law in laws.joined() where tiers.tier(of: law.level) == .bank { isOfBanks[law.next] = true }
    let commands = used.indices.filter { used[$0] }
    let ordered = commands.filter { isOfBanks[$0] } + commands.filter { !isOfBanks[$0] }
    var times = Array(repeating: 0, count: used.count)
    for (time, command) in ordered.enumerated() { times[command] = time }
    timeOf = times
    bankTimes = commands.count { isOfBanks[$0] }
    // Whole cache lines, and half ones.
    outerStride = (max(ordered.count, 1) + 7) / 8 * 8
    bankStride = (max(bankTimes, 1) + 3) / 4 * 4
    groups = outerStride
    clusters = groups + tiers.groupCount * outerStride
    nothing = clusters + tiers.clusterCount * outerStride
    timeCount = nothing + outerStride + tiers.bankCount * bankStride
  }

  /// From one node of a tier to the next.
  func stride(_ tier: ScheduleTiers.Tier) -> Int { tier == .bank ? bankStride : outerStride }

  /// Where the times of a node begin.
  func start(_ tier: ScheduleTiers.Tier, _ node: Int) -> Int {
    switch tier {
    case .channel: 0
    case .group: groups + node * outerStride
    case .cluster: clusters + node * outerStride
    case .bank: nothing + outerStride + node * bankStride
    }
  }
}
