import Arch
import Files

/// The GPT-2 family as Hugging Face `config.json` describes it (`model_type: gpt2`; GPT-3 models have the same graph).
///
/// Source: the GPT-2 architecture of Radford et al. 2019 in the form of transformers' `GPT2LMHeadModel`: learned
/// positions, pre-norm blocks, one fused q/k/v projection, `gelu_new`, head tied to the token embedding.
struct GPT2Config {
  let layers: Int64
  let width: Int64
  let heads: Int64
  let positions: Int64
  let vocabulary: Int64
  let inner: Int64
  let isTied: Bool
  let epsilon: Double

  /// Keys that this importer uses.
  static let usedKeys = [
    "model_type", "n_layer", "n_embd", "n_head", "n_positions", "vocab_size", "n_inner", "activation_function",
    "tie_word_embeddings", "add_cross_attention", "layer_norm_epsilon",
  ]

  /// Keys of such files that change nothing about shapes or cost.
  static let irrelevantKeys = IrrelevantKeys.common.union([
    "attn_pdrop", "embd_pdrop", "n_ctx", "reorder_and_upcast_attn", "resid_pdrop",
    "scale_attn_by_inverse_layer_idx", "scale_attn_weights", "summary_activation", "summary_first_dropout",
    "summary_proj_to_labels", "summary_type", "summary_use_proj",
  ])

  static func read(_ fields: inout Fields, name: String, _ d: inout Diagnostics) -> OperatorGraph? {
    let before = d.items.count
    let layers = fields.requiredInteger("n_layer", in: 1...10_000, &d)
    let width = fields.requiredInteger("n_embd", in: 1...(1 << 20), &d)
    let heads = fields.requiredInteger("n_head", in: 1...(1 << 16), &d)
    let positions = fields.requiredInteger("n_positions", in: 1...(1 << 24), &d)
    let vocabulary = fields.requiredInteger("vocab_size", in: 1...(1 << 28), &d)
    // Hugging Face writes null for "four times the width".
    var inner: Int64?
    if let node = fields.node("n_inner"), case .scalar(let scalar) = node.content, !scalar.isNull {
      inner = fields.integer("n_inner", in: 1...(1 << 22), &d)
    }
    if let activation = fields.text("activation_function", &d), activation != "gelu_new" {
      d.error(
        "unsupported activation_function", at: fields.place("activation_function"), value: activation,
        expected: "gelu_new")
    }
    if fields.contains("add_cross_attention"), fields.boolean("add_cross_attention", &d) == true {
      d.error("cross attention is not supported", at: fields.place("add_cross_attention"), expected: "false")
    }
    let isTied = fields.boolean("tie_word_embeddings", &d) ?? true
    if let width, let heads, width % heads != 0 {
      d.error(
        "n_embd is not a multiple of n_head", at: fields.place("n_embd"), value: "\(width) over \(heads) heads",
        expected: "a whole number of elements per head")
    }
    let epsilon = fields.epsilon("layer_norm_epsilon", default: 1e-5, &d)
    fields.warnUnknown(&d, knownKeys: usedKeys, silent: irrelevantKeys)
    guard !d.items[before...].contains(where: { $0.severity == .error }), let layers, let width, let heads,
      let positions,
      let vocabulary
    else { return nil }
    let config = GPT2Config(
      layers: layers, width: width, heads: heads, positions: positions, vocabulary: vocabulary,
      inner: inner ?? 4 * width, isTied: isTied, epsilon: epsilon)
    return config.graph(named: name)
  }

  func graph(named name: String) -> OperatorGraph {
    var list = OperatorList()
    let attention = OperatorList.Heads(heads: heads, keyValueHeads: heads, dimension: width / heads)
    let token = list.append("wte", .embedding(entries: vocabulary, width: width, row: .token), [])
    let position = list.append(
      "wpe", .embedding(entries: positions, width: width, row: .position(after: 0)), [])
    var stream = list.append("embed.add", .add(width: width), [token, position])
    for layer in 0..<layers {
      let p = "h.\(layer)."
      let norm1 = list.append(p + "ln_1", .layerNorm(width: width, epsilon: epsilon), [stream])
      let qkv = list.append(p + "attn.c_attn", .linear(inputs: width, outputs: 3 * width, bias: true), [norm1])
      let mixed = list.attention(p + "attn.", attention, fused: qkv)
      let projected = list.append(p + "attn.c_proj", .linear(inputs: width, outputs: width, bias: true), [mixed])
      let residual = list.append(p + "attn.add", .add(width: width), [stream, projected])
      let norm2 = list.append(p + "ln_2", .layerNorm(width: width, epsilon: epsilon), [residual])
      let up = list.append(p + "mlp.c_fc", .linear(inputs: width, outputs: inner, bias: true), [norm2])
      let activated = list.append(p + "mlp.act", .activation(.gelu, width: inner), [up])
      let down = list.append(p + "mlp.c_proj", .linear(inputs: inner, outputs: width, bias: true), [activated])
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
