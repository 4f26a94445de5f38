/// What an axis of an activation walks over.
enum AxisRole: Hashable {
  case batch
  /// Positions of the sequence that are computed.
  case position
  /// Positions that attention reads: cached ones, then those computed.
  case context
  /// Elements of one position's result, in steps of the factor's stride.
  case element
  /// The same again.
  case copy
  /// The experts that a position chose.
  case slot
}

/// Where in an operator's result an element lies: steps of each role.
struct ElementPlace {
  var batch: Int64 = 0
  var position: Int64 = 0
  var context: Int64 = 0
  var element: Int64 = 0
  var slot: Int64 = 0

  mutating func move(_ role: AxisRole, _ steps: Int64) {
    switch role {
    case .batch: batch += steps
    case .position: position += steps
    case .context: context += steps
    case .element: element += steps
    case .slot: slot += steps
    case .copy: break
    }
  }

  /// Moves by index `index` of an axis.
  mutating func move(_ factors: [AxisFactor], _ index: Int64) {
    var rest = index
    for factor in factors.reversed() {
      move(factor.role, rest % factor.extent * factor.stride)
      rest /= factor.extent
    }
  }
}

/// A part of an axis: indices that are digits of a number.
struct AxisFactor: Hashable {
  var role: AxisRole
  var extent: Int64
  /// Steps of the role for one of the index; 0 for copies.
  var stride: Int64
}

/// A tensor as a way to look at the result of an operator: nothing is computed by it, only moved.
struct ActivationView: Hashable {
  enum Base: Hashable {
    /// An operator of the graph that is being made.
    case result(Int)
    /// The tokens, an input.
    case tokens(Int)
    /// A cache with new rows joined to it.
    case cache(Int)
  }

  /// Which positions are looked at.
  enum Selection: Hashable { case all, first, last }

  var base: Base
  /// For each axis its digits, the most significant first; none for an extent of 1.
  var axes: [[AxisFactor]]
  /// The first element looked at.
  var offset: Int64 = 0
  /// What the elements are multiplied with.
  var factor = 1.0
  var selection = Selection.all
  /// The router and the expert, when only the tokens of one expert are looked at.
  var routed: Routing?

  struct Routing: Hashable {
    let router: Int
    let expert: Int64
  }

  init(base: Base, axes: [[AxisFactor]], offset: Int64 = 0) {
    self.base = base
    self.axes = axes.map(Self.merged)
    self.offset = offset
  }

  var shape: [Int64] { axes.map { $0.reduce(1) { $0 * $1.extent } } }

  /// The operator whose result it is.
  var result: Int? { if case .result(let index) = base { index } else { nil } }

  /// Neighbouring digits that count on through the same role are one.
  static func merged(_ factors: [AxisFactor]) -> [AxisFactor] {
    var result: [AxisFactor] = []
    for factor in factors where factor.extent != 1 {
      if let last = result.last, last.role == factor.role, last.stride == factor.stride * factor.extent {
        result[result.count - 1] = AxisFactor(
          role: factor.role, extent: last.extent * factor.extent, stride: factor.stride)
      } else {
        result.append(factor)
      }
    }
    return result
  }

  private func with(axes: [[AxisFactor]]) -> ActivationView {
    var copy = self
    copy.axes = axes.map(Self.merged)
    return copy
  }

  func transposed(_ order: [Int]) -> ActivationView { with(axes: order.map { axes[$0] }) }

  /// nil when a new extent would need a part of a digit that does not divide.
  func reshaped(_ shape: [Int64]) -> ActivationView? {
    guard ONNXTensor.product(shape) == ONNXTensor.product(self.shape) else { return nil }
    var rest = Array(axes.joined())
    var result: [[AxisFactor]] = []
    for extent in shape {
      var axis: [AxisFactor] = []
      var need = extent
      while need > 1 {
        guard let next = rest.first else { return nil }
        if need % next.extent == 0 {
          axis.append(next)
          rest.removeFirst()
          need /= next.extent
        } else if next.extent % need == 0 {
          let inner = next.extent / need
          axis.append(AxisFactor(role: next.role, extent: need, stride: next.stride * inner))
          rest[0].extent = inner
          need = 1
        } else {
          return nil
        }
      }
      result.append(axis)
    }
    return rest.isEmpty ? with(axes: result) : nil
  }

