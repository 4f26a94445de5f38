/// Operators that ask for shapes, make constants and move elements without changing them.
extension ONNXCall {
  mutating func shapeOf() -> ONNXTensor {
    let input = required(0)
    guard let shape = input.shape else { return ONNXTensor(.int64, [nil]) }
    let rank = Int64(shape.count)
    func clamped(_ value: Int64) -> Int { Int(min(max(value < 0 ? value &+ rank : value, 0), rank)) }
    let start = clamped(integer("start") ?? 0)
    let end = clamped(integer("end") ?? rank)
    return .integers(start < end ? Array(shape[start..<end]) : [])
  }

  mutating func sizeOf() -> ONNXTensor {
    let input = required(0)
    return ONNXTensor(.int64, [], values: [input.shape.flatMap { product($0) }.map(ONNXScalar.integer)])
  }

  mutating func constant() -> ONNXTensor {
    for (name, attribute) in attributes {
      switch (name, attribute) {
      case ("value", .tensor(let tensor)): return tensor
      case ("value_int", .integer(let value)): return ONNXTensor(.int64, [], values: [.integer(value)])
      case ("value_ints", .integers(let values)): return small(.int64, values.map { .integer($0) })
      case ("value_float", .real(let value)): return ONNXTensor(.float32, [], values: [.real(value)])
      case ("value_floats", .reals(let values)): return small(.float32, values.map { .real($0) })
      case ("value_string", _): return ONNXTensor(.string, [])
      case ("value_strings", .texts(let values)): return ONNXTensor(.string, [Int64(values.count)])
      default: continue
      }
    }
    fault("a Constant without a value", expected: "one of value, value_int, value_ints, value_float, value_floats")
    return .unknown
  }

  private func small(_ element: ONNXElement, _ values: [ONNXScalar]) -> ONNXTensor {
    let isSmall = Int64(values.count) <= ONNXTensor.foldLimit
    return ONNXTensor(element, [Int64(values.count)], values: isSmall ? values.map { $0 } : nil)
  }

  mutating func constantOfShape() -> ONNXTensor {
    let input = required(0)
    var filler = ONNXTensor(.float32, [1], values: [.real(0)])
    if case .tensor(let tensor)? = attributes["value"] { filler = tensor }
    guard let extents = input.integers else {
      unknownValues(input, 0)
      return ONNXTensor(filler.element, unknownShape(input))
    }
    if extents.contains(nil) { unknownValues(input, 0) }
    var result = ONNXTensor(filler.element, extents)
    if let count = product(extents), count <= ONNXTensor.foldLimit, let value = filler.values?.first {
      result.values = [ONNXScalar?](repeating: value, count: Int(count))
    }
    return result
  }

  /// As many unknown extents as the vector `tensor` has entries.
  private func unknownShape(_ tensor: ONNXTensor) -> [Int64?]? {
    guard let shape = tensor.shape, shape.count == 1, let rank = shape[0], rank <= 64 else { return nil }
    return [Int64?](repeating: nil, count: Int(rank))
  }

  mutating func cast() -> ONNXTensor {
    let input = required(0)
    guard let to = typeAttribute("to") else {
      fault("Cast to an unknown element type", value: integer("to").map(String.init) ?? "nothing")
      return ONNXTensor(nil, input.shape)
    }
    return cast(input, to: to)
  }

  mutating func castLike() -> ONNXTensor {
    guard let to = required(1).element else { return ONNXTensor(nil, required(0).shape) }
    return cast(required(0), to: to)
  }

  private func cast(_ input: ONNXTensor, to: ONNXElement) -> ONNXTensor {
    var result = ONNXTensor(to, input.shape)
    result.values = input.values?.map { value in
      guard let value else { return nil }
      switch to {
      case .bool: return .truth(value.isTrue)
      case .float64, .float32: return .real(to == .float32 ? Double(Float(value.real)) : value.real)
      case .int64: return value.integer.map(ONNXScalar.integer)
      case .int32: return value.integer.map { .integer(Int64(Int32(truncatingIfNeeded: $0))) }
      default:
        // Narrow types keep the value as long as nobody could see a difference in a shape.
        return to.isFloat ? .real(value.real) : value.integer.map(ONNXScalar.integer)
      }
    }
    return result
  }

