import Dataflow
import Report

/// How the counts of an ONNX graph become those of the operators recognised in it, as text and as JSON.
enum ReconciliationText {
  static func table(_ model: RecognizedModel) -> String {
    let books = model.reconciliation
    let graph = model.graph
    var out = "\(graph.name): \(graph.operators.count) operators recognised, "
    out += graph.isCausal ? "a decoder" : "an encoder"
    out += graph.window.map { " with a window of \(GraphText.grouped($0))" } ?? ""
    out +=
      "; \(GraphText.grouped(model.tokensPerSequence)) positions after \(GraphText.grouped(model.past)), batch \(GraphText.grouped(model.batch))\n\n"
    out += section(
      "MACs", books.operatorMACs, books.otherMACs,
      books.graphMACs.map(GraphText.grouped) ?? "as the data decide")
    out += "\n"
    out += section(
      "elements of weights", books.operatorParameters, books.otherElements, GraphText.grouped(books.fileElements))
    out += "\n"
    for input in model.inputs {
      out += "  input \(input.name): \(input.purpose.rawValue)"
      out += input.append.map { ", joined by operator \($0) (\(graph.operators[$0].name))\n" } ?? "\n"
    }
    out += "  weights: \(model.weightsReason ?? "in the file")\n\n"
    var table = TextTable([("", .right), ("operator", .left), ("kind", .left), ("reads", .left)])
    for (index, op) in graph.operators.enumerated() {
      let inputs = op.inputs.map { $0.offset == 0 ? "\($0.producer)" : "\($0.producer)+\($0.offset)" }
      table.add([String(index), op.name, op.kind.name, inputs.joined(separator: " ")])
    }
    return out + table.text()
  }

  private static func section(_ what: String, _ operators: Int64, _ others: [Reconciliation.Item], _ sum: String)
    -> String
  {
    var table = TextTable([(what, .left), ("", .right)])
    table.add(["of the operators", GraphText.grouped(operators)])
    for item in others { table.add([item.what, GraphText.grouped(item.count)]) }
    table.add(["in the file", sum])
    return table.text()
  }

  static func json(_ model: RecognizedModel) -> JSONValue {
    let books = model.reconciliation
    func items(_ items: [Reconciliation.Item]) -> JSONValue {
      .array(items.map { .object([("what", .text($0.what)), ("count", .integer($0.count))]) })
    }
    return .object([
      ("schema", .text("accsim.reconciliation/1")),
      ("model", .text(model.graph.name)),
      ("causal", .text(model.graph.isCausal ? "yes" : "no")),
      ("positions", .integer(model.tokensPerSequence)), ("past", .integer(model.past)),
      ("batch", .integer(model.batch)),
      (
        "macs",
        .object([
          ("operators", .integer(books.operatorMACs)), ("others", items(books.otherMACs)),
          ("file", .optional(books.graphMACs)),
        ])
      ),
      (
        "elements",
        .object([
          ("operators", .integer(books.operatorParameters)), ("others", items(books.otherElements)),
          ("file", .integer(books.fileElements)),
        ])
      ),
      ("weights", .text(model.weightsReason ?? "in the file")),
      (
        "inputs",
        .array(
          model.inputs.map { input in
            .object([
              ("name", .text(input.name)), ("purpose", .text(input.purpose.rawValue)),
              ("operator", input.append.map { .integer(Int64($0)) } ?? .null),
            ])
          })
      ),
      (
        "operators",
        .array(
          model.graph.operators.map { op in
            .object([
              ("name", .text(op.name)), ("kind", .text(op.kind.name)),
              (
                "reads",
                .array(
                  op.inputs.map {
                    .object([("operator", .integer(Int64($0.producer))), ("offset", .integer($0.offset))])
                  })
              ),
            ])
          })
      ),
    ])
  }
}
