/// The steps of one operator in one pass, told so that another pass can have the same.
struct RepeatedSteps: Sendable {
  struct Step: Sendable {
    /// Into `needs`: the steps of the same operator that it waits for.
    var needs: Range<Int>
    /// Whether it waits for what makes the operator's inputs.
    var waitsForInputs: Bool
    let together: Bool
  }

  /// Where in the program the steps stand.
  private(set) var first = 0
  private(set) var steps: [Step] = []
  /// Counted from `first`.
  private(set) var needs: [Int32] = []
  /// Of each step in turn, what it waits for of other operators.
  private var others: [(step: Int, need: Int)] = []
  var macs: Int64 = 0
  var bytes: Int64 = 0

  init(first: Int = 0) { self.first = first }

  var readsInputs: Bool { steps.contains { $0.waitsForInputs } }

  mutating func add(needs all: [Int], together: Bool) {
    let begin = needs.count
    for need in all {
      if need >= first { needs.append(Int32(need - first)) } else { others.append((steps.count, need)) }
    }
    steps.append(
      Step(needs: begin..<needs.count, waitsForInputs: others.last?.step == steps.count, together: together))
  }

  /// Whether every step waits for all that makes the inputs, or for nothing of other operators: then what it waits for
  /// can be said in another pass.
  func isRepeatable(inputs: [Int]) -> Bool {
    var rest = others[...]
    while let step = rest.first?.step {
      let own = rest.prefix { $0.step == step }
      guard own.map(\.need) == inputs else { return false }
      rest = rest.dropFirst(own.count)
    }
    return true
  }
}
