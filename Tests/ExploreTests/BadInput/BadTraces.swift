import Testing

/// Command traces that a check must refuse, for the small recorded device.
struct BadTrace: CustomTestStringConvertible, Sendable {
  let name: String
  let bytes: [UInt8]
  /// `line:column`, or "".
  let mark: String
  let fragment: String
  var file = "trace.csv"

  var testDescription: String { name }

  private init(_ name: String, _ text: String, _ mark: String, _ fragment: String) {
    self.init(name, Array(text.utf8), mark, fragment)
  }

  private init(_ name: String, _ bytes: [UInt8], _ mark: String, _ fragment: String, file: String = "trace.csv") {
    self.name = name
    self.bytes = bytes
    self.mark = mark
    self.fragment = fragment
    self.file = file
  }

  private static let header = "cycle,command,channel,bank,row,column\n"

  static let all: [BadTrace] = [
    BadTrace("empty", "", "", "the trace is empty"),
    BadTrace("missing column", "cycle,command,channel,row\n0,ACT,0,1\n", "1:1", "no column 'bank'"),
    BadTrace("missing cycle", "command,channel,bank,row\n", "1:1", "no column 'cycle'"),
    BadTrace("short line", header + "0,ACT,0,0,1,0\n5,RD\n", "3:1", "the line has 2 fields"),
    BadTrace("long line", header + "0,ACT,0,0,1,0,7\n", "2:1", "the line has 7 fields"),
    BadTrace("unknown command", header + "0,ACTT,0,0,1,0\n", "2:3", "did you mean 'ACT'?"),
    BadTrace("time backwards", header + "9,ACT,0,0,1,0\n8,PRE,0,0,1,0\n", "3:1", "time goes backwards"),
    BadTrace("negative cycle", header + "-1,ACT,0,0,1,0\n", "2:1", "cycle out of range"),
    BadTrace("cycle of 2^70", header + "1180591620717411303424,ACT,0,0,1,0\n", "2:1", "got 1180591620717411303424"),
    BadTrace("cycle of 2^62", header + "4611686018427387904,ACT,0,0,1,0\n", "2:1", "got 4611686018427387904"),
    BadTrace("cycle of 2^50", header + "1125899906842624,ACT,0,0,1,0\n", "2:1", "cycle out of range"),
    BadTrace("bank beyond the device", header + "0,ACT,0,4,1,0\n", "2:9", "bank beyond the device"),
    BadTrace("bank of -2", header + "0,ACT,0,-2,1,0\n", "2:9", "bank beyond the device"),
    BadTrace("a word for a number", header + "0,ACT,0,zero,1,0\n", "2:9", "not an integer"),
    BadTrace("nothing for a number", header + "0,ACT,0,,1,0\n", "2:9", "got nothing"),
    BadTrace("no text", [0xFF, 0xFE, 0x00, 0x01], "1:1", "no column 'cycle'"),
    BadTrace("truncated gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 0x4B], "", "trace.csv", file: "trace.csv"),
    BadTrace("no gzip", Array(header.utf8), "", "gzip", file: "trace.csv.gz"),
    BadTrace("a line without end", Array(repeating: UInt8(ascii: "1"), count: 3 << 20), "1:1", "too long"),
  ]
}
