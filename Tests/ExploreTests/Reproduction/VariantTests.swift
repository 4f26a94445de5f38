import Dataflow
import Explore
import Files
import Foundation
import Report
import Systems
import Testing

/// Designs with some values replaced: what a run does with them, and what is refused.
@Suite struct VariantTests {
  let folder: BadInputFolder
  let model: String

  init() throws {
    folder = try BadInputFolder()
    model = try folder.write(BadInputFolder.tinyModel, to: "tiny.config.json")
  }

  private func study(_ values: [String], design: String = "pim-gpt") throws -> RunStudy {
    var study = RunStudy(design: design, model: model, workload: Workload(prompt: 1, generate: 2))
    study.variant = try RunStudy.variant(values, option: "--set")
    return study
  }

  private func figures(_ study: RunStudy) throws -> (cycles: Int64, energy: String?) {
    var d = Diagnostics()
    let run = try study.price(&d)
    return (run.cycles, run.total.joules?.description)
  }

  @Test func aVariantIsTheDesignWithItsTextEdited() throws {
    let text = try BadInputFolder.shipped(.designs, "pim-gpt")
    let device = try BadInputFolder.shipped(.devices, "gddr6-pim")
      .replacing("tRCD: { value: 12 ns, source: \"recalled: PIM-GPT timing table\" }", with: "tRCD: 20 ns")
    let edited = text.replacing("asic: 1 GHz", with: "asic: 500 MHz").replacing("channels: 8", with: "channels: 4")
      .replacing("interface: { value: 1 GHz,", with: "interface: { value: 250 MHz,")
      .replacing("device: gddr6-pim", with: "device: \(try folder.write(device, to: "device.yaml"))")
    let file = try folder.write(edited, to: "edited.yaml")
    let same = try figures(try study([], design: file))
    let variant = try figures(
      try study([
        "clocks.asic=500MHz", "units.memory.channels=4", "clocks.interface = 250 MHz",
        "units.memory.device.timing.tRCD=20 ns",
      ]))
    #expect(variant.cycles == same.cycles)
    #expect(variant.energy == same.energy)
    #expect(try figures(try study([])).cycles != same.cycles)
  }

  @Test func whatWasReplacedIsInTheReport() throws {
    let json = try study(["clocks.asic=500MHz"]).run().json.description
    let all = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    let provenance = try #require(all["provenance"] as? [String: Any])
    let replaced = try #require(provenance["replaced"] as? [[String: String]])
    #expect(replaced == [["path": "clocks.asic", "value": "500MHz", "was": "1 GHz", "by": "--set"]])
    let assumptions = try #require(all["assumptions"] as? [[String: Any]])
    let own = assumptions.filter { $0["parameter"] as? String == "clocks.asic" }
    #expect(own.map { $0["source"] as? String } == ["assumption: set by --set; the file has 1 GHz"])
  }

  @Test func aProgramIsRunWithTheValuesThatItWasCompiledFor() throws {
    let path = "\(folder.path)/tiny.program.json"
    let variant = try RunStudy.variant(["clocks.asic=500MHz", "units.memory.device.rows=20000"], option: "--set")
    _ = try ProgramStudy.compile(
      design: "pim-gpt", variant: variant, model: model, workload: Workload(prompt: 1, generate: 2), to: path)
    let direct = try study(["clocks.asic=500MHz", "units.memory.device.rows=20000"]).run()
    #expect(try RunStudy(program: path).run().json.description == direct.json.description)
  }

  /// The value, and what the message must say.
  @Test(
    arguments: [
      ("clocks.asik=1GHz", "designs/pim-gpt.yaml states no value at 'clocks.asik'", "did you mean 'clocks.asic'?"),
      ("memory.channels=4", "states no value at 'memory.channels'", "did you mean 'units.memory.channels'?"),
      ("units.memory.mac.lanse=4", "states no value", "did you mean 'units.memory.mac.lanes'?"),
      ("units.memory.device.timing.tRDC=4", "devices/gddr6-pim.yaml states no value", "did you mean 'timing.tRCD'?"),
      ("clocks=1 GHz", "'clocks' is a mapping, not a value", "clocks.asic, clocks.interface"),
      ("clocks.asic.value=1 GHz", "states no value at 'clocks.asic.value'", "'clocks.asic' is a value"),
      ("links.4.latency=1", "states no value at 'links.4.latency'", "did you mean 'links.1.latency'?"),
      ("clocks.asic=1 Ghz", "has the unknown unit 'Ghz'", "did you mean 'GHz'?"),
      ("clocks.asic=fast", "'asic' of the clocks", "expected a frequency"),
      ("units.memory.channels=0", "out of range", "got 0; expected an integer from 1 to 4096"),
      ("units.memory.channels=99999999999999999999", "out of range", "got 99999999999999999999"),
      ("units.memory.device=gddr6-pin", "no device of this name", "did you mean 'gddr6-pim'?"),
      ("units.asic.device.rows=4", "no unit of the design has this device", "units.NAME.device.KEY"),
      ("units.memory.refresh=null", "has no value", "got null"),
      ("clocks.asic", "no '=' stands between path and value", "PATH=VALUE"),
      ("=1", "no path stands before '='", ""), ("clocks.asic=", "no value stands behind '='", ""),
      ("...=1", "states no value", ""),
    ])
  func refuses(_ text: String, _ fault: String, _ help: String) throws {
    let refusal = try #require(throws: Refusal.self) { try study([text]).run() }
    let said = refusal.description
    #expect(said.hasPrefix("--set: \(text): error: "), "\(said)")
    #expect(said.contains(fault) && (help.isEmpty || said.contains(help)), "\(said)")
  }

  @Test func allFaultsAreToldAtOnce() throws {
    let refusal = try #require(throws: Refusal.self) {
      try study(["clocks.asik=1 GHz", "units.memory.channels=0", "clocks.interface=2 kg", "units.memory.channels=2"])
        .run()
    }
    #expect(refusal.diagnostics.count == 4, "\(refusal)")
    #expect(refusal.description.contains("a value is replaced twice"), "\(refusal)")
  }
}
