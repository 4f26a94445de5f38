import Foundation

/// Elementwise work and reductions, with the arithmetic that shapes are made of.
extension ONNXCall {
  mutating func unaryResults() -> [ONNXTensor] {
    let input = required(0)
    if op == "Identity" { return [input] }
    var result = ONNXTensor(input.element, input.shape)
    switch op {
    case "Dropout": return [result, ONNXTensor(opset < 10 ? input.element : .bool, input.shape)]
    case "Abs":
      result.values = map(input) {
        $0 == .min ? $0 : abs($0)
      } real: {
        abs($0)
      }
    case "Neg":
      result.values = map(input) {
        0 &- $0
      } real: {
        -$0
      }
    case "Sign":
      result.values = map(input) {
        $0.signum()
      } real: {
        $0 > 0 ? 1 : $0 < 0 ? -1 : 0
      }
    case "Ceil":
      result.values = map(input) {
        $0
      } real: {
        $0.rounded(.up)
      }
    case "Floor":
      result.values = map(input) {
        $0
      } real: {
        $0.rounded(.down)
      }
    case "Round":
      result.values = map(input) {
        $0
      } real: {
        $0.rounded(.toNearestOrEven)
      }
    case "Sqrt":
      result.values = map(input) {
        $0
      } real: {
        $0.squareRoot()
      }
    case "Relu":
      result.values = map(input) {
        max($0, 0)
      } real: {
        max($0, 0)
      }
    case "Reciprocal":
      result.values = map(input) {
        $0
      } real: {
        1 / $0
      }
    case "Clip": result.values = clip(input)
    case "CumSum": result.values = cumulativeSum(input)
    case "RandomNormalLike", "RandomUniformLike", "Bernoulli": result.element = typeAttribute("dtype") ?? input.element
    case "ScatterElements", "Scatter", "ScatterND":
      for index in 1...2 { _ = required(index) }
    default: break
    }
    return [result]
  }

  private func map(
    _ input: ONNXTensor, _ integer: (Int64) -> Int64, real: (Double) -> Double
  ) -> [ONNXScalar?]? {
    input.values?.map { value in
      switch value {
      case .integer(let value): .integer(integer(value))
      case .real(let value): .real(real(value))
      case nil: nil
      }
    }
  }

  private func clip(_ tensor: ONNXTensor) -> [ONNXScalar?]? {
    guard attributes.isEmpty else { return nil }
    // A bound that is given but not known leaves nothing known.
    for index in 1...2 where input(index) != nil && input(index)?.values?.first.flatMap(\.self) == nil { return nil }
    let low = input(1)?.values?.first.flatMap(\.self)
    let high = input(2)?.values?.first.flatMap(\.self)
    return tensor.values?.map { value in
      guard var value else { return nil }
      if let low, value.real < low.real { value = low }
      if let high, value.real > high.real { value = high }
      return value
    }
  }

  private func cumulativeSum(_ tensor: ONNXTensor) -> [ONNXScalar?]? {
    guard tensor.rank == 1, let values = tensor.integers, !isSet("exclusive"), !isSet("reverse") else { return nil }
    var sum: Int64? = 0
    return values.map { value in
      sum = sum.flatMap { sum in value.map { sum &+ $0 } }
      return sum.map(ONNXScalar.integer)
    }
  }

  mutating func elementwise(isTruth: Bool) -> ONNXTensor {
    let tensors = inputs.indices.map { required($0) }
    guard let first = tensors.first else {
      _ = required(0)
      return .unknown
    }
    guard tensors.count >= 2 || ["Max", "Min", "Sum", "Mean"].contains(op) else {
      _ = required(1)
      return .unknown
    }
    var result = ONNXTensor(isTruth ? .bool : first.element, first.shape, values: first.values)
    // One-sided broadcasting: the result is like the first operand.
    let isOneSided = op == "PRelu" || (opset < 7 && isSet("broadcast"))
    if isOneSided, tensors.count == 2 {
      if op == "PRelu", opset >= 7, let a = first.shape, let b = tensors[1].shape { _ = broadcast(a, b, input: 1) }
      result.values = nil
      return result
    }
    for (index, next) in tensors.enumerated().dropFirst() {
      guard let a = result.shape, let b = next.shape else {
        return ONNXTensor(result.element, nil)
      }
      guard let shape = broadcast(a, b, input: index) else { return ONNXTensor(result.element, nil) }
      let values = combine(
        ONNXTensor(result.element, a, values: result.values), next, shape: shape,
        isReal: first.element?.isFloat == true)
      result.shape = shape
      result.values = values
    }
    if op == "Mean" { result.values = nil }
    return result
  }

  private func combine(_ a: ONNXTensor, _ b: ONNXTensor, shape: [Int64?], isReal: Bool) -> [ONNXScalar?]? {
    guard let left = a.values, let right = b.values, let x = a.extents, let y = b.extents,
      let extents = ONNXTensor(nil, shape).extents, let count = ONNXTensor.product(extents),
      count <= ONNXTensor.foldLimit
    else { return nil }
    let fromLeft = ONNXIndex.broadcast(x, to: extents)
    let fromRight = ONNXIndex.broadcast(y, to: extents)
    return (0..<Int(count)).map { position in
      guard let l = left[fromLeft[position]], let r = right[fromRight[position]] else { return nil }
      return apply(l, r, isReal: isReal)
    }
  }

