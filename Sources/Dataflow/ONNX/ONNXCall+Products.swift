/// Matrix products, convolutions and what surrounds them.
extension ONNXCall {
  /// Positions of the two operands: the quantised forms have scales and zero points between them.
  static func operands(_ op: String) -> (Int, Int)? {
    switch op {
    case "MatMul", "MatMulInteger", "Gemm", "Conv", "ConvInteger": (0, 1)
    case "QLinearMatMul", "QLinearConv": (0, 3)
    default: nil
    }
  }

  private func productElement(_ a: ONNXTensor) -> ONNXElement? {
    switch op {
    case "MatMulInteger", "ConvInteger": .int32
    case "QLinearMatMul", "QLinearConv": input(7)?.element ?? a.element
    default: a.element
    }
  }

  mutating func matMul() -> ONNXTensor {
    let positions = Self.operands(op) ?? (0, 1)
    let (a, b) = (required(positions.0), required(positions.1))
    let element = productElement(a)
    guard var x = a.shape, var y = b.shape else { return ONNXTensor(element, nil) }
    guard !x.isEmpty, !y.isEmpty else {
      fault(
        "a matrix product needs vectors or matrices", input: x.isEmpty ? positions.0 : positions.1, value: "a scalar")
      return ONNXTensor(element, nil)
    }
    let isVector = (x.count == 1, y.count == 1)
    if isVector.0 { x.insert(1, at: 0) }
    if isVector.1 { y.append(1) }
    let (inner, other) = (x[x.count - 1], y[y.count - 2])
    if let inner, let other, inner != other {
      fault(
        "the inner extents of the matrix product differ", input: positions.1,
        value: "\(ONNXTensor.text(x)) and \(ONNXTensor.text(y))", expected: "\(inner) rows")
      return ONNXTensor(element, nil)
    }
    guard var shape = broadcast(Array(x.dropLast(2)), Array(y.dropLast(2)), input: positions.1) else {
      return ONNXTensor(element, nil)
    }
    if !isVector.0 { shape.append(x[x.count - 2]) }
    if !isVector.1 { shape.append(y[y.count - 1]) }
    return ONNXTensor(element, shape)
  }

  mutating func gemm() -> ONNXTensor {
    let (a, b) = (required(0), required(1))
    guard let x = a.shape, let y = b.shape else { return ONNXTensor(a.element, nil) }
    for (index, shape) in [x, y].enumerated() where shape.count != 2 {
      fault("Gemm multiplies matrices", input: index, value: ONNXTensor.text(shape), expected: "two axes")
      return ONNXTensor(a.element, nil)
    }
    let (rows, inner) = isSet("transA") ? (x[1], x[0]) : (x[0], x[1])
    let (other, columns) = isSet("transB") ? (y[1], y[0]) : (y[0], y[1])
    if let inner, let other, inner != other {
      fault(
        "the inner extents of the matrix product differ", input: 1,
        value: "\(ONNXTensor.text(x)) and \(ONNXTensor.text(y))", expected: "\(inner)")
    }
    let shape: [Int64?] = [rows, columns]
    if let c = input(2)?.shape, let sum = broadcast(shape, c, input: 2), ONNXTensor(nil, sum).extents != nil,
      ONNXTensor(nil, shape).extents != nil, sum != shape
    {
      fault("the bias does not fit the product", input: 2, value: ONNXTensor.text(c), expected: ONNXTensor.text(shape))
    }
    return ONNXTensor(a.element, shape)
  }

  /// What one output element of a product sums over; nil when it is not known.
  mutating func contraction() -> Int64? {
    guard let positions = Self.operands(op), let a = input(positions.0)?.shape, let b = input(positions.1)?.shape else {
      return nil
    }
    switch op {
    case "Gemm":
      guard a.count == 2, b.count == 2 else { return nil }
      return (isSet("transA") ? a[0] : a[1]) ?? (isSet("transB") ? b[1] : b[0])
    case "Conv", "ConvInteger", "QLinearConv":
      return b.count >= 2 ? product(b.dropFirst()) : nil
    default:
      guard let last = a.last, !b.isEmpty else { return nil }
      return last ?? b[max(b.count - 2, 0)]
    }
  }

