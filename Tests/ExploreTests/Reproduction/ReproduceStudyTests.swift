import Baselines
import Dataflow
import Explore
import Files
import Foundation
import Report
import Testing

/// A small study carried out: every measure against numbers worked out here from the runs' own reports.
@Suite(.serialized) struct ReproduceStudyTests {
  typealias Object = [String: Any]

  let folder: BadInputFolder
  let tiny: String
  let path: String

  init() throws {
    folder = try BadInputFolder()
    tiny = try folder.write(BadInputFolder.tinyModel, to: "tiny.config.json")
    path = try folder.write(StudyTexts.small.replacing("MODEL", with: tiny), to: "study.yaml")
  }

  private func parsed(_ json: JSONValue) throws -> Object {
    try #require(try JSONSerialization.jsonObject(with: Data(json.description.utf8)) as? Object)
  }

  private func run(
    _ model: String, _ values: [String] = [], _ workload: Workload = Workload(prompt: 1, generate: 4)
  ) throws -> Object {
    var study = RunStudy(design: "pim-gpt", model: model, workload: workload)
    study.variant = try RunStudy.variant(values, option: "--set")
    return try parsed(try study.run().json)
  }

  private func total(_ run: Object, _ key: String) throws -> Double {
    let totals = try #require(run["totals"] as? Object)
    return try #require(totals[key] as? Double)
  }

  private func baseline(_ model: String) throws -> BaselineEstimate {
    var d = Diagnostics()
    let file = try DataDirectory.find(kind: .models, name: model)
    let graph = try #require(ModelFile.read(path: file, displayName: file, name: model, into: &d))
    return try Baseline(named: "t4").estimate(graph, Workload(prompt: 1, generate: 4), format: .fp16)
  }

  private struct Claims {
    let all: [Object]

    /// Simulated values of a claim: one, or the lowest and the highest.
    func simulated(_ id: String, _ basis: String? = nil) throws -> [Double] {
      let value = try claim(id, basis)["simulated"]
      if let both = value as? [Double] { return both }
      return [try #require(value as? Double)]
    }

    func claim(_ id: String, _ basis: String? = nil) throws -> Object {
      try #require(all.first { $0["id"] as? String == id && (basis == nil || $0["basis"] as? String == basis) })
    }
  }

  private func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-9 * max(abs(a), abs(b)) }

