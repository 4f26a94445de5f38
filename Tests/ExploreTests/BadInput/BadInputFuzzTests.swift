import Arch
import Explore
import Files
import Foundation
import Testing

/// Random faults in good files: whatever they are, a file is refused with a place, or runs, and nothing traps or hangs.
@Suite(.serialized) struct BadInputFuzzTests {
  private static let numbers = [
    "0", "-1", "1", "2", "7", "255", "65536", "16777216", "4294967296", "9223372036854775807", "9223372036854775808",
    "1e30",
    "1e-30", "1e999999", "0.5", "\"\"", "nan", String(repeating: "9", count: 300),
  ]

  @Test func survivesRandomFaults() throws {
    let environment = ProcessInfo.processInfo.environment
    let seed = environment["ACCSIM_FUZZ_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
    let count = environment["ACCSIM_FUZZ_COUNT"].flatMap(Int.init) ?? 300
    print("random faults: ACCSIM_FUZZ_SEED=\(seed) ACCSIM_FUZZ_COUNT=\(count)")
    var random = SplitMix64(seed: seed)
    let folder = try BadInputFolder()
    let device = try BadInputFolder.shipped(.devices, "gddr6-pim")
    let design = try BadInputFolder.shipped(.designs, "pim-gpt")
    for iteration in 0..<count {
      var texts = [design, device, BadInputFolder.tinyModel]
      let chosen = Int.random(in: 0..<3, using: &random)
      for _ in 0..<Int.random(in: 1...2, using: &random) { texts[chosen] = faulty(texts[chosen], &random) }
      let devicePath = try folder.write(texts[1], to: "device.yaml")
      let paths = [
        try folder.write(texts[0].replacing("device: gddr6-pim", with: "device: \(devicePath)"), to: "design.yaml"),
        devicePath, try folder.write(texts[2], to: "model.config.json"),
      ]
      try guarded("random fault \(iteration) of seed \(seed)") {
        let checked = try FileCheck.check([paths[chosen]])
        let errors = checked.messages.filter { $0.severity == .error }
        #expect(errors.isEmpty == checked.isGood)
        // Runs of what is well formed and large are correct and slow.
        guard checked.isGood, iteration % 4 == 0, !texts[chosen].contains("16777216"), !texts[chosen].contains("65536")
        else { return }
        let findings = folder.run(design: paths[0], model: paths[2], prompt: 0)
        #expect(!findings.contains { $0.description.contains("audit") || $0.description.contains("nothing to run") })
      }
    }
  }

  /// Models of images are only counted, which is quick whatever their size.
  @Test func imageModelsSurviveRandomFaults() throws {
    let environment = ProcessInfo.processInfo.environment
    let seed = environment["ACCSIM_FUZZ_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
    let count = environment["ACCSIM_FUZZ_COUNT"].flatMap(Int.init) ?? 300
    print("random faults in image models: ACCSIM_FUZZ_SEED=\(seed) ACCSIM_FUZZ_COUNT=\(count)")
    var random = SplitMix64(seed: seed)
    let folder = try BadInputFolder()
    let models = try ["resnet18", "vgg19", "vit-base"].map { try BadInputFolder.shipped(.models, $0) }
    for iteration in 0..<count {
      let chosen = Int.random(in: models.indices, using: &random)
      var text = models[chosen]
      for _ in 0..<Int.random(in: 1...3, using: &random) { text = faulty(text, &random) }
      let path = try folder.write(text, to: chosen < 2 ? "model.yaml" : "model.config.json")
      try guarded("random fault \(iteration) of seed \(seed)") {
        let checked = try FileCheck.check([path])
        #expect(checked.messages.contains { $0.severity == .error } != checked.isGood)
        do throws(Refusal) {
          _ = try GraphStudy(model: path).run()
          #expect(checked.isGood)
        } catch {
          // A model that is good and yet refused has more multiply-accumulates than can be counted.
          #expect(!checked.isGood || error.description.contains("too many to count"), "\(error)")
        }
      }
    }
  }

  private func faulty(_ text: String, _ random: inout SplitMix64) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let index = Int.random(in: lines.indices, using: &random)
    switch Int.random(in: 0..<10, using: &random) {
    case 0: lines.remove(at: index)
    case 1: lines.insert(lines[index], at: Int.random(in: lines.indices, using: &random))
    case 2: lines.swapAt(index, Int.random(in: lines.indices, using: &random))
    case 3:
      var scalars = Array(lines[index].unicodeScalars)
      guard let position = scalars.indices.randomElement(using: &random) else { break }
      scalars[position] = "{}[]:\"\\&*!é,\t".unicodeScalars.randomElement(using: &random) ?? "x"
      lines[index] = String(String.UnicodeScalarView(scalars))
    default:
      let words = text.matches(of: /-?\b[0-9]+(\.[0-9]+)?\b/).map(\.range)
      guard let range = words.randomElement(using: &random), let number = Self.numbers.randomElement(using: &random)
      else {
        break
      }
      return text.replacingCharacters(in: range, with: number)
    }
    return lines.joined(separator: "\n")
  }
}
