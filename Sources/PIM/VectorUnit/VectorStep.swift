import Arch
import Dataflow

/// The opcodes of a vector unit, in the order of its step schemas.
enum VectorOpcode: Int32, CaseIterable {
  case send, receive, add, multiply, layerNorm, rmsNorm, softmax, rotary, alibi, router, combine
  case gelu, geluErf, relu, silu, tanh, sigmoid

  init(_ function: ActivationFunction) {
    switch function {
    case .gelu: self = .gelu
    case .geluErf: self = .geluErf
    case .relu: self = .relu
    case .silu: self = .silu
    case .tanh: self = .tanh
    case .sigmoid: self = .sigmoid
    }
  }

  var activation: ActivationFunction? { ActivationFunction.allCases.first { VectorOpcode($0) == self } }

  var schema: StepSchema {
    func kernel(_ name: String, _ operands: [StepSchema.Operand]) -> StepSchema {
      StepSchema(name, operands + [.init("to"), .init("to-part"), .init("from", .rest)])
    }
    switch self {
    case .send:
      return StepSchema(
        "send", integers: ["peer", "beats", "beat-bytes", "bytes"] + ValuePacking.operandNames, rest: "pieces")
    case .receive: return StepSchema("receive", integers: ["peer", "bytes"] + ValueUnpacking.operandNames)
    case .add: return kernel("add", [.init("elements")])
    case .multiply: return kernel("multiply", [.init("elements")])
    case .layerNorm: return kernel("layer-norm", [.init("elements"), .init("epsilon", .real)])
    case .rmsNorm: return kernel("rms-norm", [.init("elements"), .init("epsilon", .real)])
    case .softmax: return kernel("softmax", [.init("rows"), .init("length"), .init("scale", .real)])
    case .rotary: return kernel("rotary", [.init("heads"), .init("dimension")])
    case .alibi: return kernel("alibi", [.init("rows"), .init("length"), .init("scale", .real)])
    case .router: return kernel("router", [.init("experts"), .init("chosen")])
    case .combine: return kernel("combine", [.init("chosen"), .init("elements")])
    case .gelu, .geluErf, .relu, .silu, .tanh, .sigmoid:
      return kernel(activation?.rawValue ?? "", [.init("elements")])
    }
  }
}

extension VectorUnit {
  /// By opcode.
  public static let stepSchemas = VectorOpcode.allCases.map(\.schema)
}

/// A step of a vector unit, decoded once when the program is loaded.
enum VectorStep: Hashable, Sendable {
  /// Reads `bytes` from the SRAM and sends them over link `peer` in `beats` beats of `beatBytes` per lane of the link.
  case send(peer: Int64, beats: Int64, beatBytes: Int64, bytes: Int64, ValuePacking)
  /// Writes `bytes` that came over link `peer` to the SRAM.
  case receive(peer: Int64, bytes: Int64, ValueUnpacking)
  /// With `at`, the result replaces so many elements of the buffer from there on, and not the whole of it.
  case kernel(VectorKernel, from: [BufferSlice], to: Int64, at: Int64? = nil)

  var opcode: VectorOpcode {
    switch self {
    case .send: .send
    case .receive: .receive
    case .kernel(let kernel, _, _, _):
      switch kernel {
      case .add: .add
      case .multiply: .multiply
      case .layerNorm: .layerNorm
      case .rmsNorm: .rmsNorm
      case .softmax: .softmax
      case .rotary: .rotary
      case .alibi: .alibi
      case .router: .router
      case .combine: .combine
      case .activation(let function, _): VectorOpcode(function)
      }
    }
  }

  var operands: [Int64] {
    switch self {
    case .send(let peer, let beats, let beatBytes, let bytes, let packing):
      [peer, beats, beatBytes, bytes] + packing.operands
    case .receive(let peer, let bytes, let unpacking): [peer, bytes] + unpacking.operands
    case .kernel(let kernel, let from, let to, let at):
      kernel.operands + [to, at ?? -1] + from.flatMap { [$0.buffer, $0.offset] }
    }
  }

  /// No operand of a step that a compiler makes is larger, and products of two of them fit.
  private static let limit: Int64 = 1 << 31