  /// Integer arithmetic wraps, as the operators' do.
  private func apply(_ a: ONNXScalar, _ b: ONNXScalar, isReal: Bool) -> ONNXScalar? {
    if case .integer(let x) = a, case .integer(let y) = b, !isReal {
      switch op {
      case "Add", "Sum": return .integer(x &+ y)
      case "Sub": return .integer(x &- y)
      case "Mul": return .integer(x &* y)
      case "Div": return y == 0 ? nil : .integer(x.dividedReportingOverflow(by: y).partialValue)
      case "Mod":
        guard y != 0 else { return nil }
        let remainder = x.remainderReportingOverflow(dividingBy: y).partialValue
        // Without fmod the sign is the divisor's.
        return .integer(!isSet("fmod") && remainder != 0 && (remainder < 0) != (y < 0) ? remainder &+ y : remainder)
      case "Max": return .integer(max(x, y))
      case "Min": return .integer(min(x, y))
      case "Pow": return Int64(exactly: pow(Double(x), Double(y))).map(ONNXScalar.integer)
      case "BitwiseAnd": return .integer(x & y)
      case "BitwiseOr": return .integer(x | y)
      case "BitwiseXor": return .integer(x ^ y)
      case "And": return .truth(x != 0 && y != 0)
      case "Or": return .truth(x != 0 || y != 0)
      case "Xor": return .truth((x != 0) != (y != 0))
      case "Equal": return .truth(x == y)
      case "Less": return .truth(x < y)
      case "LessOrEqual": return .truth(x <= y)
      case "Greater": return .truth(x > y)
      case "GreaterOrEqual": return .truth(x >= y)
      default: return nil
      }
    }
    let (x, y) = (a.real, b.real)
    switch op {
    case "Add", "Sum": return .real(x + y)
    case "Sub": return .real(x - y)
    case "Mul": return .real(x * y)
    case "Div": return .real(x / y)
    case "Max": return .real(max(x, y))
    case "Min": return .real(min(x, y))
    case "Pow": return .real(pow(x, y))
    case "Equal": return .truth(x == y)
    case "Less": return .truth(x < y)
    case "LessOrEqual": return .truth(x <= y)
    case "Greater": return .truth(x > y)
    case "GreaterOrEqual": return .truth(x >= y)
    default: return nil
    }
  }

  mutating func choose() -> ONNXTensor {
    let (condition, yes, no) = (required(0), required(1), required(2))
    let element = yes.element ?? no.element
    guard let a = condition.shape, let b = yes.shape, let c = no.shape, let outer = broadcast(a, b, input: 1),
      let shape = broadcast(outer, c, input: 2)
    else { return ONNXTensor(element, nil) }
    var result = ONNXTensor(element, shape)
    guard let extents = result.extents, let count = ONNXTensor.product(extents), count <= ONNXTensor.foldLimit,
      let conditions = condition.values, let x = condition.extents, let y = yes.extents, let z = no.extents
    else { return result }
    let (inCondition, inYes, inNo) = (
      ONNXIndex.broadcast(x, to: extents), ONNXIndex.broadcast(y, to: extents), ONNXIndex.broadcast(z, to: extents)
    )
    guard yes.values != nil || no.values != nil else { return result }
    result.values = (0..<Int(count)).map { position in
      guard let chosen = conditions[inCondition[position]] else { return nil }
      return chosen.isTrue ? yes.values?[inYes[position]] : no.values?[inNo[position]]
    }
    return result
  }

  mutating func reduce() -> ONNXTensor {
    let input = required(0)
    guard let shape = input.shape else { return ONNXTensor(input.element, nil) }
    var given: [Int64]?
    if integers("axes") != nil || self.input(1) != nil {
      given = axes(input: 1)
      if given == nil { return ONNXTensor(input.element, nil) }
    }
    let keeps = isSet("keepdims", default: true)
    if (given ?? []).isEmpty && isSet("noop_with_empty_axes") { return input }
    var reduced = [Bool](repeating: (given ?? []).isEmpty, count: shape.count)
    for value in given ?? [] {
      guard let axis = axis(value, rank: shape.count) else { return ONNXTensor(input.element, nil) }
      reduced[axis] = true
    }
    var extents: [Int64?] = []
    for (extent, isReduced) in zip(shape, reduced) {
      if !isReduced { extents.append(extent) } else if keeps { extents.append(1) }
    }
    var result = ONNXTensor(input.element, extents)
    if reduced.allSatisfy(\.self), let values = input.integers, input.element?.isFloat == false {
      result.values = [total(values).map(ONNXScalar.integer)]
    }
    return result
  }

  private func total(_ values: [Int64?]) -> Int64? {
    var result: Int64?
    for value in values {
      guard let value else { return nil }
      guard let previous = result else {
        result = value
        continue
      }
      switch op {
      case "ReduceProd": result = previous &* value
      case "ReduceSum": result = previous &+ value
      case "ReduceMax": result = max(previous, value)
      case "ReduceMin": result = min(previous, value)
      default: return nil
      }
    }
    return ["ReduceProd", "ReduceSum", "ReduceMax", "ReduceMin"].contains(op) ? result : nil
  }

  mutating func argument() -> ONNXTensor {
    let input = required(0)
    guard var shape = input.shape, let axis = axis(integer("axis") ?? 0, rank: shape.count) else {
      return ONNXTensor(.int64, nil)
    }
    if isSet("keepdims", default: true) { shape[axis] = 1 } else { shape.remove(at: axis) }
    return ONNXTensor(.int64, shape)
  }
}
