import Arch
import Files

/// Decoders with the block of LLaMA: RMS norm before each half, rotary positions, grouped attention, a gated network.
///
/// Source: Touvron et al. 2023 in the form of transformers' `LlamaForCausalLM`; the families that differ from it in a
/// key or two are those of `Family`.
struct GatedDecoder {
  /// What a family adds to the block, or fixes in it.
  enum Family: String, CaseIterable {
    /// LLaMA 1 to 3 (Touvron et al. 2023, Grattafiori et al. 2024): biases are chosen by keys.
    case llama
    /// Mistral (Jiang et al. 2023): a sliding window.
    case mistral
    /// Mixtral (Jiang et al. 2024): a router and experts instead of one network.
    case mixtral
    /// Qwen2 (Yang et al. 2024): biases of the query, key and value projections.
    case qwen2
  }

  let layers: Int64
  let width: Int64
  let heads: OperatorList.Heads
  let positions: Int64
  let vocabulary: Int64
  let inner: Int64
  var hasQueryBias = false
  var hasOutputBias = false
  var hasNetworkBias = false
  var isTied = false
  var window: Int64?
  var experts: (count: Int64, chosen: Int64)?
  var epsilon = 1e-6
  /// The base of the rotary angles.
  var rotaryBase = 10_000.0

  func graph(named name: String) -> OperatorGraph {
    var list = OperatorList()
    let queryWidth = heads.heads * heads.dimension
    let keyWidth = heads.keyValueHeads * heads.dimension
    let token = list.append("model.embed_tokens", .embedding(entries: vocabulary, width: width, row: .token), [])
    let angles = list.append(
      "model.rotary_emb", .embedding(entries: positions, width: heads.dimension, row: .rotary(base: rotaryBase)), [])
    var stream = token
    for layer in 0..<layers {
      let p = "model.layers.\(layer)."
      let a = p + "self_attn."
      let norm1 = list.append(p + "input_layernorm", .rmsNorm(width: width, epsilon: epsilon), [stream])
      let query = list.append(
        a + "q_proj", .linear(inputs: width, outputs: queryWidth, bias: hasQueryBias), [norm1])
      let key = list.append(a + "k_proj", .linear(inputs: width, outputs: keyWidth, bias: hasQueryBias), [norm1])
      let value = list.append(a + "v_proj", .linear(inputs: width, outputs: keyWidth, bias: hasQueryBias), [norm1])
      let turnedQuery = list.append(
        a + "q_rotary", .rotary(heads: heads.heads, dimension: heads.dimension), [query, angles])
      let turnedKey = list.append(
        a + "k_rotary", .rotary(heads: heads.keyValueHeads, dimension: heads.dimension), [key, angles])
      let mixed = list.attention(a, heads, query: turnedQuery, key: turnedKey, value: value)
      let projected = list.append(
        a + "o_proj", .linear(inputs: queryWidth, outputs: width, bias: hasOutputBias), [mixed])
      let residual = list.append(a + "add", .add(width: width), [stream, projected])
      let norm2 = list.append(p + "post_attention_layernorm", .rmsNorm(width: width, epsilon: epsilon), [residual])
      let result =
        if let experts {
          expertNetworks(p + "mlp.", experts, norm2, &list)
        } else {
          network(p + "mlp.", norm2, &list)
        }
      stream = list.append(p + "mlp.add", .add(width: width), [residual, result])
    }
    let normed = list.append("model.norm", .rmsNorm(width: width, epsilon: epsilon), [stream], positions: .wanted)
    _ = list.append(
      "lm_head", .linear(inputs: width, outputs: vocabulary, bias: false), [normed], weightsOf: isTied ? token : nil,
      positions: .wanted)
    return OperatorGraph(
      name: name, operators: list.operators, contextLimit: positions, vocabulary: vocabulary,
      window: window)
  }

  private func network(_ p: String, _ input: Int, _ list: inout OperatorList) -> Int {
    let gate = list.append(
      p + "gate_proj", .linear(inputs: width, outputs: inner, bias: hasNetworkBias), [input])
    let up = list.append(p + "up_proj", .linear(inputs: width, outputs: inner, bias: hasNetworkBias), [input])
    let activated = list.append(p + "act", .activation(.silu, width: inner), [gate])
    let gated = list.append(p + "gated", .multiply(width: inner), [activated, up])
    return list.append(p + "down_proj", .linear(inputs: inner, outputs: width, bias: hasNetworkBias), [gated])
  }

  private func expertNetworks(
    _ p: String, _ experts: (count: Int64, chosen: Int64), _ input: Int, _ list: inout OperatorList
  ) -> Int {
    let gate = list.append(p + "gate", .linear(inputs: width, outputs: experts.count, bias: false), [input])
    let router = list.append(p + "router", .router(experts: experts.count, chosen: experts.chosen), [gate])
    var results: [Int] = []
    var first: (gate: Int, up: Int, down: Int)?
    for slot in 0..<experts.chosen {
      let e = p + "experts.\(slot)."
      func linear(
        _ name: String, _ input: Int, _ inputs: Int64, _ outputs: Int64, _ shared: Int?
      ) -> Int {
        list.append(
          e + name, .expertLinear(experts: experts.count, slot: slot, inputs: inputs, outputs: outputs),
          [input, router], weightsOf: shared)
      }
      let gate = linear("w1", input, width, inner, first?.gate)
      let up = linear("w3", input, width, inner, first?.up)
      let activated = list.append(e + "act", .activation(.silu, width: inner), [gate])
      let gated = list.append(e + "gated", .multiply(width: inner), [activated, up])
      let down = linear("w2", gated, inner, width, first?.down)
      first = first ?? (gate, up, down)
      results.append(down)
    }
    return list.append(p + "combine", .combine(chosen: experts.chosen, width: width), results + [router])
  }
}
