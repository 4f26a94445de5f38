import Arch
import Files

// How the families with LLaMA's block are written in `config.json`.
extension GatedDecoder {
  private static let usedKeys = [
    "model_type", "num_hidden_layers", "hidden_size", "intermediate_size", "num_attention_heads",
    "num_key_value_heads", "head_dim", "max_position_embeddings", "vocab_size", "hidden_act", "tie_word_embeddings",
    "rms_norm_eps", "rope_theta", "rope_parameters",
  ]

  private static let irrelevantKeys = IrrelevantKeys.common.union([
    "layer_types", "max_window_layers", "output_router_logits", "partial_rotary_factor", "pretraining_tp",
    "rope_scaling", "router_aux_loss_coef", "router_jitter_noise",
    "use_mrope",
  ])

  /// Products of two sizes of a layer stay below 2^44, and 10,000 layers of them in 64 bits.
  private static let widthLimit: Int64 = 1 << 22

  static func read(_ fields: inout Fields, _ family: Family, name: String, _ d: inout Diagnostics) -> OperatorGraph? {
    let before = d.errorCount
    let layers = fields.requiredInteger("num_hidden_layers", in: 1...10_000, &d)
    let width = fields.requiredInteger("hidden_size", in: 1...(1 << 20), &d)
    let inner = fields.requiredInteger("intermediate_size", in: 1...widthLimit, &d)
    let positions = fields.requiredInteger("max_position_embeddings", in: 1...(1 << 24), &d)
    let vocabulary = fields.requiredInteger("vocab_size", in: 1...(1 << 28), &d)
    let heads = readHeads(&fields, family, width: width, &d)
    fields.expect("hidden_act", "silu", &d)
    let isTied = fields.boolean("tie_word_embeddings", &d) ?? false
    let options = readOptions(&fields, family, &d)
    let epsilon = fields.epsilon("rms_norm_eps", default: 1e-6, &d)
    let base = readRotaryBase(&fields, &d)
    let experts = family == .mixtral ? readExperts(&fields, inner: inner, &d) : nil
    fields.warnUnknown(&d, knownKeys: usedKeys + ownKeys(family), silent: irrelevantKeys)
    guard d.errorCount == before, let layers, let width, let inner, let positions, let vocabulary, let heads else {
      return nil
    }
    var decoder = GatedDecoder(
      layers: layers, width: width, heads: heads, positions: positions, vocabulary: vocabulary, inner: inner)
    decoder.hasQueryBias = options.attentionBias || family == .qwen2
    decoder.hasOutputBias = options.attentionBias
    decoder.hasNetworkBias = options.networkBias
    decoder.isTied = isTied
    decoder.window = options.window
    decoder.experts = experts
    decoder.epsilon = epsilon
    decoder.rotaryBase = base
    return decoder.graph(named: name)
  }

  /// Newer files keep it in an object of its own.
  private static func readRotaryBase(_ fields: inout Fields, _ d: inout Diagnostics) -> Double {
    let range = 1.0...1e12
    if let base = fields.real("rope_theta", in: range, &d) { return base }
    guard fields.contains("rope_parameters") else { return 10_000 }
    if fields.isNull("rope_parameters") {
      fields.ignore(["rope_parameters"])
      return 10_000
    }
    var inner = fields.fields("rope_parameters", of: "rope_parameters", &d)
    return inner?.real("rope_theta", in: range, &d) ?? 10_000
  }

  /// Keys that not every family has.
  private static func ownKeys(_ family: Family) -> [String] {
    switch family {
    case .llama: ["attention_bias", "mlp_bias"]
    case .mistral: ["sliding_window"]
    case .mixtral: ["sliding_window", "num_local_experts", "num_experts_per_tok"]
    case .qwen2: ["use_sliding_window", "sliding_window"]
    }
  }

  private static func readHeads(
    _ fields: inout Fields, _ family: Family, width: Int64?, _ d: inout Diagnostics
  ) -> OperatorList.Heads? {
    let heads = fields.requiredInteger("num_attention_heads", in: 1...(1 << 16), &d)
    // Only LLaMA's first checkpoints leave it out, and mean one per head; the other families have numbers of their own.
    let grouped: Int64?
    if family == .llama {
      grouped = fields.integerOrNull("num_key_value_heads", in: 1...(1 << 16), &d) ?? heads
    } else {
      grouped = fields.requiredInteger("num_key_value_heads", in: 1...(1 << 16), &d)
    }
    fields.checkDivides(
      ("num_key_value_heads", grouped), ("num_attention_heads", heads), at: "num_key_value_heads",
      expected: "as many query heads for each key-value head", &d)
    var dimension = fields.integerOrNull("head_dim", in: 1...(1 << 16), &d)
    if dimension == nil, !fields.contains("head_dim") || fields.isNull("head_dim") {
      fields.checkDivides(
        ("num_attention_heads", heads), ("hidden_size", width), at: "hidden_size",
        expected: "a whole number of elements per head", &d)
      if let width, let heads, width % heads == 0 { dimension = width / heads }
    }
    guard let heads, let grouped, let dimension else { return nil }
    if dimension % 2 != 0 {
      d.error(
        "rotary positions turn pairs of a head's elements",
        at: fields.place(fields.isNull("head_dim") || !fields.contains("head_dim") ? "hidden_size" : "head_dim"),
        value: "\(dimension) per head", expected: "an even number of elements per head")
    }
    if heads * dimension > widthLimit {
      d.error(
        "the heads are too wide", at: fields.place("num_attention_heads"), value: "\(heads) heads of \(dimension)",
        expected: "at most \(widthLimit) elements together")
    }
    return OperatorList.Heads(heads: heads, keyValueHeads: grouped, dimension: dimension)
  }

  private static func readOptions(
    _ fields: inout Fields, _ family: Family, _ d: inout Diagnostics
  ) -> (attentionBias: Bool, networkBias: Bool, window: Int64?) {
    switch family {
    case .llama:
      return (fields.boolean("attention_bias", &d) ?? false, fields.boolean("mlp_bias", &d) ?? false, nil)
    case .mistral, .mixtral:
      return (false, false, fields.integerOrNull("sliding_window", in: 1...(1 << 24), &d))
    case .qwen2:
      // The window is written even where it is not used.
      let window = fields.integerOrNull("sliding_window", in: 1...(1 << 24), &d)
      return (false, false, fields.boolean("use_sliding_window", &d) == true ? window : nil)
    }
  }

  private static func readExperts(
    _ fields: inout Fields, inner: Int64?, _ d: inout Diagnostics
  ) -> (count: Int64, chosen: Int64)? {
    let count = fields.requiredInteger("num_local_experts", in: 1...(1 << 16), &d)
    let chosen = fields.requiredInteger("num_experts_per_tok", in: 1...(1 << 16), &d)
    guard let count, let chosen else { return nil }
    if chosen > count {
      d.error(
        "more experts per token than there are", at: fields.place("num_experts_per_tok"), value: "\(chosen)",
        expected: "at most \(count)")
    }
    if let inner, count * inner > widthLimit {
      d.error(
        "the experts are too wide", at: fields.place("num_local_experts"), value: "\(count) experts of \(inner)",
        expected: "at most \(widthLimit) elements together")
    }
    return (count, chosen)
  }
}