  mutating func range() -> ONNXTensor {
    let bounds = [required(0), required(1), required(2)]
    let element = bounds[0].element
    var known: [ONNXScalar] = []
    for (index, bound) in bounds.enumerated() {
      guard let values = bound.values, values.count == 1, let value = values[0] else {
        unknownValues(bound, index)
        return ONNXTensor(element, [nil])
      }
      known.append(value)
    }
    if case .integer(let start) = known[0], case .integer(let limit) = known[1], case .integer(let delta) = known[2] {
      guard delta != 0 else {
        fault("Range does not move", input: 2, value: "0")
        return ONNXTensor(element, [nil])
      }
      let (span, overflow) = limit.subtractingReportingOverflow(start)
      guard !overflow, span != .min, delta != .min else {
        fault("Range is too long", value: "\(start) to \(limit)")
        return ONNXTensor(element, [nil])
      }
      let steps = (span > 0) == (delta > 0) ? abs(span) / abs(delta) + (abs(span) % abs(delta) == 0 ? 0 : 1) : 0
      var result = ONNXTensor(element, [steps])
      if steps <= ONNXTensor.foldLimit { result.values = (0..<steps).map { .integer(start &+ $0 &* delta) } }
      return result
    }
    let (start, limit, delta) = (known[0].real, known[1].real, known[2].real)
    guard let steps = Int64(exactly: max(((limit - start) / delta).rounded(.up), 0)) else {
      fault("Range is too long", value: "\(start) to \(limit) by \(delta)")
      return ONNXTensor(element, [nil])
    }
    var result = ONNXTensor(element, [steps])
    if steps <= ONNXTensor.foldLimit { result.values = (0..<steps).map { .real(start + Double($0) * delta) } }
    return result
  }

  mutating func reshape() -> ONNXTensor {
    let data = required(0)
    // Before version 5 the shape was an attribute.
    let target = integers("shape").map { ONNXTensor.integers($0) } ?? required(1)
    guard let wanted = target.integers else {
      unknownValues(target, 1)
      return ONNXTensor(data.element, unknownShape(target))
    }
    var shape: [Int64?] = []
    var free: Int?
    for (axis, extent) in wanted.enumerated() {
      let value = extent ?? 1
      switch value {
      case -1:
        guard free == nil else {
          fault("two extents of the new shape are -1", input: 1, value: ONNXTensor.text(wanted))
          return ONNXTensor(data.element, nil)
        }
        free = axis
        shape.append(nil)
      case 0 where !isSet("allowzero"):
        guard let old = data.shape else {
          shape.append(nil)
          continue
        }
        guard axis < old.count else {
          fault("an extent 0 stands for one that the input lacks", input: 1, value: ONNXTensor.text(wanted))
          return ONNXTensor(data.element, nil)
        }
        shape.append(old[axis])
      case ..<0:
        fault("an extent of the new shape is negative", input: 1, value: "\(value)", expected: "-1, 0 or more")
        return ONNXTensor(data.element, nil)
      default:
        if extent == nil { unknownValues(target, 1) }
        shape.append(extent)
      }
    }
    let total = data.shape.flatMap { product($0) }
    if let free {
      let others = shape.enumerated().filter { $0.offset != free }.map(\.element)
      if let total, let rest = product(others) {
        guard rest > 0 ? total % rest == 0 : total == 0 else {
          fault(
            "the elements do not fill the new shape", input: 1,
            value: "\(data.shapeText) into \(ONNXTensor.text(wanted))")
          return ONNXTensor(data.element, nil)
        }
        shape[free] = rest > 0 ? total / rest : 0
      }
    } else if let total, let new = product(shape), total != new {
      fault(
        "the new shape has another number of elements", input: 1,
        value: "\(data.shapeText) into \(ONNXTensor.text(wanted))")
      return ONNXTensor(data.element, nil)
    }
    return ONNXTensor(data.element, shape, values: data.values)
  }

  mutating func flatten() -> ONNXTensor {
    let data = required(0)
    guard let shape = data.shape,
      let axis = axis(integer("axis") ?? 1, rank: shape.count, upTo: shape.count + 1)
    else { return ONNXTensor(data.element, nil) }
    return ONNXTensor(data.element, [product(shape[..<axis]), product(shape[axis...])], values: data.values)
  }