  /// - Returns: `nil` when the numbers are not a step of this kind, which only a damaged program has.
  init?(opcode: Int32, operands: ArraySlice<Int64>) {
    guard let code = VectorOpcode(rawValue: opcode) else { return nil }
    let o = Array(operands.prefix(4))
    let schema = VectorUnit.stepSchemas[Int(opcode)]
    let reals = schema.operands.count { $0.form == .real }
    switch code {
    case .send:
      guard o.count == 4, o[0] >= 0, o.dropFirst().allSatisfy({ (1...Self.limit).contains($0) }),
        operands.allSatisfy({ $0 <= Self.limit }), let packing = ValuePacking(operands: operands.dropFirst(4))
      else { return nil }
      self = .send(peer: o[0], beats: o[1], beatBytes: o[2], bytes: o[3], packing)
    case .receive:
      guard o.count >= 2, o[0] >= 0, (1...Self.limit).contains(o[1]), operands.allSatisfy({ $0 <= Self.limit }),
        let unpacking = ValueUnpacking(operands: operands.dropFirst(2))
      else { return nil }
      self = .receive(peer: o[0], bytes: o[1], unpacking)
    default:
      let fixed = schema.operands.count - 1
      guard operands.count >= fixed, fixed >= 3 else { return nil }
      let head = Array(operands.prefix(fixed))
      let sizes = head.prefix(fixed - 2 - reals)
      guard sizes.allSatisfy({ (1...Self.limit).contains($0) }), (0...Self.limit).contains(head[fixed - 2]),
        (-1...Self.limit).contains(head[fixed - 1]),
        let kernel = VectorKernel(
          code, Array(sizes), real: reals > 0 ? Double(bitPattern: UInt64(bitPattern: head[fixed - 3])) : 0)
      else { return nil }
      let rest = Array(operands.dropFirst(fixed))
      guard rest.count == 2 * kernel.sourceCount, rest.allSatisfy({ (0...Self.limit).contains($0) }) else { return nil }
      let from = stride(from: 0, to: rest.count, by: 2).map { BufferSlice(rest[$0], offset: rest[$0 + 1]) }
      self = .kernel(kernel, from: from, to: head[fixed - 2], at: head[fixed - 1] < 0 ? nil : head[fixed - 1])
    }
  }
}

extension VectorKernel {
  fileprivate var operands: [Int64] {
    func bits(_ value: Double) -> Int64 { Int64(bitPattern: value.bitPattern) }
    switch self {
    case .add(let n), .multiply(let n), .activation(_, let n): return [n]
    case .layerNorm(let n, let epsilon), .rmsNorm(let n, let epsilon): return [n, bits(epsilon)]
    case .softmax(let rows, let length, let scale), .alibi(let rows, let length, let scale):
      return [rows, length, bits(scale)]
    case .rotary(let heads, let dimension): return [heads, dimension]
    case .router(let experts, let chosen): return [experts, chosen]
    case .combine(let chosen, let n): return [chosen, n]
    }
  }

  fileprivate init?(_ code: VectorOpcode, _ n: [Int64], real: Double) {
    guard real.isFinite else { return nil }
    switch code {
    case .send, .receive: return nil
    case .add: self = .add(elements: n[0])
    case .multiply: self = .multiply(elements: n[0])
    case .layerNorm: self = .layerNorm(elements: n[0], epsilon: real)
    case .rmsNorm: self = .rmsNorm(elements: n[0], epsilon: real)
    case .softmax: self = .softmax(rows: n[0], length: n[1], scale: real)
    case .alibi where n[0] <= 1 << 16: self = .alibi(rows: n[0], length: n[1], scale: real)
    case .rotary where n[1] % 2 == 0: self = .rotary(heads: n[0], dimension: n[1])
    case .router where n[1] <= n[0] && n[0] <= 1 << 16: self = .router(experts: n[0], chosen: n[1])
    case .combine where n[0] <= 1 << 16: self = .combine(chosen: n[0], elements: n[1])
    default:
      guard let function = code.activation else { return nil }
      self = .activation(function, elements: n[0])
    }
  }
}
