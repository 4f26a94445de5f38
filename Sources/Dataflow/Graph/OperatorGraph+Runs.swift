/// What one position keeps while positions that go side by side are in one run of operators, in elements.
public struct KeptElements: Hashable, Sendable {
  /// Of earlier runs for later ones.
  public var through: Int64 = 0
  /// Of earlier runs for this one, at the last.
  public var read: Int64 = 0
  /// Of this run for later ones.
  public var made: Int64 = 0

  public init() {}

  /// What all but the present one of `positions` keep, and what the present one keeps beside its operators' operands and
  /// results.
  ///
  /// - Parameter isAtOnce: whether the run takes all of them at once. One by one, a position has what it read or what it
  ///   made.
  public func waiting(_ positions: Int64, isAtOnce: Bool) -> Int64 {
    positions * through + (positions - 1) * (isAtOnce ? read + made : max(read, made))
  }
}

extension OperatorGraph {
  /// A stage cut before and after each operator that `isAlone` names, so that positions can go through it at once.
  public func runs(of stage: [Int], cutAt isAlone: (Int) -> Bool) -> [[Int]] {
    var runs: [[Int]] = []
    var isOpen = false
    for index in stage {
      if isOpen, !isAlone(index) { runs[runs.count - 1].append(index) } else { runs.append([index]) }
      isOpen = !isAlone(index)
    }
    return runs
  }

  /// By run of a stage, what each position keeps in it, caches aside.
  public func elementsKept(across runs: [[Int]], context: Int64) -> [KeptElements] {
    var runOf: [Int: Int] = [:]
    for (number, run) in runs.enumerated() {
      for index in run { runOf[index] = number }
    }
    var lastRead = runOf
    for (index, op) in operators.enumerated() {
      guard let reader = runOf[index] else { continue }
      for edge in op.inputs {
        if let last = lastRead[edge.producer] { lastRead[edge.producer] = max(last, reader) }
      }
    }
    var kept = Array(repeating: KeptElements(), count: runs.count)
    // What goes through runs i ..< j changes the sum at i and at j.
    var change = Array(repeating: Int64(0), count: runs.count + 1)
    for index in operators.indices {
      guard let first = runOf[index], let last = lastRead[index], last > first else { continue }
      switch operators[index].kind {
      case .appendKey, .appendValue: continue
      default: break
      }
      let elements = operators[index].kind.resultElements(context: context)
      kept[first].made += elements
      kept[last].read += elements
      change[first + 1] += elements
      change[last] -= elements
    }
    var through: Int64 = 0
    for run in runs.indices {
      through += change[run]
      kept[run].through = through
    }
    return kept
  }
}
