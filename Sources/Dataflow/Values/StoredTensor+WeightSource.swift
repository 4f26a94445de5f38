import Files

extension StoredTensor: WeightSource {
  public func floats(from first: Int64, count: Int64, stride: Int64) -> [Float] {
    stride == 1 ? floats(first..<(first + count)) : (0..<count).map { float(at: first + $0 * stride) }
  }
}
