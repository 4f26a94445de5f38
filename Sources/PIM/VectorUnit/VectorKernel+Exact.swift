import Dataflow

extension VectorKernel {
  /// What the kernel stands for, to double precision: the reference of the approximations, and what an exact run uses.
  ///
  /// - Parameter x: the sources, each with at least `sourceElements` numbers.
  package func exact(_ x: [[Double]]) -> [Double] {
    switch self {
    case .add(let n): (0..<Int(n)).map { x[0][$0] + x[1][$0] }
    case .multiply(let n): (0..<Int(n)).map { x[0][$0] * x[1][$0] }
    case .layerNorm(let n, let epsilon):
      Self.normed(Array(x[0].prefix(Int(n))), epsilon, centred: true).enumerated().map { $1 * x[1][$0] + x[2][$0] }
    case .rmsNorm(let n, let epsilon):
      Self.normed(Array(x[0].prefix(Int(n))), epsilon, centred: false).enumerated().map { $1 * x[1][$0] }
    case .softmax(let rows, let length, let scale):
      (0..<Int(rows)).flatMap { row in
        Self.softmax((0..<Int(length)).map { scale * x[0][row * Int(length) + $0] })
      }
    case .activation(let function, let n): (0..<Int(n)).map { function(x[0][$0]) }
    case .rotary(let heads, let dimension):
      (0..<Int(heads)).flatMap { head in Self.turned(x[0], x[1], from: head * Int(dimension), Int(dimension)) }
    case .alibi(let rows, let length, let scale):
      (0..<Int(rows * length)).map { index in
        let (row, element) = (index / Int(length), index % Int(length))
        return x[0][index] + Self.alibiSlope(Int64(row), of: rows) / scale * Double(element - Int(length) + 1)
      }
    case .router(let experts, let chosen): Self.routed(Array(x[0].prefix(Int(experts))), Int(chosen))
    case .combine(let chosen, let n):
      (0..<Int(n)).map { element in (0..<Int(chosen)).reduce(0) { $0 + x[$1][element] * x[Int(chosen)][$1] } }
    }
  }

  private static func normed(_ x: [Double], _ epsilon: Double, centred: Bool) -> [Double] {
    let mean = centred ? x.reduce(0, +) / Double(x.count) : 0
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    return x.map { ($0 - mean) / (variance + epsilon).squareRoot() }
  }

  private static func softmax(_ x: [Double]) -> [Double] {
    let largest = x.max() ?? 0
    let powers = x.map { RealFunctions.exponential($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  private static func turned(_ x: [Double], _ angles: [Double], from first: Int, _ dimension: Int) -> [Double] {
    (0..<dimension).map { index in
      let pair = index % (dimension / 2)
      let (low, high) = (x[first + pair], x[first + pair + dimension / 2])
      let (cosine, sine) = (angles[pair], angles[pair + dimension / 2])
      return index == pair ? low * cosine - high * sine : high * cosine + low * sine
    }
  }

  private static func routed(_ scores: [Double], _ chosen: Int) -> [Double] {
    // Equal scores: the lower number first.
    let order = scores.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }.prefix(chosen)
    return softmax(order.map { scores[$0] }) + order.map(Double.init)
  }

  /// ALiBi's slope of head `head` of `heads`: 2^(−8 (h + 1) / heads) where heads are a power of two; otherwise those of
  /// the power below, and every other one of the power above (Press et al. 2022, in transformers' form).
  package static func alibiSlope(_ head: Int64, of heads: Int64) -> Double {
    var below: Int64 = 1
    while below * 2 <= heads { below *= 2 }
    if head < below { return RealFunctions.powerOfTwo(-8 * Double(head + 1) / Double(below)) }
    return RealFunctions.powerOfTwo(-4 * Double(2 * (head - below) + 1) / Double(below))
  }
}
