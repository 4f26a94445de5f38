import Dataflow
import Files

// Which of a design's rules is whose.
extension Design {
  /// The first rule that names the operator. A cache is laid out by the rule of the product that reads it.
  func rule(for kind: OperatorKind) -> MappingRule? {
    func first(_ name: String) -> MappingRule? { mapping.first { $0.operators.contains(name) } }
    switch kind {
    case .appendKey: return first(kind.name) ?? first("attention.scores")
    case .appendValue: return first(kind.name) ?? first("attention.values")
    case .expertLinear: return first(kind.name) ?? first("linear")
    default: return first(kind.name)
    }
  }

  /// Refuses a model over images whose operators no rule names, by the first of each kind.
  ///
  /// That comes before any fault of the workload, which says next to nothing about an image.
  public func checkRules(forImagesOf graph: OperatorGraph, into d: inout Diagnostics) {
    guard graph.fixedPositions != nil else { return }
    var unmatched: Set<String> = []
    for op in graph.operators where rule(for: op.kind) == nil && unmatched.insert(op.kind.name).inserted {
      reportUnmatched(op, &d)
    }
  }

  func reportUnmatched(_ op: GraphOperator, _ d: inout Diagnostics) {
    // A rule would not help: no unit kind works on images.
    let isOfImage = ["convolution", "pool"].contains(op.kind.name)
    d.error(
      "operator '\(op.name)' (\(op.kind.name)) matches no mapping rule", at: mappingPlace, value: op.kind.name,
      expected: isOfImage ? nil : "a rule with operator: \(op.kind.name)",
      suggestion: isOfImage ? "no unit kind runs it; 'accsim graph' counts the model" : nil)
  }
}
