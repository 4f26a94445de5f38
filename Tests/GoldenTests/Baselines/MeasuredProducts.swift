import Baselines
import Dataflow
import Files
import Foundation
import Testing

/// Matrix products that others timed on the GPUs themselves: none is faster than its roofline, and half take less than
/// twice as long.
@Suite struct MeasuredProducts {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../../shared/reference/gpu").standardizedFileURL.path
  static let isPresent = FileManager.default.fileExists(atPath: folder)

  /// One timed product: inputs x outputs, for so many rows.
  private struct Product {
    let rows: Int64
    let inputs: Int64
    let outputs: Int64
    let seconds: Double
  }

  /// Vidur: medians per operator in ms, a GPU of a tensor-parallel group.
  @Test(
    .enabled(if: isPresent, "skipped: the measured GPU kernels are not here"),
    arguments: [
      ("a100", "vidur_a100_Llama-2-7b-hf"), ("a100", "vidur_a100_Llama-2-70b-hf"), ("h100", "vidur_h100_Llama-2-7b-hf"),
      ("a100", "vidur_a100_Meta-Llama-3-70B"),
    ])
  func layersOfServedModels(_ device: String, _ file: String) throws {
    var products: [Product] = []
    for row in try rows("\(file)_mlp_median_ms.csv") {
      func number(_ key: String) throws -> Int64 { try #require(row[key].flatMap(Int64.init)) }
      let (tokens, parallel) = (try number("num_tokens"), try number("num_tensor_parallel_workers"))
      let (width, inner) = (try number("n_embd"), try number("n_expanded_embd"))
      let heads = try number("n_head")
      let mixed = width / heads * (heads + 2 * (try number("n_kv_head")))
      for (key, inputs, outputs) in [
        ("attn_pre_proj", width, mixed / parallel), ("attn_post_proj", width / parallel, width),
        ("mlp_up_proj", width, 2 * inner / parallel), ("mlp_down_proj", inner / parallel, width),
      ] {
        guard let time = row[key].flatMap(Double.init) else { continue }
        products.append(Product(rows: tokens, inputs: inputs, outputs: outputs, seconds: time / 1e3))
      }
    }
    try expectNoneFaster(products, on: device, least: 4000)
  }

  /// APEX: products in half precision in us. The card is the PCIe one, whose peaks are below those of the SXM's file.
  @Test(.enabled(if: isPresent, "skipped: the measured GPU kernels are not here"))
  func productsOfManyShapes() throws {
    let products = try rows("apex_V100-PCIE-16GB_gemm_half_k_n_ge_1024_us.csv").map { row in
      Product(
        rows: try #require(row["m"].flatMap(Int64.init)), inputs: try #require(row["k"].flatMap(Int64.init)),
        outputs: try #require(row["n"].flatMap(Int64.init)),
        seconds: try #require(row["time_us"].flatMap(Double.init)) / 1e6)
    }
    try expectNoneFaster(products, on: "v100", least: 28_000)
  }

  private func expectNoneFaster(_ products: [Product], on device: String, least: Int) throws {
    let baseline = try Baseline(named: device)
    var shares: [Double] = []
    for product in products {
      let graph = OperatorGraph(
        name: "product",
        operators: [
          GraphOperator(
            name: "product", kind: .linear(inputs: product.inputs, outputs: product.outputs, bias: false), inputs: [])
        ], contextLimit: .max / 2, vocabulary: 1)
      let estimate = try baseline.estimate(graph, Workload(prompt: product.rows, generate: 0), format: .fp16)
      shares.append(estimate.device.latency / product.seconds)
    }
    shares.sort()
    try #require(shares.count >= least)
    let (median, fastest) = (shares[shares.count / 2], shares[shares.count - 1])
    print("roofline / measured on \(device): \(shares.count) products, median \(median), fastest \(fastest)")
    #expect(fastest <= 1)
    #expect(median > 0.5)
  }

  private func rows(_ name: String) throws -> [[String: String]] {
    let lines = try String(contentsOfFile: "\(Self.folder)/\(name)", encoding: .utf8).split(whereSeparator: \.isNewline)
    func cells(_ line: Substring) -> [String] {
      line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let keys = cells(try #require(lines.first))
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(keys, cells($0))) }
  }
}
