import Arch
import Files

/// The encoder of BERT as Hugging Face `config.json` describes it (`model_type: bert`), without any task's head.
///
/// Source: Devlin et al. 2019 in the form of transformers' `BertModel`: learned positions and token types, norms after
/// the residual sums, full attention, a pooler on the first position.
struct BERTConfig {
  let layers: Int64
  let width: Int64
  let heads: Int64
  let positions: Int64
  let vocabulary: Int64
  let inner: Int64
  let tokenTypes: Int64
  let activation: Activation
  let epsilon: Double

  private static let usedKeys = [
    "model_type", "num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size",
    "max_position_embeddings", "vocab_size", "type_vocab_size", "hidden_act", "is_decoder", "add_cross_attention",
    "position_embedding_type", "architectures", "layer_norm_eps",
  ]

  private static let irrelevantKeys = IrrelevantKeys.common.union([
    "attention_probs_dropout_prob", "classifier_dropout", "directionality", "hidden_dropout_prob",
    "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers", "pooler_size_per_head", "pooler_type",
    "tie_word_embeddings",
  ])

  static func read(_ fields: inout Fields, name: String, _ d: inout Diagnostics) -> OperatorGraph? {
    let before = d.errorCount
    let layers = fields.requiredInteger("num_hidden_layers", in: 1...10_000, &d)
    let width = fields.requiredInteger("hidden_size", in: 1...(1 << 20), &d)
    let heads = fields.requiredInteger("num_attention_heads", in: 1...(1 << 16), &d)
    let inner = fields.requiredInteger("intermediate_size", in: 1...(1 << 22), &d)
    let positions = fields.requiredInteger("max_position_embeddings", in: 1...(1 << 24), &d)
    let vocabulary = fields.requiredInteger("vocab_size", in: 1...(1 << 28), &d)
    let tokenTypes = fields.requiredInteger("type_vocab_size", in: 1...(1 << 16), &d)
    let activation = Activation.read(&fields, "hidden_act", &d)
    fields.expect("is_decoder", false, &d)
    fields.expect("add_cross_attention", false, &d)
    fields.expect("position_embedding_type", "absolute", &d)
    fields.checkDivides(
      ("num_attention_heads", heads), ("hidden_size", width), at: "hidden_size",
      expected: "a whole number of elements per head", &d)
    if let head = fields.texts("architectures", &d)?.first, head != "BertModel" {
      d.warning(
        "the encoder and its pooler are read, and not the head of '\(clipped(head))'", at: fields.place("architectures")
      )
    }
    let epsilon = fields.epsilon("layer_norm_eps", default: 1e-12, &d)
    fields.warnUnknown(&d, knownKeys: usedKeys, silent: irrelevantKeys)
    guard d.errorCount == before, let layers, let width, let heads, let inner, let positions, let vocabulary,
      let tokenTypes, let activation
    else { return nil }
    let config = BERTConfig(
      layers: layers, width: width, heads: heads, positions: positions, vocabulary: vocabulary, inner: inner,
      tokenTypes: tokenTypes, activation: activation, epsilon: epsilon)
    return config.graph(named: name)
  }

  func graph(named name: String) -> OperatorGraph {
    var list = OperatorList()
    let attention = OperatorList.Heads(heads: heads, keyValueHeads: heads, dimension: width / heads)
    var stream = embeddings(&list)
    for layer in 0..<layers {
      let p = "encoder.layer.\(layer)."
      let a = p + "attention.self."
      let square = OperatorKind.linear(inputs: width, outputs: width, bias: true)
      let query = list.append(a + "query", square, [stream])
      let key = list.append(a + "key", square, [stream])
      let value = list.append(a + "value", square, [stream])
      let mixed = list.attention(p + "attention.", attention, query: query, key: key, value: value)
      let projected = list.append(p + "attention.output.dense", square, [mixed])
      let sum = list.append(p + "attention.output.add", .add(width: width), [stream, projected])
      let normed = list.append(p + "attention.output.LayerNorm", .layerNorm(width: width, epsilon: epsilon), [sum])
      let up = list.append(p + "intermediate.dense", .linear(inputs: width, outputs: inner, bias: true), [normed])
      let activated = list.append(p + "intermediate.act", activation.kind(width: inner), [up])
      let down = list.append(p + "output.dense", .linear(inputs: inner, outputs: width, bias: true), [activated])
      let result = list.append(p + "output.add", .add(width: width), [normed, down])
      stream = list.append(p + "output.LayerNorm", .layerNorm(width: width, epsilon: epsilon), [result])
    }
    let pooled = list.append(
      "pooler.dense", .linear(inputs: width, outputs: width, bias: true), [stream], positions: .first)
    _ = list.append("pooler.activation", .activation(.tanh, width: width), [pooled], positions: .first)
    return OperatorGraph(
      name: name, operators: list.operators, contextLimit: positions, vocabulary: vocabulary,
      isCausal: false)
  }

  /// The sum of three tables' rows, normed.
  private func embeddings(_ list: inout OperatorList) -> Int {
    let p = "embeddings."
    let word = list.append(
      p + "word_embeddings", .embedding(entries: vocabulary, width: width, row: .token), [])
    let kind = list.append(
      p + "token_type_embeddings", .embedding(entries: tokenTypes, width: width, row: .segment), [])
    let sum = list.append(p + "type.add", .add(width: width), [word, kind])
    let position = list.append(
      p + "position_embeddings", .embedding(entries: positions, width: width, row: .position(after: 0)), [])
    let all = list.append(p + "position.add", .add(width: width), [sum, position])
    return list.append(p + "LayerNorm", .layerNorm(width: width, epsilon: epsilon), [all])
  }
}
