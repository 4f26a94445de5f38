import Arch
import Dataflow
import Files
import Foundation
import Report
import Systems
import Testing

/// Folding, lockstep and skipping against simulating everything, where the shipped designs do not go.
@Suite struct FoldingTests {
  /// Banks that take turns at refreshing fall behind during rows of slow columns, and catch up several at a time: how many
  /// go together depends on when each is due.
  @Test func refreshesThatPileUpGoInTheSameCycles() throws {
    let device = try changed(
      "devices/hbm2-pim.yaml",
      [
        ("tCCD_L: 2", "tCCD_L: 300"), ("tREFI: 3900", "tREFI: 6482"),
        ("REFab: { kind: ref, scope: channel", "REFab: { kind: ref, scope: bank"),
      ])
    let design = try changed("designs/pim-gpt.yaml", [("accumulators: { value: 1", "accumulators: { value: 8")])
    let graph = try Checkout.model(
      text: """
        {"model_type": "opt", "activation_function": "relu", "do_layer_norm_before": true, "ffn_dim": 384,
         "hidden_size": 96, "max_position_embeddings": 128, "num_attention_heads": 6, "num_hidden_layers": 2,
         "vocab_size": 50, "word_embed_proj_dim": 96, "tie_word_embeddings": true}
        """)
    try compare(design, "gddr6-pim", device, graph, Workload(prompt: 0, generate: 1), skips: [true, false], "")
  }

  /// Designs, devices, models and workloads by chance.
  @Test func anyDesignGivesOneResult() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    for number in 0..<10 {
      let (design, name) = try randomDesign(&random)
      let graph = try Checkout.model(text: Self.models.randomElement(using: &random) ?? "")
      let workload = Workload(
        prompt: Int64.random(in: 0...5, using: &random), generate: 1, past: Int64.random(in: 0...60, using: &random))
      try compare(
        design, name, try randomDevice(name, &random), graph, workload, skips: [true], "seed \(seed), case \(number)")
    }
  }

  private static let models = [
    """
    {"model_type": "gpt2", "n_layer": 1, "n_embd": 48, "n_head": 3, "n_positions": 80, "vocab_size": 130}
    """,
    """
    {"model_type": "llama", "hidden_act": "silu", "hidden_size": 64, "intermediate_size": 100, "num_hidden_layers": 1,
     "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 80, "vocab_size": 90,
     "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false}
    """,
    """
    {"model_type": "mixtral", "hidden_act": "silu", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1,
     "num_attention_heads": 2, "num_key_value_heads": 1, "num_local_experts": 4, "num_experts_per_tok": 2,
     "max_position_embeddings": 80, "vocab_size": 70, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
     "sliding_window": null, "tie_word_embeddings": true}
    """,
  ]

  private func randomDesign(_ random: inout SplitMix64) throws -> (text: String, device: String) {
    let isFast = Bool.random(using: &random)
    func pick(_ values: [String]) -> String { values.randomElement(using: &random) ?? "" }
    let text = try Checkout.text(isFast ? "designs/hbm2-bank-pim.yaml" : "designs/pim-gpt.yaml")
      .replacing(#/channels: \d+/#, with: "channels: \(pick(["1", "2", "3", "5", "9"]))")
      .replacing("frequency: 1 GHz", with: "frequency: \(pick(["1 GHz", "937 MHz", "100 MHz", "20 MHz"]))")
      .replacing(#/accumulators: (\{ value: )?\d/#) { "accumulators: \($0.1 ?? "")\(pick(["1", "2", "3", "8"]))" }
      .replacing(#/vector-buffer: (\{ value: )?\d+ KiB/#) {
        "vector-buffer: \($0.1 ?? "")\(pick(["256 B", "2 KiB", "16 KiB"]))"
      }
      .replacing("prefill: per-token", with: "prefill: \(pick(["per-token", "row-reuse"]))")
      .replacing(#/overlap: \w+/#, with: "overlap: \(pick(["none", "dependences"]))")
      .replacing(#/(core|asic): 1(\.2)? GHz/#) { "\($0.1): \(pick(["1 GHz", "937 MHz", "150 MHz"]))" }
      .replacing(#/\[(channel|bank), (channel|bank), row\]/#) { _ in
        "[\(pick(["channel, bank, row", "bank, channel, row", "row, bank, channel"]))]"
      }
      .replacing(#/width: (32|64) B, latency: \d/#) { _ in
        "width: \(pick(["4", "32", "64"])) B, latency: \(pick(["1", "40"]))"
      }
    return (text, isFast ? "hbm2-pim" : "gddr6-pim")
  }

  private func randomDevice(_ name: String, _ random: inout SplitMix64) throws -> String {
    let interval = Int.random(in: 600...7000, using: &random)
    let isPerBank = Bool.random(using: &random)
    let duration = interval / (isPerBank ? 60 : [3, 8, 50].randomElement(using: &random) ?? 3)
    var text = try Checkout.text("devices/\(name).yaml")
      .replacing(#/(?m)^  tREFI: .*$/#, with: "  tREFI: \(interval)")
      .replacing(#/(?m)^  tRFC: .*$/#, with: "  tRFC: \(duration)")
    if isPerBank { text = text.replacing("kind: ref, scope: channel", with: "kind: ref, scope: bank") }
    for key in ["tFAW", "tRTP", "tRP", "tRCD", "tRCDRD", "tCL", "tCCD_L"] where Bool.random(using: &random) {
      let cycles = Int.random(in: 1...90, using: &random)
      text = text.replacing(try Regex("(?m)^  \(key): .*$"), with: "  \(key): \(cycles)")
    }
    return text
  }

  private func changed(_ path: String, _ pieces: [(String, String)]) throws -> String {
    var text = try Checkout.text(path)
    for (piece, other) in pieces {
      try #require(text.contains(piece), "'\(piece)' is not in \(path) any more")
      text = text.replacing(piece, with: other)
    }
    return text
  }

  private func compare(
    _ design: String, _ name: String, _ device: String, _ graph: OperatorGraph, _ workload: Workload, skips: [Bool],
    _ comment: Comment
  ) throws {
    let path = NSTemporaryDirectory() + "accsim-device-\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AtomicFile.write(device, to: path)
    let design = try Checkout.design(text: design.replacing("device: \(name)", with: "device: \(path)"))
    func result(_ skipping: Bool, _ folding: Bool, _ lockstep: Bool) throws -> String {
      var options = RunOptions()
      (options.skipping, options.folding, options.lockstep) = (skipping, folding, lockstep)
      let run: PricedRun
      do {
        run = try Checkout.run(design, graph, workload, options)
      } catch  where "\(error)".contains("was refreshed too seldom or too often") {
        // A random device whose refreshes lag is refused; then it is however the run is carried out.
        return "\(error)"
      }
      let activity = run.record.activity
      #expect((0...activity.endTick).contains(activity.foldedTicks), comment)
      #expect(folding || activity.foldedTicks == 0, comment)
      return Checkout.fingerprint(run)
    }
    let expected = try result(true, false, false)
    for skipping in skips {
      for (folding, lockstep) in [(true, true), (true, false), (false, true)] {
        #expect(try result(skipping, folding, lockstep) == expected, comment)
      }
    }
  }
}
