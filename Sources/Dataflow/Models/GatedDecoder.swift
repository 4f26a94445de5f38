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

  func graph(named name: String) -> OperatorGraph {
    var list = OperatorList()
    let queryWidth = heads.heads * heads.dimension
    let keyWidth = heads.keyValueHeads * heads.dimension
    let token = list.append("model.embed_tokens", .embedding(entries: vocabulary, width: width, row: .token), [])
    var stream = token
    for layer in 0..<layers {
      let p = "model.layers.\(layer)."
      let a = p + "self_attn."
      let norm1 = list.append(p + "input_layernorm", .rmsNorm(width: width), [stream])
      let query = list.append(
        a + "q_proj", .linear(inputs: width, outputs: queryWidth, bias: hasQueryBias), [norm1])
      let key = list.append(a + "k_proj", .linear(inputs: width, outputs: keyWidth, bias: hasQueryBias), [norm1])
      let value = list.append(a + "v_proj", .linear(inputs: width, outputs: keyWidth, bias: hasQueryBias), [norm1])
      let turnedQuery = list.append(
        a + "q_rotary", .rotary(heads: heads.heads, dimension: heads.dimension), [query])
      let turnedKey = list.append(
        a + "k_rotary", .rotary(heads: heads.keyValueHeads, dimension: heads.dimension), [key])
      let mixed = list.attention(a, heads, query: turnedQuery, key: turnedKey, value: value)
      let projected = list.append(
        a + "o_proj", .linear(inputs: queryWidth, outputs: width, bias: hasOutputBias), [mixed])
      let residual = list.append(a + "add", .add(width: width), [stream, projected])
      let norm2 = list.append(p + "post_attention_layernorm", .rmsNorm(width: width), [residual])
      let result =
        if let experts {
          expertNetworks(p + "mlp.", experts, norm2, &list)
        } else {
          network(p + "mlp.", norm2, &list)
        }
      stream = list.append(p + "mlp.add", .add(width: width), [residual, result])
    }
    let headStart = list.count
    let normed = list.append("model.norm", .rmsNorm(width: width), [stream])
    _ = list.append(
      "lm_head", .linear(inputs: width, outputs: vocabulary, bias: false), [normed], weightsOf: isTied ? token : nil)
    return OperatorGraph(
      name: name, operators: list.operators, contextLimit: positions, vocabulary: vocabulary, headStart: headStart,
      window: window)
  }

  private func network(_ p: String, _ input: Int, _ list: inout OperatorList) -> Int {
    let gate = list.append(
      p + "gate_proj", .linear(inputs: width, outputs: inner, bias: hasNetworkBias), [input])
    let up = list.append(p + "up_proj", .linear(inputs: width, outputs: inner, bias: hasNetworkBias), [input])
    let activated = list.append(p + "act", .silu(width: inner), [gate])
    let gated = list.append(p + "gated", .multiply(width: inner), [activated, up])
    return list.append(p + "down_proj", .linear(inputs: inner, outputs: width, bias: hasNetworkBias), [gated])
  }

  private func expertNetworks(
    _ p: String, _ experts: (count: Int64, chosen: Int64), _ input: Int, _ list: inout OperatorList
  ) -> Int {
    let gate = list.append(p + "gate", .linear(inputs: width, outputs: experts.count, bias: false), [input])
    let router = list.append(p + "router", .router(experts: experts.count, chosen: experts.chosen), [gate])
    return list.append(
      p + "experts", .experts(count: experts.count, chosen: experts.chosen, width: width, inner: inner),
      [input, router])
  }
}
