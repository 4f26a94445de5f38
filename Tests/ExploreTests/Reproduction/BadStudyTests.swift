import Explore
import Files
import Foundation
import Testing

/// Studies that are refused, and what is said of them.
@Suite struct BadStudyTests {
  let folder: BadInputFolder
  let good: String

  init() throws {
    folder = try BadInputFolder()
    let model = try folder.write(BadInputFolder.tinyModel, to: "tiny.config.json")
    good = StudyTexts.small.replacing("MODEL", with: model)
  }

  private func findings(_ text: String) throws -> (path: String, items: [Diagnostic]) {
    let path = try folder.write(text, to: "study.yaml")
    do {
      let output = try guarded("study") { try FileCheck.check([path]) }
      return (path, output.messages)
    } catch let refusal as Refusal {
      return (path, refusal.diagnostics)
    }
  }

  @Test func theGoodOneIsGood() throws {
    let path = try folder.write(good, to: "study.yaml")
    let output = try FileCheck.check([path])
    #expect(output.isGood, "\(output.messages)")
    #expect(output.text == "\(path): study of 'small' with 13 claims and 3 sweeps is good\n")
  }

  @Test(
    arguments: [
      BadFile("unknown key", "title: A small", "titel: A small", "is 'titel' meant to be 'title'?"),
      BadFile("no design", "design: pim-gpt", "design: pim-gtp", at: "pim-gtp", "did you mean 'pim-gpt'?"),
      BadFile("unknown model", "models: [gpt2,", "models: [gpt-2, gpt2,", at: "gpt-2", "did you mean 'gpt2'?"),
      BadFile("a model twice", "models: [gpt2,", "models: [gpt2, gpt2,", "a model is named twice"),
      BadFile("no models", "workload: {", "models2: 1\nworkload: {", "unknown key 'models2'"),
      BadFile("a sweep's workload", "past: 30, prompt", "pats: 30, prompt", at: "pats", "did you mean 'past'?"),
      BadFile("a point before the start", "past: 40", "past: -1", at: "-1 }", "out of range"),
      BadFile("an input of no reason", "    reason: a setting\n", "", "does not say why it cannot be checked"),
      BadFile("no flag", "input: true", "input: yes please", at: "yes please", "expected"),
      BadFile("nothing generated", "generate: 4 }", "generate: 0 }", at: "0 }", "out of range", "from 1 to"),
      BadFile(
        "unknown baseline", "baselines:\n", "baselines:\n  - { baseline: titan-xq, format: fp32 }\n", at: "titan-xq",
        "did you mean 'titan-xp'?"),
      BadFile("a baseline of no list", "speedup, baseline: t4", "speedup, baseline: v100", at: "v100", "expected t4"),
      BadFile("unknown format", "format: fp16", "format: fp61", at: "fp61", "did you mean 'fp16'?"),
      BadFile(
        "unknown path", "clocks.interface: 250 MHz", "clocks.interfaze: 250 MHz", at: "250 MHz",
        "did you mean 'clocks.interface'?"),
      BadFile(
        "a value that is none", "clocks.asic: 100 MHz", "clocks.asic: 100 MHx", at: "100 MHx", "unknown unit 'MHx'"),
      BadFile(
        "a value out of range", "units.memory.channels: 4 }", "units.memory.channels: 0 }", at: "0 }", "out of range"),
      BadFile(
        "a model's value", "set-model: { n_positions: 16 }", "set-model: { n_postions: 16 }", at: "16 } }",
        "did you mean 'n_positions'?"),
      BadFile("descending points", "- at: 1000", "- at: 50", "do not ascend"),
      BadFile("a reference elsewhere", "reference: 1000", "reference: 900", at: "900", "one of 100, 1000"),
      BadFile("an unknown sweep", "sweep: clock, at: 100", "sweep: clok, at: 100", at: "clok", "did you mean 'clock'?"),
      BadFile("no such point", "sweep: clock, at: 100", "sweep: clock, at: 101", at: "101", "one of 100, 1000"),
      BadFile(
        "a measure of no kind", "kind: row-hit-rate", "kind: row-hit-rat", at: "row-hit-rat",
        "did you mean 'row-hit-rate'?"),
      BadFile(
        "a key of another measure", "kind: row-hit-rate", "kind: row-hit-rate, sweep: clock", "unknown key 'sweep'"),
      BadFile(
        "another unit", "published: 98\n    unit: \"%\"", "published: 98\n    unit: x",
        "is not told in this unit (got x; expected %)"),
      BadFile("a range upside down", "[41, 137]", "[137, 41]", at: "[137, 41]", "no range"),
      BadFile("a range of three", "[41, 137]", "[41, 50, 137]", at: "[41, 50", "no range"),
      BadFile("nothing published", "published: [41, 137]", "published: 0", at: "0\n    unit: x", "greater than 0"),
      BadFile("a bound and a trend", "{ at-most: 20 }", "{ at-most: 20, trend: up }", "neither a bound nor a trend"),
      BadFile("an unknown placeholder", "{without.low}", "{withuot.low}", "did you mean '{without.low}'?"),
      BadFile(
        "no reason for silence", "    reason: no area is modelled\n", "", "does not say why it cannot be checked"),
      BadFile("two ids", "id: energy", "id: speed", at: "speed\n    claim: cheaper", "two claims have one id"),
      BadFile(
        "an unknown unit", "kind: unit-power, unit: asic", "kind: unit-power, unit: asik", "did you mean 'asic'?"),
      BadFile("an unknown event", "event: mac,", "event: macc,", "did you mean 'mac'?"),
      BadFile("an unknown kind of unit", "not-on: pim-memory", "not-on: pim-memry", "did you mean 'pim-memory'?"),
      BadFile("an unknown assumption", "parameter: asic adders", "parameter: adders", "did you mean 'asic adders'?"),
      BadFile(
        "a model that is not of the study", "models: [gpt2] }\n  - id: hits", "models: [gpt3] }\n  - id: hits",
        "a model is unknown"),
      BadFile("no claims", text: "paper: x\nclaims: []\n", "the study has no claim", "missing key 'design'"),
      BadFile("a list", text: "- paper: x\n", "not a file that accsim knows"),
    ])
  func refuses(_ bad: BadFile) throws {
    let text = try bad.applied(to: good)
    let (path, items) = try findings(text)
    try bad.expect(items, in: text, path: path)
  }

