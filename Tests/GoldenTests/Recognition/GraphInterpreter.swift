import Dataflow
import Foundation

/// Runs an operator graph in double precision, one position after the other, as its operators are documented.
struct GraphInterpreter {
  let graph: OperatorGraph
  let weights: ModelWeights
  /// Keys, or values, of each position, by operator that appends them.
  var cache: [Int: [[Double]]] = [:]
  private var matrices: [Int: [[[Double]]]] = [:]

  init(_ graph: OperatorGraph, _ weights: ModelWeights) {
    self.graph = graph
    self.weights = weights
    for (index, entry) in weights.entries {
      matrices[index] = entry.matrices.map { matrix in (0..<matrix.rows).map { matrix.row($0).map { Double($0) } } }
    }
  }

  /// The last operator's result for each of `tokens`, which stand at positions from `start` on.
  mutating func run(_ tokens: [Int], from start: Int) -> [[Double]] {
    var results = [[[Double]]](repeating: [], count: tokens.count)
    for stage in graph.stages {
      for (offset, token) in tokens.enumerated() {
        if results[offset].isEmpty { results[offset] = [[Double]](repeating: [], count: graph.operators.count) }
        for index in stage {
          results[offset][index] = compute(index, results[offset], token: token, position: start + offset)
        }
      }
    }
    return results.map { $0[graph.operators.count - 1] }
  }

  private func matrix(_ index: Int, expert: Int = 0) -> [[Double]] {
    let all = matrices[graph.operators[index].weightsOf ?? index] ?? []
    return expert < all.count ? all[expert] : []
  }

  private func vectors(_ index: Int) -> [[Double]] {
    (weights.entries[index]?.vectors ?? []).map { $0.map { Double($0) } }
  }

  private mutating func compute(_ index: Int, _ done: [[Double]], token: Int, position: Int) -> [Double] {
    let op = graph.operators[index]
    func input(_ number: Int, _ count: Int64) -> [Double] {
      let edge = op.inputs[number]
      return Array(done[edge.producer][Int(edge.offset)..<Int(edge.offset + count)])
    }
    switch op.kind {
    case .embedding(_, let width, let row):
      switch row {
      case .token: return matrix(index)[token]
      case .segment: return matrix(index)[0]
      case .position(let after): return matrix(index)[position + Int(after)]
      case .rotary(let base):
        let angles = (0..<(width / 2)).map { Double(position) * pow(base, -2 * Double($0) / Double(width)) }
        return angles.map { cos($0) } + angles.map { sin($0) }
      }
    case .linear(let inputs, let outputs, let bias):
      let x = input(0, inputs)
      var y = matrix(index).map { row in zip(row, x).reduce(0) { $0 + $1.0 * $1.1 } }
      if bias { for i in 0..<Int(outputs) { y[i] += vectors(index)[0][i] } }
      return y
    case .expertLinear(let experts, let slot, let inputs, _):
      let chosen = done[op.inputs[1].producer].count / 2
      let expert = Int(done[op.inputs[1].producer][chosen + Int(slot)])
      precondition(expert < Int(experts))
      let x = input(0, inputs)
      return matrix(index, expert: expert).map { row in zip(row, x).reduce(0) { $0 + $1.0 * $1.1 } }
    case .appendKey(let heads, let dimension), .appendValue(let heads, let dimension):
      cache[index, default: []].append(input(0, heads * dimension))
      return []
    case .attentionScores(let heads, let keyHeads, let dimension):
      let q = input(0, heads * dimension)
      let keys = cache[op.inputs[1].producer] ?? []
      return (0..<Int(heads)).flatMap { head in
        keys.map { key in
          let group = head / Int(heads / keyHeads)
          return (0..<Int(dimension)).reduce(0) {
            $0 + q[head * Int(dimension) + $1] * key[group * Int(dimension) + $1]
          }
        }
      }
    case .alibi: return done[op.inputs[0].producer]
    case .softmax(let heads, let scale):
      let scores = done[op.inputs[0].producer]
      let context = scores.count / Int(heads)
      return (0..<Int(heads)).flatMap { head -> [Double] in
        let row = scores[(head * context)..<((head + 1) * context)].map { $0 * scale }
        let largest = row.max() ?? 0
        let powers = row.map { exp($0 - largest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
      }
    case .attentionValues(let heads, let keyHeads, let dimension):
      let p = done[op.inputs[0].producer]
      let values = cache[op.inputs[1].producer] ?? []
      return (0..<Int(heads)).flatMap { head -> [Double] in
        let group = head / Int(heads / keyHeads)
        return (0..<Int(dimension)).map { element in
          values.indices.reduce(0) { $0 + p[head * values.count + $1] * values[$1][group * Int(dimension) + element] }
        }
      }
    case .layerNorm(let width, let epsilon):
      let x = input(0, width)
      let mean = x.reduce(0, +) / Double(width)
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      let (scale, shift) = (vectors(index)[0], vectors(index)[1])
      return x.indices.map { (x[$0] - mean) / (variance + epsilon).squareRoot() * scale[$0] + shift[$0] }
    case .rmsNorm(let width, let epsilon):
      let x = input(0, width)
      let square = x.reduce(0) { $0 + $1 * $1 } / Double(width)
      return x.indices.map { x[$0] / (square + epsilon).squareRoot() * vectors(index)[0][$0] }
    case .rotary(let heads, let dimension):
      let (x, angles) = (input(0, heads * dimension), input(1, dimension))
      var y = x
      let half = Int(dimension / 2)
      for head in 0..<Int(heads) {
        for i in 0..<half {
          let (a, b) = (head * 2 * half + i, head * 2 * half + half + i)
          y[a] = x[a] * angles[i] - x[b] * angles[i + half]
          y[b] = x[b] * angles[i] + x[a] * angles[i + half]
        }
      }
      return y
    case .activation(let function, let width): return input(0, width).map { function($0) }
    case .add(let width): return zip(input(0, width), input(1, width)).map { $0 + $1 }
    case .multiply(let width): return zip(input(0, width), input(1, width)).map { $0 * $1 }
    case .router(let experts, let chosen):
      let scores = input(0, experts)
      let order = scores.indices.sorted { scores[$0] > scores[$1] }.prefix(Int(chosen))
      let powers = order.map { exp(scores[$0] - scores[order[0]]) }
      return powers.map { $0 / powers.reduce(0, +) } + order.map { Double($0) }
    case .combine(let chosen, let width):
      let router = done[op.inputs[Int(chosen)].producer]
      return (0..<Int(width)).map { element in
        (0..<Int(chosen)).reduce(0) { $0 + router[$1] * done[op.inputs[$1].producer][element] }
      }
    case .convolution, .pool: return []
    }
  }
}
