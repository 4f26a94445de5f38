import Arch

/// The opcodes of a vector unit.
enum VectorOpcode: Int32, CaseIterable {
  case send = 0
  case receive = 1
  case add = 2
  case layerNorm = 3
  case softmax = 4
  case gelu = 5
}

/// A step of a vector unit, decoded once when the program is loaded.
enum VectorStep: Hashable, Sendable {
  /// Reads `bytes` from the SRAM and sends them over link `peer` in `beats` beats of `beatBytes` per lane of the link.
  case send(peer: Int64, beats: Int64, beatBytes: Int64, bytes: Int64)
  /// Writes `bytes` that came over link `peer` to the SRAM.
  case receive(peer: Int64, bytes: Int64)
  case kernel(VectorKernel)

  var opcode: VectorOpcode {
    switch self {
    case .send: .send
    case .receive: .receive
    case .kernel(.add): .add
    case .kernel(.layerNorm): .layerNorm
    case .kernel(.softmax): .softmax
    case .kernel(.gelu): .gelu
    }
  }

  var operands: [Int64] {
    switch self {
    case .send(let peer, let beats, let beatBytes, let bytes): [peer, beats, beatBytes, bytes]
    case .receive(let peer, let bytes): [peer, bytes]
    case .kernel(.add(let n)), .kernel(.layerNorm(let n)), .kernel(.gelu(let n)): [n]
    case .kernel(.softmax(let rows, let length)): [rows, length]
    }
  }

  /// - Returns: `nil` when the numbers are not a step of this kind, which only a damaged program has.
  init?(opcode: Int32, operands: ArraySlice<Int64>) {
    let o = Array(operands)
    guard o.dropFirst(opcode <= 1 ? 1 : 0).allSatisfy({ $0 > 0 }) else { return nil }
    switch (VectorOpcode(rawValue: opcode), o.count) {
    case (.send, 4): self = .send(peer: o[0], beats: o[1], beatBytes: o[2], bytes: o[3])
    case (.receive, 2): self = .receive(peer: o[0], bytes: o[1])
    case (.add, 1): self = .kernel(.add(elements: o[0]))
    case (.layerNorm, 1): self = .kernel(.layerNorm(elements: o[0]))
    case (.gelu, 1): self = .kernel(.gelu(elements: o[0]))
    case (.softmax, 2): self = .kernel(.softmax(rows: o[0], length: o[1]))
    default: return nil
    }
  }
}
