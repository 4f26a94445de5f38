import Explore
import Files
import Foundation
import Testing

/// Inputs with a fault in them are refused at the place of the fault, and leave nothing behind.
@Suite(.serialized) struct BadInputTests {
  let folder: BadInputFolder
  let model: String

  init() throws {
    folder = try BadInputFolder()
    model = try folder.write(BadInputFolder.tinyModel, to: "tiny.config.json")
  }

  @Test(arguments: BadDesigns.all)
  func refusesDesign(_ bad: BadFile) throws {
    let device = try BadInputFolder.shipped(.devices, "gddr6-pim")
    let withoutPIM = device.replacing("kind: mac,", with: "kind: other,").replacing(
      "kind: buffer-write,", with: "kind: other,")
    // Words in capitals stand for devices beside the design.
    var text = try bad.applied(to: BadInputFolder.shipped(.designs, "pim-gpt"))
    for (word, device) in [
      ("FEW-ROWS", device.replacing("rows: 16384", with: "rows: 8")), ("NO-PIM", withoutPIM),
      ("DEVICE", device.replacing("bankgroup: 4,", with: "bankgroup: 256,")), ("RECORDED", BadDevices.recordedText),
    ] where text.contains("device: \(word)") {
      let path = try folder.write(device, to: word == "RECORDED" ? "other.json" : "other.yaml")
      text = text.replacing("device: \(word)", with: "device: \(path)")
    }
    let path = try folder.write(text, to: "bad.yaml")
    let findings = guarded(bad.name) { folder.run(design: path, model: model) }
    try bad.expect(findings, in: text, path: path)
  }

  @Test(arguments: BadDevices.native)
  func refusesDevice(_ bad: BadFile) throws {
    let text = try bad.applied(to: BadInputFolder.shipped(.devices, "gddr6-pim"))
    let path = try folder.write(text, to: "bad.yaml")
    try bad.expect(try guarded(bad.name) { try FileCheck.check([path]).messages }, in: text, path: path)
  }

  @Test(arguments: BadDevices.recorded)
  func refusesRecordedDevice(_ bad: BadFile) throws {
    let good = try folder.write(BadDevices.recordedText, to: "good.json")
    #expect(try FileCheck.check([good]).isGood)
    let text = try bad.applied(to: BadDevices.recordedText)
    let path = try folder.write(text, to: "bad.json")
    try bad.expect(try guarded(bad.name) { try FileCheck.check([path]).messages }, in: text, path: path)
  }

  @Test(arguments: BadModels.all)
  func refusesModel(_ bad: BadFile) throws {
    let text = try bad.applied(to: BadInputFolder.tinyModel)
    let path = try folder.write(text, to: "bad.config.json")
    try bad.expect(guarded(bad.name) { folder.run(design: "pim-gpt", model: path) }, in: text, path: path)
    #expect(try !FileCheck.check([path]).isGood)
  }

  @Test(arguments: BadModels.huge)
  func refusesHugeModel(_ bad: BadFile) throws {
    let text = try bad.applied(to: BadInputFolder.tinyModel)
    let path = try folder.write(text, to: "bad.config.json")
    #expect(try FileCheck.check([path]).isGood)
    // One row more than nothing, so that none of them fits.
    let device = try BadInputFolder.shipped(.devices, "gddr6-pim").replacing("rows: 16384", with: "rows: 400")
    let design = try BadInputFolder.shipped(.designs, "pim-gpt")
      .replacing("device: gddr6-pim", with: "device: \(try folder.write(device, to: "device.yaml"))")
      .replacing("value: 128 KiB", with: "value: 64 GiB")
    let file = try folder.write(design, to: "design.yaml")
    try bad.expect(guarded(bad.name) { folder.run(design: file, model: path) }, in: text, path: path)
  }