  mutating func transpose() -> ONNXTensor {
    let data = required(0)
    guard let shape = data.shape else { return ONNXTensor(data.element, nil) }
    let order = integers("perm") ?? Array((0..<Int64(shape.count)).reversed())
    guard order.count == shape.count, Set(order).count == order.count,
      order.allSatisfy({ (0..<Int64(shape.count)).contains($0) })
    else {
      fault("perm is no order of the axes", value: "\(order)", expected: "\(shape.count) axes")
      return ONNXTensor(data.element, nil)
    }
    var result = ONNXTensor(data.element, order.map { shape[Int($0)] })
    if let values = data.values, let extents = data.extents {
      let strides = ONNXIndex.strides(extents)
      result.values = ONNXIndex.walk(order.map { extents[Int($0)] }, steps: order.map { strides[Int($0)] })
        .map { values[$0] }
    }
    return result
  }

  mutating func squeeze() -> ONNXTensor {
    let data = required(0)
    guard let shape = data.shape else { return ONNXTensor(data.element, nil) }
    guard integers("axes") != nil || input(1) != nil else {
      guard !shape.contains(nil) else { return ONNXTensor(data.element, nil) }
      return ONNXTensor(data.element, shape.filter { $0 != 1 }, values: data.values)
    }
    guard let given = axes(input: 1) else { return ONNXTensor(data.element, nil) }
    var dropped = Set<Int>()
    for value in given {
      guard let axis = axis(value, rank: shape.count, input: 1) else { return ONNXTensor(data.element, nil) }
      if let extent = shape[axis], extent != 1 {
        fault("Squeeze of an axis that is not 1", value: "axis \(axis) of \(data.shapeText)", expected: "extent 1")
        return ONNXTensor(data.element, nil)
      }
      dropped.insert(axis)
    }
    return ONNXTensor(
      data.element, shape.enumerated().filter { !dropped.contains($0.offset) }.map(\.element), values: data.values)
  }

  mutating func unsqueeze() -> ONNXTensor {
    let data = required(0)
    guard let given = axes(input: 1) else {
      if integers("axes") == nil && input(1) == nil { _ = required(1) }
      return ONNXTensor(data.element, nil)
    }
    guard let shape = data.shape else { return ONNXTensor(data.element, nil) }
    guard given.count <= 64 else {
      fault("too many axes", input: 1, value: "\(given.count)", expected: "at most 64")
      return ONNXTensor(data.element, nil)
    }
    let rank = shape.count + given.count
    var isNew = [Bool](repeating: false, count: rank)
    for value in given {
      guard let axis = axis(value, rank: rank, input: 1) else { return ONNXTensor(data.element, nil) }
      guard !isNew[axis] else {
        fault("Unsqueeze names an axis twice", input: 1, value: "\(value)")
        return ONNXTensor(data.element, nil)
      }
      isNew[axis] = true
    }
    var old = shape.makeIterator()
    return ONNXTensor(data.element, isNew.map { $0 ? 1 : old.next() ?? nil }, values: data.values)
  }

  mutating func expand() -> ONNXTensor {
    let data = required(0)
    let target = required(1)
    guard let wanted = target.integers else {
      unknownValues(target, 1)
      return ONNXTensor(data.element, nil)
    }
    if wanted.contains(nil) { unknownValues(target, 1) }
    guard let shape = data.shape, let result = broadcast(shape, wanted, input: 1) else {
      return ONNXTensor(data.element, nil)
    }
    return ONNXTensor(data.element, result, values: spread(data, to: result))
  }

  private func spread(_ data: ONNXTensor, to shape: [Int64?]) -> [ONNXScalar?]? {
    guard let values = data.values, let from = data.extents, let to = ONNXTensor(nil, shape).extents,
      let count = ONNXTensor.product(to), count <= ONNXTensor.foldLimit
    else { return nil }
    return ONNXIndex.broadcast(from, to: to).map { values[$0] }
  }

  mutating func tile() -> ONNXTensor {
    let data = required(0)
    guard let repeats = knownIntegers(required(1), 1), let shape = data.shape else {
      return ONNXTensor(data.element, data.shape.map { $0.map { _ in nil } })
    }
    guard repeats.count == shape.count, repeats.allSatisfy({ $0 >= 0 }) else {
      fault("Tile needs one repeat per axis", input: 1, value: "\(repeats)", expected: "\(shape.count) counts")
      return ONNXTensor(data.element, nil)
    }
    var extents: [Int64?] = []
    for (extent, count) in zip(shape, repeats) { extents.append(extent.flatMap { times($0, count) }) }
    var result = ONNXTensor(data.element, extents)
    if let values = data.values, let count = result.elements, count <= ONNXTensor.foldLimit, shape.count == 1,
      !values.isEmpty
    {
      result.values = (0..<Int(count)).map { values[$0 % values.count] }
    }
    return result
  }
}
