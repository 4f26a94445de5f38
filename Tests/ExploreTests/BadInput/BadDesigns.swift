/// Faults put into the shipped design `pim-gpt`.
enum BadDesigns {
  private static let lanes = "lanes: 16"
  private static let memoryLink =
    "- { between: [asic, memory], width: 32 B, latency: 1, capacity: 4, clock: interface }"
  private static let scores = "layout: { token: [bank, channel, row], dim: [column], chunk: row }"

  static let all = text + numbers + parts + mapping + fit

  static let text: [BadFile] = [
    BadFile(
      "unknown key", "channels: 8", "chanels: 8", at: "kind: pim-memory", "is 'chanels' meant to be 'channels'?"),
    BadFile("unknown key beside", "channels: 8", "channels: 8\n    color: red", at: "color", "unknown key 'color'"),
    BadFile("unknown section", "schedule:", "shedule:", "did you mean 'schedule'?", "missing key 'schedule'"),
    BadFile("missing name", "design: pim-gpt\n", "", "missing key 'design'"),
    BadFile("missing device", "    device: gddr6-pim\n", "", "missing key 'device' in unit 'memory'"),
    BadFile("missing units", "units:", "unitz:", "is 'unitz' meant to be 'units'?"),
    BadFile(
      "duplicate key", "channels: 8", "channels: 8\n    channels: 4", at: "channels: 4", "duplicate key 'channels'"),
    BadFile(
      "alias bomb",
      text: "a: &a [1,1,1,1,1,1,1,1,1]\n"
        + (1...12).map {
          "b\($0): &b\($0) [" + Array(repeating: "*\($0 == 1 ? "a" : "b\($0 - 1)")", count: 9).joined(separator: ",")
            + "]\n"
        }
        .joined(), "alias"),
    BadFile("nested too deeply", text: "design: " + String(repeating: "[", count: 100_000), "too deeply"),
    BadFile("empty", text: "", "empty"),
    BadFile("list", text: "- design: x\n", at: "- design", "is not a mapping"),
    BadFile("tab", "  memory:\n", "\tmemory:\n", at: "\tmemory", ""),
    BadFile("not UTF-8 by escape", "title: PIM-GPT", "title: \"\\xZZ", ""),
    BadFile(
      "unknown source mark", "source: \"publication: arXiv", "source: \"publicaton: arXiv",
      "did you mean 'publication'?"),
    BadFile(
      "source without a mark", "source: \"assumption: one instruction per cycle\"", "source: somebody", at: "somebody",
      "no mark before a colon"),
    BadFile(
      "boolean word", "value: enabled", "value: on", at: "on, source", "'refresh' of unit 'memory' is unknown", "got on"
    ),
  ]

  static let numbers: [BadFile] = [
    BadFile("wrong unit", "asic: 1 GHz", "asic: 1 ns", at: "1 ns", "is a time, not a frequency"),
    BadFile("missing unit", "asic: 1 GHz", "asic: 1", at: "1\n", "has no unit", "expected a frequency such as 1.2 GHz"),
    BadFile("unknown unit", "asic: 1 GHz", "asic: 1 Ghz", at: "1 Ghz", "did you mean 'GHz'?"),
    BadFile("huge exponent", "asic: 1 GHz", "asic: 1e999999999 Hz", at: "1e999999999", "too large an exponent"),
    BadFile("negative clock", "asic: 1 GHz", "asic: -1 GHz", at: "-1 GHz", "out of range"),
    BadFile("zero clock", "asic: 1 GHz", "asic: 0 GHz", at: "0 GHz", "greater than 0"),
    BadFile("not a number", "asic: 1 GHz", "asic: nan", at: "nan", "does not begin with a decimal number"),
    BadFile("negative channels", "channels: 8", "channels: -8", at: "-8", "an integer from 1 to 4096"),
    BadFile("channels of 2^62", "channels: 8", "channels: 4611686018427387904", at: "46116", "out of range"),
    BadFile("channels of 2^70", "channels: 8", "channels: 1180591620717411303424", at: "11805", "out of range"),
    BadFile("no lanes", lanes, "lanes: 0", at: "0\n      format", "'lanes'", "from 1 to 4096"),
    BadFile("fraction of a lane", lanes, "lanes: 1.5", at: "1.5\n", "not a decimal integer"),
    BadFile("octal", lanes, "lanes: 0o17", at: "0o17", "octal"),
    BadFile("base 60", lanes, "lanes: 12:30", at: "12:30", "base 60"),
    BadFile("quoted number", lanes, "lanes: \"16\"", at: "\"16\"", "remove the quotes"),
    BadFile("no accumulators", "accumulators: { value: 1", "accumulators: { value: 0", "from 1 to 1024"),
    BadFile(
      "no vector buffer", "vector-buffer: { value: 2 KiB", "vector-buffer: { value: 0 B", at: "0 B", "greater than 0"),
    BadFile("huge vector buffer", "value: 2 KiB", "value: 9223372036854775776 B", at: "92233", "out of range"),
    BadFile("vector buffer of half a burst", "value: 2 KiB", "value: 16 B", at: "16 B", "whole number of accesses"),
    BadFile("MAC clock too slow", "frequency: 1 GHz", "frequency: 1e-30 Hz", at: "1e-30 Hz", "too slow"),
    BadFile(
      "link of 2^63 bytes", "width: 32 B, latency", "width: 9223372036854775807 B, latency", at: "92233", "out of range"
    ),
    BadFile(
      "link of a byte and a half", "width: 32 B, latency", "width: 1.5 B, latency", at: "1.5 B",
      "no whole number of bytes"),
    BadFile("link without latency", "latency: 1,", "latency: 0,", at: "0, capacity", "from 1 to 1048576"),
    BadFile("link without room", "capacity: 4,", "capacity: 0,", at: "0, clock", "from 1 to 65536"),
    BadFile("SRAM without banks", "banks: { value: 4", "banks: { value: 0", "from 1 to 1024"),
    BadFile("huge SRAM", "size: { value: 128 KiB", "size: { value: 1e30 B", at: "1e30 B", "out of range"),
    BadFile("issue interval", "issue-interval: { value: 1,", "issue-interval: { value: 0,", "from 1 to 4096"),
  ]

