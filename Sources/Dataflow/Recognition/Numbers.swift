/// Numbers that are known without running the model: weights, constants, and what is computed from positions and masks.
///
/// A large tensor is never made: an element is computed when it is asked for.
struct Numbers {
  /// What the numbers were made from, beside constants of the file.
  struct Origin: OptionSet {
    let rawValue: Int
    /// The positions that an input brings, taken as counting on from the cached ones.
    static let positions = Origin(rawValue: 1)
    /// The mask that an input brings, taken as all ones.
    static let mask = Origin(rawValue: 2)
    /// The token types that an input brings, taken as zeros.
    static let segments = Origin(rawValue: 4)
    /// A weight that the file has no numbers of: a stand-in that differs from element to element.
    static let absent = Origin(rawValue: 8)
  }

  /// Where in a stored tensor the elements lie.
  struct Table {
    /// Position of the tensor in the graph's values.
    let value: Int
    /// The name under which it was last handed on.
    var name: String
    var offset: Int64 = 0
    /// Elements of the tensor from one to the next, for each axis.
    var strides: [Int64]
  }

  /// Rows of a table, chosen by numbers: an embedding, if it joins an activation.
  struct Lookup {
    let table: Int
    let name: String
    let entries: Int64
    let width: Int64
    let strides: [Int64]
    let offset: Int64
    /// The number of the row for each position.
    let rows: Numbers.Rows
  }

  /// The chosen rows.
  final class Rows {
    let numbers: Numbers
    init(_ numbers: Numbers) { self.numbers = numbers }
  }

  /// The most work that one element may take.
  static let costLimit = 1 << 14
  /// The most elements that are computed at once and kept.
  static let keptLimit: Int64 = 1 << 16

  let shape: [Int64]
  let count: Int64
  /// Set while the numbers are only a view of a stored tensor.
  var table: Table?
  var lookup: Lookup?
  var origin: Origin
  /// Elements that are computed for one.
  var cost: Int
  /// The element with this row-major index.
  let at: (Int64) -> Double

  /// nil when there are too many elements to count or to compute.
  init?(
    shape: [Int64], table: Table? = nil, origin: Origin = [], cost: Int = 1, at: @escaping (Int64) -> Double
  ) {
    guard let count = ONNXTensor.product(shape), cost <= Self.costLimit else { return nil }
    self.shape = shape
    self.count = count
    self.table = table
    self.origin = origin
    self.cost = cost
    self.at = at
  }

  init?(_ values: [Double], shape: [Int64], origin: Origin = []) {
    self.init(shape: shape, origin: origin) { values[Int($0)] }
    guard Int64(values.count) == count else { return nil }
  }

  /// The same with its elements computed, when that is cheap and no assumption would be frozen.
  func settled(_ work: Work) -> Numbers {
    guard table == nil, cost > 1, count <= Self.keptLimit, !origin.contains(.positions) else { return self }
    guard work.spend(count * Int64(cost)) else { return self }
    let values = (0..<count).map(at)
    return Numbers(values, shape: shape, origin: origin) ?? self
  }

  /// The only element.
  var single: Double? { count == 1 ? at(0) : nil }

  /// All elements as whole numbers, when they are and there are few.
  var integers: [Int64]? {
    guard count <= 1 << 12, origin.isDisjoint(with: .absent) else { return nil }
    var result: [Int64] = []
    for index in 0..<count {
      let value = at(index).rounded(.towardZero)
      guard !value.isNaN else { return nil }
      // Exporters write the largest integer for "to the end".
      result.append(Int64(exactly: value) ?? (value > 0 ? .max : .min))
    }
    return result
  }

  /// The shape without leading ones: a vector's length when there is one axis left.
  var vectorLength: Int64? {
    guard let last = shape.last, count == last else { return nil }
    return last
  }

  /// The indices of a row-major element.
  static func indices(of element: Int64, in shape: [Int64]) -> [Int64] {
    var rest = element
    var indices = [Int64](repeating: 0, count: shape.count)
    for axis in shape.indices.reversed() where shape[axis] > 0 {
      indices[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    return indices
  }

  /// Elements from one index to the next, for each axis of a row-major tensor.
  static func strides(of shape: [Int64]) -> [Int64] {
    var strides = [Int64](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1].multipliedReportingOverflow(by: max(1, shape[axis + 1])).partialValue
    }
    return strides
  }

  /// A number in −1...1 that looks random, the same for the same arguments.
  static func standIn(_ a: Int64, _ b: Int64, _ c: Int64 = 0, _ d: Int64 = 0) -> Double {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    for word in [a, b, c, d] {
      state = (state ^ UInt64(bitPattern: word)) &* 0xBF58_476D_1CE4_E5B9
      state ^= state >> 29
      state = state &* 0x94D0_49BB_1331_11EB
      state ^= state >> 32
    }
    return Double(Int64(bitPattern: state) >> 11) * 0x1p-52
  }
}

/// Numbers moved about.
extension Numbers {
  /// The same numbers with other extents: each index is looked up where `source` says, and the table goes along when
  /// `strides` of it are given.
  private func moved(_ shape: [Int64], table: Table?, _ source: @escaping (Int64) -> Int64) -> Numbers? {
    let at = at
    return Numbers(shape: shape, table: table, origin: origin, cost: cost) { at(source($0)) }
  }