  @Test func warnsOfUnknownKeysOfForeignFiles() throws {
    let text = BadInputFolder.tinyModel.replacing("\"n_head\"", with: "\"n_hed\": 3, \"n_head\"")
    let path = try folder.write(text, to: "odd.config.json")
    let output = try FileCheck.check([path])
    #expect(output.isGood)
    #expect(
      output.messages.map(\.description) == [
        "\(path):5:3: warning: key 'n_hed' in the model configuration is not read (did you mean 'n_head'?)"
      ])
  }

  @Test(arguments: BadTrace.all)
  func refusesTrace(_ bad: BadTrace) throws {
    let device = try folder.write(BadDevices.recordedText, to: "small.json")
    let path = try folder.write(bad.bytes, to: bad.file)
    let refusal = try #require(throws: Refusal.self) {
      try guarded(bad.name) { try TraceStudy.check(device: device, commands: path) }
    }
    #expect(refusal.description.hasPrefix(bad.mark.isEmpty ? path : "\(path):\(bad.mark): error: "), "\(refusal)")
    #expect(refusal.description.contains(bad.fragment), "\(refusal)")
  }

  @Test func refusesTracesThatAreNoFiles() throws {
    let device = try folder.write(BadDevices.recordedText, to: "small.json")
    for path in ["\(folder.path)/none.csv", folder.path, "/dev/zero"] {
      #expect(throws: Refusal.self) { try TraceStudy.check(device: device, commands: path) }
    }
  }

  @Test(
    arguments: [
      (0, 0, 0, 1, "nothing to do"), (-1, 1, 0, 1, "--prompt is out of range"),
      (1, -1, 0, 1, "--generate is out of range"),
      (1, 1, -1, 1, "--past is out of range"), (1, 1, 0, 0, "--batch is out of range"), (60, 5, 0, 1, "cannot attend"),
      (1, 1, 63, 1, "cannot attend"), (1 << 62, 1, 0, 1, "--prompt is out of range"),
      (1, .max, 0, 1, "--generate is out of range"),
      (.max, .max, .max, .max, "--past is out of range"), (.min, .min, .min, .min, "--batch is out of range"),
      (1, 1, 0, 1 << 24, "too large to simulate"), (30, 30, 0, 1 << 22, "too large to simulate"),
    ] as [(Int64, Int64, Int64, Int64, String)])
  func refusesWorkload(_ prompt: Int64, _ generate: Int64, _ past: Int64, _ batch: Int64, _ fragment: String) throws {
    let study = RunStudy(
      design: "pim-gpt", model: model,
      workload: .init(prompt: prompt, generate: generate, past: past, batch: batch))
    let refusal = try #require(throws: Refusal.self) { try guarded(fragment) { try study.run() } }
    #expect(refusal.description.contains(fragment), "\(refusal)")
  }

  @Test func refusesRunsThatAreTooLong() throws {
    let config = BadInputFolder.tinyModel.replacing("\"n_positions\": 64", with: "\"n_positions\": 16777216")
    let path = try folder.write(config, to: "long.config.json")
    let device = try BadInputFolder.shipped(.devices, "gddr6-pim").replacing("rows: 16384", with: "rows: 4294967296")
    let design = try BadInputFolder.shipped(.designs, "pim-gpt")
      .replacing("device: gddr6-pim", with: "device: \(try folder.write(device, to: "device.yaml"))")
      .replacing("value: 128 KiB", with: "value: 64 GiB")
    let file = try folder.write(design, to: "design.yaml")
    for (prompt, generate) in [(Int64(1 << 24) - 1, Int64(1)), (1 << 20, 1)] {
      let findings = guarded("long") { folder.run(design: file, model: path, prompt: prompt, generate: generate) }
      #expect(findings.first?.message == "the run is too large to simulate", "\(findings)")
    }
  }

  @Test func writesNothingWhenRefused() throws {
    let kept = try folder.write("kept", to: "report.json")
    let bad = try folder.write(BadInputFolder.tinyModel.replacing("64,", with: "0,"), to: "bad.config.json")
    for (model, outputs) in [
      (bad, [kept]), (model, [kept, "\(folder.path)/none/report.json"]), (model, [kept, "\(folder.path)/report.txt"]),
      (model, [kept, folder.path]), (model, [kept, "\(folder.path)/folder.csv"]), (model, [kept, kept]),
      (model, [model]), (model, [kept, ""]),
    ] {
      try FileManager.default.createDirectory(atPath: "\(folder.path)/folder.csv", withIntermediateDirectories: true)
      let before = folder.contents
      var study = RunStudy(design: "pim-gpt", model: model, workload: .init(prompt: 0, generate: 1))
      study.outputs = outputs
      #expect(throws: Refusal.self, "\(outputs)") { try study.run() }
      #expect(folder.contents == before)
      #expect(try String(contentsOfFile: kept, encoding: .utf8) == "kept")
      #expect(try String(contentsOfFile: self.model, encoding: .utf8) == BadInputFolder.tinyModel)
    }
  }

  @Test func refusesNamesThatAreNotShipped() throws {
    for (design, model, fragment) in [
      ("pim-gtp", "gpt2", "did you mean 'pim-gpt'?"), ("pim-gpt", "gpt-2", "did you mean 'gpt2'?"),
      ("", "gpt2", "no design"),
      ("../designs/pim-gpt", "gpt2", "no such file"), ("pim-gpt", "none.json", "no such file"),
      ("/", "gpt2", "is a folder"),
    ] {
      let study = RunStudy(design: design, model: model, workload: .init(prompt: 0, generate: 1))
      let refusal = try #require(throws: Refusal.self) { try study.run() }
      #expect(refusal.description.contains(fragment), "\(refusal)")
    }
  }
}
