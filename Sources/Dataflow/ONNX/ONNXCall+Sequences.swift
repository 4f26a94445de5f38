/// Sequences of tensors: as far as their members are known, a list of them.
extension ONNXCall {
  /// The most members that a sequence is followed with.
  private static let memberLimit = 4096

  mutating func splitToSequence() -> ONNXTensor {
    let data = required(0)
    guard let shape = data.shape, let axis = axis(integer("axis") ?? 0, rank: shape.count), let extent = shape[axis]
    else { return ONNXTensor(data.element, nil) }
    var sizes: [Int64] = []
    let keeps = isSet("keepdims", default: true)
    if let tensor = input(1) {
      guard let known = knownIntegers(tensor, 1) else { return ONNXTensor(data.element, nil) }
      guard known.allSatisfy({ tensor.rank == 0 ? $0 > 0 : $0 >= 0 }) else {
        fault("a part of the split is out of range", input: 1, value: "\(known)")
        return ONNXTensor(data.element, nil)
      }
      if tensor.rank == 0, var size = known.first {
        size = min(size, max(extent, 1))
        guard (extent + size - 1) / size <= Int64(Self.memberLimit) else { return tooManyMembers(data) }
        sizes = stride(from: 0, to: extent, by: Int(size)).map { min(size, extent - $0) }
      } else {
        var total: Int64? = 0
        for size in known { total = total.flatMap { sum($0, size) } }
        guard total == extent else {
          fault("the parts of the split do not add up", input: 1, value: "\(known)", expected: "\(extent) in all")
          return ONNXTensor(data.element, nil)
        }
        sizes = known
      }
    } else {
      guard extent <= Int64(Self.memberLimit) else { return tooManyMembers(data) }
      sizes = [Int64](repeating: 1, count: Int(extent))
    }
    let members = sizes.map { size in
      var part = shape
      if keeps || input(1) != nil { part[axis] = size } else { part.remove(at: axis) }
      return ONNXTensor(data.element, part, doubt: data.doubt)
    }
    return ONNXTensor(data.element, nil, members: members)
  }

  private mutating func tooManyMembers(_ data: ONNXTensor) -> ONNXTensor {
    isUnsupported("a sequence of more than \(Self.memberLimit) tensors is not supported")
    return ONNXTensor(data.element, nil)
  }

  mutating func sequence() -> ONNXTensor {
    switch op {
    case "SequenceEmpty": return ONNXTensor(typeAttribute("dtype") ?? .float32, nil, members: [])
    case "SequenceConstruct":
      let members = inputs.indices.map { required($0) }
      guard members.allSatisfy({ $0.members == nil }) else {
        fault("a sequence of sequences")
        return .unknown
      }
      return ONNXTensor(members.first?.element, nil, members: members)
    case "SequenceLength":
      return ONNXTensor(.int64, [], values: [required(0).members.map { .integer(Int64($0.count)) }])
    case "SequenceInsert":
      let (list, item) = (required(0), required(1))
      guard item.members == nil else {
        fault("a sequence of sequences", input: 1)
        return .unknown
      }
      guard var members = list.members else { return ONNXTensor(list.element, nil) }
      guard members.count < Self.memberLimit else { return tooManyMembers(list) }
      var position = members.count
      if let tensor = input(2) {
        guard let value = tensor.singleInteger else {
          unknownValues(tensor, 2)
          return ONNXTensor(list.element, nil)
        }
        guard let place = axis(value, rank: members.count, input: 2, upTo: members.count + 1, named: "position") else {
          return .unknown
        }
        position = place
      }
      members.insert(item, at: position)
      return ONNXTensor(item.element, nil, members: members)
    case "ConcatFromSequence":
      let list = required(0)
      guard var members = list.members else { return ONNXTensor(list.element, nil) }
      if isSet("new_axis") {
        for index in members.indices {
          members[index].values = nil
          guard let shape = members[index].shape,
            let axis = axis(integer("axis") ?? 0, rank: shape.count + 1)
          else { return ONNXTensor(list.element, nil) }
          members[index].shape?.insert(1, at: axis)
        }
      }
      return concat(members, integer("axis") ?? 0)
    case "SequenceErase":
      let list = required(0)
      guard var members = list.members else { return ONNXTensor(list.element, nil) }
      var position = members.count - 1
      if let tensor = input(1) {
        guard let value = tensor.singleInteger else {
          unknownValues(tensor, 1)
          return ONNXTensor(list.element, nil)
        }
        guard let place = axis(value, rank: members.count, input: 1, named: "position") else { return .unknown }
        position = place
      }
      guard members.indices.contains(position) else {
        fault("SequenceErase of an empty sequence", input: 0)
        return .unknown
      }
      members.remove(at: position)
      return ONNXTensor(list.element, nil, members: members)
    default:
      let (list, index) = (required(0), required(1))
      guard let members = list.members else { return ONNXTensor(list.element, nil) }
      guard let value = index.singleInteger else {
        // All members alike: whichever is taken has that shape.
        if let first = members.first, members.allSatisfy({ $0.shape == first.shape }) {
          return ONNXTensor(first.element, first.shape)
        }
        unknownValues(index, 1)
        return ONNXTensor(list.element, nil)
      }
      guard let position = axis(value, rank: members.count, input: 1, named: "position") else { return .unknown }
      return members[position]
    }
  }
}

/// Optionals: a value that may be missing is that value, marked.
extension ONNXCall {
  mutating func optional() -> ONNXTensor {
    switch op {
    case "Optional":
      if var held = input(0) {
        held.presence = .there
        return held
      }
      var nothing = ONNXTensor.unknown
      nothing.presence = .missing
      return nothing
    case "OptionalHasElement":
      var result = ONNXTensor(.bool, [])
      switch input(0)?.presence {
      case nil, .missing?: result.values = [.truth(false)]
      case .there?: result.values = [.truth(true)]
      case .undecided?: break
      }
      return result
    default:
      var held = required(0)
      if held.presence == .missing { fault("OptionalGetElement of nothing", input: 0) }
      held.presence = .there
      return held
    }
  }
}
