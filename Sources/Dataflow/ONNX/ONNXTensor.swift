/// One element of a tensor whose value is known before the run.
public enum ONNXScalar: Hashable, Sendable {
  /// Integers of every width, and truth values as 0 and 1.
  case integer(Int64)
  case real(Double)

  var integer: Int64? {
    switch self {
    case .integer(let value): value
    case .real(let value): Int64(exactly: value.rounded(.towardZero))
    }
  }

  var real: Double {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    }
  }

  var isTrue: Bool {
    switch self {
    case .integer(let value): value != 0
    case .real(let value): value != 0
    }
  }

  static func truth(_ value: Bool) -> ONNXScalar { .integer(value ? 1 : 0) }
}

/// Why an extent is not known.
public struct ONNXDoubt: Hashable, Sendable {
  /// One clause: who is to blame and why.
  public let reason: String
  /// True when an operator is not understood; false when only the data of a run decide.
  public let isUnsupported: Bool
}

/// What is known of a value of a graph before the run.
public struct ONNXTensor: Hashable, Sendable {
  /// The most elements that a value may have, so that its bits can be counted.
  public static let elementLimit: Int64 = 1 << 56
  /// The most axes of a value.
  static let rankLimit = 64
  /// The most elements of a value that is computed while the graph is read.
  static let foldLimit: Int64 = 1 << 12

  public var element: ONNXElement?
  /// Extents from the outermost; `nil` where only the run can say, and for the whole when even the rank is unknown.
  public var shape: [Int64?]?
  /// The elements in row-major order, when all of `shape` is known and it is small; `nil` for those unknown.
  public var values: [ONNXScalar?]?
  /// For a sequence: its members, when they are known.
  public internal(set) var members: [ONNXTensor]?
  /// For an optional: whether it holds anything.
  var presence = Presence.there
  /// Why something above is unknown.
  public var doubt: ONNXDoubt?

  enum Presence: Hashable, Sendable { case there, missing, undecided }

  init(
    _ element: ONNXElement?, _ shape: [Int64?]?, values: [ONNXScalar?]? = nil, members: [ONNXTensor]? = nil,
    doubt: ONNXDoubt? = nil
  ) {
    self.element = element
    self.shape = shape
    self.values = values
    self.members = members
    self.doubt = doubt
  }

  static let unknown = ONNXTensor(nil, nil)

  static func integers(_ values: [Int64?], _ shape: [Int64?]? = nil) -> ONNXTensor {
    ONNXTensor(.int64, shape ?? [Int64(values.count)], values: values.map { $0.map(ONNXScalar.integer) })
  }

  public var rank: Int? { shape?.count }

  /// Extents, when all are known.
  public var extents: [Int64]? {
    guard let shape else { return nil }
    var known: [Int64] = []
    for extent in shape {
      guard let extent else { return nil }
      known.append(extent)
    }
    return known
  }

  /// The number of elements, when it is known and within `elementLimit`.
  public var elements: Int64? { extents.flatMap(ONNXTensor.product) }

  /// The bytes of all elements.
  public var bytes: Int64? {
    guard let elements, let element else { return nil }
    return element.bytes(elements)
  }

  var isFullyKnown: Bool {
    if presence != .there { return presence == .missing }
    if let members { return members.allSatisfy(\.isFullyKnown) }
    return extents != nil && (values?.allSatisfy { $0 != nil } ?? true)
  }

  /// All elements as integers, unknown ones as nil.
  var integers: [Int64?]? { values?.map { $0?.integer } }

  /// The only element as an integer.
  var singleInteger: Int64? {
    guard let values, values.count == 1 else { return nil }
    return values[0]?.integer
  }

  /// The product of extents, or nil beyond `elementLimit`.
  static func product(_ extents: some Sequence<Int64>) -> Int64? {
    var result: Int64 = 1
    for extent in extents {
      let (product, overflow) = result.multipliedReportingOverflow(by: extent)
      guard !overflow, (0...elementLimit).contains(extent), product <= elementLimit else { return nil }
      result = product
    }
    return result
  }

  /// "[1, ?, 64]".
  public var shapeText: String { shape.map(Self.text) ?? "of unknown rank" }

  static func text(_ shape: [Int64?]) -> String {
    "[" + shape.map { $0.map(String.init) ?? "?" }.joined(separator: ", ") + "]"
  }
}
