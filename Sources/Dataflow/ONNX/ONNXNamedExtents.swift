/// Extents that only data decide, followed through a graph by name, so that their sum can be known where they are not.
///
/// `NonZero` of a value writes as many columns as the value has elements that are not zero: a number n with a name.
/// Each later extent that is nowhere known is a whole multiple of one such n, or nothing is said of it. Numbers of
/// slices of one value that together are all of it add up to the non-zero elements of the whole; and those are known for
/// `OneHot` of indices that lie inside its depth (one each), as `TopK` and `ArgMax` write them.
struct ONNXNamedExtents {
  /// One number that data decide.
  enum Name: Hashable {
    /// The elements that are not zero of a value.
    case count(of: Int)
    /// The elements that are not zero of one slice of a value, at `index` of `axis`.
    case slice(of: Int, axis: Int, index: Int64)
    /// How often a number stands in a value of indices.
    case uses(of: Int, index: Int64)
  }

  struct Term: Equatable {
    var factor: Int64
    let name: Name
  }

  /// Values whose elements are whole numbers from 0 up to a bound, and the value that they were first written as:
  /// moving elements about does not change how often each is there.
  struct Indices {
    let root: Int
    let bound: Int64
  }

  let graph: ONNXGraph
  /// By value and axis.
  var extents: [Int: [Int: Term]] = [:]
  var indices: [Int: Indices] = [:]
  /// Values of zeros and ones, with the number of ones.
  var ones: [Int: Int64] = [:]
  /// Values with as many non-zero elements as a name says.
  var counts: [Int: Name] = [:]

  /// The multiply-accumulates of all nodes that have none of their own; nil where no sum is known.
  static func settle(_ graph: ONNXGraph) -> Int64? {
    var walk = ONNXNamedExtents(graph: graph)
    var sums: [Name: Int64] = [:]
    for node in graph.nodes {
      // How often the node runs is another unknown.
      guard node.times == 1 else {
        if node.macs == nil { return nil }
        continue
      }
      walk.follow(node)
      guard node.macs == nil else { continue }
      guard let term = walk.products(of: node) else { return nil }
      let (sum, overflow) = sums[term.name, default: 0].addingReportingOverflow(term.factor)
      guard !overflow else { return nil }
      sums[term.name] = sum
    }
    return walk.total(sums)
  }

  /// Σ factor × number, where the numbers of a factor are all the parts of a whole.
  private func total(_ sums: [Name: Int64]) -> Int64? {
    struct Whole: Hashable {
      let value: Int
      let axis: Int?
    }
    var parts: [Whole: [Int64]] = [:]
    for (name, factor) in sums {
      switch name {
      case .count: return nil
      case .slice(let value, let axis, _): parts[Whole(value: value, axis: axis), default: []].append(factor)
      case .uses(let value, _): parts[Whole(value: value, axis: nil), default: []].append(factor)
      }
    }
    var total: Int64 = 0
    for (whole, factors) in parts {
      let tensor = graph.values[whole.value].tensor
      let number: Int64?
      let all: Int64?
      if let axis = whole.axis {
        number = tensor.shape.flatMap { $0[axis] }
        all = ones[whole.value]
      } else {
        number = indices[whole.value]?.bound
        all = tensor.elements
      }
      // Names differ in their index alone, so that as many of them as there are slices are all slices.
      guard let number, let all, Int64(factors.count) == number, Set(factors).count == 1 else { return nil }
      guard let product = factors[0].product(all) else { return nil }
      let (sum, overflow) = total.addingReportingOverflow(product)
      guard !overflow, sum <= 1 << 62 else { return nil }
      total = sum
    }
    return total
  }

  // MARK: Extents as factor × number

  func shape(_ position: Int) -> [Int64?]? { graph.values[position].tensor.shape }

  func term(_ position: Int, _ axis: Int) -> Term? { extents[position]?[axis] }

  /// The product of extents when at most one of them has a name and all others are known; a name of nil means known.
  func product(_ factors: [(extent: Int64?, term: Term?)]) -> (factor: Int64, name: Name?)? {
    var factor: Int64 = 1
    var name: Name?
    for (extent, term) in factors {
      guard let own = extent ?? term?.factor, let next = factor.product(own) else { return nil }
      factor = next
      if extent == nil {
        guard name == nil else { return nil }
        name = term?.name
      }
    }
    return (factor, name)
  }

  /// The extents of a value as factors.
  func factors(_ position: Int) -> [(extent: Int64?, term: Term?)]? {
    shape(position)?.enumerated().map { ($1, term(position, $0)) }
  }

  /// What a product of unknown size costs.
  private func products(of node: ONNXGraph.Node) -> Term? {
    guard node.domain.isEmpty, let operands = ONNXCall.operands(node.op), let output = node.outputs.first,
      operands.0 < node.inputs.count, operands.1 < node.inputs.count, let a = node.inputs[operands.0],
      let b = node.inputs[operands.1], ["MatMul", "MatMulInteger", "QLinearMatMul", "Gemm"].contains(node.op),
      let left = shape(a), let right = shape(b), !left.isEmpty, !right.isEmpty, var all = factors(output)
    else { return nil }
    let isTurned = node.op == "Gemm" && node.attributes["transA"] == .integer(1)
    let isTurnedRight = node.op == "Gemm" && node.attributes["transB"] == .integer(1)
    let inner = isTurned ? 0 : left.count - 1
    let other = isTurnedRight ? right.count - 1 : max(right.count - 2, 0)
    all.append((left[inner] ?? right[other], term(a, inner) ?? term(b, other)))
    guard let (factor, name) = product(all), let name else { return nil }
    return Term(factor: factor, name: name)
  }
}
