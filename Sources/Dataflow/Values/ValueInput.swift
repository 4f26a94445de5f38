import Arch
import Foundation

/// The numbers that a run computes with: what lies in the memories from the start, and how the units compute.
public struct ValueInput: Sendable {
  /// Keys or values of one sequence's earlier positions: for each position, heads side by side.
  public typealias Cache = [[Float]]

  /// The graph that the numbers belong to.
  public let graph: OperatorGraph
  public var weights: ModelWeights
  /// By position in the graph of the operator that appends to the cache, then by sequence.
  public var caches: [Int: [Cache]]
  public var arithmetic: ValueArithmetic

  public init(
    graph: OperatorGraph, weights: ModelWeights, caches: [Int: [Cache]] = [:], arithmetic: ValueArithmetic = .design
  ) {
    self.graph = graph
    self.weights = weights
    self.caches = caches
    self.arithmetic = arithmetic
  }

  /// Row `index` of what lies in a memory: a row of a matrix, so many elements of a vector, a position of a key cache,
  /// an element of a value cache over the positions. Shorter than `extent` where there is no more.
  public func row(_ index: Int64, of resident: Program.Resident, extent: Int64) -> [Float] {
    let op = graph.operators[resident.index]
    let entry = weights.entries[resident.index]
    switch resident.content {
    case .matrix(let which):
      if case .embedding(_, let width, .rotary(let base)) = op.kind {
        return Self.angles(of: index, width: width, base: base, frequencies: entry?.vectors.first)
      }
      guard let matrices = entry?.matrices, which < matrices.count else { return [] }
      return matrices[which].row(index)
    case .vector(let which):
      guard let vectors = entry?.vectors, which < vectors.count else { return [] }
      let first = min(Int(index * extent), vectors[which].count)
      return Array(vectors[which][first..<min(first + Int(extent), vectors[which].count)])
    case .cache(let sequence):
      guard let sequences = caches[resident.index], sequence < sequences.count else { return [] }
      let positions = sequences[Int(sequence)]
      if case .appendKey = op.kind { return index < positions.count ? positions[Int(index)] : [] }
      return positions.map { $0[Int(index)] }
    }
  }

  /// The cosines, then the sines, of position · base^(−2i/width).
  private static func angles(of position: Int64, width: Int64, base: Double, frequencies: [Float]?) -> [Float] {
    let angles = (0..<Int(width / 2)).map { pair in
      Double(position) * (frequencies.map { Double($0[pair]) } ?? pow(base, -2 * Double(pair) / Double(width)))
    }
    return angles.map { Float(cos($0)) } + angles.map { Float(sin($0)) }
  }
}

extension ModelWeights {
  /// A matrix of numbers around 0 that a seed chooses, uniform with the variance 1/columns.
  public static func randomMatrix(rows: Int64, columns: Int64, seed: UInt64) -> WeightMatrix {
    WeightMatrix(
      rows: rows, columns: columns,
      in: UniformNumbers(seed: seed, centre: 0, spread: (3 / Double(columns)).squareRoot()), rowStride: columns)
  }

  /// Numbers for a model of which only the shapes are known, chosen by the seed alone: matrices uniform with the
  /// variance 1/inputs, scales near 1, everything else near 0.
  public static func random(for graph: OperatorGraph, seed: UInt64) -> ModelWeights {
    var entries: [Int: Entry] = [:]
    for (index, op) in graph.operators.enumerated() where op.weightsOf == nil {
      let stream = seed &+ UInt64(index) &* 0x9E37_79B9_7F4A_7C15
      var entry = Entry()
      func matrix(_ rows: Int64, _ columns: Int64, _ which: Int64 = 0) -> WeightMatrix {
        WeightMatrix(
          rows: rows, columns: columns,
          in: UniformNumbers(seed: stream, centre: 0, spread: (3 / Double(columns)).squareRoot()),
          offset: which * rows * columns, rowStride: columns)
      }
      switch op.kind {
      case .embedding(_, _, .rotary): break
      case .embedding(let rows, let width, _): entry.matrices = [matrix(rows, width)]
      case .linear(let inputs, let outputs, _): entry.matrices = [matrix(outputs, inputs)]
      case .expertLinear(let experts, _, let inputs, let outputs):
        entry.matrices = (0..<experts).map { matrix(outputs, inputs, $0) }
      default: break
      }
      for (which, length) in op.kind.parameterVectors.enumerated() {
        let isScale = op.kind.parameters == op.kind.parameterVectors.reduce(0, +) && which == 0
        let numbers = UniformNumbers(seed: ~stream &+ UInt64(which), centre: isScale ? 1 : 0, spread: 0.1)
        entry.vectors.append((0..<length).map(numbers.float))
      }
      if !entry.matrices.isEmpty || !entry.vectors.isEmpty { entries[index] = entry }
    }
    return ModelWeights(entries: entries)
  }
}

/// Numbers that depend on their position and a seed alone, so that none need be kept.
private struct UniformNumbers: WeightSource {
  let seed: UInt64
  let centre: Double
  let spread: Double

  func float(at index: Int64) -> Float {
    var random = SplitMix64(seed: seed ^ UInt64(bitPattern: index) &* 0xD6E8_FEB8_6659_FD93)
    return Float(centre + spread * (Double(random.next() >> 11) * 0x1p-52 - 1))
  }
}
