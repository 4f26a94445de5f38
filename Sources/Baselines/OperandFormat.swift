/// The number format of weights, caches and activations on a CPU or GPU.
public enum OperandFormat: String, Hashable, Sendable, CaseIterable {
  case fp32, fp16, bf16, int8

  /// Bytes of one element.
  public var bytes: Int64 {
    switch self {
    case .fp32: 4
    case .fp16, .bf16: 2
    case .int8: 1
    }
  }

  /// Whether every number of `other` is one of this format too.
  func holds(_ other: OperandFormat) -> Bool {
    switch (self, other) {
    case (.fp32, _), (_, .int8): true
    default: self == other
    }
  }
}
