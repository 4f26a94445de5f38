/// Faults put into a small `config.json`.
enum BadModels {
  static let all: [BadFile] = [
    BadFile("missing field", "  \"n_embd\": 64,\n", "", at: "{", "missing key 'n_embd'"),
    BadFile("misspelt field", "\"n_embd\"", "\"n_emdb\"", at: "{", "is 'n_emdb' meant to be 'n_embd'?"),
    BadFile("no model type", "  \"model_type\": \"gpt2\",\n", "", "model_type"),
    BadFile("text for a number", "\"n_embd\": 64", "\"n_embd\": \"64\"", at: "\"64\"", "remove the quotes"),
    BadFile("no heads", "\"n_head\": 2", "\"n_head\": 0", at: "0,", "from 1 to"),
    BadFile(
      "heads that do not divide", "\"n_head\": 2", "\"n_head\": 3", at: "64", "not a multiple of n_head",
      "64 over 3 heads"),
    BadFile("unknown model type", "\"gpt2\"", "\"gpt3\"", at: "\"gpt3\"", "did you mean 'gpt2'?"),
    BadFile(
      "unsupported activation", "gelu_new", "swish", at: "\"swish\"", "unsupported activation_function",
      "expected gelu_new"),
    BadFile("cross attention", "\"n_head\"", "\"add_cross_attention\": true, \"n_head\"", at: "true", "not supported"),
    BadFile(
      "truth value as text", "\"n_head\"", "\"tie_word_embeddings\": \"yes\", \"n_head\"", at: "\"yes\"",
      "not a truth value"),
    BadFile("truncated", text: "{\n  \"model_type\": \"gpt2\",\n  \"n_embd\": 6", ""),
    BadFile("trailing comma", "\"vocab_size\": 100", "\"vocab_size\": 100,", at: "}", ""),
    BadFile("not a number", "\"n_embd\": 64", "\"n_embd\": NaN", at: "NaN", ""),
    BadFile("fraction", "\"n_embd\": 64", "\"n_embd\": 64.0", at: "64.0", "without point or exponent"),
    BadFile("exponent", "\"n_embd\": 64", "\"n_embd\": 6e1", at: "6e1", "without point or exponent"),
    BadFile("width of 2^62", "\"n_embd\": 64", "\"n_embd\": 4611686018427387904", at: "46116", "out of range"),
    BadFile("layers of 2^62", "\"n_layer\": 2", "\"n_layer\": 4611686018427387904", at: "46116", "out of range"),
    BadFile("negative layers", "\"n_layer\": 2", "\"n_layer\": -2", at: "-2", "out of range"),
    BadFile("null", "\"n_embd\": 64", "\"n_embd\": null", at: "null", "has no value"),
    BadFile("list", "\"n_embd\": 64", "\"n_embd\": [64]", at: "[64]", "is a list"),
    BadFile(
      "duplicate key", "\"n_layer\": 2", "\"n_layer\": 2, \"n_layer\": 3", at: "\"n_layer\": 3",
      "duplicate key 'n_layer'"),
    BadFile("nested deeply", text: String(repeating: "[", count: 100_000), "too deeply"),
    BadFile("mappings nested deeply", text: String(repeating: "{\"a\":", count: 100_000), "too deeply"),
    BadFile("empty", text: "", "empty"),
    BadFile("list at the top", text: "[1, 2]", at: "[", "not a mapping"),
    BadFile("comment", "{\n", "{ // a model\n", at: "// a model", ""),
    BadFile("control character", "\"gpt2\"", "\"gp\u{1}t2\"", ""),
  ]

  /// Models that are well formed and larger than anything: refused from counts.
  static let huge: [BadFile] = [
    BadFile("ten thousand layers", "\"n_layer\": 2", "\"n_layer\": 10000", "does not fit"),
    BadFile("a width of 2^20", "\"n_embd\": 64", "\"n_embd\": 1048576", "does not fit"),
    BadFile("a vocabulary of 2^28", "\"vocab_size\": 100", "\"vocab_size\": 268435456", "does not fit"),
    BadFile("an inner width of 2^22", "\"n_head\"", "\"n_inner\": 4194304, \"n_head\"", "does not fit"),
    BadFile("2^24 positions", "\"n_positions\": 64", "\"n_positions\": 16777216", "does not fit"),
  ]
}
