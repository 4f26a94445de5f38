/// Operators that take parts of tensors, put parts together, or find them.
extension ONNXCall {
  mutating func concat(_ tensors: [ONNXTensor], _ along: Int64) -> ONNXTensor {
    let element = tensors.first?.element
    guard let first = tensors.first?.shape else { return ONNXTensor(element, nil) }
    guard let axis = axis(along, rank: first.count) else { return ONNXTensor(element, nil) }
    var shape = first
    for (index, tensor) in tensors.enumerated().dropFirst() {
      guard let next = tensor.shape else { return ONNXTensor(element, nil) }
      guard next.count == shape.count else {
        fault(
          "the parts have different ranks", input: index, value: ONNXTensor.text(next),
          expected: "like \(ONNXTensor.text(first))")
        return ONNXTensor(element, nil)
      }
      for position in shape.indices {
        if position == axis {
          shape[axis] = shape[axis].flatMap { old in next[axis].flatMap { sum(old, $0) } }
        } else if let old = shape[position], let new = next[position] {
          guard old == new else {
            fault(
              "the parts differ in another axis than that of Concat", input: index, value: ONNXTensor.text(next),
              expected: "like \(ONNXTensor.text(first)) but for axis \(axis)")
            return ONNXTensor(element, nil)
          }
        } else {
          shape[position] = shape[position] ?? next[position]
        }
      }
    }
    var result = ONNXTensor(element, shape)
    if shape.count == 1 {
      var values: [ONNXScalar?] = []
      for tensor in tensors {
        guard let more = tensor.values, values.count + more.count <= Int(ONNXTensor.foldLimit) else { return result }
        values += more
      }
      result.values = values
    }
    return result
  }

  mutating func sum(_ a: Int64, _ b: Int64) -> Int64? {
    let (sum, overflow) = a.addingReportingOverflow(b)
    guard !overflow, sum <= ONNXTensor.elementLimit else {
      fault("the extents add up to too much", value: "\(a) + \(b)", expected: "at most 2^56")
      return nil
    }
    return sum
  }

  mutating func slice() -> ONNXTensor {
    let data = required(0)
    guard var shape = data.shape else { return ONNXTensor(data.element, nil) }
    let rank = shape.count
    // Before version 10 these were attributes.
    let old = integers("starts").flatMap { starts in integers("ends").map { (starts, $0) } }
    let startTensor = old.map { ONNXTensor.integers($0.0) } ?? required(1)
    let endTensor = old.map { ONNXTensor.integers($0.1) } ?? required(2)
    let named = old != nil ? integers("axes") : input(3).flatMap { knownIntegers($0, 3) }
    if old == nil, input(3) != nil, named == nil {
      return ONNXTensor(data.element, [Int64?](repeating: nil, count: rank))
    }
    guard let count = startTensor.shape.flatMap({ $0.first ?? nil }) ?? named.map({ Int64($0.count) }) else {
      unknownValues(startTensor, 1)
      return ONNXTensor(data.element, [Int64?](repeating: nil, count: rank))
    }
    guard count <= Int64(rank) else {
      fault("Slice has more starts than axes", input: 1, value: "\(count)", expected: "at most \(rank)")
      return ONNXTensor(data.element, nil)
    }
    let along = named ?? Array(0..<count)
    let starts = startTensor.integers ?? [Int64?](repeating: nil, count: Int(count))
    let ends = endTensor.integers ?? [Int64?](repeating: nil, count: Int(count))
    let steps: [Int64?] =
      old != nil || input(4) == nil
      ? [Int64?](repeating: 1, count: Int(count))
      : input(4)?.integers ?? [Int64?](repeating: nil, count: Int(count))
    guard along.count == Int(count), starts.count == along.count, ends.count == along.count, steps.count == along.count
    else {
      fault(
        "Slice's starts, ends, axes and steps differ in number", value: "\(starts.count), \(ends.count), \(along.count)"
      )
      return ONNXTensor(data.element, nil)
    }
    var begins = [Int64](repeating: 0, count: rank)
    var strides = [Int64](repeating: 1, count: rank)
    var isExact = true
    for (index, value) in along.enumerated() {
      guard let axis = axis(value, rank: rank, input: 3) else { return ONNXTensor(data.element, nil) }
      guard let extent = shape[axis], let start = starts[index], let end = ends[index], let step = steps[index] else {
        if shape[axis] != nil { unknownValues(startTensor.values == nil ? startTensor : endTensor, 1) }
        // A slice of everything keeps even an unknown extent.
        if starts[index] == 0, ends[index] ?? 0 >= Int64(Int32.max), steps[index] == 1 { continue }
        shape[axis] = nil
        isExact = false
        continue
      }
      guard step != 0, step != .min else {
        fault("Slice does not move", input: 4, value: "\(step)")
        return ONNXTensor(data.element, nil)
      }
      func place(_ value: Int64, _ low: Int64, _ high: Int64) -> Int64 {
        min(max(value < 0 ? value &+ extent : value, low), high)
      }
      let from = step > 0 ? place(start, 0, extent) : place(start, 0, max(extent - 1, 0))
      let to = step > 0 ? place(end, 0, extent) : place(end, -1, max(extent - 1, 0))
      let span = step > 0 ? to - from : from - to
      begins[axis] = from
      strides[axis] = step
      shape[axis] = extent == 0 || span <= 0 ? 0 : (span - 1) / abs(step) + 1
    }
    var result = ONNXTensor(data.element, shape)
    if isExact, let values = data.values, let extents = data.extents, let kept = result.extents {
      let own = ONNXIndex.strides(extents)
      var start = 0
      // With more than one element along an axis its step is smaller than the axis, so nothing overflows.
      for axis in 0..<rank { start += Int(begins[axis]) * own[axis] }
      let steps = (0..<rank).map { kept[$0] > 1 ? own[$0] * Int(strides[$0]) : 0 }
      result.values = ONNXIndex.walk(kept, steps: steps, from: start).map { values[$0] }
    }
    return result
  }

