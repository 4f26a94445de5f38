import Arch
import Files

/// The vision transformer as Hugging Face `config.json` describes it (`model_type: vit`), with the classifier of
/// `ViTForImageClassification` or the pooler of `ViTModel`, by `architectures`.
///
/// Source: Dosovitskiy et al. 2021 in the form of transformers' `ViTModel`: a convolution that makes one position of
/// each patch, a class token before them, learned positions, norms before attention and network, full attention.
struct ViTConfig {
  /// What follows the encoder, on the class token alone.
  enum Head: Hashable {
    case classifier(labels: Int64)
    case pooler(width: Int64, ActivationFunction)
  }

  let layers: Int64
  let width: Int64
  let heads: Int64
  let inner: Int64
  let image: Int64
  let patch: Int64
  let channels: Int64
  let hasProjectionBias: Bool
  let activation: Activation
  let epsilon: Double
  let head: Head

  /// The class token and the patches.
  var positions: Int64 { (image / patch) * (image / patch) + 1 }

  private static let usedKeys = [
    "model_type", "num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size", "image_size",
    "patch_size", "num_channels", "qkv_bias", "hidden_act", "layer_norm_eps", "architectures", "id2label",
    "num_labels", "pooler_act", "pooler_output_size",
  ]

  private static let irrelevantKeys = IrrelevantKeys.common.union([
    "attention_probs_dropout_prob", "encoder_stride", "hidden_dropout_prob", "tie_word_embeddings",
  ])

  static func read(_ fields: inout Fields, name: String, _ d: inout Diagnostics) -> OperatorGraph? {
    let before = d.errorCount
    let layers = fields.requiredInteger("num_hidden_layers", in: 1...10_000, &d)
    let width = fields.requiredInteger("hidden_size", in: 1...(1 << 20), &d)
    let heads = fields.requiredInteger("num_attention_heads", in: 1...(1 << 16), &d)
    let inner = fields.requiredInteger("intermediate_size", in: 1...(1 << 22), &d)
    // Products of these stay in 64 bits.
    let image = fields.requiredInteger("image_size", in: 1...(1 << 14), &d)
    let patch = fields.requiredInteger("patch_size", in: 1...(1 << 12), &d)
    let channels = fields.requiredInteger("num_channels", in: 1...(1 << 12), &d)
    let hasProjectionBias = fields.boolean("qkv_bias", &d) ?? true
    let activation = Activation.read(&fields, "hidden_act", &d)
    fields.checkDivides(
      ("num_attention_heads", heads), ("hidden_size", width), at: "hidden_size",
      expected: "a whole number of elements per head", &d)
    fields.checkDivides(
      ("patch_size", patch), ("image_size", image), at: "image_size", expected: "a whole number of patches", &d)
    checkPositions(image, patch, at: fields.place("patch_size"), &d)
    let head = readHead(&fields, width: width, &d)
    let epsilon = fields.epsilon("layer_norm_eps", default: 1e-12, &d)
    fields.warnUnknown(&d, knownKeys: usedKeys, silent: irrelevantKeys)
    guard d.errorCount == before, let layers, let width, let heads, let inner, let image, let patch, let channels,
      let activation, let head
    else { return nil }
    let config = ViTConfig(
      layers: layers, width: width, heads: heads, inner: inner, image: image, patch: patch, channels: channels,
      hasProjectionBias: hasProjectionBias, activation: activation, epsilon: epsilon, head: head)
    return config.graph(named: name)
  }

  private static func checkPositions(_ image: Int64?, _ patch: Int64?, at place: Place, _ d: inout Diagnostics) {
    guard let image, let patch, (image / patch) * (image / patch) >= Workload.limit else { return }
    d.error(
      "the image has too many patches", at: place, value: "\(image / patch) x \(image / patch)",
      expected: "fewer than \(Workload.limit)")
  }

  private static func readHead(_ fields: inout Fields, width: Int64?, _ d: inout Diagnostics) -> Head? {
    let named = fields.texts("architectures", &d)?.first ?? "ViTModel"
    if named == "ViTForImageClassification" { return readLabels(&fields, &d).map { .classifier(labels: $0) } }
    if named != "ViTModel" {
      d.warning(
        "the encoder and its pooler are read, and not the head of '\(clipped(named))'",
        at: fields.place("architectures")
      )
    }
    fields.ignore(["id2label", "num_labels"])
    let known = ["tanh", "relu", "sigmoid", "silu"]
    let function = fields.contains("pooler_act") ? fields.choice("pooler_act", of: known, &d) : "tanh"
    let pooled = fields.integerOrNull("pooler_output_size", in: 1...(1 << 20), &d) ?? width
    guard let pooled, let function = function.flatMap(ActivationFunction.init) else { return nil }
    return .pooler(width: pooled, function)
  }

