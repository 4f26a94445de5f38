/// Positions of elements of small tensors, row-major.
enum ONNXIndex {
  static func strides(_ extents: [Int64]) -> [Int] {
    var strides = [Int](repeating: 1, count: extents.count)
    for axis in stride(from: extents.count - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] &* Int(max(extents[axis + 1], 1))
    }
    return strides
  }

  /// For each element of `to`, the position of the element that it reads when `from` is broadcast to it.
  static func broadcast(_ from: [Int64], to: [Int64]) -> [Int] {
    let own = strides(from)
    let lead = to.count - from.count
    let steps = to.indices.map { axis in axis < lead || from[axis - lead] == 1 ? 0 : own[axis - lead] }
    return walk(to, steps: steps)
  }

  /// For each element of `extents` in order, Σ index × step.
  static func walk(_ extents: [Int64], steps: [Int], from start: Int = 0) -> [Int] {
    let count = extents.reduce(1) { $0 * Int($1) }
    guard count > 0 else { return [] }
    var result: [Int] = []
    result.reserveCapacity(count)
    var index = [Int64](repeating: 0, count: extents.count)
    var position = start
    for _ in 0..<count {
      result.append(position)
      var axis = extents.count - 1
      while axis >= 0 {
        index[axis] += 1
        position += steps[axis]
        if index[axis] < extents[axis] { break }
        position -= steps[axis] * Int(extents[axis])
        index[axis] = 0
        axis -= 1
      }
    }
    return result
  }
}
