import Foundation

/// Elementwise work on activations that is not known as an operator yet: a formula over views and numbers.
final class Expression {
  enum Kind {
    case view(ActivationView)
    case numbers(Numbers)
    /// A function of as many operands as there are.
    case function(([Double]) -> Double)
    /// One number for the whole last axis: its mean, sum, largest.
    case reduction(([Double]) -> Double)
    /// The operands one after the other along the last axis.
    case joined
  }

  /// Longer formulas belong to no function that is known.
  static let sizeLimit = 400
  static let depthLimit = 60
  /// Rows longer than any vocabulary are not tried.
  static let rowLimit: Int64 = 1 << 20

  let kind: Kind
  let operands: [Expression]
  let shape: [Int64]
  /// Operators applied, counted as often as they are used.
  let size: Int
  let depth: Int
  /// What all views in it look at; nil when there is none.
  let base: ActivationView.Base?
  let routed: ActivationView.Routing?
  /// What it was found to be.
  var meaning: Meaning?
  /// The node that wrote it.
  var node: Int?

  init(_ view: ActivationView) {
    kind = .view(view)
    operands = []
    shape = view.shape
    (size, depth) = (1, 1)
    base = view.base
    routed = view.routed
  }

  init(_ numbers: Numbers) {
    kind = .numbers(numbers)
    operands = []
    shape = numbers.shape
    (size, depth) = (1, 1)
    base = nil
    routed = nil
  }

  /// nil when the formula grows too long or looks at two operators' results.
  init?(_ kind: Kind, _ operands: [Expression], shape: [Int64]) {
    self.kind = kind
    self.operands = operands
    self.shape = shape
    size = operands.reduce(1) { min($0 + $1.size, Self.sizeLimit + 1) }
    depth = 1 + (operands.map(\.depth).max() ?? 0)
    base = operands.lazy.compactMap(\.base).first
    routed = operands.lazy.compactMap(\.routed).first
    guard size <= Self.sizeLimit, depth <= Self.depthLimit else { return nil }
    let base = base
    guard operands.allSatisfy({ $0.base == nil || $0.base == base }) else { return nil }
  }

  var view: ActivationView? { if case .view(let view) = kind { view } else { nil } }

  /// The distinct leaves, in the order they are met.
  var leaves: (views: [ActivationView], numbers: [Numbers], hasReduction: Bool) {
    var views: [ActivationView] = []
    var numbers: [Numbers] = []
    var hasReduction = false
    var seen = Set<ObjectIdentifier>()
    var rest = [self]
    while let next = rest.popLast() {
      guard seen.insert(ObjectIdentifier(next)).inserted else { continue }
      switch next.kind {
      case .view(let view): if !views.contains(view) { views.append(view) }
      case .numbers(let known): numbers.append(known)
      case .reduction: hasReduction = true
      default: break
      }
      rest += next.operands.reversed()
    }
    return (views, numbers, hasReduction)
  }
}

/// Values for an operator's result, made up to see what a formula does with them.
struct Probe {
  /// Different seeds are different values.
  var seed: Int64 = 1
  var center = 0.0
  var spread = 1.0

  /// The element of the result at a place.
  func value(_ place: ElementPlace) -> Double {
    let first = seed &* 1_000_003 &+ place.batch &+ place.slot &* 7919
    return center + spread * Numbers.standIn(first, place.position, place.element, place.context)
  }
}

extension Expression {
  /// One row of the last axis, at indices of the axes before it, when the views hold what `probe` says.
  ///
  /// - Parameter limit: elements that are enough, where each depends on its own alone.
  func row(at leading: [Int64], _ probe: Probe, limit: Int64 = .max) -> [Double] {
    var memo: [ObjectIdentifier: [Double]] = [:]
    return row(at: leading, probe, limit, &memo)
  }

  // The depth is bounded by `depthLimit`.
  private func row(
    at leading: [Int64], _ probe: Probe, _ limit: Int64, _ memo: inout [ObjectIdentifier: [Double]]
  ) -> [Double] {
    if let known = memo[ObjectIdentifier(self)] { return known }
    let result: [Double]
    switch kind {
    case .view(let view):
      let indices = Self.indices(leading, in: shape)
      let place = view.place(indices)
      let last = view.axes.last ?? []
      result = (0..<min(shape.last ?? 1, limit)).map { index in
        var here = place
        here.move(last, index)
        return view.factor * probe.value(here)
      }
    case .numbers(let numbers):
      let extent = shape.last ?? 1
      let indices = Self.indices(leading, in: shape)
      let start = zip(Numbers.strides(of: shape), indices).reduce(0) { $0 + $1.0 * $1.1 }
      result = (0..<min(extent, limit)).map { numbers.at(start + $0) }
    case .function(let function):
      let rows = operands.map { $0.row(at: leading, probe, limit, &memo) }
      let count = rows.lazy.map(\.count).max() ?? 0
      result = (0..<count).map { index in function(rows.map { $0.count == 1 ? $0[0] : $0[index] }) }
    case .reduction(let function):
      result = [function(operands[0].row(at: leading, probe, limit, &memo))]
    case .joined:
      result = operands.flatMap { $0.row(at: leading, probe, limit, &memo) }
    }
    memo[ObjectIdentifier(self)] = result
    return result
  }