  static let parts: [BadFile] = [
    BadFile(
      "no controller",
      "kind: sequencer\n    clock: asic\n    issue-interval: { value: 1, source: \"assumption: one instruction per cycle\" }",
      "kind: sequencer\n    clock: asic", "missing key 'issue-interval'"),
    BadFile(
      "two controllers", "links:\n",
      "  second:\n    kind: sequencer\n    clock: asic\n    issue-interval: 1\nlinks:\n", "one controller",
      "got 2 units"),
    BadFile("unknown kind", "kind: sequencer", "kind: sequenser", at: "sequenser", "did you mean 'sequencer'?"),
    BadFile(
      "unit without a link to the controller",
      "  - { between: [control, asic], latency: 1, capacity: 4 }\n", "",
      "unit 'asic' needs one link to 'control'"),
    BadFile("memory without data", "  \(memoryLink)\n", "", "memory 'memory' needs one link to a vector-unit"),
    BadFile(
      "link to itself", "between: [asic, memory]", "between: [asic, asic]", at: "[asic, asic]", "two different units"),
    BadFile(
      "link to nobody", "between: [asic, memory]", "between: [asic, memry]", at: "memry", "did you mean 'memory'?"),
    BadFile(
      "link of three", "between: [asic, memory]", "between: [asic, memory, control]", at: "[asic, memory, control]",
      "two different units"),
    BadFile(
      "controller's link with a width", "between: [control, asic], ", "between: [control, asic], width: 8 B, ",
      at: "8 B",
      "would mean nothing"),
    BadFile("data link without a width", "width: 32 B, latency", "latency", "missing key 'width'"),
    BadFile(
      "two vector units",
      "links:\n", "  more:\n    kind: sequencer\n    clock: asic\n    issue-interval: 1\nlinks:\n", "one controller"),
    BadFile("link twice", memoryLink, memoryLink + "\n  " + memoryLink, "two links join the same units"),
    BadFile(
      "unknown clock of a unit", "kind: vector-unit\n    clock: asic", "kind: vector-unit\n    clock: asik", at: "asik",
      "did you mean 'asic'?"),
    BadFile(
      "unknown clock of a link", "clock: interface }", "clock: interfase }", at: "interfase",
      "did you mean 'interface'?"),
    BadFile(
      "unit without a clock", "kind: vector-unit\n    clock: asic", "kind: vector-unit",
      "missing key 'clock' in unit 'asic'"),
    BadFile(
      "memory with a clock", "device: gddr6-pim", "device: gddr6-pim\n    clock: asic", at: "asic\n    channels",
      "has the clock of its device"),
    BadFile("clocks without a grid", "asic: 1 GHz", "asic: 1.000000000000001 GHz", "no common grid of 64-bit ticks"),
    BadFile(
      "unknown reference clock", "reference-clock: asic", "reference-clock: core", at: "core", "'reference-clock'"),
    BadFile("unknown device", "device: gddr6-pim", "device: gddr6-pin", at: "gddr6-pin", "did you mean 'gddr6-pim'?"),
    BadFile("missing device file", "device: gddr6-pim", "device: ./nothing.yaml", at: "./nothing.yaml", "no such file"),
    BadFile(
      "channels times banks", edits: [("channels: 8", "channels: 4096"), ("device: gddr6-pim", "device: DEVICE")],
      at: "4096", "too many channels and banks"),
    BadFile(
      "unsupported schedule", "prefill: per-token", "prefill: batched", at: "batched",
      "expected one of per-token, row-reuse"),
    BadFile("unsupported overlap", "overlap: none", "overlap: all", at: "all\n", "one of none, dependences"),
    BadFile(
      "faults of all sections at once",
      edits: [
        ("asic: 1 GHz", "asic: 1 ns"), (lanes, "lanes: 0"), ("capacity: 4", "capacity: 0"),
        ("overlap: none", "overlap: all"),
      ],
      at: "1 ns", "is a time", "'lanes'", "'capacity'", "'overlap'"),
  ]

