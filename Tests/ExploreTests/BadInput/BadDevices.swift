/// Faults put into the shipped device `gddr6-pim`, and into a small device as other simulators were recorded.
enum BadDevices {
  private static let trcd = "  tRCD: { value: 12 ns, source: \"recalled: PIM-GPT timing table\" }\n"
  private static let first = "- { level: channel, previous: [ACTab], next: [RD, WR, MACab], latency: tRCD }"

  static let native: [BadFile] = [
    BadFile("missing timing parameter", trcd, "", at: "tRCD", "timing parameter 'tRCD' is missing"),
    BadFile("no refresh interval", "value: 6825 ns", "value: 0 ns", "refresh interval 'tREFI' is zero"),
    BadFile(
      "refresh longer than its interval", "value: 455 ns", "value: 7 us", "a refresh takes as long as the interval"),
    BadFile("refresh interval of a cycle", "value: 6825 ns", "value: 1", "as long as the interval"),
    BadFile(
      "constraint longer than the refresh interval", "value: 12 ns", "value: 10 us",
      "longer than the interval between two refreshes"),
    BadFile(
      "refreshes that do not fit",
      edits: [
        ("REFab: { kind: ref, scope: channel }", "REFab: { kind: ref, scope: bank }"),
        ("tREFI: { value: 6825 ns", "tREFI: { value: 600 ns"),
      ], "the refreshes of a channel do not fit the interval"),
    BadFile("unknown command", first, first.replacing("ACTab", with: "ACTba"), at: "ACTba", "did you mean 'ACTab'?"),
    BadFile("command twice", first, first.replacing("[ACTab]", with: "[ACTab, ACTab]"), "names a command twice"),
    BadFile(
      "unknown level", first, first.replacing("channel", with: "rank"), at: "rank", "one of channel, bankgroup, bank"),
    BadFile("bad expression", first, first.replacing("tRCD", with: "tRCD +"), at: "tRCD + }", "not an expression"),
    BadFile(
      "expression of an unknown name", first, first.replacing("tRCD", with: "tRCE"), at: "tRCE", "did you mean 'tRCD'?"),
    BadFile(
      "expression that overflows", first, first.replacing("tRCD", with: "9223372036854775807 * 2"), at: "9223",
      "overflows"),
    BadFile(
      "expression of 2^70", first, first.replacing("tRCD", with: "1180591620717411303424"), at: "1180", "overflows"),
    BadFile(
      "organisation that overflows", "bankgroup: 4, bank: 4", "bankgroup: 1048576, bank: 1048576",
      "the organisation overflows"),
    BadFile("organisation of 2^62", "bankgroup: 4", "bankgroup: 4611686018427387904", at: "46116", "out of range"),
    BadFile(
      "levels without a bank", "bankgroup: 4, bank: 4", "bank: 4, bankgroup: 4", "do not run from channel to bank"),
    BadFile("no rows", "rows: 16384", "rows: 0", at: "0\nrow-size", "out of range"),
    BadFile("rows of 2^62", "rows: 16384", "rows: 4611686018427387904", at: "46116", "out of range"),
    BadFile(
      "access that does not divide the row", "access-size: 32 B", "access-size: 48 B", "not a whole number of accesses"),
    BadFile(
      "access of a byte and a half", "access-size: 32 B", "access-size: 1.5 B", at: "1.5 B", "no whole number of bytes"),
    BadFile("huge row", "row-size: 2 KiB", "row-size: 1e30 B", at: "1e30 B", "out of range"),
    BadFile("negative timing", "value: 12 ns", "value: -12 ns", at: "-12 ns", "'tRCD' is out of range"),
    BadFile("timing of 2^62", "value: 12 ns", "value: 4611686018427387904", at: "46116", "0 to 2^32 cycles"),
    BadFile("timing without a unit", "value: 12 ns", "value: 12.5", at: "12.5", "has no unit"),
    BadFile("no period", "tCK: { value: 0.5 ns", "tCK: { value: 0 ns", at: "0 ns", "greater than 0"),
    BadFile("period of 1e-30 s", "tCK: { value: 0.5 ns", "tCK: { value: 1e-30 s", "out of range"),
    BadFile(
      "unknown command kind", "kind: act, scope: bank", "kind: atc, scope: bank", at: "atc", "did you mean 'act'?"),
    BadFile("command without scope", "kind: act, scope: bank", "kind: act", "missing key 'scope'"),
    BadFile(
      "no constraints", "constraints:\n", "constraints: []\nnothing:\n", "no constraint keeps 'RD' behind an activate"),
    BadFile(
      "no supply voltage", "    VDD: { value: 1.35 V, source: \"substitute: DRAMsim3 GDDR6_8Gb_x16.ini\" }\n", "",
      "missing key 'VDD'"),
    BadFile("voltage in amperes", "1.35 V", "1.35 A", at: "1.35 A", "is a current, not a voltage"),
    BadFile("unknown key", "refresh: {", "refersh: {", "did you mean 'refresh'?"),
    BadFile("window of zero", "window: 4", "window: 0", at: "0 }", "from 1 to 64"),
    BadFile("sibling word", "latency: tRCD }", "latency: tRCD, sibling: yes }", at: "yes", "write true"),
    BadFile("negative read latency", "read-latency: tCL + tBL", "read-latency: tCWL - tCL", "read-latency is negative"),
  ]