  mutating func conv() -> ONNXTensor {
    let positions = Self.operands(op) ?? (0, 1)
    let (x, w) = (required(positions.0), required(positions.1))
    let element = productElement(x)
    guard let data = x.shape, let weights = w.shape else { return ONNXTensor(element, nil) }
    guard data.count >= 3, data.count <= 8, weights.count == data.count else {
      fault(
        "a convolution needs images and kernels of equal rank", input: positions.1,
        value: "\(ONNXTensor.text(data)) and \(ONNXTensor.text(weights))", expected: "3 to 8 axes each")
      return ONNXTensor(element, nil)
    }
    let group = integer("group") ?? 1
    guard (1...(1 << 31)).contains(group) else {
      fault("the group is out of range", value: "\(group)", expected: "1 to 2^31")
      return ONNXTensor(element, nil)
    }
    if let channels = data[1], let perGroup = weights[1] {
      let (expected, overflow) = perGroup.multipliedReportingOverflow(by: group)
      if overflow || channels != expected {
        fault(
          "the channels of images and kernels differ", input: positions.1, value: "\(perGroup) × \(group) groups",
          expected: "\(channels)")
        return ONNXTensor(element, nil)
      }
    }
    let kernel = Array(weights.dropFirst(2))
    guard let windows = windows(Array(data.dropFirst(2)), kernel: kernel) else { return ONNXTensor(element, nil) }
    return ONNXTensor(element, [data[0], weights[0]] + windows)
  }

  /// Window positions along each spatial axis, of a convolution or a pooling.
  private mutating func windows(_ extents: [Int64?], kernel: [Int64?]) -> [Int64?]? {
    let count = extents.count
    guard let strides = spatial("strides", count: count, least: 1, default: 1),
      let dilations = spatial("dilations", count: count, least: 1, default: 1),
      let pads = spatial("pads", count: 2 * count, least: 0, default: 0)
    else { return nil }
    let automatic = text("auto_pad") ?? "NOTSET"
    let rounding = isSet("ceil_mode")
    var result: [Int64?] = []
    for axis in 0..<count {
      guard let extent = extents[axis], let size = kernel[axis] else {
        result.append(nil)
        continue
      }
      guard (1...(1 << 30)).contains(size) else {
        fault("the kernel is out of range", value: "\(size)", expected: "1 to 2^30")
        return nil
      }
      if automatic == "SAME_UPPER" || automatic == "SAME_LOWER" {
        result.append((extent + strides[axis] - 1) / strides[axis])
        continue
      }
      let padding = automatic == "VALID" ? 0 : pads[axis] + pads[axis + count]
      let span = (size - 1) * dilations[axis] + 1
      let room = extent + padding - span
      guard room >= 0 else {
        fault(
          "the kernel is larger than the padded image", value: "\(span) over \(extent) + \(padding)",
          expected: "at most \(extent + padding)")
        return nil
      }
      var steps = room / strides[axis]
      if rounding, room % strides[axis] != 0 {
        steps += 1
        // A window that starts in the padding at the end does not count.
        if steps * strides[axis] >= extent + pads[axis] { steps -= 1 }
      }
      result.append(steps + 1)
    }
    return result
  }