  /// As many labels as have a name; transformers' two when nothing is said.
  private static func readLabels(_ fields: inout Fields, _ d: inout Diagnostics) -> Int64? {
    fields.ignore(["pooler_act", "pooler_output_size"])
    let written = fields.integerOrNull("num_labels", in: 1...(1 << 20), &d)
    guard fields.contains("id2label"), !fields.isNull("id2label") else {
      if fields.contains("num_labels") { return written }
      d.warning("neither 'id2label' nor 'num_labels': 2 labels, as transformers has it", at: fields.place())
      return 2
    }
    guard let names = fields.fields("id2label", of: "the labels", &d) else { return nil }
    let count = Int64(names.keys.count)
    if count == 0 {
      d.error("'id2label' names no label", at: fields.place("id2label"), expected: "a name for each number")
      return nil
    }
    if let written, written != count {
      d.error(
        "'num_labels' and 'id2label' differ", at: fields.place("num_labels"), value: "\(written)",
        expected: "\(count), as 'id2label' has")
      return nil
    }
    return count
  }

  func graph(named name: String) -> OperatorGraph {
    var list = OperatorList()
    let attention = OperatorList.Heads(heads: heads, keyValueHeads: heads, dimension: width / heads)
    var stream = embeddings(&list)
    for layer in 0..<layers {
      let p = "encoder.layer.\(layer)."
      let a = p + "attention.attention."
      let projection = OperatorKind.linear(inputs: width, outputs: width, bias: hasProjectionBias)
      let norm1 = list.append(p + "layernorm_before", .layerNorm(width: width, epsilon: epsilon), [stream])
      let query = list.append(a + "query", projection, [norm1])
      let key = list.append(a + "key", projection, [norm1])
      let value = list.append(a + "value", projection, [norm1])
      let mixed = list.attention(p + "attention.", attention, query: query, key: key, value: value)
      let projected = list.append(
        p + "attention.output.dense", .linear(inputs: width, outputs: width, bias: true), [mixed])
      let residual = list.append(p + "attention.add", .add(width: width), [stream, projected])
      let norm2 = list.append(p + "layernorm_after", .layerNorm(width: width, epsilon: epsilon), [residual])
      let up = list.append(p + "intermediate.dense", .linear(inputs: width, outputs: inner, bias: true), [norm2])
      let activated = list.append(p + "intermediate.act", activation.kind(width: inner), [up])
      let down = list.append(p + "output.dense", .linear(inputs: inner, outputs: width, bias: true), [activated])
      stream = list.append(p + "output.add", .add(width: width), [residual, down])
    }
    let normed = list.append("layernorm", .layerNorm(width: width, epsilon: epsilon), [stream])
    switch head {
    case .classifier(let labels):
      _ = list.append(
        "classifier", .linear(inputs: width, outputs: labels, bias: true), [normed], positions: .first)
    case .pooler(let pooled, let function):
      let dense = list.append(
        "pooler.dense", .linear(inputs: width, outputs: pooled, bias: true), [normed], positions: .first)
      _ = list.append("pooler.activation", .activation(function, width: pooled), [dense], positions: .first)
    }
    return OperatorGraph(
      name: name, operators: list.operators, contextLimit: positions, vocabulary: 1, isCausal: false,
      input: .image(channels: channels, height: image, width: image))
  }

  /// The convolution makes all positions but the first at once, and the class token is the first: their concatenation
  /// is the sum of the two, each filled up with zeros.
  private func embeddings(_ list: inout OperatorList) -> Int {
    let p = "embeddings."
    let patches = OperatorKind.Convolution(
      channels: channels, height: image, width: image, outputs: width, windowHeight: patch, windowWidth: patch,
      stride: patch, padding: 0, bias: true)
    let projection = list.append(p + "patch_embeddings.projection", .convolution(patches), [], positions: .whole)
    let token = list.append(
      p + "cls_token", .embedding(entries: 1, width: width, row: .position(after: 0)), [], positions: .first)
    let all = list.append(p + "cls_token.add", .add(width: width), [projection, token])
    let position = list.append(
      p + "position_embeddings", .embedding(entries: positions, width: width, row: .position(after: 0)), [])
    return list.append(p + "position.add", .add(width: width), [all, position])
  }
}
