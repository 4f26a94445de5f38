import Dataflow
import Report

/// The forms in which a graph is shown.
enum GraphText {
  static func shape(_ shape: [Int64?]?) -> JSONValue {
    shape.map { .array($0.map { JSONValue.optional($0) }) } ?? .null
  }

  static func json(_ summary: GraphStudy.Summary, _ dimensions: ONNXDimensions) -> JSONValue {
    var totals: [(key: String, value: JSONValue)] = [("macs", .optional(summary.macs))]
    if let reason = summary.macsReason {
      totals.append(("macs_reason", .text(reason)))
      totals.append(("macs_known", .integer(summary.knownMACs)))
    }
    totals.append(("parameters", .integer(summary.parameters)))
    totals.append(("weight_bytes", .optional(summary.weightBytes)))
    totals.append(("folded_nodes", .integer(Int64(summary.folded))))
    return .object(
      [
        ("schema", .text("accsim.graph/1")),
        ("model", .text(summary.name)),
        (
          "workload",
          .object([
            ("prompt", .integer(dimensions.prompt)), ("past", .integer(dimensions.past)),
            ("batch", .integer(dimensions.batch)),
          ])
        ),
        (
          "source",
          summary.origin.map { origin in
            .object([
              ("nodes", .integer(Int64(origin.nodes))),
              ("op_counts", .object(origin.operators.map { ($0.name, .integer(Int64($0.count))) })),
              ("functions", .integer(Int64(origin.functions))),
            ])
          } ?? .null
        ),
        ("totals", .object(totals)),
      ] + summary.details + [
        (
          "operators",
          .array(
            summary.rows.map { row in
              .object(
                [
                  ("name", .text(row.name)), ("op", .text(row.op)), ("shape", shape(row.shape)),
                  ("dtype", row.element.map { .text($0) } ?? .null), ("macs", .optional(row.macs)),
                  ("bytes", .optional(row.bytes)), ("intensity", .optional(row.intensity)),
                ] + (row.macsReason.map { [("macs_reason", .text($0))] } ?? []))
            })
        )
      ])
  }

  static func table(_ summary: GraphStudy.Summary, _ dimensions: ONNXDimensions) -> String {
    var out = "\(summary.name): prompt \(dimensions.prompt), past \(dimensions.past), batch \(dimensions.batch)"
    if let image = summary.image { out += " (each an image of \(image))" }
    out += "\n\n"
    if let origin = summary.origin {
      out += "  nodes in the file  \(grouped(Int64(origin.nodes))), of which \(grouped(Int64(summary.folded)))"
      out += " are known before the run\n"
    }
    if let macs = summary.macs {
      out += "  MACs               \(grouped(macs))\n"
    } else {
      out += "  MACs               unknown; \(grouped(summary.knownMACs)) are known\n"
      out += "                     \(summary.macsReason ?? "")\n"
    }
    out += "  parameters         \(grouped(summary.parameters))\n"
    out += "  weight bytes       \(summary.weightBytes.map(grouped) ?? "-")\n\n"
    return out + operators(summary)
  }

  /// The layers of a model have the same operators: those that differ in numbers of their names share a line.
  private static func operators(_ summary: GraphStudy.Summary) -> String {
    struct Key: Hashable {
      var name: String
      var op: String
      var shape: [Int64?]?
      var element: String?
    }
    struct Line {
      var count: Int64 = 0
      var macs: Int64? = 0
      var bytes: Int64? = 0
    }
    var order: [Key] = []
    var lines: [Key: Line] = [:]
    for row in summary.rows where !row.isView {
      let key = Key(name: starred(row.name), op: row.op, shape: row.shape, element: row.element)
      if lines[key] == nil { order.append(key) }
      var line = lines[key, default: Line()]
      line.count += 1
      line.macs = sum(line.macs, row.macs)
      line.bytes = sum(line.bytes, row.bytes)
      lines[key] = line
    }
    var table = TextTable([
      ("operator", .left), ("op", .left), ("count", .right), ("result", .left), ("dtype", .left), ("MACs", .right),
      ("share", .right), ("bytes", .right), ("MACs/byte", .right),
    ])
    for key in order {
      guard let line = lines[key] else { continue }
      let macs = line.macs
      let bytes = line.bytes
      let intensity = macs.flatMap { macs in bytes.flatMap { $0 > 0 && macs > 0 ? Double(macs) / Double($0) : nil } }
      let all = summary.macs ?? summary.knownMACs
      let share = macs.map { $0 > 0 && all > 0 ? Double($0) / Double(all) : 0 } ?? 0
      table.add([
        key.name, key.op, String(line.count), key.shape.map(text) ?? "?", key.element ?? "?",
        macs.map { $0 > 0 ? grouped($0) : "" } ?? "?", share > 0 ? "\(tenths(share * 100)) %" : "",
        bytes.map(grouped) ?? "?", intensity.map(tenths) ?? "",
      ])
    }
    var out = table.text()
    let views = summary.rows.count { $0.isView }
    if views > 0 { out += "\n  \(views) nodes only reshape or hand on; they move nothing and are left out.\n" }
    return out
  }

  private static func sum(_ a: Int64?, _ b: Int64?) -> Int64? {
    guard let a, let b else { return nil }
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? nil : sum
  }

  private static func text(_ shape: [Int64?]) -> String {
    shape.isEmpty ? "scalar" : shape.map { $0.map(String.init) ?? "?" }.joined(separator: " x ")
  }

  private static func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

  /// `h.0.attn/MatMul_12` → `h.*.attn/MatMul_*`.
  static func starred(_ name: String) -> String {
    var result = ""
    var part = ""
    func flush() {
      result += !part.isEmpty && part.allSatisfy(\.isNumber) ? "*" : part
      part = ""
    }
    for character in name {
      if "./_#".contains(character) {
        flush()
        result.append(character)
      } else {
        part.append(character)
      }
    }
    flush()
    return result
  }

  static func grouped(_ value: Int64) -> String {
    var result = ""
    let digits = String(value.magnitude)
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { result += "," }
      result.append(digit)
    }
    return value < 0 ? "-" + result : result
  }

  /// Names become numbered boxes, so that no name can say anything to Graphviz but its label.
  static func dot(_ summary: GraphStudy.Summary) -> String {
    var out = "digraph \(quoted(summary.name)) {\n  node [shape=box];\n"
    for (index, row) in summary.rows.enumerated() {
      out += "  n\(index) [label=\(quoted("\(row.op)\n\(row.name)\n\(row.shape.map(text) ?? "?")"))];\n"
      for input in row.inputs { out += "  n\(input) -> n\(index);\n" }
    }
    return out + "}\n"
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\" + String(scalar)
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
