import Arch
import Dataflow
import Foundation
import Systems
import Testing

/// A result may not depend on how it was computed.
@Suite struct InvarianceTests {
  private static let workloads = [
    Workload(prompt: 1, generate: 0), Workload(prompt: 0, generate: 2, past: 40),
    Workload(prompt: 3, generate: 2, past: 5, batch: 2, logits: .all, seed: 9),
  ]

  @Test(arguments: Checkout.designs, workloads)
  func skippingAndOrderAreInvisible(_ name: String, _ workload: Workload) throws {
    let design = try Checkout.design(name)
    let graph = try Checkout.model()
    var options = RunOptions()
    (options.folding, options.lockstep) = (false, false)
    let expected = Checkout.fingerprint(try Checkout.run(design, graph, workload, options))
    for (skipping, folding, lockstep) in Self.ways {
      (options.skipping, options.folding, options.lockstep) = (skipping, folding, lockstep)
      for seed in [nil, UInt64.random(in: 0...UInt64.max)] {
        options.shuffleSeed = seed
        let got = Checkout.fingerprint(try Checkout.run(design, graph, workload, options))
        #expect(
          got == expected,
          "skipping \(skipping), folding \(folding), lockstep \(lockstep), shuffled by \(String(describing: seed))")
      }
    }
  }

  /// Skipping, folding and lockstep, each on and off.
  private static let ways = [true, false].flatMap { skipping in
    [true, false].flatMap { folding in [true, false].map { (skipping, folding, $0) } }
  }

  /// Long enough for refreshes in every situation: between steps, between rows, while waiting.
  @Test(arguments: Checkout.designs) func refreshesFallInTheSameCycles(_ name: String) throws {
    let design = try Checkout.design(name)
    let graph = try Checkout.model(layers: 4, width: 96, heads: 6)
    let workload = Workload(prompt: 6, generate: 6, past: 60)
    let fast = try Checkout.run(design, graph, workload)
    var options = RunOptions()
    options.skipping = false
    let slow = try Checkout.run(design, graph, workload, options)
    let refreshes = fast.record.activity.units.compactMap(\.memory).flatMap(\.refreshesPerScope)
    #expect((refreshes.min() ?? 0) >= 3)
    #expect(Checkout.fingerprint(fast) == Checkout.fingerprint(slow))
    #expect(fast.record.activity.wakeUps < slow.record.activity.wakeUps / 10)
  }

  /// MAC units so slow that a row outlasts half a refresh interval: refreshes go in the middle of rows.
  @Test func lateRefreshesBreakRowsInTheSameCycles() throws {
    let design = try Checkout.design("pim-gpt", replacing: [("frequency: 1 GHz", "frequency: 7 MHz")])
    let graph = try Checkout.model(layers: 1, width: 256)
    let workload = Workload(prompt: 0, generate: 1, past: 5)
    let expected = try Checkout.run(design, graph, workload)
    let memory = try #require(expected.record.activity.units.compactMap(\.memory).first)
    let rows = memory.rowMisses
    var options = RunOptions()
    options.skipping = false
    let got = try Checkout.run(design, graph, workload, options)
    #expect(Checkout.fingerprint(got) == Checkout.fingerprint(expected))
    let fast = try Checkout.run(try Checkout.design("pim-gpt"), graph, workload)
    // Rows that refreshes broke were opened again.
    #expect(rows > (fast.record.activity.units.compactMap(\.memory).first?.rowMisses ?? rows))
  }

  /// Slow links, shallow links, odd clocks: whatever a user writes.
  @Test(arguments: Checkout.designs) func anyLinksGiveOneResult(_ name: String) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    let text = try Checkout.text("designs/\(name).yaml")
    let graph = try Checkout.model(layers: 1)
    let workload = Workload(prompt: 0, generate: 2, past: 20)
    for _ in 0..<5 {
      var changed = text.replacing(#/, latency: \d+/#) { _ in
        ", latency: \([1, 3, 40, 900].randomElement(using: &random) ?? 1)"
      }
      changed = changed.replacing(#/capacity: \d+/#) { _ in "capacity: \(Int.random(in: 1...3, using: &random))" }
      changed = changed.replacing(#/width: (32|64) B, latency/#) { _ in
        "width: \([1, 8, 64].randomElement(using: &random) ?? 1) B, latency"
      }
      changed = changed.replacing(#/: 1(.2)? GHz\n/#) { _ in
        ": \([1000, 937, 150].randomElement(using: &random) ?? 1) MHz\n"
      }
      let design = try Checkout.design(text: changed)
      let expected = Checkout.fingerprint(try Checkout.run(design, graph, workload))
      var options = RunOptions()
      options.skipping = false
      options.shuffleSeed = random.next()
      #expect(Checkout.fingerprint(try Checkout.run(design, graph, workload, options)) == expected, "seed \(seed)")
      (options.skipping, options.folding, options.lockstep) = (true, false, false)
      #expect(Checkout.fingerprint(try Checkout.run(design, graph, workload, options)) == expected, "seed \(seed)")
    }
  }

  @Test(arguments: Checkout.designs) func namesDecideNothing(_ name: String) throws {
    let text = try Checkout.text("designs/\(name).yaml")
    let design = try Checkout.design(name)
    // Reversing the alphabet of names: whatever sorts by name would show. Clocks keep theirs.
    let newName = Dictionary(uniqueKeysWithValues: design.units.enumerated().map { ($1.name, "u\(9 - $0)") })
    let renamed = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
      var line = String(line)
      for (old, new) in newName {
        if line == "  \(old):" { line = "  \(new):" }
        if line.contains("unit: \(old)") { line = line.replacing("unit: \(old)", with: "unit: \(new)") }
        guard let list = line.firstRange(of: #/between: \[[^\]]*\]/#) else { continue }
        line.replaceSubrange(
          list, with: line[list].replacing("[\(old),", with: "[\(new),").replacing(" \(old)]", with: " \(new)]"))
      }
      return line
    }.joined(separator: "\n")
    let other = try Checkout.design(text: renamed)
    #expect(other.units.map(\.name) == design.units.indices.map { "u\(9 - $0)" })
    let graph = try Checkout.model()
    let workload = Workload(prompt: 2, generate: 2, past: 30)
    #expect(
      Checkout.fingerprint(try Checkout.run(other, graph, workload))
        == Checkout.fingerprint(try Checkout.run(design, graph, workload)))
  }
}