  /// Copies along axes of extent 1 and along new ones in front; nil when the shapes do not fit.
  func expanded(_ shape: [Int64]) -> ActivationView? {
    let rank = max(shape.count, axes.count)
    var axes = [[AxisFactor]](repeating: [], count: rank - axes.count) + axes
    let own = [Int64](repeating: 1, count: rank - self.axes.count) + self.shape
    for axis in 0..<shape.count {
      let place = axis + rank - shape.count
      guard own[place] != shape[axis], shape[axis] != 1 else { continue }
      guard own[place] == 1, shape[axis] > 0 else { return nil }
      axes[place] = [AxisFactor(role: .copy, extent: shape[axis], stride: 0)]
    }
    return with(axes: axes)
  }

  /// Every `step`-th index of an axis; nil when that is no view.
  func sliced(axis: Int, from start: Int64, count: Int64, step: Int64) -> ActivationView? {
    let extent = shape[axis]
    if start == 0, count == extent, step == 1 { return self }
    guard step > 0, count > 0, axes[axis].count == 1 else { return nil }
    let factor = axes[axis][0]
    var copy = self
    switch factor.role {
    case .element:
      copy.offset += start * factor.stride
      copy.axes[axis] = count == 1 ? [] : [AxisFactor(role: .element, extent: count, stride: factor.stride * step)]
    case .position:
      guard count == 1, selection == .all, start == 0 || start == extent - 1 else { return nil }
      copy.selection = start == 0 ? .first : .last
      copy.axes[axis] = []
    case .copy:
      copy.axes[axis] = count == 1 ? [] : [AxisFactor(role: .copy, extent: count, stride: 0)]
    default: return nil
    }
    return copy
  }

  /// The steps that index `index` of `factors` makes, by role.
  static func steps(_ factors: [AxisFactor], _ index: Int64) -> [(role: AxisRole, steps: Int64)] {
    var rest = index
    var result: [(role: AxisRole, steps: Int64)] = []
    for factor in factors.reversed() {
      result.append((factor.role, rest % factor.extent * factor.stride))
      rest /= factor.extent
    }
    return result
  }

  /// The place of the first element at an index of each of the leading axes.
  func place(_ indices: [Int64]) -> ElementPlace {
    var place = ElementPlace()
    place.element = offset
    for (factors, index) in zip(axes, indices) { place.move(factors, index) }
    return place
  }

  /// The element factors of all axes in order; nil when other roles than `others` are there.
  func elements(besides others: Set<AxisRole>) -> [AxisFactor]? {
    var result: [AxisFactor] = []
    for factor in axes.joined() {
      if factor.role == .element {
        result.append(factor)
      } else if !others.contains(factor.role) {
        return nil
      }
    }
    return result
  }

  /// How many elements in a row are looked at, in whatever order of the axes; nil when they leave gaps or repeat.
  var span: Int64? {
    guard let factors = elements(besides: [.batch, .position, .context, .slot]) else { return nil }
    var next: Int64 = 1
    for factor in factors.sorted(by: { $0.stride < $1.stride }) {
      guard factor.stride == next else { return nil }
      next *= factor.extent
    }
    return next
  }

  /// The extent of the last axis, when it walks over neighbouring elements.
  var lastElements: Int64? {
    guard let last = axes.last, last.count <= 1 else { return nil }
    guard let factor = last.first else { return 1 }
    return factor.role == .element && factor.stride == 1 ? factor.extent : nil
  }

  /// The same elements as the whole result of another operator.
  func rebased(on operation: Int) -> ActivationView {
    var copy = self
    copy.base = .result(operation)
    copy.offset = 0
    copy.factor = 1
    return copy
  }
}