  @Test func measuresAreWhatTheRunsReport() throws {
    var study = ReproduceStudy(system: path)
    study.jobs = 2
    let result = try parsed(try study.run().json)
    let claims = Claims(all: try #require(result["claims"] as? [Object]))
    let (large, small) = (try run("gpt2"), try run(tiny))
    let latency = [try total(large, "latency_s"), try total(small, "latency_s")]

    let estimates = [try baseline("gpt2"), try baseline(tiny)]
    for (basis, seconds) in [
      ("without framework overhead", estimates.map(\.device.latency)),
      ("with framework overhead", estimates.compactMap { $0.withFramework?.latency }),
    ] {
      let ratios = zip(seconds, latency).map { $0 / $1 }.sorted()
      let found = try claims.simulated("speed", basis)
      #expect(found.count == 2 && near(found[0], ratios[0]) && near(found[1], ratios[1]), "\(basis): \(found)")
      let claim = try claims.claim("speed", basis)
      let published = try #require(claim["ratio"] as? [Double])
      #expect(near(published[0], ratios[0] / 41) && near(published[1], ratios[1] / 137))
    }
    // What a kernel would have to cost for the largest published ratio, where ours is largest.
    let speeds = try estimates.indices.map { (try #require(estimates[$0].withFramework).latency / latency[$0], $0) }
    let fastest = try #require(speeds.max { $0.0 < $1.0 }).1
    let kernels = estimates[fastest].operators.reduce(0) { $0 + $1.kernels }
    let needed = (137 * latency[fastest] - estimates[fastest].device.latency) / kernels
    let reason = try #require(try claims.claim("speed", "with framework overhead")["reason"] as? String)
    #expect(reason.contains("and \(Figures.scaled(needed, "s")) for "), "\(reason)")
    let energy = try #require(estimates[0].withFramework).energy / (try total(large, "energy_j"))
    #expect(near(try claims.simulated("energy", "with framework overhead")[0], energy))

    func hits(_ run: Object) throws -> Double {
      let memory = try #require((run["memories"] as? [Object])?.first)
      return 100 * (try #require(memory["row_hit_rate"] as? Double))
    }
    let rates = [try hits(large), try hits(small)].sorted()
    let found = try claims.simulated("hits")
    #expect(near(found[0], rates[0]) && near(found[1], rates[1]))

    let slow = try total(try run(tiny, ["clocks.asic=100 MHz"]), "latency_s")
    #expect(near(try claims.simulated("slow")[0], 100 * (slow / latency[1] - 1)))
    #expect(try claims.claim("slow")["verdict"] as? String == (slow / latency[1] > 1.4 ? "differs" : "within 2x"))
    func window(_ channels: Int, _ past: Int64) throws -> Double {
      let workload = Workload(prompt: 0, generate: 2, past: past)
      return try total(try run("gpt2", ["units.memory.channels=\(channels)"], workload), "latency_s")
    }
    #expect(near(try claims.simulated("scaling")[0], try window(4, 30) / window(16, 40) / 4))

    let operators = try #require(large["operators"] as? [Object])
    let outside = operators.filter { $0["unit"] as? String != "memory" }
      .reduce(0) { $0 + ($1["cycles"] as? Double ?? 0) }
    #expect(near(try claims.simulated("share")[0], 100 * outside / (try total(large, "cycles"))))
    // GPT-2 has 124,439,808 parameters.
    #expect(near(try claims.simulated("operations")[0], 2 * (try total(large, "macs_executed")) / 5 / 124_439_808))

    let units = try #require(large["units"] as? [Object])
    let asic = try #require(units.first { $0["name"] as? String == "asic" }?["energy_j"] as? Double)
    let powers = try #require(try claims.claim("power")["models"] as? [String: Double])
    #expect(near(try #require(powers["gpt2"]), 1000 * asic / latency[0]))
    // What the paper states, from which the design's price of a multiply-accumulate is derived.
    #expect(near(try claims.simulated("mac")[0], 149.29))
    // A setting is told, and judged nothing.
    #expect(try claims.simulated("tokens") == [4])
    #expect(try claims.claim("tokens")["verdict"] as? String == "not checkable")
    #expect(try claims.claim("area")["verdict"] as? String == "not checkable")
    #expect(try claims.claim("area")["reason"] as? String == "no area is modelled")
  }

  @Test func trafficIsThatOfEveryWeightAndTheCache() throws {
    let claims = Claims(
      all: try #require(try parsed(try ReproduceStudy(system: path).run().json)["claims"] as? [Object]))
    let models = try #require(try claims.claim("traffic")["models"] as? [String: Double])
    let width = 768.0
    // Projections of q, k and v, of the result, to and from four times the width, with biases; two norms of two vectors.
    let attention = width * 3 * width + 3 * width + width * width + width
    let block = attention + 2 * width * 4 * width + 5 * width + 4 * width
    // Five positions of contexts 1 to 5: weights, two norms' vectors at the end, head, two rows of tables, and the cache.
    let fixed = 12 * block + 2 * width + 50257 * width + 2 * width + 12 * 2 * width
    let elements = 5 * fixed + 12 * 2 * width * (1 + 2 + 3 + 4 + 5)
    let moved = try total(try run("gpt2"), "interface_bytes")
    #expect(near(try #require(models["gpt2"]), 2 * elements / moved))
  }

  @Test func theNumberOfJobsChangesNoByte() throws {
    var texts: [[String: Data]] = []
    for jobs in [1, 2] {
      var study = ReproduceStudy(system: path)
      study.jobs = jobs
      study.tokens = 2
      study.folder = "\(folder.path)/report-\(jobs)"
      let output = try study.run()
      let out = try #require(study.folder)
      var files: [String: Data] = ["table": Data(output.text.utf8)]
      for name in try FileManager.default.contentsOfDirectory(atPath: out) {
        files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(out)/\(name)"))
      }
      texts.append(files)
    }
    #expect(texts[0] == texts[1])
    #expect(
      texts[0].keys.sorted() == [
        "README.md", "energy-t4.svg", "report.json", "speedup-t4.svg", "sweep-channels.svg", "sweep-clock.svg",
        "sweep-length.svg", "table",
      ])
    let page = String(decoding: try #require(texts[0]["README.md"]), as: UTF8.self)
    #expect(page.contains("Runs are shortened: 2 of 4 generated tokens."))
    #expect(!page.contains(folder.path + "/report"))
  }

  @Test func aModelIsRunToItsEndAndSaidSo() throws {
    let result = try parsed(try ReproduceStudy(system: path).run().json)
    let notes = try #require(result["notes"] as? [String])
    // One position is the prompt's.
    #expect(notes.contains { $0.hasSuffix("ends at 16 positions: 15 tokens instead of 400.") }, "\(notes)")
    let sweeps = try #require(result["sweeps"] as? [Object])
    let length = try #require(sweeps.first { $0["name"] as? String == "length" })
    let last = try #require((length["points"] as? [Object])?.last?["models"] as? [Object])
    #expect(last.first?["generate"] as? Int == 15)
  }

  /// A sweep may run something else than the study, and a point something else than its sweep.
  @Test func sweepsRunTheirOwnWorkload() throws {
    let result = try parsed(try ReproduceStudy(system: path).run().json)
    let sweeps = try #require(result["sweeps"] as? [Object])
    let channels = try #require(sweeps.first { $0["name"] as? String == "channels" }?["points"] as? [Object])
    for (point, past) in zip(channels, [Int64(30), 30, 40]) {
      let found = try #require((point["models"] as? [Object])?.first)
      let count = try #require(point["at"] as? Double)
      let workload = Workload(prompt: 0, generate: 2, past: past)
      let own = try run("gpt2", ["units.memory.channels=\(Int(count))"], workload)
      #expect(try total(own, "cycles") == found["cycles"] as? Double)
    }
  }

  @Test func settingsAreRunsOfTheVariant() throws {
    let result = try parsed(try ReproduceStudy(system: path).run().json)
    let settings = try #require(result["settings"] as? [Object])
    #expect(settings.map { $0["name"] as? String } == ["shipped", "slow"])
    let models = try #require(settings[1]["models"] as? [Object])
    #expect(
      models[0]["latency_s"] as? Double == (try total(try run("gpt2", ["clocks.interface=250 MHz"]), "latency_s")))
    let claims = Claims(all: try #require(result["claims"] as? [Object]))
    let under = try #require(try claims.claim("hits")["settings"] as? [Object])
    #expect(under.map { $0["name"] as? String } == ["slow"])
    // Sweeps are run under the first setting alone.
    #expect(
      try claims.claim("slow")["settings"].flatMap { ($0 as? [Object])?.first?["verdict"] as? String }
        == "not checkable")
  }
}