  static let mapping: [BadFile] = [
    BadFile("unknown operator", "operator: linear", "operator: liner", at: "liner", "did you mean 'linear'?"),
    BadFile(
      "operator without a rule", "operator: [gelu, gelu-erf,", "operator: [gelu-erf,",
      "'h.0.mlp.act' (gelu) matches no mapping rule"),
    BadFile(
      "rule on nobody", "operator: linear, unit: memory", "operator: linear, unit: memori", at: "memori",
      "did you mean 'memory'?"),
    BadFile(
      "rule on the controller", "expert.combine], unit: asic", "expert.combine], unit: control",
      "mapped to a unit that executes none"),
    BadFile(
      "softmax on a memory", "expert.combine], unit: asic", "expert.combine], unit: memory",
      "cannot run on a pim-memory"),
    BadFile(
      "matrix on a vector unit", "operator: linear, unit: memory", "operator: linear, unit: asic",
      "cannot run on a vector-unit"),
    BadFile(
      "matrix without a layout", ", layout: { out: [bank, channel, row], in: [column], chunk: row }", "",
      "needs a layout"),
    BadFile(
      "reduction spread", "in: [column]", "in: [bank]", "the reduction dimension 'in' must run along the columns"),
    BadFile(
      "level missing", "out: [bank, channel, row]", "out: [bank, channel]", "must name channel, bank and row once each"),
    BadFile(
      "level twice", "out: [bank, channel, row]", "out: [bank, bank, row]", "must name channel, bank and row once each"),
    BadFile(
      "unknown level", "out: [bank, channel, row]", "out: [bank, channel, subarray]",
      "spread over an unknown level"),
    BadFile(
      "unknown dimension", scores, scores.replacing("token", with: "tokens"), "has a dimension 'tokens'",
      "did you mean 'token'?"),
    BadFile("unknown chunk", "chunk: row", "chunk: rows", at: "rows }", "did you mean 'row'?"),
    BadFile(
      "layout as a list", "layout: { out: [bank, channel, row], in: [column], chunk: row }", "layout: [bank]",
      at: "[bank]", "is not a mapping"),
    BadFile(
      "cache on another memory",
      edits: [
        (
          "  asic:\n    kind: vector-unit",
          "  other:\n    kind: pim-memory\n    device: gddr6-pim\n    channels: 8\n    mac: { lanes: 16, format: bf16, frequency: 1 GHz, accumulators: 1 }\n    vector-buffer: 2 KiB\n  asic:\n    kind: vector-unit"
        ),
        (
          "links:\n",
          "links:\n  - { between: [control, other], latency: 1, capacity: 4 }\n  - { between: [asic, other], width: 32 B, latency: 1, capacity: 4, clock: asic }\n"
        ),
        ("mapping:\n", "mapping:\n  - { operator: attention.append-key, unit: other, \(scores) }\n"),
      ], "reads a cache that is kept elsewhere"),
  ]

  static let fit: [BadFile] = [
    BadFile(
      "model that does not fit", edits: [("channels: 8", "channels: 1"), ("device: gddr6-pim", "device: FEW-ROWS")],
      "does not fit the memory 'memory'"),
    BadFile("SRAM too small", "size: { value: 128 KiB", "size: { value: 256 B", "does not fit the SRAM of 'asic'"),
    BadFile(
      "SRAM smaller than an access", "size: { value: 128 KiB", "size: { value: 128 B", at: "128 B",
      "smaller than one access"),
    BadFile("buffer smaller than a head", "value: 2 KiB", "value: 32 B", "one head does not fit the vector buffer"),
    BadFile(
      "device without multiplying commands", "device: gddr6-pim", "device: NO-PIM", "no all-bank multiply-accumulate",
      "no vector buffer write"),
    BadFile("device of another program", "device: gddr6-pim", "device: RECORDED", "no all-bank activate"),
    BadFile(
      "clock too slow for a grid", "interface: { value: 1 GHz", "interface: { value: 0.001 Hz", "no common grid"),
  ]
}
