/// A tensor whose elements lie in a file or in memory: row-major, little-endian, at any offset.
public struct StoredTensor: Sendable {
  private enum Storage: Sendable {
    case file(MappedFile)
    case owned([UInt8])
  }

  public let name: String
  public let element: TensorElement
  /// Extents from the outermost; none for a single number.
  public let shape: [Int64]
  /// The number of elements.
  public let count: Int64
  private let storage: Storage
  private let range: Range<Int>

  /// The tensor in the bytes `range` of `file`.
  ///
  /// Returns nil when a shape's extent is negative or beyond 2^56, or when `range` does not lie in the file or is not as
  /// long as the shape and the element ask for.
  public init?(name: String, element: TensorElement, shape: [Int64], file: MappedFile, range: Range<Int>) {
    guard range.lowerBound >= 0, range.upperBound <= file.count else { return nil }
    self.init(name, element, shape, .file(file), range)
  }

  /// The tensor in `bytes`; nil as for the other.
  public init?(name: String, element: TensorElement, shape: [Int64], bytes: [UInt8]) {
    self.init(name, element, shape, .owned(bytes), 0..<bytes.count)
  }

  /// The tensor in `range` of `bytes`, which are shared, not copied; nil as for the others.
  init?(name: String, element: TensorElement, shape: [Int64], bytes: [UInt8], range: Range<Int>) {
    guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return nil }
    self.init(name, element, shape, .owned(bytes), range)
  }

  /// A tensor of fp32 numbers; nil when there are not as many as `shape` asks for.
  public init?(name: String, shape: [Int64], floats: [Float]) {
    let bytes = floats.map { $0.bitPattern.littleEndian }.withUnsafeBytes { Array($0) }
    self.init(name: name, element: .float32, shape: shape, bytes: bytes)
  }

  private init?(
    _ name: String, _ element: TensorElement, _ shape: [Int64], _ storage: Storage, _ range: Range<Int>
  ) {
    guard let count = TensorShape.count(shape), count * Int64(element.size) == Int64(range.count) else { return nil }
    self.name = name
    self.element = element
    self.shape = shape
    self.count = count
    self.storage = storage
    self.range = range
  }

  /// The bytes of all elements.
  public var byteCount: Int { range.count }

  /// Whether the elements are read from a file when they are looked at.
  public var isMapped: Bool {
    if case .file = storage { true } else { false }
  }

  /// The same elements under another name.
  public func named(_ name: String) -> StoredTensor {
    StoredTensor(name, element, shape, storage, range) ?? self
  }

  /// Hands the bytes of all elements to `body`; they are valid only inside it and need not be aligned.
  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    switch storage {
    case .file(let file): try body(UnsafeRawBufferPointer(rebasing: file.bytes[range]))
    case .owned(let bytes): try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
  }

  /// Lets the memory of what was read of a mapped file go.
  public func release() {
    if case .file(let file) = storage { file.release(range) }
  }
}
