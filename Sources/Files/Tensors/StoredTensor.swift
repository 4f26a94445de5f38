/// A tensor whose elements lie in a file or in memory: row-major, little-endian, at any offset.
public struct StoredTensor: Sendable {
  public let name: String
  public let element: TensorElement
  /// Extents from the outermost; none for a single number.
  public let shape: [Int64]
  /// The number of elements.
  public let count: Int64
  private let file: MappedFile
  private let range: Range<Int>

  /// The tensor in the bytes `range` of `file`.
  ///
  /// Returns nil when an extent is negative or beyond 2^56, or when `range` does not lie in the file or is not as long as
  /// the shape and the element ask for.
  public init?(name: String, element: TensorElement, shape: [Int64], file: MappedFile, range: Range<Int>) {
    guard range.lowerBound >= 0, range.upperBound <= file.count else { return nil }
    self.init(name, element, shape, file, range)
  }

  /// The tensor in a copy of `bytes`; nil as for the other.
  public init?(name: String, element: TensorElement, shape: [Int64], bytes: [UInt8]) {
    let file = MappedFile(copying: bytes, displayName: name)
    self.init(name, element, shape, file, 0..<bytes.count)
  }

  /// A tensor of fp32 numbers; nil when there are not as many as `shape` asks for.
  public init?(name: String, shape: [Int64], floats: [Float]) {
    let bytes = floats.map { $0.bitPattern.littleEndian }.withUnsafeBytes { Array($0) }
    self.init(name: name, element: .float32, shape: shape, bytes: bytes)
  }

  private init?(
    _ name: String, _ element: TensorElement, _ shape: [Int64], _ file: MappedFile, _ range: Range<Int>
  ) {
    guard let count = TensorShape.count(shape), count * Int64(element.size) == Int64(range.count) else { return nil }
    self.name = name
    self.element = element
    self.shape = shape
    self.count = count
    self.file = file
    self.range = range
  }

  /// The bytes of all elements.
  public var byteCount: Int { range.count }

  /// Whether the elements are read from a file when they are looked at.
  public var isMapped: Bool { file.isMapped }

  /// The same elements under another name.
  public func named(_ name: String) -> StoredTensor {
    StoredTensor(name, element, shape, file, range) ?? self
  }

  /// Hands the bytes of all elements to `body`; they are valid only inside it and need not be aligned.
  public func withBytes<Result, Fault: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Fault) -> Result
  ) throws(Fault) -> Result {
    try file.withBytes { all throws(Fault) in try body(UnsafeRawBufferPointer(rebasing: all[range])) }
  }

  /// Lets the memory of what was read of a mapped file go.
  public func release() { file.release(range) }
}