  mutating func split() -> [ONNXTensor] {
    let data = required(0)
    guard let shape = data.shape, let axis = axis(integer("axis") ?? 0, rank: shape.count) else {
      return (0..<outputCount).map { _ in ONNXTensor(data.element, nil) }
    }
    var sizes: [Int64?]
    if let given = integers("split") {
      sizes = given
    } else if let tensor = input(1) {
      if tensor.integers == nil { unknownValues(tensor, 1) }
      sizes = tensor.integers ?? [Int64?](repeating: nil, count: outputCount)
    } else {
      let parts = Int64(max(outputCount, 1))
      let each = shape[axis].map { ($0 + parts - 1) / parts }
      sizes = (0..<parts).map { part in each.flatMap { each in shape[axis].map { max(min(each, $0 - part * each), 0) } }
      }
    }
    guard sizes.count == outputCount else {
      fault("Split has another number of parts than results", value: "\(sizes.count)", expected: "\(outputCount)")
      return []
    }
    if let extent = shape[axis], let known = Optional(sizes.compactMap(\.self)), known.count == sizes.count {
      var total: Int64? = 0
      for size in known { total = total.flatMap { size < 0 ? nil : sum($0, size) } }
      guard total == extent else {
        fault("the parts of Split do not add up", value: "\(known)", expected: "\(extent) in all")
        return []
      }
    }
    var start = 0
    return sizes.map { size in
      var part = shape
      part[axis] = size
      var result = ONNXTensor(data.element, part)
      if shape.count == 1, let values = data.values {
        if let size, size >= 0, size <= Int64(values.count - start) {
          result.values = Array(values[start..<(start + Int(size))])
          start += Int(size)
        } else {
          // What follows an unknown part is not known either.
          start = values.count
        }
      }
      return result
    }
  }

  mutating func gather() -> ONNXTensor {
    let (data, indices) = (required(0), required(1))
    guard let shape = data.shape, let chosen = indices.shape else { return ONNXTensor(data.element, nil) }
    guard let axis = axis(integer("axis") ?? 0, rank: shape.count) else { return ONNXTensor(data.element, nil) }
    var result = ONNXTensor(data.element, Array(shape[..<axis]) + chosen + Array(shape[(axis + 1)...]))
    guard shape.count == 1, let values = data.values, let positions = indices.integers else { return result }
    for case let position? in positions where !(-Int64(values.count)..<Int64(values.count)).contains(position) {
      fault("an index is out of range", input: 1, value: "\(position)", expected: "below \(values.count)")
      return result
    }
    result.values = positions.map { position in
      position.flatMap { values[Int($0 < 0 ? $0 + Int64(values.count) : $0)] }
    }
    return result
  }

