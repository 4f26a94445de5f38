import Files
import OnnxProto

/// The bodies of a Loop, a Scan, a SequenceMap or an If whose branch data decide, while they are walked.
///
/// A body is walked once for each iteration when their number is small and known, and else once for all of them: then
/// what an iteration hands to the next is widened until it is the same before and after.
struct ONNXBody {
  enum Kind { case branches, loop, scan, map }

  /// What the importer held before the first walk, so that one can be taken back.
  struct Mark {
    let nodes: Int
    let values: Int
    let diagnostics: Diagnostics
    let warned: Set<String>
    let macsDoubt: String?
    let held: Int
  }

  let kind: Kind
  let proto: Onnx_NodeProto
  /// One, or the two branches.
  let graphs: [Onnx_GraphProto]
  let name: String
  let origin: Int
  let inputs: [Int?]
  let mark: Mark
  /// How often the body runs; nil when data decide.
  var count: Int64?
  /// How many walks are done of those that stand for one iteration (or branch) each.
  var iteration = 0
  var isSummary: Bool
  /// How often the states were widened.
  var rounds = 0
  /// What the next walk is given as states.
  var states: [ONNXTensor] = []
  /// The same as positions of values, where an iteration reads what another wrote.
  var positions: [Int] = []
  /// What each walk wrote, output by output.
  var collected: [[Int]] = []

  /// The axis along which a scan walks its `index`-th scanned input or stacks its result.
  static func axis(_ axes: [Int64]?, _ index: Int, rank: Int) -> Int? {
    guard let axes else { return rank > 0 ? 0 : nil }
    guard index < axes.count else { return nil }
    let axis = axes[index] < 0 ? axes[index] &+ Int64(rank) : axes[index]
    return (0..<Int64(rank)).contains(axis) ? Int(axis) : nil
  }
}

extension ONNXTensor {
  /// What is known of a value that is either of two; values are only kept when they are the same.
  func joined(_ other: ONNXTensor, doubt reason: ONNXDoubt) -> ONNXTensor {
    if self == other { return self }
    var result = ONNXTensor(element == other.element ? element : nil, nil)
    if let shape, let more = other.shape, shape.count == more.count {
      result.shape = zip(shape, more).map { $0 == $1 ? $0 : nil }
      if values == other.values { result.values = values }
    }
    if let members, let more = other.members, members.count == more.count {
      result.members = zip(members, more).map { $0.joined($1, doubt: reason) }
    }
    result.presence = presence == other.presence ? presence : .undecided
    if !result.isFullyKnown { result.doubt = doubt ?? other.doubt ?? reason }
    return result
  }

  /// Whether shapes, types and members are alike, whatever the values.
  func isLike(_ other: ONNXTensor) -> Bool {
    guard element == other.element, shape == other.shape, presence == other.presence else { return false }
    guard let members, let more = other.members else { return members == nil && other.members == nil }
    return members.count == more.count && zip(members, more).allSatisfy { $0.isLike($1) }
  }

  /// The same with its values forgotten: another run of a body has others.
  var withoutValues: ONNXTensor {
    var copy = self
    copy.values = nil
    copy.members = members?.map(\.withoutValues)
    return copy
  }
}