  mutating func convTranspose() -> ONNXTensor {
    let (x, w) = (required(0), required(1))
    guard let data = x.shape, let weights = w.shape, data.count >= 3, data.count <= 8, weights.count == data.count
    else {
      return ONNXTensor(x.element, nil)
    }
    let count = data.count - 2
    let group = integer("group") ?? 1
    guard (1...(1 << 20)).contains(group), let strides = spatial("strides", count: count, least: 1, default: 1),
      let dilations = spatial("dilations", count: count, least: 1, default: 1),
      let pads = spatial("pads", count: 2 * count, least: 0, default: 0),
      let extra = spatial("output_padding", count: count, least: 0, default: 0)
    else { return ONNXTensor(x.element, nil) }
    var shape: [Int64?] = [data[0], weights[1].flatMap { times($0, group) }]
    let given = integers("output_shape")
    let isSame = ["SAME_UPPER", "SAME_LOWER"].contains(text("auto_pad") ?? "")
    for axis in 0..<count {
      if let given, given.count >= count {
        shape.append(given[given.count - count + axis])
      } else if let extent = data[axis + 2], let size = weights[axis + 2], (1...(1 << 30)).contains(size) {
        guard let steps = times(max(extent, 1) - 1, strides[axis]) else { return ONNXTensor(x.element, nil) }
        let span = (size - 1) * dilations[axis] + 1
        let padding = pads[axis] + pads[axis + count]
        shape.append(isSame ? times(extent, strides[axis]) : steps + extra[axis] + span - padding)
      } else {
        shape.append(nil)
      }
    }
    return ONNXTensor(x.element, shape)
  }

  /// A product of two extents, within what a tensor may hold.
  mutating func times(_ a: Int64, _ b: Int64) -> Int64? {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    guard !overflow, product.magnitude <= ONNXTensor.elementLimit.magnitude else {
      fault("the extents multiply to too much", value: "\(a) × \(b)", expected: "at most 2^56 elements")
      return nil
    }
    return product
  }

  mutating func pool() -> [ONNXTensor] {
    let x = required(0)
    guard let data = x.shape, data.count >= 3, data.count <= 8 else { return [ONNXTensor(x.element, nil)] }
    guard let kernel = spatial("kernel_shape", count: data.count - 2, least: 1, default: 1),
      let windows = windows(Array(data.dropFirst(2)), kernel: kernel)
    else { return [ONNXTensor(x.element, nil)] }
    let shape = [data[0], data[1]] + windows
    return [ONNXTensor(x.element, shape), ONNXTensor(.int64, shape)]
  }

  mutating func globalPool() -> ONNXTensor {
    let x = required(0)
    return ONNXTensor(x.element, x.shape.map { $0.enumerated().map { $0 < 2 ? $1 : 1 } })
  }

  mutating func normalization() -> [ONNXTensor] {
    let x = required(0)
    guard let shape = x.shape, op == "LayerNormalization" else {
      let same = ONNXTensor(x.element, x.shape)
      return [same, ONNXTensor(.float32, nil), ONNXTensor(.float32, nil), same]
    }
    guard let axis = axis(integer("axis") ?? -1, rank: shape.count) else { return [.unknown] }
    if let scale = input(1)?.shape { _ = broadcast(Array(shape[axis...]), scale, input: 1) }
    let statistics = ONNXTensor(.float32, shape.enumerated().map { $0 < axis ? $1 : 1 })
    return [ONNXTensor(x.element, shape), statistics, statistics]
  }

  mutating func recurrent() -> [ONNXTensor] {
    let x = required(0)
    guard let data = x.shape, data.count == 3,
      let hidden = integer("hidden_size") ?? required(2).shape?.last ?? nil
    else { return [ONNXTensor(x.element, nil)] }
    let directions: Int64 = text("direction") == "bidirectional" ? 2 : 1
    let isBatchFirst = isSet("layout")
    let (length, batch) = isBatchFirst ? (data[1], data[0]) : (data[0], data[1])
    let state = ONNXTensor(x.element, isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden])
    let all: [Int64?] =
      isBatchFirst ? [batch, length, directions, hidden] : [length, directions, batch, hidden]
    return [ONNXTensor(x.element, all), state, state]
  }

  mutating func quantization() -> [ONNXTensor] {
    let x = required(0)
    switch op {
    case "DynamicQuantizeLinear":
      return [ONNXTensor(.uint8, x.shape), ONNXTensor(.float32, []), ONNXTensor(.uint8, [])]
    case "QuantizeLinear":
      return [ONNXTensor(input(2)?.element ?? typeAttribute("output_dtype") ?? .uint8, x.shape)]
    default: return [ONNXTensor(typeAttribute("output_dtype") ?? required(1).element, x.shape)]
    }
  }
}