  func transposed(_ order: [Int]) -> Numbers? {
    let shape = order.map { self.shape[$0] }
    let strides = Self.strides(of: self.shape)
    var table = table
    if let old = table { table?.strides = order.map { old.strides[$0] } }
    return moved(shape, table: table) { index in
      let indices = Self.indices(of: index, in: shape)
      return zip(order, indices).reduce(0) { $0 + strides[$1.0] * $1.1 }
    }
  }

  func reshaped(_ shape: [Int64]) -> Numbers? {
    guard ONNXTensor.product(shape) == count else { return nil }
    var table = table
    if let old = table {
      table = Self.strides(of: old, from: self.shape, to: shape).map {
        Table(value: old.value, name: old.name, offset: old.offset, strides: $0)
      }
    }
    return moved(shape, table: table) { $0 }
  }

  /// The strides of a reshaped table; nil where no strides can say it.
  private static func strides(of table: Table, from old: [Int64], to new: [Int64]) -> [Int64]? {
    let kept = old.indices.filter { old[$0] != 1 }
    let extents = kept.map { old[$0] }
    if extents == new.filter({ $0 != 1 }) {
      var next = 0
      return new.map { extent in
        guard extent != 1 else { return 0 }
        next += 1
        return table.strides[kept[next - 1]]
      }
    }
    // Row-major throughout: any shape will do.
    let plain = Self.strides(of: extents)
    guard zip(kept, plain).allSatisfy({ table.strides[$0] == $1 }) else { return nil }
    return Self.strides(of: new)
  }

  /// Every `step`-th index of an axis from `start`.
  func sliced(axis: Int, from start: Int64, count: Int64, step: Int64) -> Numbers? {
    var shape = shape
    shape[axis] = count
    let old = self.shape
    let strides = Self.strides(of: old)
    var table = table
    if let before = table {
      table?.offset += start * before.strides[axis]
      table?.strides[axis] *= step
    }
    let result = shape
    return moved(shape, table: table) { index in
      var indices = Self.indices(of: index, in: result)
      indices[axis] = start + indices[axis] * step
      return zip(strides, indices).reduce(0) { $0 + $1.0 * $1.1 }
    }
  }

  /// Repeated along axes of extent 1 and new axes in front.
  func expanded(_ shape: [Int64]) -> Numbers? {
    guard shape != self.shape else { return self }
    let lookup = Self.lookup(self.shape, in: shape)
    return moved(shape, table: nil, lookup)
  }

  /// From an index of a larger shape to that of the element which is repeated there.
  static func lookup(_ small: [Int64], in large: [Int64]) -> (Int64) -> Int64 {
    if ONNXTensor.product(small) == 1 { return { _ in 0 } }
    if small == large { return { $0 } }
    let missing = large.count - small.count
    let strides = Self.strides(of: small)
    return { index in
      let indices = Self.indices(of: index, in: large)
      var at: Int64 = 0
      for axis in small.indices where small[axis] != 1 { at += strides[axis] * indices[axis + missing] }
      return at
    }
  }

  static func joined(_ parts: [Numbers], axis: Int) -> Numbers? {
    guard let first = parts.first else { return nil }
    guard parts.count > 1 else { return first }
    var shape = first.shape
    var starts: [Int64] = []
    shape[axis] = 0
    for part in parts {
      guard part.shape.count == shape.count else { return nil }
      starts.append(shape[axis])
      shape[axis] += part.shape[axis]
    }
    let result = shape
    let origin = parts.reduce(into: Origin()) { $0.formUnion($1.origin) }
    return Numbers(shape: shape, origin: origin, cost: 1 + (parts.map(\.cost).max() ?? 1)) { index in
      var indices = indices(of: index, in: result)
      let part = starts.lastIndex { $0 <= indices[axis] && true } ?? 0
      indices[axis] -= starts[part]
      return parts[part].at(zip(strides(of: parts[part].shape), indices).reduce(0) { $0 + $1.0 * $1.1 })
    }
  }
}

/// Numbers computed from numbers.
extension Numbers {
  func mapped(_ function: @escaping (Double) -> Double) -> Numbers? {
    let at = at
    return Numbers(shape: shape, origin: origin, cost: cost + 1) { function(at($0)) }
  }

