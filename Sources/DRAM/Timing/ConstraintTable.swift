import Arch

/// A device's constraints, flattened for the loop: for each level and previous command a run of rules, one per next
/// command. Immutable and shared by all timing states made from it.
public final class ConstraintTable: @unchecked Sendable {
  struct Rule {
    let latency: Int64
    let next: Int32
    let window: Int32
    let id: Int32
    let sibling: Bool
  }

  /// The last issues of one command at one node: how many so far, then their cycles.
  struct Ring {
    let start: Int
    let window: Int
    /// Cycles for which an issue can hold something up through it.
    let reach: Int64
  }

  public let levelCount: Int
  public let commandCount: Int
  /// Nodes per parent, by level.
  let levelSizes: UnsafeMutablePointer<Int>
  /// First node of each level in the flat node numbering.
  let levelBase: UnsafeMutablePointer<Int>
  /// All rules; those of (level, previous) are `ruleStart[level * commandCount + previous] ..< ruleStart[… + 1]`.
  let rules: UnsafeMutablePointer<Rule>
  let ruleStart: UnsafeMutablePointer<Int>
  /// Per command, bit n: some rule of level n has it as next, or as previous.
  let levelsAsNext: UnsafeMutablePointer<UInt8>
  let levelsAsPrevious: UnsafeMutablePointer<UInt8>
  /// Per command: all rules that have it as previous are of the top level, look back one issue and at no sibling.
  let raisesTopOnly: UnsafeMutablePointer<Bool>
  /// Longest window of the rules of (level, previous), where one looks back further than one issue; else 0.
  let longestWindow: UnsafeMutablePointer<Int>
  /// Where the issue history of (level, previous) starts, −1 where none is kept.
  let historyBase: UnsafeMutablePointer<Int>
  let nodeCount: Int
  let historySize: Int
  /// All issue histories.
  let rings: [Ring]
  /// Numbers that one timing state holds.
  public var stateSize: Int { nodeCount * commandCount + historySize }

  /// The most nodes, over all levels, that a table covers.
  static let maximumNodes = 1 << 22
  /// The most numbers that one timing state holds: a time per node and command, and issue histories.
  static let maximumStateSize = 1 << 23

  /// - Parameter levelSizes: nodes per parent, level by level; may differ from the device's for the channel level,
  ///   since a design chooses how many channels one table covers.
  /// - Returns: `nil` when the hierarchy has more nodes than fit.
  public init?(_ device: DeviceDescription, levelSizes sizes: [Int]? = nil) {
    let sizes = sizes ?? device.levelSizes
    let commands = device.commands.count
    guard (1...CommandAddress.maximumLevels).contains(sizes.count), sizes.allSatisfy({ $0 > 0 }) else { return nil }
    var nodes: [Int] = []
    for size in sizes {
      let (product, overflow) = (nodes.last ?? 1).multipliedReportingOverflow(by: size)
      guard !overflow, product <= Self.maximumNodes else { return nil }
      nodes.append(product)
    }
    let slots = sizes.count * commands
    var flat: [Rule] = []
    var starts: [Int] = []
    var asNext = Array(repeating: UInt8(0), count: commands)
    var asPrevious = asNext
    var windows = Array(repeating: 0, count: slots)
    for level in sizes.indices {
      for previous in 0..<commands {
        starts.append(flat.count)
        for constraint in device.constraints where constraint.level == level && constraint.previous.contains(previous) {
          for next in constraint.next {
            flat.append(
              Rule(
                latency: constraint.latency, next: Int32(next), window: Int32(constraint.window),
                id: Int32(constraint.id), sibling: constraint.sibling))
            asNext[next] |= 1 << UInt8(level)
          }
          asPrevious[previous] |= 1 << UInt8(level)
          if constraint.window > 1 && !constraint.sibling {
            windows[level * commands + previous] = max(windows[level * commands + previous], constraint.window)
          }
        }
      }
    }
    starts.append(flat.count)
    var bases = Array(repeating: -1, count: slots)
    var size = 0
    var rings: [Ring] = []
    for slot in 0..<slots where windows[slot] > 1 {
      bases[slot] = size
      let length = windows[slot] + 1
      guard nodes[slot / commands] <= Self.maximumStateSize / length else { return nil }
      let reach = flat[starts[slot]..<starts[slot + 1]].filter { $0.window > 1 }.map(\.latency).max() ?? 0
      for node in 0..<nodes[slot / commands] {
        rings.append(Ring(start: size + node * length, window: windows[slot], reach: reach))
      }
      size += nodes[slot / commands] * length
    }
    guard size + nodes.reduce(0, +) * commands <= Self.maximumStateSize else { return nil }
    levelCount = sizes.count
    commandCount = commands
    levelSizes = Self.copy(sizes)
    levelBase = Self.copy(nodes.indices.map { nodes[..<$0].reduce(0, +) })
    nodeCount = nodes.reduce(0, +)
    historySize = size
    self.rings = rings
    rules = Self.copy(flat)
    ruleStart = Self.copy(starts)
    levelsAsNext = Self.copy(asNext)
    levelsAsPrevious = Self.copy(asPrevious)
    longestWindow = Self.copy(windows)
    historyBase = Self.copy(bases)
    raisesTopOnly = Self.copy(
      (0..<commands).map { command in
        asPrevious[command] <= 1
          && flat[starts[command]..<starts[command + 1]].allSatisfy { $0.window <= 1 && !$0.sibling }
      })
  }

  deinit {
    levelSizes.deallocate()
    levelBase.deallocate()
    rules.deallocate()
    ruleStart.deallocate()
    levelsAsNext.deallocate()
    levelsAsPrevious.deallocate()
    raisesTopOnly.deallocate()
    longestWindow.deallocate()
    historyBase.deallocate()
  }

  /// Plain values only, so that nothing needs deinitialising.
  private static func copy<Element: BitwiseCopyable>(_ values: [Element]) -> UnsafeMutablePointer<Element> {
    let pointer = UnsafeMutablePointer<Element>.allocate(capacity: max(values.count, 1))
    for (index, value) in values.enumerated() { (pointer + index).initialize(to: value) }
    return pointer
  }
}