  static let recordedText = """
    {
      "device": "small", "standard": "DDR4",
      "clock": {"tCK_ns": 0.83, "ticks_per_CK": 1},
      "organisation": {"rows": 1024},
      "tx_bytes": 64,
      "timing_in_CK": {"tCK": 0.83, "tRCD": 17, "tRP": 17, "tRAS": 39, "tCCD": 4, "tREFI": 9360},
      "levels": ["channel", "bank"],
      "level_sizes": [1, 4],
      "commands": ["ACT", "PRE", "RD"],
      "command_kinds": {"ACT": "act", "PRE": "pre", "RD": "rd"},
      "bus_limit": {"any": 1},
      "constraints": [
        {"id": 0, "level": "bank", "prev": ["ACT"], "next": ["RD"], "latency": 17, "window": 1, "sibling": false, "expr": "tRCD"},
        {"id": 1, "level": "bank", "prev": ["PRE"], "next": ["ACT"], "latency": 17, "window": 1, "sibling": false, "expr": "tRP"},
        {"id": 2, "level": "channel", "prev": ["RD"], "next": ["RD"], "latency": 4, "window": 1, "sibling": false, "expr": "tCCD"}
      ]
    }
    """

  static let recorded: [BadFile] = [
    BadFile("missing parameter", "\"tRCD\": 17, ", "", at: "\"tRCD\"", "timing parameter 'tRCD' is missing"),
    BadFile("no refresh interval", "\"tREFI\": 9360", "\"tREFI\": 0", "tREFI is zero"),
    BadFile("negative parameter", "\"tRCD\": 17", "\"tRCD\": -17", at: "-17", "is negative"),
    BadFile("parameter as text", "\"tRCD\": 17", "\"tRCD\": \"soon\"", at: "\"soon\"", "is not a number"),
    BadFile(
      "unknown level", "\"level\": \"channel\"", "\"level\": \"chanel\"", at: "\"chanel\"", "did you mean 'channel'?"),
    BadFile("unknown command", "\"prev\": [\"PRE\"]", "\"prev\": [\"PER\"]", at: "\"PER\"", "did you mean 'PRE'?"),
    BadFile("unknown kind", "\"ACT\": \"act\"", "\"ACT\": \"atc\"", at: "\"atc\"", "did you mean 'act'?"),
    BadFile("sizes that do not match", "\"level_sizes\": [1, 4]", "\"level_sizes\": [1]", at: "[1]", "do not match"),
    BadFile("no banks", "[1, 4]", "[1, 0]", at: "0],", "out of range"),
    BadFile("organisation that overflows", "[1, 4]", "[1048576, 1048576]", "the organisation overflows"),
    BadFile("no rows", "\"rows\": 1024", "\"rows\": 0", at: "0}", "out of range"),
    BadFile(
      "no column behind an activate", "\"latency\": 17, \"window\": 1, \"sibling\": false, \"expr\": \"tRCD\"",
      "\"latency\": 17, \"enforced\": false", "no constraint keeps 'RD' behind an activate"),
    BadFile("latency of 2^62", "\"latency\": 4", "\"latency\": 4611686018427387904", at: "46116", "out of range"),
    BadFile("latency as a fraction", "\"latency\": 4", "\"latency\": 4.5", at: "4.5", "not a decimal integer"),
    BadFile("no period", "\"tCK_ns\": 0.83", "\"tCK_ns\": 0", at: "0, \"ticks", "not a positive number"),
    BadFile(
      "constraints as a mapping", "\"constraints\": [", "\"constraints\": {}, \"more\": [", at: "{}", "'constraints'"),
    BadFile(
      "duplicate key", "\"tx_bytes\": 64", "\"tx_bytes\": 64, \"tx_bytes\": 32", at: "\"tx_bytes\": 32", "duplicate key"
    ),
    BadFile("NaN", "\"tRCD\": 17", "\"tRCD\": NaN", at: "NaN", "unexpected text (got NaN"),
    BadFile("no channels", "[1, 4]", "[0, 4]", at: "0, 4", "out of range"),
    BadFile("no standard", ", \"standard\": \"DDR4\"", "", at: "{", "missing key 'standard'"),
    BadFile(
      "address map that does not fit", "\"bus_limit\"",
      "\"address_map\": {\"shift\": 6, \"fields\": [[\"column\", 7], [\"bank\", 3], [\"row\", 10]]}, \"bus_limit\"",
      at: "[[\"column\"", "does not fit the level 'bank' (got 3 bits; expected as many as number 4 members)"),
    BadFile(
      "address map of an unknown level", "\"bus_limit\"",
      "\"address_map\": {\"shift\": 6, \"fields\": [[\"bnak\", 2]]}, \"bus_limit\"", at: "[\"bnak\"",
      "no pair of a level"),
    BadFile("truncated", text: String(recordedText.prefix(400)), ""),
    BadFile("trailing comma", "\"any\": 1}", "\"any\": 1,}", "11:26: error: a comma before"),
  ]
}
