import ArgumentParser
import Explore

/// Values that replace those of a design's files.
struct VariantOptions: ParsableArguments {
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Replace a value of the design, by its dotted path. May be repeated.",
      discussion: "Such as --set clocks.asic=100MHz or --set units.memory.device.rows=32768.", valueName: "path=value"))
  var values: [String] = []

  /// - Throws: a refusal that names every text that is no replacement.
  func variant() throws -> RunStudy.Variant { try RunStudy.variant(values, option: "--set") }
}
