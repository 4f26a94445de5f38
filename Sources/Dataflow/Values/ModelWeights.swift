/// Numbers that a model file holds, in some order of their own.
public protocol WeightSource: Sendable {
  /// Element `index`, from 0, as the nearest binary32 number.
  func float(at index: Int64) -> Float
  /// `count` elements from `first` on, `stride` apart.
  func floats(from first: Int64, count: Int64, stride: Int64) -> [Float]
}

extension WeightSource {
  public func floats(from first: Int64, count: Int64, stride: Int64) -> [Float] {
    (0..<count).map { float(at: first + $0 * stride) }
  }
}

/// A matrix of numbers in a `WeightSource`, rows being outputs and columns inputs, whatever their order in the file.
public struct WeightMatrix: Sendable {
  public let rows: Int64
  public let columns: Int64
  private let source: any WeightSource
  private let offset: Int64
  private let rowStride: Int64
  private let columnStride: Int64

  /// - Parameters:
  ///   - offset: the element of the source that is row 0, column 0.
  ///   - rowStride, columnStride: elements of the source from one row, or column, to the next.
  public init(
    rows: Int64, columns: Int64, in source: any WeightSource, offset: Int64 = 0, rowStride: Int64,
    columnStride: Int64 = 1
  ) {
    self.rows = rows
    self.columns = columns
    self.source = source
    self.offset = offset
    self.rowStride = rowStride
    self.columnStride = columnStride
  }

  /// The elements of one row.
  public func row(_ index: Int64) -> [Float] {
    source.floats(from: offset + index * rowStride, count: columns, stride: columnStride)
  }
}

/// What the operators of one graph compute with.
public struct ModelWeights: Sendable {
  public struct Entry: Sendable {
    /// The operator's matrix or table, rows being outputs or entries; one for each expert of an `expertLinear`.
    public var matrices: [WeightMatrix]
    /// Its `parameterVectors`, in that order.
    public var vectors: [[Float]]

    public init(matrices: [WeightMatrix] = [], vectors: [[Float]] = []) {
      self.matrices = matrices
      self.vectors = vectors
    }
  }

  /// By position of the operator in the graph. Operators that share a table have it at the first.
  public var entries: [Int: Entry]

  public init(entries: [Int: Entry] = [:]) { self.entries = entries }
}