  /// The indices of a smaller shape's leading axes, extents of 1 being repeated.
  private static func indices(_ leading: [Int64], in shape: [Int64]) -> [Int64] {
    guard shape.count > 1 else { return [] }
    let own = leading.suffix(shape.count - 1)
    return zip(own, shape).map { $1 == 1 ? 0 : $0 }
  }

  /// Indices of the leading axes of some rows: the first, the last and a few between, no more than `limit`.
  func samples(_ limit: Int64) -> [[Int64]] {
    let leading = Array(shape.dropLast())
    guard let count = ONNXTensor.product(leading), count > 0 else { return [] }
    let wanted = min(count, limit)
    return (0..<wanted).map { number in
      let index = wanted == 1 ? 0 : number * (count - 1) / (wanted - 1)
      return Numbers.indices(of: index, in: leading)
    }
  }
}

/// The elementwise operators of ONNX as functions.
enum ElementFunction {
  static func unary(_ node: ONNXGraph.Node) -> ((Double) -> Double)? {
    switch node.op {
    case "Abs": abs
    case "Ceil": { $0.rounded(.up) }
    case "Cos": { Foundation.cos($0) }
    case "Erf": { Foundation.erf($0) }
    case "Exp": { Foundation.exp($0) }
    case "Floor": { $0.rounded(.down) }
    case "IsInf": { $0.isInfinite ? 1 : 0 }
    case "IsNaN": { $0.isNaN ? 1 : 0 }
    case "Log": { Foundation.log($0) }
    case "Neg": { -$0 }
    case "Not": { $0 == 0 ? 1 : 0 }
    case "Reciprocal": { 1 / $0 }
    case "Relu": { max($0, 0) }
    case "Round": { $0.rounded(.toNearestOrEven) }
    case "Sigmoid": { 1 / (1 + Foundation.exp(-$0)) }
    case "Sign": { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }
    case "Sin": { Foundation.sin($0) }
    case "Softplus": { Foundation.log(1 + Foundation.exp($0)) }
    case "Sqrt": { $0.squareRoot() }
    case "Tanh": { Foundation.tanh($0) }
    case "Swish", "SiLU": { $0 / (1 + Foundation.exp(-$0)) }
    case "Gelu", "FastGelu":
      if node.op == "FastGelu" || node.attributes["approximate"] == .text("tanh") {
        { ActivationFunction.gelu($0) }
      } else {
        { ActivationFunction.geluErf($0) }
      }
    default: nil
    }
  }

  /// - Parameter isWhole: whether the elements are whole numbers, which divide without a rest.
  static func several(_ op: String, isWhole: Bool) -> (([Double]) -> Double)? {
    switch op {
    case "Add": { $0[0] + $0[1] }
    case "Sub": { $0[0] - $0[1] }
    case "Mul": { $0[0] * $0[1] }
    case "Div": isWhole ? { ($0[0] / $0[1]).rounded(.towardZero) } : { $0[0] / $0[1] }
    case "Mod": { $0[1] == 0 ? 0 : $0[0] - $0[1] * ($0[0] / $0[1]).rounded(.down) }
    case "Pow": { $0[1] == 2 ? $0[0] * $0[0] : $0[1] == 3 ? $0[0] * $0[0] * $0[0] : Foundation.pow($0[0], $0[1]) }
    case "Max": { $0.max() ?? 0 }
    case "Min": { $0.min() ?? 0 }
    case "Sum": { $0.reduce(0, +) }
    case "Equal": { $0[0] == $0[1] ? 1 : 0 }
    case "Greater": { $0[0] > $0[1] ? 1 : 0 }
    case "GreaterOrEqual": { $0[0] >= $0[1] ? 1 : 0 }
    case "Less": { $0[0] < $0[1] ? 1 : 0 }
    case "LessOrEqual": { $0[0] <= $0[1] ? 1 : 0 }
    case "And": { $0[0] != 0 && $0[1] != 0 ? 1 : 0 }
    case "Or": { $0[0] != 0 || $0[1] != 0 ? 1 : 0 }
    case "Xor": { ($0[0] != 0) != ($0[1] != 0) ? 1 : 0 }
    case "Where": { $0[0] != 0 ? $0[1] : $0[2] }
    case "Clip": { min(max($0[0], $0.count > 1 ? $0[1] : -.infinity), $0.count > 2 ? $0[2] : .infinity) }
    default: nil
    }
  }

  static let operands = ["Where": 3, "Max": 0, "Min": 0, "Sum": 0, "Clip": 0]
}

extension ElementFunction {
  static func power(_ base: Double, _ exponent: Double) -> Double { Foundation.pow(base, exponent) }
}

extension ElementFunction {
  static func angle(sine: Double, cosine: Double) -> Double { Foundation.atan2(sine, cosine) }

  static func turn(_ angle: Double) -> (cosine: Double, sine: Double) { (Foundation.cos(angle), Foundation.sin(angle)) }

  /// To so many significant digits.
  static func rounded(_ value: Double, digits: Int) -> Double {
    guard value > 0, value.isFinite else { return value }
    let scale = Foundation.pow(10, Double(digits - 1) - Foundation.floor(Foundation.log10(value)))
    return (value * scale).rounded() / scale
  }
}
