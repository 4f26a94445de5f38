import Baselines
import Dataflow
import Explore
import Files
import Foundation
import Testing

@Suite(.serialized) struct CompareStudyTests {
  private let folder: BadInputFolder
  private let model: String

  init() throws {
    folder = try BadInputFolder()
    model = try folder.write(BadInputFolder.tinyModel, to: "tiny.config.json")
  }

  private func study(_ designs: [String] = ["pim-gpt"], _ baselines: [String] = ["t4"]) -> CompareStudy {
    CompareStudy(
      designs: designs, baselines: BaselineChoice(baselines), model: model, workload: Workload(prompt: 2, generate: 3))
  }

  private func object(_ output: CommandOutput) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(output.json.description.utf8)) as? [String: Any])
  }

  private func systems(_ study: CompareStudy) throws -> [[String: Any]] {
    try #require(try object(study.run())["systems"] as? [[String: Any]])
  }

  private func warnings(_ study: CompareStudy) throws -> [String: String] {
    let found = try #require(try object(study.run())["warnings"] as? [[String: String]])
    return Dictionary(found.map { ($0["kind"] ?? "", $0["message"] ?? "") }, uniquingKeysWith: { $0 + "\n" + $1 })
  }

  private func number(_ value: Any?) throws -> Double { try #require(value as? Double) }

  @Test func ratiosAreThoseOfTheFigures() throws {
    var study = study(["pim-gpt", "hbm2-bank-pim"], ["t4", "xeon-gold-6154"])
    for reference in [nil, "hbm2-bank-pim", "t4"] {
      study.reference = reference
      let systems = try systems(study)
      #expect(systems.compactMap { $0["name"] as? String } == ["pim-gpt", "hbm2-bank-pim", "t4", "xeon-gold-6154"])
      let base = try #require(systems.first { $0["name"] as? String == reference ?? "pim-gpt" })
      for system in systems {
        let parts = [system, system["without_overhead"] as? [String: Any]].compactMap(\.self)
        for part in parts {
          let (latency, energy) = (try number(part["latency_s"]), try number(part["energy_j"]))
          #expect(abs(try number(part["speedup"]) * latency / number(base["latency_s"]) - 1) < 1e-12)
          #expect(abs(try number(part["energy_ratio"]) * energy / number(base["energy_j"]) - 1) < 1e-12)
          #expect(abs(try number(part["average_power_w"]) * latency / energy - 1) < 1e-12)
          #expect(abs(try number(part["energy_per_token_j"]) * 3 / energy - 1) < 1e-12)
        }
      }
    }
  }

  @Test func aDesignsFiguresAreThoseOfItsRun() throws {
    let run = RunStudy(design: "pim-gpt", model: model, workload: Workload(prompt: 2, generate: 3))
    let totals = try #require(try object(run.run())["totals"] as? [String: Any])
    let system = try #require(try systems(study()).first)
    for key in ["latency_s", "ttft_s", "tpot_s", "tokens_per_s", "energy_j", "energy_per_token_j", "average_power_w"] {
      #expect(try number(system[key]) == number(totals[key]), "\(key)")
    }
  }

  @Test func aRunListsItsBaselines() throws {
    var run = RunStudy(design: "pim-gpt", model: model, workload: Workload(prompt: 2, generate: 3))
    run.baselines = BaselineChoice(["t4", "a100"])
    let output = try run.run()
    let report = try object(output)
    let totals = try #require(report["totals"] as? [String: Any])
    let listed = try #require(report["baselines"] as? [[String: Any]])
    #expect(listed.compactMap { $0["name"] as? String } == ["t4", "a100"])
    for baseline in listed {
      #expect(baseline["basis"] as? String == "roofline")
      let alone = try #require(baseline["without_overhead"] as? [String: Any])
      for part in [baseline, alone] {
        #expect(
          abs(try number(part["speedup"]) * number(totals["latency_s"]) / number(part["latency_s"]) - 1) < 1e-12)
        #expect(
          abs(try number(part["energy_ratio"]) * number(totals["energy_j"]) / number(part["energy_j"]) - 1) < 1e-12)
      }
      #expect(try number(alone["latency_s"]) < number(baseline["latency_s"]))
    }
    #expect(
      output.text.contains("t4, device alone") && output.text.contains("t4 does not compute in bf16: it runs as fp32"))
    let inputs = try #require((report["provenance"] as? [String: Any])?["inputs"] as? [[String: String]])
    #expect(inputs.contains { $0["name"] == "t4.yaml" } && inputs.contains { $0["name"] == "a100.yaml" })
  }

  @Test func whatIsNotLikeForLikeIsSaid() throws {
    // Nothing differs between a design and a copy of it.
    let text = try BadInputFolder.shipped(.designs, "pim-gpt")
    let copy = try folder.write(text, to: "copy.yaml")
    #expect(try warnings(study(["pim-gpt", copy], [])).keys.sorted() == ["assumptions", "unit-checks"])

    let idle = try folder.write(text.replacing("value: enabled", with: "value: disabled"), to: "idle.yaml")
    #expect(
      try warnings(study(["pim-gpt", idle], []))["refresh"] == "memory is not refreshed in idle, and is in the others")

    let mixed = try warnings(study(["pim-gpt"], ["t4", "xeon-gold-6154"]))
    #expect(mixed["number-formats"]?.contains("pim-gpt bf16, t4 fp32, xeon-gold-6154 fp32") == true)
    #expect(mixed["energy-scopes"]?.contains("t4 70.0 W of the whole board") == true)
    #expect(mixed["bases"]?.contains("pim-gpt simulated, t4 roofline") == true)
    #expect(
      mixed["framework-overhead"]?.contains("the framework's overhead on t4, 7 us a kernel, is not measured") == true)
    #expect(mixed["memory"] == nil)

    // One that computes in bf16, with an overhead that was measured there.
    let measured = try BadInputFolder.shipped(.baselines, "a100")
      .replacing("7 us, source: \"substitute:", with: "7 us, source: \"measurement:")
    let alike = try warnings(study(["pim-gpt"], [folder.write(measured, to: "measured.yaml")]))
    #expect(alike["framework-overhead"] == nil && alike["number-formats"] == nil)

    let small = try BadInputFolder.shipped(.baselines, "t4").replacing("capacity: 16 GB", with: "capacity: 10 kB")
    let file = try folder.write(small, to: "small.yaml")
    #expect(try warnings(study(["pim-gpt"], [file]))["memory"]?.hasPrefix("the model does not fit small: ") == true)
  }

  @Test func theFormatOfBaselinesMayBeChosen() throws {
    var study = study()
    study.baselines.format = .fp16
    let systems = try systems(study)
    #expect(systems.compactMap { $0["format"] as? String } == ["bf16", "fp16"])
    let refusal = try #require(throws: Refusal.self) { try BaselineChoice(["t4"], formatName: "fp61") }
    #expect(refusal.description.contains("did you mean 'fp16'?"))
  }

  @Test func theSameInputsGiveTheSameBytesInEveryForm() throws {
    var bytes: [[Data]] = []
    for name in ["first", "second"] {
      var study = study()
      study.outputs = ["json", "csv", "md"].map { "\(folder.path)/\(name).\($0)" }
      _ = try study.run()
      bytes.append(try study.outputs.map { try Data(contentsOf: URL(fileURLWithPath: $0)) })
    }
    #expect(bytes[0] == bytes[1])
    let texts = bytes[0].map { String(decoding: $0, as: UTF8.self) }
    for text in texts { #expect(!text.contains(folder.path) && text.contains("t4")) }
    // A header, one line for the design, two for the baseline.
    let lines = texts[1].split(separator: "\n")
    #expect(
      lines.count == 4 && Set(lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }) == [14])
    #expect(texts[2].contains("| pim-gpt | simulated | bf16 |") && texts[2].contains("- number formats differ"))
  }

  @Test func badComparisonsAreRefusedAndWriteNothing() throws {
    let kept = try folder.write("kept", to: "kept.json")
    let bad = try folder.write("baseline: x\n", to: "bad.yaml")
    var cases: [(CompareStudy, String)] = [
      (study(["pim-gtp"]), "did you mean 'pim-gpt'?"), (study([]), "no design is given"),
      (study(["pim-gpt", "pim-gpt"], []), "two systems have the same name"),
      (study(["pim-gpt"], ["t4", "t4"]), "two systems have the same name"),
      (study(["pim-gpt"], [bad]), "missing key 'peaks'"), (study(["pim-gpt"], ["t44", "a10"]), "did you mean 'a100'?"),
    ]
    for index in cases.indices { cases[index].0.outputs = [kept] }
    var other = study()
    other.reference = "t5"
    cases.append((other, "one of pim-gpt, t4"))
    for (output, message) in [
      ("x.txt", "ending in .json, .csv or .md"), ("none/x.json", "does not exist"), ("bad.yaml", "no form"),
      ("tiny.config.json", "written over an input"),
    ] {
      var study = study()
      study.outputs = [kept, "\(folder.path)/\(output)"]
      cases.append((study, message))
    }
    let before = folder.contents
    for (study, message) in cases {
      let refusal = try #require(throws: Refusal.self, "\(message)") { try study.run() }
      #expect(refusal.description.contains(message), "\(refusal)")
    }
    #expect(folder.contents == before)
    #expect(try String(contentsOfFile: kept, encoding: .utf8) == "kept")
  }

  @Test func aSavedProgramHasNoBaselines() throws {
    let path = "\(folder.path)/tiny.program.json"
    _ = try ProgramStudy.compile(design: "pim-gpt", model: model, workload: Workload(prompt: 1, generate: 1), to: path)
    var run = RunStudy(program: path)
    run.baselines = BaselineChoice(["t4"])
    let refusal = try #require(throws: Refusal.self) { try run.run() }
    #expect(refusal.description.contains("cannot be held against a baseline"))
  }

  @Test func checkKnowsBaselines() throws {
    let good = try folder.write(try BadInputFolder.shipped(.baselines, "t4"), to: "mine.yaml")
    let output = try FileCheck.check([good])
    #expect(output.isGood && output.text.contains("baseline 't4' (gpu) for fp32, fp16, bf16, int8 is good"))
    #expect(try !FileCheck.check([folder.write("baseline: x\n", to: "bad.yaml")]).isGood)
    #expect(try Catalogue.list(.baselines).text.contains("t4              NVIDIA T4, 16 GB of GDDR6\n"))
  }
}
