/// One operator about to be understood: what goes in, and what is wrong with it.
///
/// `results()` infers what comes out. Versions 1 to 25 of the default domain are understood; where one moved an
/// attribute to an input, both are read.
struct ONNXCall {
  let op: String
  /// The version of the default domain; 0 where the model names none.
  let opset: Int64
  let attributes: [String: ONNXGraph.Attribute]
  /// `nil` where an optional input is left out.
  let inputs: [ONNXTensor?]
  let outputCount: Int
  /// "NonZero "x"" for reasons.
  let who: String

  struct Fault {
    let input: Int?
    let message: String
    let value: String?
    let expected: String?
  }

  var faults: [Fault] = []
  /// Why a result is unknown although all inputs are known.
  var ownDoubt: ONNXDoubt?

  mutating func fault(_ message: String, input: Int? = nil, value: String? = nil, expected: String? = nil) {
    faults.append(Fault(input: input, message: message, value: value, expected: expected))
  }

  /// The results depend on data of the run.
  mutating func dependsOnData(_ what: String) {
    ownDoubt = ownDoubt ?? ONNXDoubt(reason: "\(who): \(what)", isUnsupported: false)
  }

  mutating func isUnsupported(_ what: String) {
    ownDoubt = ownDoubt ?? ONNXDoubt(reason: "\(who): \(what)", isUnsupported: true)
  }
}

/// Attributes and inputs by kind.
extension ONNXCall {
  func input(_ index: Int) -> ONNXTensor? { index < inputs.count ? inputs[index] : nil }

  /// An input that the operator cannot do without.
  mutating func required(_ index: Int) -> ONNXTensor {
    if let tensor = input(index) { return tensor }
    fault("the operator \(op) lacks this input", input: index)
    return .unknown
  }

  func integer(_ name: String) -> Int64? {
    if case .integer(let value)? = attributes[name] { value } else { nil }
  }

  func integers(_ name: String) -> [Int64]? {
    if case .integers(let values)? = attributes[name] { values } else { nil }
  }

  func reals(_ name: String) -> [Double]? {
    if case .reals(let values)? = attributes[name] { values } else { nil }
  }

  func text(_ name: String) -> String? {
    if case .text(let value)? = attributes[name] { value } else { nil }
  }

  func isSet(_ name: String, default value: Bool = false) -> Bool { integer(name).map { $0 != 0 } ?? value }

  /// `axis` counted from the front, or a fault.
  mutating func axis(_ axis: Int64, rank: Int, input: Int? = nil, upTo limit: Int? = nil, named: String = "axis")
    -> Int?
  {
    let limit = limit ?? rank
    let (shifted, overflow) = axis.addingReportingOverflow(Int64(rank))
    let position = axis < 0 ? shifted : axis
    guard !overflow, position >= 0, position < limit else {
      fault(
        "the \(named) is out of range", input: input, value: "\(axis)",
        expected: limit > 0 ? "-\(rank) to \(limit - 1)" : "none: there is nothing to choose from")
      return nil
    }
    return Int(position)
  }

  /// An attribute of non-negative integers, one per spatial axis.
  mutating func spatial(_ name: String, count: Int, least: Int64, default value: Int64) -> [Int64]? {
    guard let given = integers(name), !given.isEmpty else { return [Int64](repeating: value, count: count) }
    guard given.count == count else {
      fault("\(name) has the wrong number of entries", value: "\(given.count)", expected: "\(count)")
      return nil
    }
    guard given.allSatisfy({ (least...(1 << 31)).contains($0) }) else {
      fault("\(name) is out of range", value: "\(given)", expected: "\(least) to 2^31")
      return nil
    }
    return given
  }

  /// The axes of an operator that takes them as an attribute in old versions and as an input in newer ones.
  /// `nil` when they are not given, or not known (then `ownDoubt` says so).
  mutating func axes(input index: Int) -> [Int64]? {
    if let given = integers("axes") { return given }
    guard let tensor = input(index) else { return nil }
    return knownIntegers(tensor, index)
  }

  /// All elements of an input whose values decide a shape.
  mutating func knownIntegers(_ tensor: ONNXTensor, _ index: Int) -> [Int64]? {
    guard let values = tensor.integers else {
      unknownValues(tensor, index)
      return nil
    }
    var known: [Int64] = []
    for value in values {
      guard let value else {
        unknownValues(tensor, index)
        return nil
      }
      known.append(value)
    }
    return known
  }

  mutating func unknownValues(_ tensor: ONNXTensor, _ index: Int) {
    if tensor.doubt == nil { dependsOnData("the shape depends on the values of input \(index)") }
  }
}

/// Shapes.
extension ONNXCall {
  /// The shape of elementwise work on `a` and `b`; nil with a fault when they do not fit.
  mutating func broadcast(_ a: [Int64?], _ b: [Int64?], input: Int? = nil) -> [Int64?]? {
    let rank = max(a.count, b.count)
    var result = [Int64?](repeating: nil, count: rank)
    for position in 0..<rank {
      let inA = position - (rank - a.count)
      let inB = position - (rank - b.count)
      let x: Int64? = inA < 0 ? 1 : a[inA]
      let y: Int64? = inB < 0 ? 1 : b[inB]
      switch (x, y) {
      case (let x?, let y?):
        guard x == y || x == 1 || y == 1 else {
          fault(
            "the shapes do not broadcast", input: input, value: "\(ONNXTensor.text(a)) and \(ONNXTensor.text(b))",
            expected: "equal extents, or 1")
          return nil
        }
        result[position] = x == 1 ? y : x
      case (let x?, nil): result[position] = x == 1 ? nil : x
      case (nil, let y?): result[position] = y == 1 ? nil : y
      case (nil, nil): result[position] = nil
      }
    }
    return result
  }

  /// The product of extents; nil when one is unknown (and none is 0), or with a fault when it is too large.
  mutating func product(_ extents: some Collection<Int64?>) -> Int64? {
    if extents.contains(0) { return 0 }
    var known: [Int64] = []
    for extent in extents {
      guard let extent else { return nil }
      known.append(extent)
    }
    if let extent = known.first(where: { $0 < 0 }) {
      fault("an extent is negative", value: "\(extent)", expected: "0 or more")
      return nil
    }
    guard let product = ONNXTensor.product(known) else {
      fault("the extents multiply to too much", value: "\(known)", expected: "at most 2^56 elements")
      return nil
    }
    return product
  }
}
