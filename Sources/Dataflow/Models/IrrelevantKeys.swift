/// Keys of a `config.json` of any family that change nothing about shapes or cost.
///
/// Source: what transformers' `PretrainedConfig` writes, and what released checkpoints of the families carry.
enum IrrelevantKeys {
  static let common: Set<String> = [
    "architectures", "attention_dropout", "auto_map", "bos_token_id", "chunk_size_feed_forward", "dtype",
    "eos_token_id", "gradient_checkpointing", "id2label", "initializer_range", "is_encoder_decoder", "label2id",
    "output_attentions", "output_hidden_states", "pad_token_id", "problem_type", "return_dict", "source",
    "task_specific_params", "tokenizer_class", "torch_dtype", "transformers_version", "use_cache", "_comment",
    "_name_or_path",
  ]
}