  /// An operator on elements that stand at the same place, extents of 1 being repeated.
  static func combined(_ operands: [Numbers], shape: [Int64], _ function: @escaping ([Double]) -> Double) -> Numbers? {
    let lookups = operands.map { lookup($0.shape, in: shape) }
    let cost = operands.reduce(1) { $0 + $1.cost }
    let origin = operands.reduce(into: Origin()) { $0.formUnion($1.origin) }
    return Numbers(shape: shape, origin: origin, cost: cost) { index in
      function(zip(operands, lookups).map { $0.at($1(index)) })
    }
  }

  /// One number made of all along some axes, which have extent 1 then.
  func reduced(axes: [Int], _ function: @escaping ([Double]) -> Double) -> Numbers? {
    var shape = shape
    var inner: [Int64] = []
    for axis in axes {
      inner.append(shape[axis])
      shape[axis] = 1
    }
    guard let each = ONNXTensor.product(inner), each <= 1 << 16 else { return nil }
    let strides = Self.strides(of: self.shape)
    let (result, extents, at) = (shape, inner, at)
    let (work, overflow) = Int(each).multipliedReportingOverflow(by: cost)
    guard !overflow else { return nil }
    return Numbers(shape: shape, origin: origin, cost: work) { index in
      let start = zip(strides, Self.indices(of: index, in: result)).reduce(0) { $0 + $1.0 * $1.1 }
      return function(
        (0..<each).map { element in
          at(zip(axes, Self.indices(of: element, in: extents)).reduce(start) { $0 + strides[$1.0] * $1.1 })
        })
    }
  }

  /// Running sums along an axis.
  func accumulated(axis: Int, isExclusive: Bool, isReverse: Bool) -> Numbers? {
    let extent = shape[axis]
    guard extent <= 1 << 16 else { return nil }
    let (work, overflow) = Int(extent).multipliedReportingOverflow(by: cost)
    guard !overflow else { return nil }
    let stride = Self.strides(of: shape)[axis]
    let (shape, at) = (shape, at)
    return Numbers(shape: shape, origin: origin, cost: max(1, work)) { index in
      let here = Self.indices(of: index, in: shape)[axis]
      let first = index - here * stride
      let range = isReverse ? (here + (isExclusive ? 1 : 0))..<extent : 0..<(here + (isExclusive ? 0 : 1))
      return range.reduce(0) { $0 + at(first + $1 * stride) }
    }
  }

  /// ONNX Gather: whole slices of an axis, chosen by numbers.
  func gathered(axis: Int, _ choice: Numbers) -> Numbers? {
    let (old, at) = (shape, at)
    let shape = Array(old[..<axis]) + choice.shape + Array(old[(axis + 1)...])
    let strides = Self.strides(of: old)
    let rank = choice.shape.count
    let chosen = Self.strides(of: choice.shape)
    return Numbers(shape: shape, origin: origin.union(choice.origin), cost: cost + choice.cost + 1) { index in
      let indices = Self.indices(of: index, in: shape)
      let which = zip(chosen, indices[axis..<(axis + rank)]).reduce(0) { $0 + $1.0 * $1.1 }
      let source = Array(indices[..<axis]) + [Self.row(choice.at(which), of: old[axis])] + indices[(axis + rank)...]
      return at(zip(strides, source).reduce(0) { $0 + $1.0 * $1.1 })
    }
  }

  /// ONNX GatherElements.
  func gatheredElements(axis: Int, _ choice: Numbers) -> Numbers? {
    let (old, at) = (shape, at)
    let strides = Self.strides(of: old)
    return Numbers(shape: choice.shape, origin: origin.union(choice.origin), cost: cost + choice.cost + 1) { index in
      var indices = Self.indices(of: index, in: choice.shape)
      indices[axis] = Self.row(choice.at(index), of: old[axis])
      return at(zip(strides, indices).reduce(0) { $0 + $1.0 * $1.1 })
    }
  }

  /// ONNX GatherND without batch axes.
  func gatheredAtPoints(_ points: Numbers) -> Numbers? {
    guard let length = points.shape.last, length >= 1, length <= Int64(shape.count) else { return nil }
    let (old, at, leading) = (shape, at, Int(length))
    let rest = Array(old[leading...])
    let shape = points.shape.dropLast() + rest
    guard let inner = ONNXTensor.product(rest) else { return nil }
    let strides = Self.strides(of: old)
    return Numbers(shape: Array(shape), origin: origin.union(points.origin), cost: cost + points.cost * leading) {
      index in
      let point = index / max(1, inner) * length
      return at(
        (0..<leading).reduce(index % max(1, inner)) {
          $0 + strides[$1] * Self.row(points.at(point + Int64($1)), of: old[$1])
        })
    }
  }

  /// An index as ONNX counts it, held inside the axis.
  private static func row(_ value: Double, of extent: Int64) -> Int64 {
    guard let index = Int64(exactly: value.rounded(.towardZero)) else { return 0 }
    return min(max(index < 0 ? index + extent : index, 0), max(0, extent - 1))
  }
}
