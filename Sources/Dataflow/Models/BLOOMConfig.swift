import Arch
import Files

/// The BLOOM family as Hugging Face `config.json` describes it (`model_type: bloom`).
///
/// Source: Le Scao et al. 2022 in the form of transformers' `BloomForCausalLM`: distances as a bias of the scores
/// instead of positions, a norm after the embedding, one fused q/k/v projection, the tanh form of GELU, a head tied to
/// the token embedding.
struct BLOOMConfig {
  let layers: Int64
  let width: Int64
  let heads: Int64
  let positions: Int64
  let vocabulary: Int64
  let isTied: Bool
  let epsilon: Double

  private static let usedKeys = [
    "model_type", "n_layer", "num_hidden_layers", "hidden_size", "n_embed", "n_head", "num_attention_heads",
    "vocab_size", "seq_length", "tie_word_embeddings", "layer_norm_epsilon",
  ]

  private static let irrelevantKeys = IrrelevantKeys.common.union([
    "apply_residual_connection_post_layernorm", "attention_softmax_in_fp32", "bias_dropout_fusion", "hidden_dropout",
    "masked_softmax_fusion", "n_inner", "offset_alibi", "pretraining_tp",
    "skip_bias_add", "skip_bias_add_qkv", "slow_but_exact", "unk_token_id",
  ])

  static func read(_ fields: inout Fields, name: String, _ d: inout Diagnostics) -> OperatorGraph? {
    let before = d.errorCount
    let (_, layers) = fields.requiredInteger("n_layer", or: "num_hidden_layers", in: 1...10_000, &d)
    let (widthKey, width) = fields.requiredInteger("hidden_size", or: "n_embed", in: 1...(1 << 20), &d)
    let (headsKey, heads) = fields.requiredInteger("n_head", or: "num_attention_heads", in: 1...(1 << 16), &d)
    let vocabulary = fields.requiredInteger("vocab_size", in: 1...(1 << 28), &d)
    let positions = readPositions(&fields, &d)
    let isTied = fields.boolean("tie_word_embeddings", &d) ?? true
    fields.checkDivides(
      (headsKey, heads), (widthKey, width), at: widthKey, expected: "a whole number of elements per head", &d)
    let epsilon = fields.epsilon("layer_norm_epsilon", default: 1e-5, &d)
    fields.warnUnknown(&d, knownKeys: usedKeys, silent: irrelevantKeys)
    guard d.errorCount == before, let layers, let width, let heads, let vocabulary, let positions else { return nil }
    let config = BLOOMConfig(
      layers: layers, width: width, heads: heads, positions: positions, vocabulary: vocabulary, isTied: isTied,
      epsilon: epsilon)
    return config.graph(named: name)
  }

  /// Distances have no end; the number of positions is the one that the checkpoints were trained with.
  private static func readPositions(_ fields: inout Fields, _ d: inout Diagnostics) -> Int64? {
    if fields.contains("seq_length") { return fields.integer("seq_length", in: 1...(1 << 24), &d) }
    d.warning("no key 'seq_length': \(trainedPositions) positions, as trained", at: fields.place())
    return trainedPositions
  }

  /// Le Scao et al. 2022, table 3: sequence length.
  private static let trainedPositions: Int64 = 2048

  func graph(named name: String) -> OperatorGraph {
    var list = OperatorList()
    let attention = OperatorList.Heads(heads: heads, keyValueHeads: heads, dimension: width / heads)
    let token = list.append("word_embeddings", .embedding(entries: vocabulary, width: width, row: .token), [])
    var stream = list.append("word_embeddings_layernorm", .layerNorm(width: width, epsilon: epsilon), [token])
    for layer in 0..<layers {
      let p = "h.\(layer)."
      let a = p + "self_attention."
      let norm1 = list.append(p + "input_layernorm", .layerNorm(width: width, epsilon: epsilon), [stream])
      let qkv = list.append(a + "query_key_value", .linear(inputs: width, outputs: 3 * width, bias: true), [norm1])
      let mixed = list.attention(a, attention, fused: qkv, isBiased: true)
      let projected = list.append(a + "dense", .linear(inputs: width, outputs: width, bias: true), [mixed])
      let residual = list.append(a + "add", .add(width: width), [stream, projected])
      let norm2 = list.append(p + "post_attention_layernorm", .layerNorm(width: width, epsilon: epsilon), [residual])
      let up = list.append(p + "mlp.dense_h_to_4h", .linear(inputs: width, outputs: 4 * width, bias: true), [norm2])
      let activated = list.append(p + "mlp.gelu_impl", .activation(.gelu, width: 4 * width), [up])
      let down = list.append(
        p + "mlp.dense_4h_to_h", .linear(inputs: 4 * width, outputs: width, bias: true), [activated])
      stream = list.append(p + "mlp.add", .add(width: width), [residual, down])
    }
    let normed = list.append("ln_f", .layerNorm(width: width, epsilon: epsilon), [stream], positions: .wanted)
    _ = list.append(
      "lm_head", .linear(inputs: width, outputs: vocabulary, bias: false), [normed], weightsOf: isTied ? token : nil,
      positions: .wanted)
    return OperatorGraph(
      name: name, operators: list.operators, contextLimit: positions, vocabulary: vocabulary)
  }
}
