import Arch
import Files

/// The OPT family as Hugging Face `config.json` describes it (`model_type: opt`).
///
/// Source: Zhang et al. 2022 in the form of transformers' `OPTForCausalLM`: learned positions after two rows that no
/// position uses, norms before each half, ReLU, a head tied to the token embedding.
struct OPTConfig {
  let layers: Int64
  let width: Int64
  let heads: Int64
  let positions: Int64
  let vocabulary: Int64
  let inner: Int64
  /// Elements of a token's embedding, which two more matrices take to and from the width where they differ.
  let embedding: Int64
  let isTied: Bool
  let activation: Activation
  /// PyTorch's own, which no key changes.
  let epsilon = 1e-5

  private static let usedKeys = [
    "model_type", "num_hidden_layers", "hidden_size", "num_attention_heads", "ffn_dim", "max_position_embeddings",
    "vocab_size", "word_embed_proj_dim", "activation_function", "do_layer_norm_before", "enable_bias",
    "layer_norm_elementwise_affine", "_remove_final_layer_norm", "tie_word_embeddings",
  ]

  private static let irrelevantKeys = IrrelevantKeys.common.union([
    "activation_dropout", "dropout", "init_std", "layerdrop", "output_projection", "prefix",
  ])

  static func read(_ fields: inout Fields, name: String, _ d: inout Diagnostics) -> OperatorGraph? {
    let before = d.errorCount
    let layers = fields.requiredInteger("num_hidden_layers", in: 1...10_000, &d)
    let width = fields.requiredInteger("hidden_size", in: 1...(1 << 20), &d)
    let heads = fields.requiredInteger("num_attention_heads", in: 1...(1 << 16), &d)
    let inner = fields.requiredInteger("ffn_dim", in: 1...(1 << 22), &d)
    let positions = fields.requiredInteger("max_position_embeddings", in: 1...(1 << 24), &d)
    let vocabulary = fields.requiredInteger("vocab_size", in: 1...(1 << 28), &d)
    let embedding = fields.integerOrNull("word_embed_proj_dim", in: 1...(1 << 20), &d)
    let activation = Activation.read(&fields, "activation_function", &d)
    fields.expect("do_layer_norm_before", true, &d)
    fields.expect("enable_bias", true, &d)
    fields.expect("layer_norm_elementwise_affine", true, &d)
    fields.expect("_remove_final_layer_norm", false, &d)
    let isTied = fields.boolean("tie_word_embeddings", &d) ?? true
    fields.checkDivides(
      ("num_attention_heads", heads), ("hidden_size", width), at: "hidden_size",
      expected: "a whole number of elements per head", &d)
    fields.warnUnknown(&d, knownKeys: usedKeys, silent: irrelevantKeys)
    guard d.errorCount == before, let layers, let width, let heads, let inner, let positions, let vocabulary,
      let activation
    else { return nil }
    let config = OPTConfig(
      layers: layers, width: width, heads: heads, positions: positions, vocabulary: vocabulary, inner: inner,
      embedding: embedding ?? width, isTied: isTied, activation: activation)
    return config.graph(named: name)
  }

  func graph(named name: String) -> OperatorGraph {
    var list = OperatorList()
    let attention = OperatorList.Heads(heads: heads, keyValueHeads: heads, dimension: width / heads)
    let token = list.append(
      "decoder.embed_tokens", .embedding(entries: vocabulary, width: embedding, row: .token), [])
    let position = list.append(
      "decoder.embed_positions", .embedding(entries: positions + 2, width: width, row: .position(after: 2)), [])
    let entered =
      embedding == width
      ? token : list.append("decoder.project_in", .linear(inputs: embedding, outputs: width, bias: false), [token])
    var stream = list.append("decoder.embed.add", .add(width: width), [entered, position])
    for layer in 0..<layers {
      let p = "decoder.layers.\(layer)."
      let a = p + "self_attn."
      let square = OperatorKind.linear(inputs: width, outputs: width, bias: true)
      let norm1 = list.append(p + "self_attn_layer_norm", .layerNorm(width: width, epsilon: epsilon), [stream])
      let query = list.append(a + "q_proj", square, [norm1])
      let key = list.append(a + "k_proj", square, [norm1])
      let value = list.append(a + "v_proj", square, [norm1])
      let mixed = list.attention(a, attention, query: query, key: key, value: value)
      let projected = list.append(a + "out_proj", square, [mixed])
      let residual = list.append(a + "add", .add(width: width), [stream, projected])
      let norm2 = list.append(p + "final_layer_norm", .layerNorm(width: width, epsilon: epsilon), [residual])
      let up = list.append(p + "fc1", .linear(inputs: width, outputs: inner, bias: true), [norm2])
      let activated = list.append(p + "act", activation.kind(width: inner), [up])
      let down = list.append(p + "fc2", .linear(inputs: inner, outputs: width, bias: true), [activated])
      stream = list.append(p + "add", .add(width: width), [residual, down])
    }
    var result = list.append(
      "decoder.final_layer_norm", .layerNorm(width: width, epsilon: epsilon), [stream], positions: .wanted)
    if embedding != width {
      result = list.append(
        "decoder.project_out", .linear(inputs: width, outputs: embedding, bias: false), [result],
        positions: .wanted)
    }
    _ = list.append(
      "lm_head", .linear(inputs: embedding, outputs: vocabulary, bias: false), [result],
      weightsOf: isTied ? token : nil,
      positions: .wanted)
    return OperatorGraph(
      name: name, operators: list.operators, contextLimit: positions, vocabulary: vocabulary)
  }
}