  mutating func gatherElements() -> ONNXTensor {
    let data = required(0)
    return ONNXTensor(data.element, required(1).shape)
  }

  mutating func gatherND() -> ONNXTensor {
    let (data, indices) = (required(0), required(1))
    guard let shape = data.shape, let chosen = indices.shape, let last = chosen.last else {
      return ONNXTensor(data.element, nil)
    }
    guard let depth = last else { return ONNXTensor(data.element, nil) }
    let batch = integer("batch_dims") ?? 0
    guard (0...64).contains(batch), depth >= 0, depth <= 64, Int(batch + depth) <= shape.count,
      Int(batch) < chosen.count
    else {
      fault(
        "the indices are deeper than the data", input: 1, value: "\(indices.shapeText) into \(data.shapeText)")
      return ONNXTensor(data.element, nil)
    }
    return ONNXTensor(data.element, Array(chosen.dropLast()) + shape[Int(batch + depth)...])
  }

  mutating func pad() -> ONNXTensor {
    let data = required(0)
    guard let shape = data.shape else { return ONNXTensor(data.element, nil) }
    let given = integers("pads") ?? integers("paddings")
    guard let pads = given ?? knownIntegers(required(1), 1) else {
      return ONNXTensor(data.element, shape.map { _ in nil })
    }
    var along = Array(0..<shape.count)
    if given == nil, let tensor = input(3) {
      guard let named = knownIntegers(tensor, 3) else { return ONNXTensor(data.element, shape.map { _ in nil }) }
      along = []
      for value in named {
        guard let axis = axis(value, rank: shape.count, input: 3) else { return ONNXTensor(data.element, nil) }
        along.append(axis)
      }
    }
    guard pads.count == 2 * along.count else {
      fault("Pad needs two counts per axis", input: 1, value: "\(pads.count)", expected: "\(2 * along.count)")
      return ONNXTensor(data.element, nil)
    }
    var result = shape
    for (index, axis) in along.enumerated() {
      let (before, after) = (pads[index], pads[index + along.count])
      guard before.magnitude <= 1 << 40, after.magnitude <= 1 << 40 else {
        fault("the padding is out of range", input: 1, value: "\(before) and \(after)")
        return ONNXTensor(data.element, nil)
      }
      result[axis] = result[axis].map { $0 + before + after }
    }
    return ONNXTensor(data.element, result)
  }

  mutating func blocks() -> ONNXTensor {
    let data = required(0)
    let block = integer("blocksize") ?? 0
    guard (1...(1 << 20)).contains(block) else {
      fault("blocksize is out of range", value: "\(block)", expected: "1 to 2^20")
      return ONNXTensor(data.element, nil)
    }
    guard let shape = data.shape else { return ONNXTensor(data.element, nil) }
    guard shape.count == 4 else {
      fault("\(op) moves blocks of images", input: 0, value: ONNXTensor.text(shape), expected: "four axes")
      return ONNXTensor(data.element, nil)
    }
    let (n, c, h, w) = (shape[0], shape[1], shape[2], shape[3])
    if op == "DepthToSpace" {
      return ONNXTensor(
        data.element,
        [n, c.map { $0 / (block * block) }, h.flatMap { times($0, block) }, w.flatMap { times($0, block) }])
    }
    return ONNXTensor(
      data.element, [n, c.flatMap { times($0, block * block) }, h.map { $0 / block }, w.map { $0 / block }])
  }

  mutating func oneHot() -> ONNXTensor {
    let (indices, depth, values) = (required(0), required(1), required(2))
    guard var shape = indices.shape else { return ONNXTensor(values.element, nil) }
    guard let axis = axis(integer("axis") ?? -1, rank: shape.count + 1) else { return ONNXTensor(values.element, nil) }
    if depth.singleInteger == nil { unknownValues(depth, 1) }
    shape.insert(depth.singleInteger, at: axis)
    return ONNXTensor(values.element, shape)
  }

