import Dataflow
import Foundation

/// A model computed in double precision, operator by operator over whole sequences: nothing of it is the simulator's.
public struct ReferenceModel {
  public let values: ValueInput
  private var graph: OperatorGraph { values.graph }

  public init(_ values: ValueInput) { self.values = values }

  /// The results of every operator for each of `tokens`, which follow on `past` cached positions of the first sequence.
  public func run(tokens: [Int64], past: Int = 0) -> [[[Double]]] {
    var results: [[[Double]]] = []
    for index in graph.operators.indices {
      let op = graph.operators[index]
      results.append(
        tokens.indices.map { position in
          let inputs = op.inputs.map { edge in
            Array(results[edge.producer][position].dropFirst(Int(edge.offset)))
          }
          return apply(index, inputs, position, past, tokens, results)
        })
    }
    return results
  }

  private func matrix(_ index: Int, _ which: Int = 0) -> WeightMatrix? {
    values.weights.entries[graph.operators[index].weightsOf ?? index]?.matrices[which]
  }

  private func product(_ matrix: WeightMatrix?, _ x: [Double], _ rows: Int64) -> [Double] {
    (0..<rows).map { row in
      zip(matrix?.row(row) ?? [], x).reduce(0) { $0 + Double($1.0) * $1.1 }
    }
  }

  private func apply(
    _ index: Int, _ x: [[Double]], _ offset: Int, _ past: Int, _ tokens: [Int64], _ results: [[[Double]]]
  ) -> [Double] {
    let position = past + offset
    let op = graph.operators[index]
    let vectors = values.weights.entries[index]?.vectors.map { $0.map(Double.init) } ?? []
    let last = graph.isCausal ? position : past + tokens.count - 1
    func cached(_ append: Int, _ other: Int) -> [Double] {
      other < past ? values.caches[append]?[0][other].map(Double.init) ?? [] : results[append][other - past]
    }
    switch op.kind {
    case .embedding(_, let width, .rotary(let base)):
      let angles = (0..<width / 2).map { Double(position) / pow(base, Double(2 * $0) / Double(width)) }
      return angles.map(cos) + angles.map(sin)
    case .embedding(_, _, let row):
      let entry: Int64 =
        switch row {
        case .token: tokens[offset]
        case .position(let after): after + Int64(position)
        default: 0
        }
      return (matrix(index)?.row(entry) ?? []).map(Double.init)
    case .linear(_, let outputs, let bias):
      let y = product(matrix(index), x[0], outputs)
      return bias ? zip(y, vectors[0]).map(+) : y
    case .appendKey(let heads, let dimension), .appendValue(let heads, let dimension):
      return Array(x[0].prefix(Int(heads * dimension)))
    case .attentionScores(let heads, let keyValueHeads, let dimension):
      let (d, group) = (Int(dimension), Int(heads / keyValueHeads))
      return (0..<Int(heads)).flatMap { head in
        (0...last).map { other in
          let key = cached(op.inputs[1].producer, other)
          return (0..<d).reduce(0) { $0 + x[0][head * d + $1] * key[head / group * d + $1] }
        }
      }
    case .alibi(let heads, let scale):
      return x[0].indices.map { element in
        let (head, other) = (element / (last + 1), element % (last + 1))
        return x[0][element] + exp2(-8 * Double(head + 1) / Double(heads)) * Double(other) / scale
      }
    case .softmax(let heads, let scale):
      return (0..<Int(heads)).flatMap { head in
        let row = (0...last).map { exp(scale * x[0][head * (last + 1) + $0]) }
        let sum = row.reduce(0, +)
        return row.map { $0 / sum }
      }
    case .attentionValues(let heads, let keyValueHeads, let dimension):
      let (d, group) = (Int(dimension), Int(heads / keyValueHeads))
      return (0..<Int(heads) * d).map { element in
        let (head, inner) = (element / d, element % d)
        return (0...last).reduce(0) {
          $0 + x[0][head * (last + 1) + $1] * cached(op.inputs[1].producer, $1)[head / group * d + inner]
        }
      }
    case .layerNorm(let width, let epsilon):
      let mean = x[0].prefix(Int(width)).reduce(0, +) / Double(width)
      let variance = x[0].prefix(Int(width)).reduce(0) { $0 + pow($1 - mean, 2) } / Double(width)
      return (0..<Int(width)).map { (x[0][$0] - mean) / sqrt(variance + epsilon) * vectors[0][$0] + vectors[1][$0] }
    case .rmsNorm(let width, let epsilon):
      let square = x[0].prefix(Int(width)).reduce(0) { $0 + $1 * $1 } / Double(width)
      return (0..<Int(width)).map { x[0][$0] / sqrt(square + epsilon) * vectors[0][$0] }
    case .rotary(let heads, let dimension):
      let half = Int(dimension / 2)
      return (0..<Int(heads * dimension)).map { element in
        let (head, inner) = (element / (2 * half), element % (2 * half))
        let (cosine, sine) = (x[1][inner % half], x[1][half + inner % half])
        let other = inner < half ? -x[0][head * 2 * half + inner + half] : x[0][head * 2 * half + inner - half]
        return x[0][element] * cosine + other * sine
      }
    case .activation(let function, _): return x[0].map { activate(function, $0) }
    case .add(let width): return (0..<Int(width)).map { x[0][$0] + x[1][$0] }
    case .multiply(let width): return (0..<Int(width)).map { x[0][$0] * x[1][$0] }
    case .router(let experts, let chosen):
      let scores = x[0].prefix(Int(experts))
      let best = scores.indices.sorted { scores[$0] > scores[$1] }.prefix(Int(chosen))
      let sum = best.reduce(0) { $0 + exp(scores[$1]) }
      return best.map { exp(scores[$0]) / sum } + best.map(Double.init)
    case .expertLinear(_, let slot, _, let outputs):
      // The router's numbers follow its weights.
      let router = x[1]
      return product(matrix(index, Int(router[router.count / 2 + Int(slot)])), x[0], outputs)
    case .combine(let chosen, let width):
      return (0..<Int(width)).map { element in
        (0..<Int(chosen)).reduce(0) { $0 + x[$1][element] * x[Int(chosen)][$1] }
      }
    case .convolution, .pool: return []
    }
  }

  private func activate(_ function: ActivationFunction, _ x: Double) -> Double {
    switch function {
    case .gelu: x / 2 * (1 + tanh(sqrt(2 / Double.pi) * (x + 0.044715 * pow(x, 3))))
    case .geluErf: x / 2 * erfc(-x / sqrt(2))
    case .relu: x > 0 ? x : 0
    case .silu: x / (1 + exp(-x))
    case .tanh: tanh(x)
    case .sigmoid: 1 / (1 + exp(-x))
    }
  }
}