  @Test func allFaultsAreToldAtOnce() throws {
    let text = good.replacing("status: unverified", with: "status: unverifed").replacing(
      "at-most: 20", with: "atmost: 20"
    )
    .replacing("generate: 4 }\n", with: "generate: four }\n").replacing("kind: scaling", with: "kind: scalling")
    .replacing("powers:", with: "power:")
    let all = try findings(text).items.map(\.description).joined(separator: "\n")
    for part in ["'unverified'", "'at-most'", "got four", "'scaling'", "unknown key 'power'"] {
      #expect(all.contains(part), "\(part)\n\(all)")
    }
  }

  @Test func anUnknownSystemIsSuggested() throws {
    let refusal = try #require(throws: Refusal.self) { try ReproduceStudy(system: "pim-gtp").run() }
    #expect(refusal.description.contains("did you mean 'pim-gpt'?"), "\(refusal)")
    let nonsense = try #require(throws: Refusal.self) { try ReproduceStudy(system: "nonsense").run() }
    #expect(nonsense.description.contains("expected one of pim-gpt"), "\(nonsense)")
  }

  @Test func aFolderThatCannotBeIsRefusedBeforeTheRuns() throws {
    let file = try folder.write("kept", to: "file")
    for out in [file, "\(file)/below", ""] {
      var study = ReproduceStudy(system: "pim-gpt")
      study.folder = out
      #expect(throws: Refusal.self, "\(out)") { try guarded(out) { try study.run() } }
    }
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "kept")
  }

  /// Numbers in a reason go stale; placeholders do not.
  @Test func theShippedReasonsQuoteNoNumbers() throws {
    var d = Diagnostics()
    let path = try DataDirectory.find(kind: .papers, name: "pim-gpt")
    let study = try #require(StudyFile.read(path: path, displayName: path, into: &d))
    #expect(study.claims.map(\.id) == (1...17).map { $0 < 10 ? "PG-0\($0)" : "PG-\($0)" })
    for claim in study.claims {
      let reason = claim.reason ?? ""
      #expect(reason.firstMatch(of: #/(^|[\s(~])[0-9]+([.,][0-9]+)?/#) == nil, "\(claim.id): \(reason)")
    }
  }
}