  mutating func topK() -> [ONNXTensor] {
    let data = required(0)
    guard var shape = data.shape, let axis = axis(integer("axis") ?? -1, rank: shape.count) else {
      return [ONNXTensor(data.element, nil), ONNXTensor(.int64, nil)]
    }
    var k = integer("k")
    if k == nil {
      let tensor = required(1)
      k = tensor.singleInteger
      if k == nil { unknownValues(tensor, 1) }
    }
    if let asked = k, let extent = shape[axis], !(0...extent).contains(asked) {
      fault("TopK asks for more than there are", input: 1, value: "\(asked)", expected: "0 to \(extent)")
      k = nil
    }
    shape[axis] = k
    return [ONNXTensor(data.element, shape), ONNXTensor(.int64, shape)]
  }

  mutating func nonZero() -> ONNXTensor {
    let data = required(0)
    let rank = data.shape.map { Int64(max($0.count, 1)) }
    guard let values = data.values, !values.contains(nil), let extents = data.extents, let rank else {
      if data.doubt == nil || data.extents != nil {
        dependsOnData("the number of elements that are not zero depends on the data")
      }
      return ONNXTensor(.int64, [rank, nil])
    }
    let found = values.indices.filter { values[$0]?.isTrue == true }
    var result = ONNXTensor(.int64, [rank, Int64(found.count)])
    let strides = ONNXIndex.strides(extents)
    result.values = (0..<Int(rank)).flatMap { axis -> [ONNXScalar?] in
      found.map { position in
        extents.isEmpty ? .integer(0) : .integer(Int64(position / strides[axis]) % max(extents[axis], 1))
      }
    }
    return result
  }

  mutating func dataDependent() -> [ONNXTensor] {
    let data = required(0)
    if op == "Unique", let counted = unique(data) { return counted }
    if op == "Compress", let counted = compress(data) { return [counted] }
    dependsOnData("the number of results depends on the data")
    switch op {
    case "NonMaxSuppression": return [ONNXTensor(.int64, [nil, 3])]
    case "Compress":
      guard let axis = integer("axis"), let shape = data.shape else { return [ONNXTensor(data.element, [nil])] }
      guard let position = self.axis(axis, rank: shape.count) else { return [ONNXTensor(data.element, nil)] }
      return [ONNXTensor(data.element, shape.enumerated().map { $0 == position ? nil : $1 })]
    default:
      return [
        ONNXTensor(data.element, integer("axis") == nil ? [nil] : data.shape.map { $0.map { _ in nil } }),
        ONNXTensor(.int64, [nil]), ONNXTensor(.int64, [nil]), ONNXTensor(.int64, [nil]),
      ]
    }
  }

  /// Compress with a condition that is known; nil when it is not.
  private mutating func compress(_ data: ONNXTensor) -> ONNXTensor? {
    guard let condition = input(1)?.values, !condition.contains(nil), let shape = data.shape else { return nil }
    // A condition that ends early drops what is beyond it.
    let kept = Int64(condition.count { $0?.isTrue == true })
    guard let given = integer("axis") else { return ONNXTensor(data.element, [kept]) }
    guard let axis = axis(given, rank: shape.count) else { return ONNXTensor(data.element, nil) }
    return ONNXTensor(data.element, shape.enumerated().map { $0 == axis ? kept : $1 })
  }

  /// Unique of values that are known; nil when they are not.
  private mutating func unique(_ data: ONNXTensor) -> [ONNXTensor]? {
    guard let values = data.values, !values.contains(nil), let extents = data.extents else { return nil }
    guard let given = integer("axis") else {
      let count = Int64(Set(values).count)
      return [ONNXTensor(data.element, [count])]
        + [count, Int64(values.count), count].map { ONNXTensor(.int64, [$0]) }
    }
    guard let axis = axis(given, rank: extents.count) else { return [ONNXTensor(data.element, nil)] }
    let stride = ONNXIndex.strides(extents)[axis]
    var slices = [[ONNXScalar?]](repeating: [], count: Int(extents[axis]))
    for (position, value) in values.enumerated() { slices[position / stride % slices.count].append(value) }
    let count = Int64(Set(slices).count)
    return [ONNXTensor(data.element, extents.enumerated().map { $0 == axis ? count : $1 })]
      + [count, extents[axis], count].map { ONNXTensor(.int64, [$0]) }
  }
}
