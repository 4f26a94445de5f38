/// What the elements of a stored tensor are; all of them little-endian.
public enum TensorElement: String, Hashable, Sendable, CaseIterable {
  case float64, float32, float16, bfloat16
  case int8, int16, int32, int64
  case uint8, uint16, uint32, uint64
  /// One byte; anything but 0 is true.
  case bool

  /// Bytes of one element: 1, 2, 4 or 8.
  public var size: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    }
  }

  /// Whether the elements are floating-point numbers.
  public var isFloat: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16: true
    default: false
    }
  }
}

/// Extents of a tensor and what they come to, without overflow.
enum TensorShape {
  /// The most of an extent and of a product of extents, so that bytes and bits can be counted.
  static let limit: Int64 = 1 << 56
  /// The most axes.
  static let rankLimit = 64

  /// The number of elements; nil for a negative extent, too many axes, or an extent or a product beyond the limit.
  static func count(_ shape: [Int64]) -> Int64? {
    guard shape.count <= rankLimit, shape.allSatisfy({ (0...limit).contains($0) }) else { return nil }
    var count: Int64 = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= limit else { return nil }
      count = product
    }
    return count
  }

  /// As `count`, with an error that says which extent is to blame.
  static func count(_ shape: [Int64], at place: Place, into d: inout Diagnostics) -> Int64? {
    if let count = count(shape) { return count }
    if shape.count > rankLimit {
      d.error("too many axes", at: place, value: "\(shape.count)", expected: "at most \(rankLimit)")
    } else if let extent = shape.first(where: { $0 < 0 }) {
      d.error("an extent is negative", at: place, value: "\(extent)", expected: "0 or more")
    } else {
      d.error("too many elements", at: place, value: "\(shape)", expected: "at most 2^56")
    }
    return nil
  }
}
