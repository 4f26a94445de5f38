import Files

/// What a model's symbolic extents stand for.
public struct ONNXDimensions: Hashable, Sendable {
  /// New positions.
  public var prompt: Int64
  /// Positions cached before.
  public var past: Int64
  public var batch: Int64

  public init(prompt: Int64 = 128, past: Int64 = 0, batch: Int64 = 1) {
    self.prompt = prompt
    self.past = past
    self.batch = batch
  }

  /// The extent that `parameter` names, and whether it was recognised.
  ///
  /// Exporters write names such as `batch_size`, `seq`, `past_sequence_length`, `total_sequence_length` and sums such as
  /// `past_sequence_length + 1`.
  func bind(_ parameter: String) -> (extent: Int64, isKnown: Bool) {
    var sum: Int64 = 0
    for term in parameter.split(separator: "+", omittingEmptySubsequences: false) {
      let word = term.drop(while: { $0 == " " }).lowercased()
      let value: Int64
      if let number = Int64(word.split(separator: " ").first ?? ""), (0...Workload.limit).contains(number) {
        value = number
      } else if word.contains("total") {
        value = past + prompt
      } else if word.contains("past") || word.contains("cache") {
        value = past
      } else if word.contains("batch") {
        value = batch
      } else if word.contains("seq") || word.contains("token") || word.contains("length") {
        value = prompt
      } else {
        return (1, false)
      }
      let (next, overflow) = sum.addingReportingOverflow(value)
      guard !overflow else { return (1, false) }
      sum = next
    }
    return (sum, true)
  }

  /// Refuses extents that no option accepts.
  public func check(into d: inout Diagnostics) {
    for (name, value, least) in [("--prompt", prompt, Int64(0)), ("--past", past, 0), ("--batch", batch, 1)]
    where !(least...Workload.limit).contains(value) {
      d.error(
        "\(name) is out of range", at: Place(file: "workload"), value: "\(value)",
        expected: "\(least) to \(Workload.limit)")
    }
  }
}
